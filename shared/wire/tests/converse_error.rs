//! AWS errors, both ways.

use bytes::Bytes;
use serde_json::{Value, json};
use sluice_wire::{Dialect, Fault, FaultKind, FaultOrigin, Retry, Upstream};

fn decode(status: u16, headers: &[(&str, &str)], body: &'static str) -> Fault {
    Dialect::BedrockConverse.decode_error(
        "bedrock",
        status,
        headers,
        Bytes::from_static(body.as_bytes()),
    )
}

#[test]
fn classes_are_read_from_header_body_or_status() {
    let table: [(u16, &str, &str, FaultKind, u16, &str); 19] = [
        (
            429,
            "ThrottlingException",
            r#"{"message":"m"}"#,
            FaultKind::RateLimit,
            429,
            "RateLimitError",
        ),
        (
            400,
            "ValidationException:http://internal.amazon.com/coral/",
            r#"{"message":"m"}"#,
            FaultKind::InvalidRequest,
            400,
            "BadRequestError",
        ),
        (
            400,
            "ValidationException",
            r#"{"message":"Input is too long for requested model."}"#,
            FaultKind::ContextWindow,
            400,
            "ContextWindowExceededError",
        ),
        (
            400,
            "ValidationException",
            r#"{"message":"prompt is too long: 208310 tokens > 200000 maximum"}"#,
            FaultKind::ContextWindow,
            400,
            "ContextWindowExceededError",
        ),
        (
            400,
            "ValidationException",
            r#"{"message":"The provided model identifier is invalid."}"#,
            FaultKind::NotFound,
            404,
            "NotFoundError",
        ),
        (
            403,
            "AccessDeniedException",
            r#"{"Message":"m"}"#,
            FaultKind::Permission,
            403,
            "PermissionDeniedError",
        ),
        (
            403,
            "AccessDeniedException",
            r#"{"Message":"Authentication failed: Please make sure your API Key is valid."}"#,
            FaultKind::Authentication,
            401,
            "AuthenticationError",
        ),
        (
            404,
            "ResourceNotFoundException",
            r#"{"message":"m"}"#,
            FaultKind::NotFound,
            404,
            "NotFoundError",
        ),
        (408, "ModelTimeoutException", r#"{"message":"m"}"#, FaultKind::Timeout, 408, "Timeout"),
        (
            424,
            "ModelErrorException",
            r#"{"message":"m"}"#,
            FaultKind::Upstream,
            500,
            "InternalServerError",
        ),
        (
            429,
            "ModelNotReadyException",
            r#"{"message":"m"}"#,
            FaultKind::RateLimit,
            429,
            "RateLimitError",
        ),
        (
            400,
            "ServiceQuotaExceededException",
            r#"{"message":"m"}"#,
            FaultKind::RateLimit,
            429,
            "RateLimitError",
        ),
        (
            500,
            "InternalServerException",
            r#"{"message":"m"}"#,
            FaultKind::Upstream,
            500,
            "InternalServerError",
        ),
        (
            503,
            "ServiceUnavailableException",
            r#"{"message":"m"}"#,
            FaultKind::Overloaded,
            503,
            "ServiceUnavailableError",
        ),
        (
            403,
            "UnrecognizedClientException",
            r#"{"message":"m"}"#,
            FaultKind::Authentication,
            401,
            "AuthenticationError",
        ),
        (
            403,
            "ExpiredTokenException",
            r#"{"message":"m"}"#,
            FaultKind::Authentication,
            401,
            "AuthenticationError",
        ),
        (
            400,
            "",
            r#"{"__type":"com.amazon.coral#ThrottlingException","message":"m"}"#,
            FaultKind::RateLimit,
            429,
            "RateLimitError",
        ),
        (503, "", "<html>busy</html>", FaultKind::Overloaded, 503, "ServiceUnavailableError"),
        (502, "", "", FaultKind::Upstream, 500, "InternalServerError"),
    ];
    for (status, class, body, kind, told, litellm) in table {
        let headers: &[(&str, &str)] =
            if class.is_empty() { &[] } else { &[("X-Amzn-ErrorType", class)] };
        let fault = decode(status, headers, body);
        assert_eq!((fault.kind, fault.status), (kind, told), "{class} {body}");
        assert_eq!(fault.origin, FaultOrigin::Provider);
        let head = format!("litellm.{litellm}: BedrockException - ");
        assert!(fault.message.starts_with(&head), "{}", fault.message);
        let upstream = fault.upstream.unwrap();
        assert_eq!((upstream.status, &upstream.body[..]), (status, body.as_bytes()));
        assert_eq!(upstream.provider, "bedrock");
    }
}

#[test]
fn retries_follow_the_class() {
    let retry = |class: &str| decode(400, &[("x-amzn-errortype", class)], "{}").retry;
    assert_eq!(retry("ValidationException"), Retry::Never);
    assert_eq!(retry("AccessDeniedException"), Retry::Elsewhere);
    assert_eq!(retry("UnrecognizedClientException"), Retry::Elsewhere);
    assert_eq!(retry("ThrottlingException"), Retry::Again);
    let after = decode(429, &[("Retry-After", "7")], "{}").retry_after.unwrap();
    assert_eq!(after.as_secs(), 7);
}

#[test]
fn faults_are_written_with_class_status_and_message() {
    let table = [
        (FaultKind::InvalidRequest, 400, "ValidationException"),
        (FaultKind::ContextWindow, 400, "ValidationException"),
        (FaultKind::ContentPolicy, 400, "ValidationException"),
        (FaultKind::Authentication, 401, "UnrecognizedClientException"),
        (FaultKind::Permission, 403, "AccessDeniedException"),
        (FaultKind::NotFound, 404, "ResourceNotFoundException"),
        (FaultKind::MethodNotAllowed, 405, "ValidationException"),
        (FaultKind::Timeout, 408, "ModelTimeoutException"),
        (FaultKind::TooLarge, 413, "ValidationException"),
        (FaultKind::UnsupportedMedia, 415, "ValidationException"),
        (FaultKind::Unprocessable, 422, "ValidationException"),
        (FaultKind::Budget, 422, "ServiceQuotaExceededException"),
        (FaultKind::RateLimit, 429, "ThrottlingException"),
        (FaultKind::Connection, 500, "InternalServerException"),
        (FaultKind::Upstream, 500, "InternalServerException"),
        (FaultKind::Internal, 500, "InternalServerException"),
        (FaultKind::Truncated, 502, "InternalServerException"),
        (FaultKind::Overloaded, 503, "ServiceUnavailableException"),
        (FaultKind::Unavailable, 503, "ServiceUnavailableException"),
    ];
    for (kind, status, class) in table {
        let reply = Dialect::BedrockConverse.encode_error(&Fault::new(kind, "so \"it\" is"), "id");
        assert_eq!(reply.status, status, "{kind:?}");
        assert_eq!(reply.headers, [("x-amzn-errortype", class.to_owned())], "{kind:?}");
        let body: Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(body, json!({"message": "so \"it\" is"}));
    }
}

#[test]
fn what_bedrock_answered_keeps_bedrock_s_class_and_status() {
    let written = |status, class| {
        let fault = decode(status, &[("x-amzn-errortype", class)], r#"{"message":"m"}"#);
        let reply = Dialect::BedrockConverse.encode_error(&fault, "id");
        (reply.status, reply.headers[0].1.clone())
    };
    for (status, class) in [
        (424, "ModelErrorException"),
        (400, "ServiceQuotaExceededException"),
        (429, "ModelNotReadyException"),
        (400, "ValidationException"),
    ] {
        assert_eq!(written(status, class), (status, class.to_owned()));
    }
    // The gateway's own credentials are none of the caller's: told like a wrong key.
    assert_eq!(
        written(403, "ExpiredTokenException"),
        (401, "UnrecognizedClientException".to_owned())
    );
    // Another provider's code is not AWS's.
    let fault = Fault::new(FaultKind::RateLimit, "m").with_upstream(Upstream {
        provider: "openai".into(),
        status: 429,
        code: Some("rate_limit_exceeded".into()),
        body: Bytes::new(),
    });
    let reply = Dialect::BedrockConverse.encode_error(&fault, "id");
    assert_eq!(reply.headers[0].1, "ThrottlingException");
}
