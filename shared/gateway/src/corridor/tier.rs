//! The service level of a call: what it asks for, and what an answer's headers say.

use http::HeaderMap;
use serde_json::Value;

use super::{Intake, patience::Patience};
use crate::{pricing::ServiceTier, registry::Member};

/// Headers in which providers name the level that they served at, where the body does not.
const HEADERS: [&str; 2] = ["x-gemini-service-tier", "x-amzn-bedrock-service-tier"];

/// The level that a deployment is asked for: what the configuration sets in every body, else the
/// caller's, else the configuration's default.
pub(super) fn asked<'a>(intake: &'a Intake, member: &'a Member) -> Option<&'a str> {
    let set = member.deployment.extra_body.get("service_tier").and_then(Value::as_str);
    let default = || member.deployment.defaults.as_ref()?.service_tier();
    set.or(intake.wishes.service_tier.as_deref()).or_else(default)
}

/// How long a deployment is waited for at the level that it is asked for, where it has times for it.
pub(super) fn patience(intake: &Intake, member: &Member) -> Patience {
    let [answer, stream] = &member.deployment.tier_waits;
    if answer.is_empty() && stream.is_empty() {
        return Patience::default();
    }
    let tier = asked(intake, member).map(str::to_ascii_lowercase).unwrap_or_default();
    let (timeout, stream_timeout) = (answer.get(&tier).copied(), stream.get(&tier).copied());
    Patience { timeout, stream_timeout, ..Patience::default() }
}

/// The price level to reserve for.
pub(super) fn reserved(intake: &Intake, member: &Member) -> ServiceTier {
    ServiceTier::from_wire(asked(intake, member))
}

/// The level to charge for where the usage names none. What a translation left out was not asked for.
pub(super) fn of(
    chat: Option<&Intake>,
    member: &Member,
    dropped: &[String],
    headers: &HeaderMap,
) -> Option<String> {
    let mut told = HEADERS.iter().filter_map(|name| headers.get(*name)?.to_str().ok());
    let left_out = dropped.iter().any(|name| name == "service_tier" || name == "serviceTier");
    let asked = || asked(chat.filter(|_| !left_out)?, member);
    told.next().or_else(asked).map(str::to_ascii_lowercase)
}
