//! Errors, both ways.
//!
//! Reading goes by class, not by status alone: a prompt that does not fit and a refused content are
//! both `400`, and only the first may be tried elsewhere. Class names, statuses and the shape of
//! the message are LiteLLM's; the provider's own words and body are kept.

use std::{borrow::Cow, time::Duration};

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use crate::{Fault, FaultKind, Retry, Upstream, dialect::ErrorReply};

/// How much of a body that is no JSON goes into the message; [`Upstream::body`] has it whole.
const MOST_TEXT: usize = 2_000;

/// What a provider's error body says.
#[derive(Debug, Default)]
struct Said {
    message: String,
    code: Option<String>,
    label: Option<String>,
    param: Option<String>,
    /// The status, where the body names one.
    status: Option<u16>,
}

/// OpenAI's envelope.
#[derive(Serialize)]
struct Envelope<'a> {
    error: Inner<'a>,
}

#[derive(Serialize)]
struct Inner<'a> {
    message: &'a str,
    #[serde(rename = "type")]
    label: &'a str,
    param: Option<&'a str>,
    code: String,
}

/// Reads a provider's answer of a status that is not 2xx.
pub(crate) fn decode(provider: &str, status: u16, headers: &[(&str, &str)], body: Bytes) -> Fault {
    let said = Said::of(&body);
    let mut fault = classify(&said, status, Some(provider));
    fault.retry_after = retry_after(headers);
    let code = said.code.or(said.label);
    fault.with_upstream(Upstream { provider: provider.to_owned(), status, code, body })
}

/// Reads an error that a provider sent after a status of 200: inside a stream, or as the answer.
/// Whether bytes have gone out already, and no other attempt is left, the driver knows.
pub(crate) fn decode_event(data: &[u8]) -> Fault {
    let said = Said::of(data);
    let status = said.status.or_else(|| said.status_of_label()).unwrap_or(500);
    let fault = classify(&said, status, None);
    let code = said.code.or(said.label);
    let body = Bytes::copy_from_slice(data);
    fault.with_upstream(Upstream { provider: String::new(), status: 200, code, body })
}

/// Writes an error answer: LiteLLM's envelope, whose `code` is the status as a string.
pub(crate) fn encode(fault: &Fault) -> ErrorReply {
    ErrorReply { status: status(fault), headers: Vec::new(), body: envelope(fault) }
}

/// `529` is Anthropic's own: OpenAI's clients know an overload as `503`.
fn status(fault: &Fault) -> u16 {
    if fault.status == 529 { 503 } else { fault.status }
}

/// The envelope alone, for an answer or for a stream.
pub(super) fn envelope(fault: &Fault) -> Vec<u8> {
    let inner = Inner {
        message: &fault.message,
        label: fault.label.unwrap_or_else(|| fault.kind.openai_type()),
        param: fault.param.as_deref(),
        code: status(fault).to_string(),
    };
    // Strings alone always serialise.
    serde_json::to_vec(&Envelope { error: inner }).unwrap_or_default()
}

// === impl Said ===

impl Said {
    /// Reads the shapes that OpenAI and the compatible servers answer with: `{"error": {...}}`,
    /// `{"error": "..."}`, a list of one such, `{"message": ...}`, `{"detail": ...}`, plain text.
    fn of(body: &[u8]) -> Self {
        let Ok(value) = serde_json::from_slice::<Value>(body) else {
            let text = String::from_utf8_lossy(body);
            return Self { message: head(text.trim()).to_owned(), ..Self::default() };
        };
        let value = match value {
            Value::Array(mut items) if !items.is_empty() => items.swap_remove(0),
            other => other,
        };
        let inner = value.get("error").filter(|error| !error.is_null()).unwrap_or(&value);
        let field = |name: &str| inner.get(name).filter(|found| !found.is_null());
        let message = match inner {
            Value::String(text) => Cow::Borrowed(text.as_str()),
            _ => field("message")
                .or_else(|| value.get("message"))
                .or_else(|| field("detail"))
                .map_or_else(|| Cow::Owned(inner.to_string()), text),
        };
        let status = ["code", "status", "status_code", "http_status"]
            .iter()
            .find_map(|name| match field(name)? {
                Value::Number(number) => u16::try_from(number.as_u64()?).ok(),
                Value::String(text) => text.parse().ok(),
                _ => None,
            })
            .filter(|status| (400..600).contains(status));
        Self {
            message: head(&message).to_owned(),
            code: field("code").map(|code| text(code).into_owned()),
            label: field("type").map(|label| text(label).into_owned()),
            param: field("param").and_then(Value::as_str).map(str::to_owned),
            status,
        }
    }

    /// The status that goes with the error's type, where nothing else tells.
    fn status_of_label(&self) -> Option<u16> {
        Some(match self.label.as_deref()? {
            "invalid_request_error" => 400,
            "authentication_error" => 401,
            "permission_error" => 403,
            "not_found_error" => 404,
            "timeout_error" => 408,
            "rate_limit_error" | "requests" | "tokens" | "throttling_error" => 429,
            "service_unavailable_error" => 503,
            _ => return None,
        })
    }

    /// Whether the code or the type is one of these words.
    fn is(&self, words: &[&str]) -> bool {
        [&self.code, &self.label].into_iter().flatten().any(|said| words.contains(&said.as_str()))
    }
}

fn text(value: &Value) -> Cow<'_, str> {
    value.as_str().map_or_else(|| Cow::Owned(value.to_string()), Cow::Borrowed)
}

fn head(text: &str) -> &str {
    let end = (0..=MOST_TEXT.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

const CONTEXT_CODES: [&str; 3] =
    ["context_length_exceeded", "context_window_exceeded", "exceed_context_size_error"];

/// Phrases by which servers say that the prompt does not fit.
const CONTEXT_PHRASES: [&str; 14] = [
    "maximum context length",
    "maximum context limit",
    "exceed context limit",
    "exceeds the context window",
    "exceeds the model's context window",
    "longer than the model's context length",
    "exceeds the available context size",
    "exceeds the maximum number of tokens allowed",
    "input tokens exceed the configured limit",
    "`inputs` tokens + `max_new_tokens` must be",
    "prompt is too long",
    "context_length_exceeded",
    "maximum prompt length is",
    "current length is",
];

const CONTENT_CODES: [&str; 6] = [
    "content_policy_violation",
    "content_filter",
    "content_filter_policy",
    "ResponsibleAIPolicyViolation",
    "cyber_policy",
    "moderation_blocked",
];

/// Phrases by which servers say that their policy refused the content.
const CONTENT_PHRASES: [&str; 7] = [
    "content_policy_violation",
    "responsibleaipolicyviolation",
    "content management policy",
    "violating our usage policy",
    "rejected as a result of our safety system",
    "rejected as a result of the safety system",
    "failed as a result of our safety system",
];

/// Phrases by which servers answer a bad key with `400`.
const KEY_PHRASES: [&str; 2] = ["incorrect api key provided", "api key not valid"];

fn classify(said: &Said, status: u16, provider: Option<&str>) -> Fault {
    use FaultKind::{
        Authentication, ContentPolicy, ContextWindow, InvalidRequest, NotFound, Overloaded,
        Permission, RateLimit, Timeout, TooLarge, Upstream,
    };
    let lower = said.message.to_lowercase();
    let tells = |phrases: &[&str]| phrases.iter().any(|phrase| lower.contains(phrase));
    let wrong = matches!(status, 400 | 413 | 422 | 424 | 500);

    let (kind, status, class) = if said.is(&CONTEXT_CODES) || (wrong && tells(&CONTEXT_PHRASES)) {
        (ContextWindow, 400, "ContextWindowExceededError")
    } else if said.is(&CONTENT_CODES) || (wrong && tells(&CONTENT_PHRASES)) {
        (ContentPolicy, 400, "ContentPolicyViolationError")
    } else if said.is(&["invalid_api_key"]) || (status == 400 && tells(&KEY_PHRASES)) {
        (Authentication, 401, "AuthenticationError")
    } else if said.is(&["insufficient_quota", "rate_limit_exceeded"]) {
        (RateLimit, 429, "RateLimitError")
    } else if said.is(&["overloaded_error"]) {
        (Overloaded, 503, "ServiceUnavailableError")
    } else {
        match status {
            400 if said.is(&["model_not_found"]) => (NotFound, 404, "NotFoundError"),
            401 => (Authentication, 401, "AuthenticationError"),
            403 => (Permission, 403, "PermissionDeniedError"),
            404 => (NotFound, 404, "NotFoundError"),
            408 | 504 => (Timeout, 408, "Timeout"),
            413 => (TooLarge, 413, "BadRequestError"),
            422 => (InvalidRequest, 422, "UnprocessableEntityError"),
            429 => (RateLimit, 429, "RateLimitError"),
            400..500 => (InvalidRequest, status, "BadRequestError"),
            502 => (Upstream, 502, "BadGatewayError"),
            503 | 529 => (Overloaded, 503, "ServiceUnavailableError"),
            500..600 => (Upstream, status, "InternalServerError"),
            _ => (Upstream, 502, "APIError"),
        }
    };
    let message = match provider {
        Some(provider) => {
            format!("litellm.{class}: {}Exception - {}", display(provider), said.message)
        }
        None => format!("litellm.{class}: {}", said.message),
    };
    let mut fault = Fault::new(kind, message).with_status(status);
    match kind {
        // The gateway's own credential, money or model name: another deployment has others.
        Authentication | Permission | NotFound => fault.retry = Retry::Elsewhere,
        RateLimit => {
            fault.label = Some("throttling_error");
            if said.is(&["insufficient_quota", "billing_hard_limit_reached"]) {
                fault.retry = Retry::Elsewhere;
            }
        }
        InvalidRequest if status == 402 => fault.retry = Retry::Elsewhere,
        _ => {}
    }
    fault.param = said.param.clone().map(Cow::Owned);
    fault
}

/// A provider's name as LiteLLM writes it in front of `Exception`.
fn display(provider: &str) -> Cow<'_, str> {
    if provider == "openai" {
        return "OpenAI".into();
    }
    let mut letters = provider.chars();
    match letters.next() {
        Some(first) => format!("{}{}", first.to_uppercase(), letters.as_str()).into(),
        None => "Provider".into(),
    }
}

/// `retry-after-ms`, else `retry-after` in seconds. A date is not read: there is no clock here.
fn retry_after(headers: &[(&str, &str)]) -> Option<Duration> {
    let header = |name: &str| {
        let found = headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        let value: f64 = found.1.trim().parse().ok()?;
        Some(value).filter(|value| value.is_finite() && *value >= 0.0)
    };
    let seconds = match header("retry-after-ms") {
        Some(millis) => millis / 1_000.0,
        None => header("retry-after")?,
    };
    Duration::try_from_secs_f64(seconds).ok()
}
