//! OpenAI's errors: read by class, written in LiteLLM's envelope.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use sluice_wire::{
    Dialect, Fault,
    FaultKind::{
        self, Authentication, ContentPolicy, ContextWindow, InvalidRequest, NotFound, Overloaded,
        Permission, RateLimit, Timeout, TooLarge, Upstream,
    },
    Retry,
};

const ME: Dialect = Dialect::OpenAiChat;

fn read(status: u16, body: &(impl ToString + ?Sized)) -> Fault {
    ME.decode_error("openai", status, &[], Bytes::from(body.to_string()))
}

fn error(message: &str, label: &str, code: Option<&str>) -> Value {
    json!({"error": {"message": message, "type": label, "param": null, "code": code}})
}

#[test]
fn reads_errors_by_class() {
    let request = "invalid_request_error";
    let cases: Vec<(u16, Value, FaultKind, u16, &str)> = vec![
        (
            400,
            error("too long", request, Some("context_length_exceeded")),
            ContextWindow,
            400,
            "ContextWindowExceededError",
        ),
        (
            400,
            error("This model's maximum context length is 8192 tokens.", request, None),
            ContextWindow,
            400,
            "ContextWindowExceededError",
        ),
        (
            400,
            error("no", request, Some("content_policy_violation")),
            ContentPolicy,
            400,
            "ContentPolicyViolationError",
        ),
        (
            400,
            error(
                "The response was filtered due to the prompt triggering Azure OpenAI's \
            content management policy.",
                "",
                Some("content_filter"),
            ),
            ContentPolicy,
            400,
            "ContentPolicyViolationError",
        ),
        (400, error("bad", request, None), InvalidRequest, 400, "BadRequestError"),
        (
            400,
            error("no such model", request, Some("model_not_found")),
            NotFound,
            404,
            "NotFoundError",
        ),
        (
            401,
            error("Incorrect API key provided: sk-***", request, Some("invalid_api_key")),
            Authentication,
            401,
            "AuthenticationError",
        ),
        (403, error("no", "", None), Permission, 403, "PermissionDeniedError"),
        (404, error("no", request, Some("model_not_found")), NotFound, 404, "NotFoundError"),
        (408, error("slow", "", None), Timeout, 408, "Timeout"),
        (504, error("slow", "", None), Timeout, 408, "Timeout"),
        (
            413,
            error("Request too large", "tokens", Some("rate_limit_exceeded")),
            RateLimit,
            429,
            "RateLimitError",
        ),
        (413, error("body", "", None), TooLarge, 413, "BadRequestError"),
        (422, error("no", "", None), InvalidRequest, 422, "UnprocessableEntityError"),
        (
            429,
            error("slow down", "requests", Some("rate_limit_exceeded")),
            RateLimit,
            429,
            "RateLimitError",
        ),
        (500, error("oops", "server_error", None), Upstream, 500, "InternalServerError"),
        (502, json!("bad gateway"), Upstream, 502, "BadGatewayError"),
        (503, error("busy", "", None), Overloaded, 503, "ServiceUnavailableError"),
        (529, error("busy", "", None), Overloaded, 503, "ServiceUnavailableError"),
    ];
    for (status, body, kind, becomes, class) in cases {
        let fault = read(status, &body);
        assert_eq!((fault.kind, fault.status), (kind, becomes), "{body}");
        let prefix = format!("litellm.{class}: OpenAIException - ");
        assert!(fault.message.starts_with(&prefix), "{}", fault.message);
        let upstream = fault.upstream.unwrap();
        assert_eq!((upstream.status, upstream.provider.as_str()), (status, "openai"));
        assert_eq!(upstream.body, body.to_string());
    }
}

#[test]
fn the_gateways_own_credential_or_quota_may_be_better_elsewhere() {
    assert_eq!(read(401, "{}").retry, Retry::Elsewhere);
    assert_eq!(read(403, "{}").retry, Retry::Elsewhere);
    assert_eq!(read(402, "{}").retry, Retry::Elsewhere);
    let quota = read(
        429,
        &error("You exceeded your current quota", "insufficient_quota", Some("insufficient_quota")),
    );
    assert_eq!((quota.kind, quota.retry), (RateLimit, Retry::Elsewhere));
    let limit = read(429, &error("slow down", "tokens", Some("rate_limit_exceeded")));
    assert_eq!((limit.retry, limit.label), (Retry::Again, Some("throttling_error")));
    assert_eq!(read(400, "{}").retry, Retry::Never);
    assert_eq!(read(500, "{}").retry, Retry::Again);
}

#[test]
fn reads_the_words_out_of_every_shape_of_body() {
    for body in [
        json!({"error": {"message": "words"}}),
        json!({"error": "words"}),
        json!([{"error": {"message": "words", "code": 400}}]),
        json!({"object": "error", "message": "words", "code": 400}),
        json!({"message": "words"}),
        json!({"detail": "words"}),
    ] {
        let fault = read(400, &body);
        assert_eq!(fault.message, "litellm.BadRequestError: OpenAIException - words", "{body}");
    }
    let plain = ME.decode_error("together_ai", 500, &[], Bytes::from_static(b" upstream died \n"));
    let said = "litellm.InternalServerError: Together_aiException - upstream died";
    assert_eq!(plain.message, said);
    let long = read(500, &"é".repeat(5_000));
    assert!(long.message.len() < 2_100);
    assert_eq!(long.upstream.unwrap().body.len(), 10_000);
}

#[test]
fn reads_the_parameter_and_when_to_come_back() {
    let body = json!({"error": {"message": "m", "param": "temperature"}}).to_string();
    let after = |headers: &[(&str, &str)]| {
        ME.decode_error("openai", 429, headers, Bytes::from(body.clone())).retry_after
    };
    assert_eq!(read(400, &body).param.as_deref(), Some("temperature"));
    assert_eq!(after(&[("Retry-After", "20")]), Some(Duration::from_secs(20)));
    let both = [("retry-after", "1"), ("retry-after-ms", "250")];
    assert_eq!(after(&both), Some(Duration::from_millis(250)));
    for bad in ["Wed, 21 Oct 2026 07:28:00 GMT", "-1", "NaN", "inf", ""] {
        assert_eq!(after(&[("retry-after", bad)]), None, "{bad}");
    }
}

#[test]
fn writes_litellms_envelope() {
    let fault = Fault::invalid("Missing required parameter: 'messages'.", "messages");
    let reply = ME.encode_error(&fault, "req-1");
    assert_eq!((reply.status, reply.headers.len()), (400, 0));
    assert_eq!(
        String::from_utf8(reply.body).unwrap(),
        "{\"error\":{\"message\":\"Missing required parameter: 'messages'.\",\
         \"type\":\"invalid_request_error\",\"param\":\"messages\",\"code\":\"400\"}}"
    );
    let fault = Fault::new(FaultKind::Authentication, "no").with_label("token_not_found_in_db");
    let reply: Value = serde_json::from_slice(&ME.encode_error(&fault, "").body).unwrap();
    assert_eq!(
        reply["error"],
        json!({"message": "no", "type": "token_not_found_in_db", "param": null, "code": "401"})
    );
}
