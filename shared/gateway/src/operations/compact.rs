//! `POST /v1/responses/compact` (OpenAI API reference, "Compact a response"): a conversation made
//! shorter by the provider, who alone can read what it makes of it.

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;
use sluice_providers::Route;
use sluice_store::NanoUsd;
use sluice_wire::{Dialect, Fault, Splice, dialect::openai_responses, splice};

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
    /// What was left out of it.
    dropped: Vec<String>,
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
        // What the conversation goes on from has been put into it.
        let mut dropped = Vec::new();
        let mut body = body;
        match fields.get("input") {
            Some(Value::Array(items)) if openai_responses::holds_sealed(&body) => {
                let readable = readable(items, &mut dropped);
                let edit = Splice::Set("input", Value::Array(readable).to_string());
                body = splice(&body, &[edit]).map(Bytes::from).map_err(json::not_json)?;
            }
            Some(input) if input.is_string() || input.is_array() => {}
            Some(_) => return Err(json::wrong("input", "a string or an array")),
            None => return Err(json::missing("input")),
        }
        Ok(Box::new(Self { model: fields.model()?, body, dropped }))
    }
}

/// The items that a provider can read: thoughts that this gateway sealed for another provider's caller
/// are left out, and named.
fn readable(items: &[Value], dropped: &mut Vec<String>) -> Vec<Value> {
    let sealed = |item: &Value| {
        let content = item.get("encrypted_content").and_then(Value::as_str);
        content.is_some_and(|content| openai_responses::holds_sealed(content.as_bytes()))
    };
    let mut kept = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        if sealed(item) {
            dropped.push(format!("input[{at}]"));
        } else {
            kept.push(item.clone());
        }
    }
    kept
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
        let mut prepared = json::forward(&self.body, member, Where { route, stream: false })?;
        prepared.dropped.extend(self.dropped.iter().cloned());
        Ok(prepared)
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
