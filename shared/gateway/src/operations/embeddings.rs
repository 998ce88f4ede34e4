//! `POST /v1/embeddings`.

use bytes::Bytes;
use http::HeaderMap;
use sluice_store::NanoUsd;
use sluice_wire::{Fault, canon::Usage, embed};

use super::json;
use crate::{
    App,
    corridor::{Heard, Line, Operation, Prepared, Reply, content_type, unpriced},
    pricing::Class,
    registry::Member,
};

/// A request for embeddings.
#[derive(Debug)]
pub(crate) struct Embeddings {
    request: embed::Request,
    body: Bytes,
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
        let request = embed::openai::decode_request(&body, line.model.as_deref())?;
        Ok(Box::new(Self { request, body }))
    }
}

impl Operation for Embeddings {
    fn model(&self) -> &str {
        &self.request.model
    }

    fn serves(&self, member: &Member) -> Result<(), Fault> {
        if json::is_compatible(member) { Ok(()) } else { Err(json::unserved(member, "embeddings")) }
    }

    fn worst(&self, member: &Member) -> Result<NanoUsd, Fault> {
        match &member.price {
            Some(price) if price.is_free() || price.lists(&[Class::Input, Class::Request]) => {
                Ok(price.worst_case(self.request.most_tokens(), 0))
            }
            _ => Err(unpriced(
                &member.deployment.group,
                "Set input_cost_per_token, or `model_info.free: true`.",
            )),
        }
    }

    fn prepare(&self, _: &App, member: &Member) -> Result<Prepared, Fault> {
        json::forward(&self.body, member, "embeddings", false)
    }

    fn read(&self, heard: &Heard<'_>) -> Result<Reply, Fault> {
        let body = heard.body();
        let other = embed::openai::reencode(&body, self.request.encoding)?;
        let mut reply = json::passed(heard, &other.map_or(body, Bytes::from))?;
        // A few servers count the tokens of a completion there is not.
        if let Some(usage) = &mut reply.seen.usage {
            *usage = Usage { output: 0, ..usage.clone() };
        }
        Ok(reply)
    }

    fn size(&self) -> usize {
        self.body.len()
    }
}
