//! Calls over plain HTTP: one pool, one TLS configuration.

mod clients;
mod direct;
mod prepared;
pub(super) mod relay;

use http::{HeaderValue, Method, Response, Uri, header::ACCEPT};
use reqwest::Request;
use sluice_wire::Fault;

pub(crate) use clients::Clients;
pub(crate) use prepared::HttpPrepared;

use super::{
    body,
    deadline::Deadline,
    fault::{self, Wait},
    headers,
    prepared::Prepared,
};
use crate::{
    Answer, Deployment, Outbound, Provider, Route,
    deployment::{Asked, chat_url, route_url},
    transport::Key,
};

/// Sends one call.
///
/// `key` counts where the deployment's is not known before the call.
pub(super) async fn send(
    clients: &Clients,
    deployment: &Deployment,
    call: &Outbound,
    key: Key<'_>,
    deadline: Deadline,
) -> Result<Answer, Fault> {
    let provider = deployment.provider;
    let prepared = deployment.prepared.http(deployment)?;
    let uri = match (&call.route, prepared.uri(call.stream)) {
        (Route::Chat, Some(uri)) => uri.clone(),
        _ => uri(deployment, prepared, call, key)?,
    };
    let method = match &call.route {
        Route::Below { method, .. } => method,
        _ => &Method::POST,
    };
    let request = || {
        let mut request = http::Request::new(call.body.clone());
        *request.method_mut() = method.clone();
        *request.uri_mut() = uri.clone();
        *request.headers_mut() = prepared.headers.clone();
        prepared.authorize(request.headers_mut(), key.value)?;
        headers::pass_on(&call.headers, request.headers_mut());
        request.headers_mut().entry(ACCEPT).or_insert(HeaderValue::from_static("*/*"));
        Ok(request)
    };
    let both =
        clients.both(deployment.timeouts.connect).map_err(|error| no_client(provider, &error))?;
    let response = deadline.first_byte(both.direct.send(request)).await??.map_err(|error| {
        match error.is_connect_timeout() {
            true => fault::timeout(provider, Wait::Connect, deployment.timeouts.connect),
            false => fault::connection(provider, error.chain()),
        }
    })?;
    body::answer(response, provider, call.stream, deadline, clients.body_limit()).await
}

/// Where a call goes that does not go where the deployment's chats do, or that brings itself what the
/// URL takes.
fn uri(
    deployment: &Deployment,
    prepared: &HttpPrepared,
    call: &Outbound,
    key: Key<'_>,
) -> Result<Uri, Fault> {
    let wrong = |reason: String| Prepared::misconfigured(deployment, &reason);
    let chat = match prepared.url(call.stream) {
        Some(url) => url.clone(),
        None => {
            let asked = Asked { stream: call.stream, project: key.project };
            chat_url(deployment, asked).map_err(wrong)?
        }
    };
    let url = route_url(deployment.provider, &chat, &call.route)
        .map_err(|reason| fault::unserved(deployment.provider, reason))?;
    prepared::uri(&url).map_err(wrong)
}

/// Sends a request that is written whole, and waits for the head of its answer.
pub(super) async fn execute(
    clients: &Clients,
    deployment: &Deployment,
    request: Request,
    deadline: Deadline,
) -> Result<Response<reqwest::Body>, Fault> {
    let both = clients.both(deployment.timeouts.connect);
    let both = both.map_err(|error| no_client(deployment.provider, &error))?;
    let response = deadline.first_byte(both.client.execute(request)).await?;
    Ok(response.map_err(|error| unanswered(deployment, error))?.into())
}

fn no_client(provider: &Provider, error: &reqwest::Error) -> Fault {
    fault::connection(provider, format!("no HTTP client can be made: {error}"))
}

/// The provider could not be asked.
fn unanswered(deployment: &Deployment, error: reqwest::Error) -> Fault {
    let provider = deployment.provider;
    if error.is_connect() && error.is_timeout() {
        fault::timeout(provider, Wait::Connect, deployment.timeouts.connect)
    } else {
        fault::connection(provider, fault::chain(&error.without_url()))
    }
}
