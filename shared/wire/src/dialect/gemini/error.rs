//! Errors, both ways: `{"error": {"code", "message", "status", "details"}}`, in a stream's array
//! also inside a list of one.
//!
//! The status written is the fault's own, as in the other dialects (docs/errors.md); the word is the
//! one Google has for the case. So out of budget is 422 `RESOURCE_EXHAUSTED`, and Google's clients
//! do not try again.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use super::error_class as class;
use crate::{Fault, FaultKind, Retry, Upstream, dialect::ErrorReply};

/// How much of a body that is no JSON goes into the message; [`Upstream::body`] has it whole.
const MOST_TEXT: usize = 2_000;

/// What Gemini says when the prompt does not fit.
const CONTEXT_WORDS: [&str; 4] = [
    "exceeds the maximum number of tokens allowed",
    "input context is too long",
    "input token count",
    "maximum context length",
];

/// What Google says when the key is not good, with whatever code.
const CREDENTIAL_WORDS: [&str; 5] = [
    "api key not valid",
    "api key not found",
    "api key expired",
    "api_key_invalid",
    "invalid authentication credentials",
];

const RETRY_INFO: &str = "type.googleapis.com/google.rpc.RetryInfo";
const BAD_REQUEST: &str = "type.googleapis.com/google.rpc.BadRequest";
const ERROR_INFO: &str = "type.googleapis.com/google.rpc.ErrorInfo";

pub(crate) fn decode(provider: &str, status: u16, headers: &[(&str, &str)], body: Bytes) -> Fault {
    let parsed = inner(&body);
    let header = headers
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case("retry-after"))
        .and_then(|(_, value)| value.trim().parse().ok())
        .map(Duration::from_secs);
    let retry_after = header.or_else(|| parsed.as_ref().and_then(retry_delay));
    let mut fault = read(provider, status, parsed.as_ref(), body);
    fault.retry_after = retry_after;
    fault
}

/// An error inside a stream. Bytes have gone out to the caller: there is no other attempt.
pub(super) fn in_stream(body: &[u8]) -> Fault {
    let parsed = inner(body);
    let code = parsed.as_ref().and_then(|error| error.get("code")?.as_u64());
    let status = code.and_then(|code| u16::try_from(code).ok()).unwrap_or(500);
    let mut fault = read("gemini", status, parsed.as_ref(), Bytes::copy_from_slice(body));
    if let Some(upstream) = &mut fault.upstream {
        upstream.status = 200;
    }
    fault.with_retry(Retry::Never)
}

/// The error's object.
fn inner(body: &[u8]) -> Option<Value> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let value = match value {
        Value::Array(list) => list.into_iter().next()?,
        other => other,
    };
    value.get("error").filter(|error| error.is_object()).cloned()
}

fn read(provider: &str, status: u16, error: Option<&Value>, body: Bytes) -> Fault {
    let field = |name: &str| error?.get(name)?.as_str();
    let code = field("status");
    let text = match field("message") {
        Some(text) => text.to_owned(),
        None => String::from_utf8_lossy(&body).chars().take(MOST_TEXT).collect(),
    };
    let known = code.and_then(class::find);
    let kind = known.map_or_else(|| class::by_status(status), |class| class.kind);
    let kind = by_words(kind, &text).unwrap_or(kind);
    let text = if text.trim().is_empty() { code.unwrap_or("no message") } else { &text };
    let name = if provider == "vertex_ai" { "VertexAIException" } else { "GeminiException" };
    let message = format!("litellm.{}: {name} - {text}", kind.litellm_class());
    let fault = Fault::new(kind, message);
    let fault = match kind {
        // The gateway's own account or catalogue is at fault: another deployment may do.
        FaultKind::Authentication | FaultKind::Permission | FaultKind::NotFound => {
            fault.with_retry(Retry::Elsewhere)
        }
        // LiteLLM's word for a provider's throttle, apart from the gateway's own.
        FaultKind::RateLimit => fault.with_label("throttling_error"),
        _ => fault,
    };
    fault.with_upstream(Upstream {
        provider: provider.to_owned(),
        status,
        code: code.map(str::to_owned),
        body,
    })
}

/// What the code alone does not tell.
fn by_words(kind: FaultKind, text: &str) -> Option<FaultKind> {
    let lower = text.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    match kind {
        FaultKind::InvalidRequest if says(&CONTEXT_WORDS) => Some(FaultKind::ContextWindow),
        FaultKind::InvalidRequest | FaultKind::Permission if says(&CREDENTIAL_WORDS) => {
            Some(FaultKind::Authentication)
        }
        FaultKind::InvalidRequest if says(&["user location is not supported"]) => {
            Some(FaultKind::Permission)
        }
        _ => None,
    }
}

/// `details[].retryDelay` of a RetryInfo: `"34.5s"`.
fn retry_delay(error: &Value) -> Option<Duration> {
    let details = error.get("details")?.as_array()?;
    let info =
        details.iter().find(|detail| detail.get("@type").is_some_and(|t| t == RETRY_INFO))?;
    let seconds: f64 = info.get("retryDelay")?.as_str()?.strip_suffix('s')?.parse().ok()?;
    Duration::try_from_secs_f64(seconds.ceil()).ok()
}

pub(crate) fn encode(fault: &Fault) -> ErrorReply {
    ErrorReply { status: fault.status, headers: Vec::new(), body: envelope(fault) }
}

/// The envelope alone, for an answer or for a stream.
pub(super) fn envelope(fault: &Fault) -> Vec<u8> {
    let mut error = json!({
        "code": fault.status,
        "message": fault.message,
        "status": own_class(fault).unwrap_or_else(|| class::of_kind(fault.kind)),
    });
    let details = details(fault);
    if let Some(fields) = error.as_object_mut()
        && !details.is_empty()
    {
        fields.insert("details".into(), details.into());
    }
    json!({ "error": error }).to_string().into_bytes()
}

/// Google's own word, where it was Google who failed. That it refused the gateway's own credentials
/// is told like a wrong key.
fn own_class(fault: &Fault) -> Option<&'static str> {
    let code = fault.upstream.as_ref()?.code.as_deref()?;
    (fault.kind != FaultKind::Authentication).then_some(())?;
    class::find(code).map(|class| class.name)
}

fn details(fault: &Fault) -> Vec<Value> {
    let mut details = Vec::new();
    if let Some(after) = fault.retry_after {
        let delay = format!("{}s", after.as_secs());
        details.push(json!({"@type": RETRY_INFO, "retryDelay": delay}));
    }
    if let Some(param) = &fault.param {
        let violation = json!({"field": param, "description": fault.message});
        details.push(json!({"@type": BAD_REQUEST, "fieldViolations": [violation]}));
    }
    if let Some(label) = fault.label {
        let reason = label.to_ascii_uppercase();
        details.push(json!({"@type": ERROR_INFO, "reason": reason, "domain": "sluice"}));
    }
    details
}
