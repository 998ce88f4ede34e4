//! What operations in JSON have in common: the caller's bytes with few edits, and the provider's
//! bytes under the group's name.

use bytes::Bytes;
use serde_json::{Map, Value};
use sluice_providers::{Outbound, Reach, Route};
use sluice_wire::{Dialect, Fault, FaultKind, Retry, Splice, splice};

use crate::{
    corridor::{GATEWAY_FIELDS, Heard, Prepared, Reply, Seen},
    registry::Member,
};

/// A body's fields, looked at and not changed.
#[derive(Debug)]
pub(super) struct Fields(Map<String, Value>);

/// Where a body is forwarded, and whether a stream is asked for.
#[derive(Debug)]
pub(super) struct Where {
    pub(super) route: Route,
    pub(super) stream: bool,
}

// === impl Fields ===

impl Fields {
    /// Reads a body.
    pub(super) fn read(body: &[u8]) -> Result<Self, Fault> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(_) => Err(not_json("expected an object")),
            Err(error) => Err(not_json(error)),
        }
    }

    /// A field that is there and not `null`.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// All fields that are not `null`.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (&**name, value))
    }

    /// The model, which must be there.
    pub(super) fn model(&self) -> Result<String, Fault> {
        match self.string("model")? {
            Some(model) if !model.is_empty() => Ok(model),
            _ => Err(missing("model")),
        }
    }

    /// A string, if it is there.
    pub(super) fn string(&self, name: &'static str) -> Result<Option<String>, Fault> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(wrong(name, "a string")),
        }
    }

    /// A string that must be there.
    pub(super) fn required(&self, name: &'static str) -> Result<String, Fault> {
        self.string(name)?.ok_or_else(|| missing(name))
    }

    /// A flag; `false` where it is not there.
    pub(super) fn flag(&self, name: &'static str) -> Result<bool, Fault> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(wrong(name, "a boolean")),
        }
    }

    /// A whole number from `least` to `most`, if it is there.
    pub(super) fn whole(
        &self,
        name: &'static str,
        least: u64,
        most: u64,
    ) -> Result<Option<u64>, Fault> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => match value.as_u64() {
                Some(number) if (least..=most).contains(&number) => Ok(Some(number)),
                _ => Err(wrong(name, &format!("an integer from {least} to {most}"))),
            },
        }
    }
}

/// The parameter must be there.
pub(super) fn missing(name: &'static str) -> Fault {
    Fault::invalid(format!("Missing required parameter: '{name}'."), name)
}

/// The parameter is of another type.
pub(super) fn wrong(name: &'static str, expected: &str) -> Fault {
    Fault::invalid(format!("Invalid type for '{name}': expected {expected}."), name)
}

/// The body is not JSON.
pub(super) fn not_json(error: impl std::fmt::Display) -> Fault {
    Fault::invalid(format!("Invalid JSON payload: {error}"), "request_body")
}

/// Whether a deployment has OpenAI's routes beside its chat route.
pub(super) fn is_compatible(member: &Member) -> bool {
    let provider = member.deployment.provider;
    provider.reach == Reach::Http && provider.dialect == Dialect::OpenAiChat
}

/// The caller's body for a compatible provider: its model in the place of the group, without the
/// gateway's own fields, every other byte as it was.
pub(super) fn forward(body: &Bytes, member: &Member, to: Where) -> Result<Prepared, Fault> {
    let model = Value::from(member.deployment.model.as_str()).to_string();
    let mut edits = vec![Splice::Set("model", model)];
    edits.extend(GATEWAY_FIELDS.iter().map(|field| Splice::Remove(field)));
    let body = Bytes::from(splice(body, &edits).map_err(not_json)?);
    let Where { route, stream } = to;
    let outbound = Outbound { body, stream, route, ..Outbound::default() };
    Ok(Prepared { outbound, ..Prepared::default() })
}

/// The provider's body under the name that was asked for, and the usage that it tells.
pub(super) fn passed(heard: &Heard<'_>, body: &Bytes) -> Result<Reply, Fault> {
    let glance = Dialect::OpenAiChat.glance(body)?;
    let mut named = body.clone();
    if let Some(at) = glance.model {
        let name = Value::from(&*heard.facts.requested).to_string();
        let head = body.get(..at.start).unwrap_or_default();
        let tail = body.get(at.end..).unwrap_or_default();
        named = Bytes::from([head, name.as_bytes(), tail].concat());
    }
    let seen = Seen { response_id: glance.id, usage: glance.usage, ..Seen::default() };
    Ok(Reply { body: named, content_type: heard.content_type(), seen })
}

/// The deployment does not do this kind of call.
pub(super) fn unserved(member: &Member, what: &str) -> Fault {
    Fault::new(
        FaultKind::InvalidRequest,
        format!(
            "{what} is not supported for model '{}' (provider {}).",
            member.deployment.group, member.deployment.provider.name
        ),
    )
    .with_param("model")
    .with_retry(Retry::Elsewhere)
}
