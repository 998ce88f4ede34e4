//! What a deployment sets where its callers say nothing.

use std::borrow::Cow;

use bytes::Bytes;
use sluice_wire::{
    Dialect, Fault, FaultKind, Splice,
    canon::{Defaults, Request},
    splice,
};

use super::{Intake, params};
use crate::registry::Member;

/// The defaults for a call. A body of InvokeModel passes unread, and has none.
pub(super) fn of<'a>(intake: &Intake, member: &'a Member) -> Option<&'a Defaults> {
    let read = intake.line.dialect != Dialect::BedrockInvoke;
    member.deployment.defaults.as_ref().filter(|_| read)
}

/// Whether a caller's bytes cannot pass as they are because a default is to be put in. Into a body of
/// OpenAI's they are put as they are ([`spliced`]).
pub(super) fn changes(intake: &Intake, member: &Member) -> bool {
    if intake.line.dialect == Dialect::OpenAiChat {
        return false;
    }
    let Some(defaults) = of(intake, member) else { return false };
    // What cannot be read is refused elsewhere.
    intake.canonical().is_ok_and(|request| defaults.fill(&mut request.clone()))
}

/// Puts the defaults into a request that was read from another dialect than OpenAI's.
pub(super) fn fill(intake: &Intake, member: &Member, request: &mut Cow<'_, Request>) {
    if intake.line.dialect != Dialect::OpenAiChat
        && let Some(defaults) = of(intake, member)
    {
        defaults.fill(request.to_mut());
    }
}

/// A body of OpenAI's dialect with the defaults in it; `None` where it says everything itself.
pub(super) fn spliced(
    intake: &Intake,
    member: &Member,
    body: &Bytes,
) -> Result<Option<Bytes>, Fault> {
    let defaults = of(intake, member).filter(|_| intake.line.dialect == Dialect::OpenAiChat);
    let Some(defaults) = defaults else { return Ok(None) };
    let members = params::members(body)?;
    let sets = |name: &str| members.get(name).is_some_and(|value| value.get() != "null");
    let edits: Vec<Splice<'_>> =
        defaults.missing(sets).map(|(name, value)| Splice::Set(name, value.to_string())).collect();
    if edits.is_empty() {
        return Ok(None);
    }
    let body = splice(body, &edits)
        .map_err(|error| Fault::new(FaultKind::InvalidRequest, error.to_string()))?;
    Ok(Some(Bytes::from(body)))
}
