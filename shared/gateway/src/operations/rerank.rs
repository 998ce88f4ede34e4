//! `POST /v1/rerank`, `/v2/rerank` and `/rerank`.

use bytes::Bytes;
use http::{HeaderMap, Method};
use sluice_providers::{Outbound, Reach, Route};
use sluice_store::NanoUsd;
use sluice_wire::{
    Fault,
    canon::Usage,
    rerank::{self, Shape, Used},
};

use super::json::{self, Where};
use crate::{
    App,
    corridor::{
        GATEWAY_FIELDS, Heard, JSON, Line, Operation, Prepared, Reply, Seen, content_type, named,
        unpriced,
    },
    pricing::{Class, Units},
    registry::Member,
};

/// Bytes to a token, in an estimate.
const TOKEN: u64 = 4;

/// A request to rank documents.
#[derive(Debug)]
pub(crate) struct Rerank {
    request: rerank::Request,
    body: Bytes,
}

/// How a deployment ranks.
enum Way {
    Forwarded(Route),
    Translated(Shape),
}

// === impl Rerank ===

impl Rerank {
    /// Reads a request.
    pub(crate) fn read(
        _: &App,
        line: &Line,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Box<dyn Operation>, Fault> {
        content_type(headers)?;
        let body = named(line, body)?;
        let mut request = rerank::decode_request(&body)?;
        request.extras.retain(|field, _| !GATEWAY_FIELDS.contains(&field.as_str()));
        Ok(Box::new(Self { request, body }))
    }

    /// What is charged: tokens and search units, as far as the provider said; else an estimate.
    fn seen(&self, heard: &Heard<'_>, used: Used) -> Seen {
        let price = heard.member.price.as_ref();
        let by_search = price.is_some_and(|price| price.lists(&[Class::Request]));
        let by_token = price.is_some_and(|price| !by_search && price.lists(&[Class::Input]));
        let units = used.search_units.unwrap_or_else(|| self.request.search_units(TOKEN));
        let tokens = used.tokens.or(by_token.then(|| self.request.most_tokens().div_ceil(TOKEN)));
        Seen {
            usage: Some(Usage { input: tokens.unwrap_or(0), ..Usage::default() }),
            estimated: if by_search { used.search_units.is_none() } else { used.tokens.is_none() },
            // The first is the request itself.
            units: Units::default().with(Class::Request, units.saturating_sub(1)),
            ..Seen::default()
        }
    }
}

impl Operation for Rerank {
    fn model(&self) -> &str {
        &self.request.model
    }

    fn serves(&self, member: &Member) -> Result<(), Fault> {
        way(member).map(drop)
    }

    fn worst(&self, member: &Member) -> Result<NanoUsd, Fault> {
        match &member.price {
            Some(price) if price.is_free() || price.lists(&[Class::Input, Class::Request]) => {
                let others = self.request.search_units(1).saturating_sub(1);
                let units = Units::default().with(Class::Request, others);
                let first = price.worst_case(self.request.most_tokens(), 0);
                Ok(first.saturating_add(price.cost_of_units(&units).0))
            }
            _ => Err(unpriced(
                &member.deployment.group,
                "Set input_cost_per_query or input_cost_per_token, or `model_info.free: true`.",
            )),
        }
    }

    fn prepare(&self, _: &App, member: &Member) -> Result<Prepared, Fault> {
        let shape = match way(member)? {
            Way::Forwarded(route) => {
                return json::forward(&self.body, member, Where { route, stream: false });
            }
            Way::Translated(shape) => shape,
        };
        let body = Bytes::from(shape.encode(&self.request));
        let outbound = Outbound { body, route: Route::Model, ..Outbound::default() };
        Ok(Prepared { outbound, ..Prepared::default() })
    }

    fn read(&self, heard: &Heard<'_>) -> Result<Reply, Fault> {
        let body = heard.body();
        let Way::Translated(shape) = way(heard.member)? else {
            let mut reply = json::passed(heard, &body)?;
            let response_id = reply.seen.response_id.take();
            reply.seen = Seen { response_id, ..self.seen(heard, rerank::used(&body)?) };
            return Ok(reply);
        };
        let ranked = shape.decode(&body)?;
        let units = self.request.search_units(TOKEN);
        let id = heard.facts.call.to_string();
        let body = rerank::encode_response(&self.request, &ranked, &id, units);
        let seen = self.seen(heard, Used::default());
        Ok(Reply { body: Bytes::from(body), content_type: JSON, seen })
    }

    fn size(&self) -> usize {
        self.body.len()
    }
}

fn way(member: &Member) -> Result<Way, Fault> {
    let deployment = &member.deployment;
    let unserved = || json::unserved(member, "rerank");
    match deployment.provider.reach {
        Reach::Http if deployment.provider.name == "cohere" => {
            Ok(Way::Forwarded(Route::Below { method: Method::POST, path: "v2/rerank".to_owned() }))
        }
        _ if json::is_compatible(member) => Ok(Way::Forwarded(Route::Beside("rerank"))),
        Reach::Bedrock => {
            let named = Shape::of_bedrock(&deployment.model)
                .or_else(|| member.info.base_model.as_deref().and_then(Shape::of_bedrock));
            Ok(Way::Translated(named.ok_or_else(unserved)?))
        }
        Reach::SageMaker => Ok(Way::Translated(Shape::Texts)),
        _ => Err(unserved()),
    }
}
