//! What operations in JSON have in common: the caller's bytes with few edits, and the provider's
//! bytes under the group's name.

use bytes::Bytes;
use serde_json::Value;
use sluice_providers::{Outbound, Reach, Route};
use sluice_wire::{Dialect, Fault, FaultKind, Retry, Splice, splice};

use crate::{
    corridor::{GATEWAY_FIELDS, Heard, Prepared, Reply, Seen},
    registry::Member,
};

/// Whether a deployment has OpenAI's routes beside its chat route.
pub(super) fn is_compatible(member: &Member) -> bool {
    let provider = member.deployment.provider;
    provider.reach == Reach::Http && provider.dialect == Dialect::OpenAiChat
}

/// The caller's body for a compatible provider: its model in the place of the group, without the
/// gateway's own fields, every other byte as it was.
pub(super) fn forward(
    body: &Bytes,
    member: &Member,
    route: &'static str,
    stream: bool,
) -> Result<Prepared, Fault> {
    let model = Value::from(member.deployment.model.as_str()).to_string();
    let mut edits = vec![Splice::Set("model", model)];
    edits.extend(GATEWAY_FIELDS.iter().map(|field| Splice::Remove(field)));
    let body = splice(body, &edits).map_err(|error| {
        Fault::invalid(format!("Invalid JSON payload: {error}"), "request_body")
    })?;
    let outbound = Outbound {
        body: Bytes::from(body),
        stream,
        route: Route::Beside(route),
        ..Outbound::default()
    };
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
