//! Errors, both ways.
//!
//! An AWS client tells errors apart by class: the `x-amzn-errortype` header, or `__type` or `code`
//! in the body; the status only matters to retries. So the status written is the fault's own, as in
//! the other dialects (docs/errors.md), and the class is the one AWS has for the case. boto3 retries
//! neither of the two that differ from AWS's status:
//!
//! * no or a wrong key: 401 `UnrecognizedClientException` (Bedrock: 403);
//! * out of budget: 422 `ServiceQuotaExceededException` (Bedrock: 400).
//!
//! What Bedrock itself answered keeps Bedrock's class and status.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::{Fault, FaultKind, Retry, Upstream, dialect::ErrorReply};

/// A class of errors of the Bedrock runtime.
struct Class {
    name: &'static str,
    /// Its name inside a stream, where `ConverseStreamOutput` has it.
    in_stream: Option<&'static str>,
    status: u16,
    kind: FaultKind,
}

const fn class(
    name: &'static str,
    in_stream: Option<&'static str>,
    status: u16,
    kind: FaultKind,
) -> Class {
    Class { name, in_stream, status, kind }
}

/// The classes of the service model (`bedrock-runtime` 2023-09-30), then those of AWS's front door.
const CLASSES: [Class; 21] = [
    class("ValidationException", Some("validationException"), 400, FaultKind::InvalidRequest),
    class("AccessDeniedException", None, 403, FaultKind::Permission),
    class("ResourceNotFoundException", None, 404, FaultKind::NotFound),
    class("ThrottlingException", Some("throttlingException"), 429, FaultKind::RateLimit),
    class("ModelTimeoutException", None, 408, FaultKind::Timeout),
    class("InternalServerException", Some("internalServerException"), 500, FaultKind::Upstream),
    class(
        "ServiceUnavailableException",
        Some("serviceUnavailableException"),
        503,
        FaultKind::Overloaded,
    ),
    class("ModelErrorException", None, 424, FaultKind::Upstream),
    class("ModelStreamErrorException", Some("modelStreamErrorException"), 424, FaultKind::Upstream),
    class("ModelNotReadyException", None, 429, FaultKind::RateLimit),
    class("ServiceQuotaExceededException", None, 400, FaultKind::RateLimit),
    class("ConflictException", None, 400, FaultKind::InvalidRequest),
    class("UnrecognizedClientException", None, 403, FaultKind::Authentication),
    class("InvalidSignatureException", None, 403, FaultKind::Authentication),
    class("IncompleteSignatureException", None, 403, FaultKind::Authentication),
    class("MissingAuthenticationTokenException", None, 403, FaultKind::Authentication),
    class("ExpiredTokenException", None, 403, FaultKind::Authentication),
    class("NotAuthorizedException", None, 401, FaultKind::Authentication),
    class("SerializationException", None, 400, FaultKind::InvalidRequest),
    class("RequestEntityTooLargeException", None, 413, FaultKind::TooLarge),
    class("UnknownOperationException", None, 404, FaultKind::NotFound),
];

/// How much of a body that is no JSON goes into the message; [`Upstream::body`] has it whole.
const MOST_TEXT: usize = 2_000;

/// What Bedrock and its models say when the prompt does not fit.
const CONTEXT_WORDS: [&str; 8] = [
    "too many tokens",
    "too many input tokens",
    "input is too long",
    "prompt is too long",
    "expected maxlength:",
    "prompt: length: 1..",
    "maximum context length",
    "exceed context limit",
];

/// What AWS says when the credentials are not good, under whatever class.
const CREDENTIAL_WORDS: [&str; 3] = [
    "the security token included in the request is",
    "api key is valid",
    "unable to locate credentials",
];

pub(crate) fn decode(provider: &str, status: u16, headers: &[(&str, &str)], body: Bytes) -> Fault {
    let header = |name: &str| {
        headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    };
    let parsed: Option<Value> = serde_json::from_slice(&body).ok();
    let field = |names: [&str; 2]| {
        let map = parsed.as_ref()?;
        names.iter().find_map(|name| map.get(*name)?.as_str())
    };
    let code = header("x-amzn-errortype").or_else(|| field(["__type", "code"])).map(bare_class);
    let text = match field(["message", "Message"]) {
        Some(text) => text.to_owned(),
        None => String::from_utf8_lossy(&body).chars().take(MOST_TEXT).collect(),
    };
    let retry_after = header("retry-after").and_then(|value| value.trim().parse().ok());
    let mut fault = classify(code, status, &text).with_upstream(Upstream {
        provider: provider.to_owned(),
        status,
        code: code.map(str::to_owned),
        body,
    });
    fault.retry_after = retry_after.map(Duration::from_secs);
    fault
}

/// `com.amazon.coral.validate#ValidationException:http://internal/` is `ValidationException`.
fn bare_class(written: &str) -> &str {
    let name = written.split(':').next().unwrap_or(written);
    name.rsplit('#').next().unwrap_or(name).trim()
}

/// An exception frame inside a stream.
pub(crate) fn in_stream(code: &str, payload: Bytes) -> Fault {
    let parsed: Option<Value> = serde_json::from_slice(&payload).ok();
    let field = |name: &str| parsed.as_ref()?.get(name)?.as_str();
    let text = match field("message").or_else(|| field("Message")) {
        Some(text) => text.to_owned(),
        None => String::from_utf8_lossy(&payload).into_owned(),
    };
    stream_fault(code, &text, payload)
}

/// An error inside a stream, by its code and message.
pub(crate) fn stream_fault(code: &str, text: &str, body: Bytes) -> Fault {
    let status = find(code).map_or(500, |class| class.status);
    // Bytes have gone out to the caller: there is no other attempt, whatever the class.
    classify(Some(code), status, text).with_retry(Retry::Never).with_upstream(Upstream {
        provider: "bedrock".to_owned(),
        status: 200,
        code: Some(code.to_owned()),
        body,
    })
}

fn find(code: &str) -> Option<&'static Class> {
    CLASSES.iter().find(|class| class.name.eq_ignore_ascii_case(code))
}

fn classify(code: Option<&str>, status: u16, text: &str) -> Fault {
    let kind = code.and_then(find).map_or_else(|| by_status(status), |class| class.kind);
    let kind = by_words(kind, text).unwrap_or(kind);
    let text = if text.trim().is_empty() { code.unwrap_or("no message") } else { text };
    let message = format!("litellm.{}: BedrockException - {text}", kind.litellm_class());
    let fault = Fault::new(kind, message);
    match kind {
        // The gateway's own account or catalogue is at fault: another deployment may do.
        FaultKind::Authentication | FaultKind::Permission | FaultKind::NotFound => {
            fault.with_retry(Retry::Elsewhere)
        }
        // LiteLLM's word for a provider's throttle, apart from the gateway's own.
        FaultKind::RateLimit => fault.with_label("throttling_error"),
        _ => fault,
    }
}

fn by_status(status: u16) -> FaultKind {
    match status {
        401 => FaultKind::Authentication,
        403 => FaultKind::Permission,
        404 => FaultKind::NotFound,
        408 | 504 => FaultKind::Timeout,
        413 => FaultKind::TooLarge,
        429 => FaultKind::RateLimit,
        503 | 529 => FaultKind::Overloaded,
        424 | 500..=599 => FaultKind::Upstream,
        _ => FaultKind::InvalidRequest,
    }
}

/// What the class alone does not tell.
fn by_words(kind: FaultKind, text: &str) -> Option<FaultKind> {
    let lower = text.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    match kind {
        FaultKind::InvalidRequest if says(&CONTEXT_WORDS) => Some(FaultKind::ContextWindow),
        FaultKind::InvalidRequest if says(&["provided model identifier is invalid"]) => {
            Some(FaultKind::NotFound)
        }
        FaultKind::InvalidRequest | FaultKind::Permission if says(&CREDENTIAL_WORDS) => {
            Some(FaultKind::Authentication)
        }
        FaultKind::InvalidRequest if says(&["content filter", "content policy"]) => {
            Some(FaultKind::ContentPolicy)
        }
        _ => None,
    }
}

pub(crate) fn encode(fault: &Fault) -> ErrorReply {
    let (class, status) = match own_class(fault) {
        Some(class) => (class.name, class.status),
        None => (class_of(fault.kind), fault.status),
    };
    ErrorReply {
        status,
        headers: vec![("x-amzn-errortype", class.to_owned())],
        body: json!({"message": fault.message}).to_string().into_bytes(),
    }
}

/// Exception type and payload of an error inside a stream: the nearest of those that
/// `ConverseStreamOutput` has.
pub(crate) fn encode_in_stream(fault: &Fault) -> (&'static str, Vec<u8>) {
    let name = own_class(fault).and_then(|class| class.in_stream).unwrap_or(match fault.kind {
        FaultKind::RateLimit => "throttlingException",
        FaultKind::Overloaded | FaultKind::Unavailable => "serviceUnavailableException",
        FaultKind::Truncated | FaultKind::Timeout => "modelStreamErrorException",
        FaultKind::Connection | FaultKind::Upstream | FaultKind::Internal => {
            "internalServerException"
        }
        _ => "validationException",
    });
    let mut payload = json!({"message": fault.message});
    if name == "modelStreamErrorException"
        && let Some(map) = payload.as_object_mut()
    {
        map.insert("originalStatusCode".to_owned(), fault.status.into());
        map.insert("originalMessage".to_owned(), fault.message.as_ref().into());
    }
    (name, payload.to_string().into_bytes())
}

/// Bedrock's class, where it was Bedrock who failed. That it refused the gateway's own credentials is
/// told like a wrong key.
fn own_class(fault: &Fault) -> Option<&'static Class> {
    let code = fault.upstream.as_ref()?.code.as_deref()?;
    find(code).filter(|class| class.kind != FaultKind::Authentication)
}

fn class_of(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Authentication => "UnrecognizedClientException",
        FaultKind::Permission => "AccessDeniedException",
        FaultKind::NotFound => "ResourceNotFoundException",
        FaultKind::Budget => "ServiceQuotaExceededException",
        FaultKind::RateLimit => "ThrottlingException",
        FaultKind::Overloaded | FaultKind::Unavailable => "ServiceUnavailableException",
        FaultKind::Timeout => "ModelTimeoutException",
        FaultKind::Connection
        | FaultKind::Truncated
        | FaultKind::Upstream
        | FaultKind::Internal => "InternalServerException",
        FaultKind::InvalidRequest
        | FaultKind::ContextWindow
        | FaultKind::ContentPolicy
        | FaultKind::MethodNotAllowed
        | FaultKind::TooLarge
        | FaultKind::UnsupportedMedia
        | FaultKind::Unprocessable => "ValidationException",
    }
}
