//! `POST /v1/moderations` (OpenAI API reference, "Moderations").

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;
use sluice_providers::Route;
use sluice_store::NanoUsd;
use sluice_wire::{Fault, canon::Usage};

use super::json::{self, Where};
use crate::{
    App,
    corridor::{Heard, Line, Operation, Prepared, Reply, content_type, named, unpriced},
    registry::Member,
};

/// OpenAI's model where a request names none.
const DEFAULT: &str = "omni-moderation-latest";

/// A request to look at texts and pictures.
#[derive(Debug)]
pub(crate) struct Moderation {
    model: String,
    body: Bytes,
}

// === impl Moderation ===

impl Moderation {
    /// Reads a request.
    pub(crate) fn read(
        app: &App,
        line: &Line,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Box<dyn Operation>, Fault> {
        content_type(headers)?;
        let body = named(line, body)?;
        let fields = json::Fields::read(&body)?;
        let model = fields.model().or_else(|fault| match fields.get("model") {
            None => Ok(default(app)),
            Some(_) => Err(fault),
        })?;
        match fields.get("input") {
            Some(Value::String(_)) => {}
            Some(Value::Array(items)) if !items.is_empty() => {}
            Some(Value::Array(_)) => {
                return Err(Fault::invalid("Invalid 'input': empty array.", "input"));
            }
            Some(_) => {
                return Err(Fault::invalid(
                    "Invalid type for 'input': expected a string or an array.",
                    "input",
                ));
            }
            None => return Err(json::missing("input")),
        }
        Ok(Box::new(Self { model, body }))
    }
}

/// The group that is called by OpenAI's default, or else one that reaches it.
fn default(app: &App) -> String {
    let registry = app.registry();
    let seen = registry.seen_by(None);
    let reaches = || seen.members().find(|(_, member)| member.deployment.model == DEFAULT);
    match seen.group(DEFAULT) {
        Some(_) => DEFAULT.to_owned(),
        None => reaches().map_or(DEFAULT, |(group, _)| group).to_owned(),
    }
}

impl Operation for Moderation {
    fn model(&self) -> &str {
        &self.model
    }

    fn serves(&self, member: &Member) -> Result<(), Fault> {
        if json::is_compatible(member) { Ok(()) } else { Err(json::unserved(member, "moderation")) }
    }

    fn worst(&self, member: &Member) -> Result<NanoUsd, Fault> {
        match &member.price {
            Some(price) if price.prices_tokens() => {
                Ok(price.worst_case(u64::try_from(self.body.len()).unwrap_or(u64::MAX), 0))
            }
            _ => Err(unpriced(
                &member.deployment.group,
                "Set input_cost_per_token, or `model_info.free: true`.",
            )),
        }
    }

    fn prepare(&self, _: &App, member: &Member) -> Result<Prepared, Fault> {
        let route = Route::Beside("moderations");
        json::forward(&self.body, member, Where { route, stream: false })
    }

    fn read(&self, heard: &Heard<'_>) -> Result<Reply, Fault> {
        let mut reply = json::passed(heard, &heard.body())?;
        if reply.seen.usage.is_none() {
            let tokens = u64::try_from(self.body.len()).unwrap_or(u64::MAX).div_ceil(4);
            reply.seen.usage = Some(Usage { input: tokens, ..Usage::default() });
            reply.seen.estimated = true;
        }
        Ok(reply)
    }

    fn size(&self) -> usize {
        self.body.len()
    }
}
