//! Errors, both ways (`ErrorResponse`; platform.claude.com, "Errors").
//!
//! The `type` says what is wrong, save for two things that hide under `invalid_request_error`: a
//! prompt that is too long, and a content filter. Those are told by their words, as LiteLLM does.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::{Fault, FaultKind, Retry, Upstream, dialect::ErrorReply};

/// Bytes of a body that is no error object which are shown to the caller.
const SHOWN: usize = 2000;

/// Reads a provider's error answer.
pub(crate) fn decode(provider: &str, status: u16, headers: &[(&str, &str)], body: Bytes) -> Fault {
    let parsed: Option<Value> = serde_json::from_slice(&body).ok();
    let error = parsed.as_ref().and_then(|body| body.get("error"));
    let field = |name: &str| error.and_then(|error| error.get(name)).and_then(Value::as_str);
    let code = field("type").map(str::to_owned);
    let text = match field("message").or_else(|| error.and_then(Value::as_str)) {
        Some(message) => message.to_owned(),
        None => shown(&body),
    };
    let spent = error
        .and_then(|error| error.get("details"))
        .and_then(|details| details.get("error_code"))
        .is_some_and(|code| code == "enforced_spend_limit_reached");

    let kind = kind(code.as_deref(), status, &text);
    let mut fault = Fault::new(kind, message(provider, kind, status, &text));
    fault.status = match status {
        // Inside a stream the status has been 200.
        0..400 => status_of(code.as_deref(), fault.status),
        status => status,
    };
    // Whatever is wrong with this provider's key, account or model may be right with another's.
    if spent
        || matches!(kind, FaultKind::Authentication | FaultKind::Permission | FaultKind::NotFound)
    {
        fault.retry = Retry::Elsewhere;
    }
    if kind == FaultKind::RateLimit {
        // A provider's limit, not a key's here.
        fault.label = Some("throttling_error");
    }
    fault.retry_after = retry_after(headers);
    fault.with_upstream(Upstream { provider: provider.to_owned(), status, code, body })
}

fn kind(code: Option<&str>, status: u16, text: &str) -> FaultKind {
    let lower = text.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let request = matches!(code, Some("invalid_request_error" | "request_too_large") | None)
        && matches!(status, 0..500);
    if request && says(&["prompt is too long", "prompt: length", "exceed context limit"]) {
        return FaultKind::ContextWindow;
    }
    if request && says(&["content filtering policy", "content policy", "usage policies"]) {
        return FaultKind::ContentPolicy;
    }
    match code {
        Some("authentication_error") => FaultKind::Authentication,
        Some("permission_error" | "billing_error") => FaultKind::Permission,
        Some("not_found_error") => FaultKind::NotFound,
        Some("request_too_large") => FaultKind::TooLarge,
        Some("rate_limit_error") => FaultKind::RateLimit,
        Some("overloaded_error") => FaultKind::Overloaded,
        Some("timeout_error") => FaultKind::Timeout,
        // The words for anything else: the status is more particular.
        Some("invalid_request_error") if matches!(status, 0..=400) => FaultKind::InvalidRequest,
        Some("api_error") if matches!(status, 0..=400 | 500) => FaultKind::Upstream,
        _ => by_status(status),
    }
}

fn by_status(status: u16) -> FaultKind {
    match status {
        401 => FaultKind::Authentication,
        402 | 403 => FaultKind::Permission,
        404 => FaultKind::NotFound,
        405 => FaultKind::MethodNotAllowed,
        408 | 504 => FaultKind::Timeout,
        413 => FaultKind::TooLarge,
        415 => FaultKind::UnsupportedMedia,
        422 => FaultKind::Unprocessable,
        429 => FaultKind::RateLimit,
        503 | 529 => FaultKind::Overloaded,
        400..500 => FaultKind::InvalidRequest,
        _ => FaultKind::Upstream,
    }
}

/// The status that belongs to an error told inside a stream.
fn status_of(code: Option<&str>, default: u16) -> u16 {
    match code {
        Some("overloaded_error") => 529,
        Some("timeout_error") => 504,
        Some("billing_error") => 402,
        _ => default,
    }
}

/// LiteLLM's form: `litellm.<Class>: <Provider>Exception - <text>`.
fn message(provider: &str, kind: FaultKind, status: u16, text: &str) -> String {
    let class = match kind {
        FaultKind::ContextWindow => "ContextWindowExceededError",
        FaultKind::ContentPolicy => "ContentPolicyViolationError",
        FaultKind::Authentication => "AuthenticationError",
        FaultKind::Permission => "PermissionDeniedError",
        FaultKind::NotFound => "NotFoundError",
        FaultKind::RateLimit => "RateLimitError",
        FaultKind::Timeout => "Timeout",
        FaultKind::Unprocessable => "UnprocessableEntityError",
        FaultKind::Overloaded if status == 503 => "ServiceUnavailableError",
        FaultKind::Upstream if status == 502 => "BadGatewayError",
        FaultKind::Overloaded | FaultKind::Upstream => "InternalServerError",
        _ => "BadRequestError",
    };
    let mut letters = provider.chars();
    let name: String = letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect());
    format!("litellm.{class}: {name}Exception - {text}")
}

/// The head of a body that is no error object (a proxy's HTML page).
fn shown(body: &[u8]) -> String {
    let head = body.get(..SHOWN).unwrap_or(body);
    String::from_utf8_lossy(head).trim().to_owned()
}

/// Seconds, or milliseconds in the SDKs' own header. A date would need a clock.
fn retry_after(headers: &[(&str, &str)]) -> Option<Duration> {
    let find = |name: &str| {
        headers
            .iter()
            .find(|(header, _)| header.eq_ignore_ascii_case(name))
            .and_then(|(_, value)| value.trim().parse::<f64>().ok())
    };
    let milliseconds = find("retry-after-ms").map(|ms| ms / 1000.0);
    milliseconds
        .or_else(|| find("retry-after"))
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}

/// Writes an error answer for a caller.
pub(crate) fn encode(fault: &Fault, request_id: &str) -> ErrorReply {
    let mut body = envelope(fault);
    let mut headers = Vec::new();
    if !request_id.is_empty() {
        if let Value::Object(fields) = &mut body {
            fields.insert("request_id".into(), request_id.into());
        }
        headers.push(("request-id", request_id.to_owned()));
    }
    ErrorReply { status: fault.status, headers, body: body.to_string().into_bytes() }
}

/// `{"type":"error","error":{...}}`, in an answer and in a stream.
pub(super) fn envelope(fault: &Fault) -> Value {
    json!({ "type": "error", "error": { "type": word(fault), "message": fault.message } })
}

fn word(fault: &Fault) -> &'static str {
    match fault.kind {
        FaultKind::InvalidRequest
        | FaultKind::ContextWindow
        | FaultKind::ContentPolicy
        | FaultKind::MethodNotAllowed
        | FaultKind::UnsupportedMedia
        | FaultKind::Unprocessable => "invalid_request_error",
        FaultKind::TooLarge => "request_too_large",
        FaultKind::Authentication => "authentication_error",
        FaultKind::Permission if fault.status == 402 => "billing_error",
        FaultKind::Permission => "permission_error",
        FaultKind::NotFound => "not_found_error",
        // "An issue with your billing": the nearest to a budget that is spent.
        FaultKind::Budget => "billing_error",
        FaultKind::RateLimit => "rate_limit_error",
        FaultKind::Overloaded => "overloaded_error",
        FaultKind::Timeout => "timeout_error",
        FaultKind::Connection
        | FaultKind::Truncated
        | FaultKind::Upstream
        | FaultKind::Unavailable
        | FaultKind::Internal => "api_error",
    }
}
