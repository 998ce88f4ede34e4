//! `POST /v1/responses/compact` (OpenAI API reference, "Compact a response"): a conversation made
//! shorter by the provider, who alone can read what it makes of it.

use bytes::Bytes;
use http::HeaderMap;
use sluice_providers::Route;
use sluice_store::NanoUsd;
use sluice_wire::{Dialect, Fault};

use super::json::{self, Where};
use crate::{
    App,
    corridor::{
        Heard, JSON, Line, Operation, Prepared, Reply, Seen, bounding, content_type, named,
    },
    registry::Member,
};

/// Tokens of what is made of it, where the catalogue does not know the model's most.
const CAP: u64 = 4_096;

/// A conversation to make shorter.
#[derive(Debug)]
pub(crate) struct Compact {
    model: String,
    body: Bytes,
}

// === impl Compact ===

impl Compact {
    /// Reads a request.
    pub(crate) fn read(
        _: &App,
        line: &Line,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Box<dyn Operation>, Fault> {
        content_type(headers)?;
        let body = named(line, body)?;
        let fields = json::Fields::read(&body)?;
        if fields.get("previous_response_id").is_some() {
            // It is kept here, and the provider does not know it.
            return Err(Fault::invalid(
                "'previous_response_id' cannot be compacted. Send the conversation as 'input'.",
                "previous_response_id",
            ));
        }
        match fields.get("input") {
            Some(input) if input.is_string() || input.is_array() => {}
            Some(_) => return Err(json::wrong("input", "a string or an array")),
            None => return Err(json::missing("input")),
        }
        Ok(Box::new(Self { model: fields.model()?, body }))
    }
}

impl Operation for Compact {
    fn model(&self) -> &str {
        &self.model
    }

    fn serves(&self, member: &Member) -> Result<(), Fault> {
        match member.deployment.spoken_to(Dialect::OpenAiResponses) {
            Dialect::OpenAiResponses => Ok(()),
            _ => Err(json::unserved(member, "responses/compact")),
        }
    }

    fn worst(&self, member: &Member) -> Result<NanoUsd, Fault> {
        let price = bounding(member)?;
        let prompt = u64::try_from(self.body.len()).unwrap_or(u64::MAX);
        Ok(price.worst_case(prompt, price.max_output.unwrap_or(CAP)))
    }

    fn prepare(&self, _: &App, member: &Member) -> Result<Prepared, Fault> {
        let route = Route::Beside("responses/compact");
        json::forward(&self.body, member, Where { route, stream: false })
    }

    fn read(&self, heard: &Heard<'_>) -> Result<Reply, Fault> {
        let body = heard.body();
        let glance = Dialect::OpenAiResponses.glance(&body)?;
        let seen = Seen { response_id: glance.id, usage: glance.usage, ..Seen::default() };
        Ok(Reply { body, content_type: JSON, seen })
    }

    fn size(&self) -> usize {
        self.body.len()
    }
}
