//! `POST /v1/embeddings`.

use bytes::Bytes;
use http::{HeaderMap, Method};
use sluice_providers::{Outbound, Reach, Route};
use sluice_store::NanoUsd;
use sluice_wire::{
    Dialect, Fault, Loss,
    canon::Usage,
    embed::{self, Shape, caller::Asked},
};

use super::json::{self, Where};
use crate::{
    App,
    corridor::{
        Facts, GATEWAY_FIELDS, Heard, JSON, Line, Operation, Prepared, Reply, Seen, content_type,
        dropped, named, unpriced,
    },
    pricing::{Class, Units},
    registry::Member,
};

/// Tokens that Bedrock counted, where the body does not say.
const COUNTED: &str = "x-amzn-bedrock-input-token-count";

/// A request for embeddings.
#[derive(Debug)]
pub(crate) struct Embeddings {
    request: embed::Request,
    /// The caller writes Cohere's shape.
    cohere: Option<Asked>,
    body: Bytes,
}

/// How a deployment embeds.
enum Way {
    /// The caller's bytes, to the route beside the chat route.
    Forwarded,
    /// Translated, to the model itself or to a path of the provider's own.
    Translated(Shape, Route),
}

// === impl Embeddings ===

impl Embeddings {
    /// Reads a request.
    pub(crate) fn read(
        _: &App,
        line: &Line,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Box<dyn Operation>, Fault> {
        content_type(headers)?;
        let body = named(line, body)?;
        let mut request = embed::openai::decode_request(&body)?;
        request.extras.retain(|field, _| !GATEWAY_FIELDS.contains(&field.as_str()));
        Ok(Box::new(Self { request, cohere: None, body }))
    }

    /// A request that was read already, from another shape.
    pub(crate) fn of(request: embed::Request) -> Self {
        let body = Bytes::from(embed::openai::encode_request(&request));
        Self { request, cohere: None, body }
    }

    /// Reads a request in Cohere's shape.
    pub(crate) fn read_cohere(
        _: &App,
        line: &Line,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Box<dyn Operation>, Fault> {
        content_type(headers)?;
        let body = named(line, body)?;
        let mut asked = embed::caller::decode_request(&body)?;
        asked.request.extras.retain(|field, _| !GATEWAY_FIELDS.contains(&field.as_str()));
        Ok(Box::new(Self { request: asked.request.clone(), cohere: Some(asked), body }))
    }

    /// What a provider of another shape is asked, and what that cannot say.
    fn wanted(&self, shape: Option<Shape>) -> (embed::Request, Vec<Loss>) {
        match &self.cohere {
            // Cohere's models understand Cohere's fields wherever they are.
            Some(asked) if shape == Some(Shape::CohereOnBedrock) => (
                self.request.clone(),
                asked.translated().1.into_iter().filter(|l| l.changes_meaning).collect(),
            ),
            Some(asked) => asked.translated(),
            None => (self.request.clone(), Vec::new()),
        }
    }

    /// The answer in the caller's shape.
    fn answer(&self, response: &embed::Response, tokens: u64, facts: &Facts) -> Bytes {
        Bytes::from(match &self.cohere {
            Some(asked) => {
                embed::caller::encode_response(asked, response, &facts.call.to_string(), tokens)
            }
            None => embed::openai::encode_response(
                response,
                self.request.encoding,
                &facts.requested,
                tokens,
            ),
        })
    }

    fn units(pictures: u64) -> Units {
        Units::default().with(Class::ImageInput, pictures)
    }

    /// The caller's answer, made of what another shape says.
    fn translate(&self, shape: Shape, heard: &Heard<'_>) -> Result<Reply, Fault> {
        let bodies: Vec<&[u8]> = heard.pieces.iter().map(|piece| &*piece.body).collect();
        let response = shape.decode(&bodies)?;
        let told = response.tokens.or_else(|| counted(heard));
        let tokens = told.unwrap_or_else(|| heard.share(self.request.most_tokens().div_ceil(4)));
        let body = self.answer(&response, tokens, heard.facts);
        let seen = Seen {
            usage: Some(Usage { input: tokens, ..Usage::default() }),
            estimated: told.is_none(),
            units: Self::units(heard.share(self.request.pictures())),
            ..Seen::default()
        };
        Ok(Reply { body, content_type: JSON, seen })
    }
}

impl Operation for Embeddings {
    fn model(&self) -> &str {
        &self.request.model
    }

    fn serves(&self, member: &Member) -> Result<(), Fault> {
        way(member).map(drop)
    }

    fn worst(&self, member: &Member) -> Result<NanoUsd, Fault> {
        match &member.price {
            Some(price) if price.is_free() || price.lists(&[Class::Input, Class::Request]) => {
                // Cohere's `inputs` are not taken apart: their bytes bound them.
                let most = match self.request.inputs.is_empty() {
                    true => u64::try_from(self.body.len()).unwrap_or(u64::MAX),
                    false => self.request.most_tokens(),
                };
                let tokens = price.worst_case(most, 0);
                let pictures = Self::units(self.request.pictures());
                Ok(tokens.saturating_add(price.cost_of_units(&pictures).0))
            }
            _ => Err(unpriced(
                &member.deployment.group,
                "Set input_cost_per_token, or `model_info.free: true`.",
            )),
        }
    }

    fn prepare(&self, app: &App, member: &Member) -> Result<Prepared, Fault> {
        let (shape, route) = match way(member)? {
            Way::Forwarded => {
                let route = Route::Beside("embeddings");
                if self.request.inputs.is_empty() {
                    return Err(json::missing("texts"));
                }
                let (request, losses) = self.wanted(None);
                let body = match self.cohere {
                    Some(_) => Bytes::from(embed::openai::encode_request(&request)),
                    None => self.body.clone(),
                };
                let prepared = json::forward(&body, member, Where { route, stream: false })?;
                return Ok(Prepared { dropped: dropped(app, member, losses)?, ..prepared });
            }
            Way::Translated(Shape::Cohere, route) if self.cohere.is_some() => {
                return json::forward(&self.body, member, Where { route, stream: false });
            }
            Way::Translated(shape, route) => (shape, route),
        };
        if self.request.inputs.is_empty() {
            return Err(json::missing("texts"));
        }
        let (request, mut losses) = self.wanted(Some(shape));
        let mut written = shape.encode(&request, &member.deployment.model)?;
        losses.append(&mut written.losses);
        let mut outbound = written.bodies.into_iter().map(|body| Outbound {
            body: Bytes::from(body),
            route: route.clone(),
            ..Outbound::default()
        });
        Ok(Prepared {
            outbound: outbound.next().unwrap_or_default(),
            more: outbound.collect(),
            dropped: dropped(app, member, losses)?,
            ..Prepared::default()
        })
    }

    fn read(&self, heard: &Heard<'_>) -> Result<Reply, Fault> {
        if let Way::Translated(shape, _) = way(heard.member)? {
            let mut reply = self.translate(shape, heard)?;
            if shape == Shape::Cohere && self.cohere.is_some() {
                reply.body = heard.body();
            }
            return Ok(reply);
        }
        let body = heard.body();
        if self.cohere.is_some() {
            let response = embed::openai::decode_response(&body)?;
            let mut reply = json::passed(heard, &body)?;
            let tokens = response.tokens.unwrap_or_default();
            reply.body = self.answer(&response, tokens, heard.facts);
            return Ok(reply);
        }
        let other = embed::openai::reencode(&body, self.request.encoding)?;
        let mut reply = json::passed(heard, &other.map_or(body, Bytes::from))?;
        reply.seen.usage = reply.seen.usage.map(given);
        reply.seen.units = Self::units(self.request.pictures());
        Ok(reply)
    }

    fn size(&self) -> usize {
        self.body.len()
    }
}

/// All of it is prompt: some servers (Voyage) tell only `total_tokens`, and a few count the tokens of
/// a completion there is not.
fn given(usage: Usage) -> Usage {
    let total = usage.raw.as_ref().and_then(|raw| raw.value().get("total_tokens")?.as_u64());
    match total {
        Some(total) if usage.prompt() == 0 => {
            Usage { input: total, raw: usage.raw, ..Usage::default() }
        }
        _ => Usage { output: 0, ..usage },
    }
}

fn way(member: &Member) -> Result<Way, Fault> {
    let deployment = &member.deployment;
    let unserved = || json::unserved(member, "embeddings");
    match deployment.provider.reach {
        Reach::Http if deployment.provider.name == "gemini" => {
            Ok(Way::Translated(Shape::Gemini, Route::Method("batchEmbedContents")))
        }
        Reach::Http
            if deployment.provider.name == "vertex_ai"
                && deployment.provider.dialect == Dialect::Gemini =>
        {
            Ok(Way::Translated(Shape::Vertex, Route::Method("predict")))
        }
        Reach::Http if deployment.provider.name == "cohere" => {
            let path = "v2/embed".to_owned();
            Ok(Way::Translated(Shape::Cohere, Route::Below { method: Method::POST, path }))
        }
        _ if json::is_compatible(member) => Ok(Way::Forwarded),
        Reach::Bedrock => {
            // An ARN of one's own says nothing: its model is the one it is priced as.
            let named = Shape::of_bedrock(&deployment.model)
                .or_else(|| member.info.base_model.as_deref().and_then(Shape::of_bedrock));
            Ok(Way::Translated(named.ok_or_else(unserved)?, Route::Model))
        }
        Reach::SageMaker => Ok(Way::Translated(Shape::List, Route::Model)),
        _ => Err(unserved()),
    }
}

/// What Bedrock counted over all calls, if it said so for each.
fn counted(heard: &Heard<'_>) -> Option<u64> {
    let mut sum = 0_u64;
    for piece in heard.pieces {
        let count = piece.headers.get(COUNTED)?.to_str().ok()?.parse::<u64>().ok()?;
        sum = sum.saturating_add(count);
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_tokens_of_an_embedding_are_the_prompt_s() {
        let read = |raw: serde_json::Value| {
            let body = json!({ "usage": raw }).to_string();
            let usage = Dialect::OpenAiChat.glance(body.as_bytes()).unwrap().usage.unwrap();
            let usage = given(usage);
            (usage.prompt(), usage.completion())
        };
        assert_eq!(read(json!({"prompt_tokens": 8, "total_tokens": 8})), (8, 0));
        assert_eq!(read(json!({"total_tokens": 10})), (10, 0));
        assert_eq!(read(json!({"prompt_tokens": 8, "completion_tokens": 3})), (8, 0));
    }
}
