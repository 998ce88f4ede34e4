//! Anthropic's errors, both ways.

use std::time::Duration;

use serde_json::{Value, json};
use sluice_wire::{Dialect, Fault, FaultKind, FaultOrigin, Retry};

const ME: Dialect = Dialect::AnthropicMessages;

fn decode(status: u16, kind: &str, message: &str) -> Fault {
    let body = json!({"type": "error", "error": {"type": kind, "message": message}});
    ME.decode_error("anthropic", status, &[], body.to_string().into())
}

#[test]
fn every_type_has_its_class_status_and_retry() {
    for (status, word, message, kind, retry, class) in [
        (
            400,
            "invalid_request_error",
            "bad",
            FaultKind::InvalidRequest,
            Retry::Never,
            "BadRequestError",
        ),
        (
            400,
            "invalid_request_error",
            "prompt is too long: 210000 tokens > 200000 maximum",
            FaultKind::ContextWindow,
            Retry::Elsewhere,
            "ContextWindowExceededError",
        ),
        (
            400,
            "invalid_request_error",
            "input length and `max_tokens` exceed context limit: 199000 + 8000 > 200000",
            FaultKind::ContextWindow,
            Retry::Elsewhere,
            "ContextWindowExceededError",
        ),
        (
            400,
            "invalid_request_error",
            "Output blocked by content filtering policy",
            FaultKind::ContentPolicy,
            Retry::Elsewhere,
            "ContentPolicyViolationError",
        ),
        (
            401,
            "authentication_error",
            "invalid x-api-key",
            FaultKind::Authentication,
            Retry::Elsewhere,
            "AuthenticationError",
        ),
        (
            402,
            "billing_error",
            "no money",
            FaultKind::Permission,
            Retry::Elsewhere,
            "PermissionDeniedError",
        ),
        (
            403,
            "permission_error",
            "no",
            FaultKind::Permission,
            Retry::Elsewhere,
            "PermissionDeniedError",
        ),
        (
            404,
            "not_found_error",
            "model: x",
            FaultKind::NotFound,
            Retry::Elsewhere,
            "NotFoundError",
        ),
        (
            409,
            "conflict_error",
            "again",
            FaultKind::InvalidRequest,
            Retry::Never,
            "BadRequestError",
        ),
        (413, "request_too_large", "big", FaultKind::TooLarge, Retry::Never, "BadRequestError"),
        (
            413,
            "request_too_large",
            "Prompt is too long",
            FaultKind::ContextWindow,
            Retry::Elsewhere,
            "ContextWindowExceededError",
        ),
        (
            422,
            "invalid_request_error",
            "x",
            FaultKind::Unprocessable,
            Retry::Never,
            "UnprocessableEntityError",
        ),
        (429, "rate_limit_error", "slow", FaultKind::RateLimit, Retry::Again, "RateLimitError"),
        (500, "api_error", "oops", FaultKind::Upstream, Retry::Again, "InternalServerError"),
        (503, "api_error", "oops", FaultKind::Overloaded, Retry::Again, "ServiceUnavailableError"),
        (504, "timeout_error", "late", FaultKind::Timeout, Retry::Again, "Timeout"),
        (
            529,
            "overloaded_error",
            "Overloaded",
            FaultKind::Overloaded,
            Retry::Again,
            "InternalServerError",
        ),
    ] {
        let fault = decode(status, word, message);
        let case = format!("{status} {word} {message}");
        assert_eq!((fault.kind, fault.status, fault.retry), (kind, status, retry), "{case}");
        assert_eq!(fault.origin, FaultOrigin::Provider, "{case}");
        assert_eq!(fault.message, format!("litellm.{class}: AnthropicException - {message}"));
        let upstream = fault.upstream.unwrap();
        assert_eq!((upstream.status, upstream.code.as_deref()), (status, Some(word)));
        assert!(!upstream.body.is_empty());
    }
}

#[test]
fn a_body_that_is_no_error_is_kept_and_told_by_its_status() {
    for (status, kind) in [
        (401, FaultKind::Authentication),
        (429, FaultKind::RateLimit),
        (400, FaultKind::InvalidRequest),
        (502, FaultKind::Upstream),
        (503, FaultKind::Overloaded),
        (529, FaultKind::Overloaded),
    ] {
        let fault = ME.decode_error("azure_ai", status, &[], "<html>down</html>".into());
        assert_eq!((fault.kind, fault.status), (kind, status));
        assert!(fault.message.ends_with("Azure_aiException - <html>down</html>"), "{fault}");
        assert_eq!(&fault.upstream.unwrap().body[..], b"<html>down</html>");
    }
    let long = "x".repeat(100_000);
    assert!(ME.decode_error("anthropic", 500, &[], long.into()).message.len() < 3000);
    let fault = ME.decode_error("anthropic", 400, &[], r#"{"error":"plain"}"#.into());
    assert!(fault.message.ends_with("- plain"));
}

#[test]
fn reads_when_to_come_back() {
    let after = |name: &str, value: &str| {
        ME.decode_error("anthropic", 429, &[("x", "1"), (name, value)], "".into()).retry_after
    };
    assert_eq!(after("Retry-After", "12"), Some(Duration::from_secs(12)));
    assert_eq!(after("retry-after-ms", "1500"), Some(Duration::from_millis(1500)));
    for junk in ["-1", "NaN", "1e300", "Wed, 21 Oct 2026 07:28:00 GMT", ""] {
        assert_eq!(after("retry-after", junk), None, "{junk}");
    }
}

#[test]
fn a_spend_limit_is_not_waited_out() {
    let body = json!({"type": "error", "error": {"type": "rate_limit_error", "message": "spent",
        "details": {"error_code": "enforced_spend_limit_reached"}}});
    let fault = ME.decode_error("anthropic", 429, &[], body.to_string().into());
    assert_eq!((fault.kind, fault.retry), (FaultKind::RateLimit, Retry::Elsewhere));
}

#[test]
fn every_kind_is_written_with_its_type_and_status() {
    for (kind, word) in [
        (FaultKind::InvalidRequest, "invalid_request_error"),
        (FaultKind::ContextWindow, "invalid_request_error"),
        (FaultKind::ContentPolicy, "invalid_request_error"),
        (FaultKind::MethodNotAllowed, "invalid_request_error"),
        (FaultKind::UnsupportedMedia, "invalid_request_error"),
        (FaultKind::Unprocessable, "invalid_request_error"),
        (FaultKind::TooLarge, "request_too_large"),
        (FaultKind::Authentication, "authentication_error"),
        (FaultKind::Permission, "permission_error"),
        (FaultKind::NotFound, "not_found_error"),
        (FaultKind::Budget, "billing_error"),
        (FaultKind::RateLimit, "rate_limit_error"),
        (FaultKind::Overloaded, "overloaded_error"),
        (FaultKind::Timeout, "timeout_error"),
        (FaultKind::Connection, "api_error"),
        (FaultKind::Truncated, "api_error"),
        (FaultKind::Upstream, "api_error"),
        (FaultKind::Unavailable, "api_error"),
        (FaultKind::Internal, "api_error"),
    ] {
        let fault = Fault::new(kind, "why \"so\"").with_detail("for the operator only");
        let reply = ME.encode_error(&fault, "req_1");
        assert_eq!(reply.status, fault.status);
        let body: Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(
            body,
            json!({"type": "error", "error": {"type": word, "message": "why \"so\""},
                "request_id": "req_1"})
        );
        assert!(reply.headers.contains(&("request-id", "req_1".to_owned())));
    }
    let reply = ME.encode_error(&Fault::new(FaultKind::NotFound, "x"), "");
    assert!(!String::from_utf8(reply.body).unwrap().contains("request_id"));
    assert!(reply.headers.is_empty());
}
