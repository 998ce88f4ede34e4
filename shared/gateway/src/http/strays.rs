//! Requests that fit no route: answered in the dialect their path speaks.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    response::Response,
};
use http::{HeaderValue, Method, StatusCode, Uri, header::LOCATION};
use sluice_wire::{Dialect, Fault, FaultKind};

use super::gemini;
use crate::{
    App,
    corridor::{identify, render, stray_id},
    passage,
};

/// No such route: what is passed on, or nothing.
pub(super) async fn elsewhere(State(app): State<Arc<App>>, request: Request) -> Response {
    match passage::find(&app, request.method(), request.uri()) {
        Some(place) => passage::pass(&app, place, request).await,
        None => not_found(State(app), request.uri().clone()).await,
    }
}

/// No such route. A path that ends with a slash is sent to the same without, as LiteLLM does.
pub(super) async fn not_found(State(app): State<Arc<App>>, uri: Uri) -> Response {
    if let Some(place) = without_slash(&uri) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
        response.headers_mut().insert(LOCATION, place);
        return response;
    }
    let fault = Fault::new(FaultKind::NotFound, "Not Found");
    stray(&app, uri.path(), &fault)
}

/// The route exists, not for this method.
pub(super) async fn wrong_method(
    State(app): State<Arc<App>>,
    method: Method,
    uri: Uri,
) -> Response {
    let fault = Fault::new(FaultKind::MethodNotAllowed, "Method Not Allowed")
        .with_detail(format!("{method} {}", uri.path()));
    stray(&app, uri.path(), &fault)
}

/// The dialect of the clients that use a path.
pub(crate) fn dialect_of(path: &str) -> Dialect {
    if gemini::is_googles(path) {
        Dialect::Gemini
    } else if path.starts_with("/bedrock/") {
        Dialect::BedrockConverse
    } else if ["/v1/messages", "/messages", "/anthropic/"].iter().any(|own| path.starts_with(own)) {
        Dialect::AnthropicMessages
    } else {
        Dialect::OpenAiChat
    }
}

/// Where a path leads that has a slash too many: relative, since what stands before the path (a
/// stage of API Gateway's) is not known here.
fn without_slash(uri: &Uri) -> Option<HeaderValue> {
    let path = uri.path().strip_suffix('/').filter(|path| !path.ends_with('/'))?;
    let (_, last) = path.rsplit_once('/')?;
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    HeaderValue::try_from(format!("../{last}{query}")).ok()
}

fn stray(app: &App, path: &str, fault: &Fault) -> Response {
    let id = stray_id(app);
    let dialect = dialect_of(path);
    let mut response = render(dialect, fault, &id);
    identify(response.headers_mut(), dialect, id);
    response
}
