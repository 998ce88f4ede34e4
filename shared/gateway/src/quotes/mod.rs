//! What a call would be: how many tokens, what it would cost, what the provider would be sent. Nothing
//! is called (save for a count that is asked of the provider), charged or recorded. LiteLLM's shapes.

mod estimate;
mod spend;
mod tokens;
mod transform;

use std::sync::Arc;

use axum::{Router, body::Body, extract::Request, response::Response, routing::post};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
use serde::de::DeserializeOwned;
use serde_json::Value;
use sluice_providers::split_model;
use sluice_wire::{Dialect, Fault, FaultKind};

use crate::{
    App,
    corridor::{Facts, Line, Plan, collect, content_type, refuse},
    identity,
    pricing::{Catalogue, ModelPrice, Wanted},
    registry::Member,
};

/// The routes.
pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/utils/token_counter", post(tokens::counter))
        .route("/utils/transform_request", post(transform::request))
        .route("/spend/calculate", post(spend::calculate))
        .route("/cost/estimate", post(estimate::cost))
}

/// A question with a key that may ask it.
struct Asked {
    facts: Facts,
    headers: HeaderMap,
    body: Bytes,
    query: String,
}

/// A price, and whose.
struct Priced {
    price: ModelPrice,
    provider: &'static str,
}

/// Answers a question, and renders whatever comes of it.
async fn ask(
    app: Arc<App>,
    route: &'static str,
    request: Request,
    answer: impl AsyncFnOnce(&App, Asked) -> Result<Value, Fault>,
) -> Response {
    let line =
        Line { dialect: Dialect::OpenAiChat, call_type: "quote", route, model: None, stream: None };
    let facts = Facts::begin(&app, &line);
    let read = read(&app, facts.clone(), request).await;
    let said = match read {
        Ok(asked) => answer(&app, asked).await,
        Err(fault) => Err(fault),
    };
    match said {
        Ok(value) => {
            let mut response = Response::new(Body::from(value.to_string()));
            let map = response.headers_mut();
            map.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            crate::corridor::describe(map, &facts, None);
            response
        }
        Err(fault) => refuse(Dialect::OpenAiChat, &fault, &facts),
    }
}

async fn read(app: &App, mut facts: Facts, request: Request) -> Result<Asked, Fault> {
    let (parts, body) = request.into_parts();
    let caller = identity::authenticate(app, &parts.headers, parts.uri.path()).await?;
    facts.identify(app, caller, &parts.headers)?;
    content_type(&parts.headers)?;
    let body = collect(body, app.config.general.max_request_bytes()).await?;
    let query = parts.uri.query().unwrap_or_default().to_owned();
    Ok(Asked { facts, headers: parts.headers, body, query })
}

// === impl Asked ===

impl Asked {
    /// The body as what the route takes.
    fn fields<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        serde_json::from_slice(&self.body).map_err(|error| {
            Fault::new(FaultKind::Unprocessable, format!("The body cannot be read: {error}"))
        })
    }

    /// The first deployment of a group that the key may use.
    fn member(&mut self, app: &App, model: &str) -> Result<Arc<Member>, Fault> {
        self.facts.describe(model, false);
        let plan = Plan::draw(app, &self.facts)?;
        plan.order.first().cloned().ok_or_else(|| {
            Fault::new(FaultKind::NotFound, format!("The model '{model}' has no deployment"))
        })
    }
}

/// What a model costs: a group's, or one's of the catalogue.
fn price(app: &App, asked: &Asked, model: &str) -> Option<Priced> {
    let team = asked.facts.caller.as_ref().and_then(|caller| caller.team());
    if let Some(group) = app.registry().seen_by(team).group(model) {
        let member = group.members.first()?;
        let provider = member.deployment.provider.name;
        return member.price.clone().map(|price| Priced { price, provider });
    }
    let split = split_model(model).ok()?;
    let wanted = Wanted {
        provider: split.provider.price_family,
        model: split.model,
        region: split.region,
        base_model: None,
    };
    let price = ModelPrice::resolve(&Catalogue::builtin(), &wanted, None)?;
    Some(Priced { price, provider: split.provider.name })
}
