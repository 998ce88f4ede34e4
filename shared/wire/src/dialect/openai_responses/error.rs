//! Errors, both ways. Answers have the envelope of the chat dialect; in a stream they are events.

use serde_json::{Value, json};

pub(super) use crate::dialect::openai_chat::error::decode_event;
pub(crate) use crate::dialect::openai_chat::error::{decode, encode};
use crate::{Fault, FaultKind};

/// The event by which a stream tells an error. The SDKs throw at a field named `error`; the API's
/// reference has the same fields beside `type`.
pub(super) fn event(fault: &Fault, sequence: u64) -> Value {
    let (code, message, param) = (code(fault), &fault.message, fault.param.as_deref());
    let kind = fault.label.unwrap_or_else(|| fault.kind.openai_type());
    json!({
        "type": "error",
        "sequence_number": sequence,
        "code": code,
        "message": message,
        "param": param,
        "error": {"type": kind, "code": code, "message": message, "param": param},
    })
}

/// The `error` of a response that failed.
pub(super) fn object(fault: &Fault) -> Value {
    json!({"code": code(fault), "message": fault.message})
}

/// One of the API's words, by class.
fn code(fault: &Fault) -> &'static str {
    match fault.kind {
        FaultKind::ContextWindow => "context_length_exceeded",
        FaultKind::RateLimit | FaultKind::Budget => "rate_limit_exceeded",
        FaultKind::InvalidRequest
        | FaultKind::ContentPolicy
        | FaultKind::TooLarge
        | FaultKind::Unprocessable => "invalid_prompt",
        _ => "server_error",
    }
}

/// Reads the error of a response that failed.
pub(super) fn failed(response: &Value) -> Fault {
    let error = response.get("error").filter(|error| !error.is_null());
    let error = error.cloned().unwrap_or_else(|| json!({"message": "The response failed."}));
    decode_event(json!({"error": error}).to_string().as_bytes())
}
