//! Why the model stopped, both ways: a status, and a reason where the answer is not complete.

use serde_json::Value;

use crate::canon::Finish;

/// What else the answer has in it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Seen {
    /// A function call.
    pub(super) calls: bool,
    /// A refusal.
    pub(super) refusal: bool,
}

/// Reads `status` and `incomplete_details`.
pub(super) fn decode(status: &str, details: Option<&Value>, seen: Seen) -> Finish {
    let reason = details.and_then(|details| details.get("reason")).and_then(Value::as_str);
    match (status, reason) {
        ("incomplete", Some("content_filter")) => Finish::ContentFilter,
        ("incomplete", Some("max_output_tokens") | None) => Finish::Length,
        ("incomplete", Some(other)) => Finish::Other(other.to_owned()),
        _ if seen.calls => Finish::ToolCalls,
        _ if seen.refusal => Finish::Refusal,
        _ => Finish::Stop,
    }
}

/// Writes the status, and the reason of one that is not `completed`.
pub(super) fn encode(finish: &Finish, seen: Seen) -> (&'static str, Option<&'static str>) {
    match finish {
        // What is malformed is not complete; the enumeration has no better reason.
        Finish::Length
        | Finish::ContextWindow
        | Finish::MalformedCall
        | Finish::MalformedOutput => ("incomplete", Some("max_output_tokens")),
        Finish::ContentFilter => ("incomplete", Some("content_filter")),
        // A refusal in words is complete; one without is a filter's.
        Finish::Refusal if !seen.refusal => ("incomplete", Some("content_filter")),
        Finish::Refusal
        | Finish::Stop
        | Finish::StopSequence
        | Finish::ToolCalls
        | Finish::Pause
        | Finish::Other(_) => ("completed", None),
    }
}
