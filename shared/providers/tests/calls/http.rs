//! Calls over HTTP, against a real server.

use crate::support::{
    LAST_CHUNK, Server, Step, call, chunk, chunked, deployment, document, drain, transport, whole,
};
use ::http::{HeaderName, HeaderValue};
use serde_json::json;
use sluice_providers::{Secret, Transport, TransportOptions};
use sluice_wire::{FaultKind, FaultOrigin, Retry};

fn header(name: &'static str, value: &'static str) -> (HeaderName, HeaderValue) {
    (HeaderName::from_static(name), HeaderValue::from_static(value))
}

#[tokio::test]
async fn sends_the_body_unread_with_the_providers_headers() {
    let server = Server::json(200, r#"{"ok":true}"#).await;
    let mut openai = deployment("openai/gpt-4o", &format!("{}/v1", server.url));
    openai.credential = Some(Secret::plain("sk-test"));
    openai.extra_headers = vec![("x-team".to_owned(), "blue".to_owned())];
    let answer = transport().send(&openai, call(false)).await.unwrap();
    assert_eq!(whole(answer), br#"{"ok":true}"#);
    let seen = server.last();
    assert_eq!(seen.line, "POST /v1/chat/completions HTTP/1.1");
    assert_eq!(seen.header("authorization"), Some("Bearer sk-test"));
    assert_eq!(seen.header("content-type"), Some("application/json"));
    assert_eq!(seen.header("x-team"), Some("blue"));
    assert!(seen.header("user-agent").unwrap().starts_with("sluice/"));
    assert!(seen.header("accept-encoding").is_none());
    assert_eq!(seen.body, call(false).body);
}

#[tokio::test]
async fn speaks_anthropics_headers_and_passes_the_callers_on() {
    let server = Server::json(200, "{}").await;
    let mut anthropic = deployment("anthropic/claude-x", &server.url);
    anthropic.credential = Some(Secret::plain("sk-ant\n"));
    let transport = transport();
    transport.send(&anthropic, call(false)).await.unwrap();
    let seen = server.last();
    assert_eq!(seen.line, "POST /v1/messages HTTP/1.1");
    assert_eq!(seen.header("x-api-key"), Some("sk-ant"));
    assert_eq!(seen.header("anthropic-version"), Some("2023-06-01"));
    assert!(seen.header("authorization").is_none());

    let mut with_headers = call(false);
    with_headers.headers = vec![
        header("anthropic-beta", "context-1m"),
        header("anthropic-version", "2024-10-22"),
        header("x-api-key", "the callers own"),
        header("authorization", "Bearer the callers own"),
        header("connection", "close"),
        header("transfer-encoding", "chunked"),
    ];
    transport.send(&anthropic, with_headers).await.unwrap();
    let seen = server.last();
    assert_eq!(seen.header("anthropic-beta"), Some("context-1m"));
    assert_eq!(seen.header("anthropic-version"), Some("2024-10-22"));
    assert_eq!(seen.header("x-api-key"), Some("sk-ant"));
    assert!(!format!("{seen:?}").contains("the callers own"));
    assert!(seen.header("transfer-encoding").is_none());
}

#[tokio::test]
async fn sets_extra_body_fields_and_leaves_the_others() {
    let server = Server::json(200, "{}").await;
    let mut openai = deployment("openai/m", &server.url);
    openai.extra_body.insert("service_tier".to_owned(), json!("flex"));
    openai.extra_body.insert("model".to_owned(), json!({"deep": 1}));
    transport().send(&openai, call(false)).await.unwrap();
    let text = String::from_utf8(server.last().body).unwrap();
    assert_eq!(
        text,
        r#"{"model":{"deep":1},"messages":[{"role":"user","content":"hi"}],"x_unknown":1,"service_tier":"flex"}"#
    );
}

#[tokio::test]
async fn streams_what_arrives_to_its_proper_end() {
    let server = Server::start(|_, _| {
        vec![
            Step::Send(chunked("text/event-stream")),
            Step::Send(chunk(b"data: 1\n\n")),
            Step::Send(chunk(b"data: [DONE]\n\n")),
            Step::Send(LAST_CHUNK.to_vec()),
        ]
    })
    .await;
    let answer = transport().send(&deployment("openai/m", &server.url), call(true)).await.unwrap();
    assert_eq!(answer.status, 200);
    let (bytes, end) = drain(answer).await;
    assert_eq!(bytes, b"data: 1\n\ndata: [DONE]\n\n");
    assert!(end.is_ok());
}

#[tokio::test]
async fn tells_a_stream_that_breaks_off_from_one_that_ends() {
    let server = Server::start(|_, _| {
        vec![Step::Send(chunked("text/event-stream")), Step::Send(chunk(b"data: 1\n\n"))]
    })
    .await;
    let answer = transport().send(&deployment("openai/m", &server.url), call(true)).await.unwrap();
    let (bytes, end) = drain(answer).await;
    assert_eq!(bytes, b"data: 1\n\n");
    let fault = end.unwrap_err();
    assert_eq!((fault.kind, fault.retry), (FaultKind::Truncated, Retry::Never));
}

#[tokio::test]
async fn lets_a_call_be_tried_again_whose_answer_never_began() {
    let empty = Server::start(|_, _| {
        vec![Step::Send(chunked("text/event-stream")), Step::Send(LAST_CHUNK.to_vec())]
    })
    .await;
    let broken = Server::start(|_, _| {
        vec![Step::Send(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc".to_vec())]
    })
    .await;
    for (server, stream) in [(&empty, true), (&broken, false)] {
        let fault =
            transport().send(&deployment("openai/m", &server.url), call(stream)).await.unwrap_err();
        assert_eq!((fault.kind, fault.retry), (FaultKind::Truncated, Retry::Again));
    }
}

#[tokio::test]
async fn hands_back_the_document_of_a_provider_that_ignores_stream() {
    let server = Server::json(200, r#"{"choices":[]}"#).await;
    let answer = transport().send(&deployment("openai/m", &server.url), call(true)).await.unwrap();
    assert_eq!(whole(answer), br#"{"choices":[]}"#);
}

#[tokio::test]
async fn keeps_an_error_and_its_body_whole() {
    let body = r#"{"error":{"message":"slow down","type":"rate_limit","code":"rate","x":[1,2]}}"#;
    let server = Server::start(move |_, _| {
        let headers = "content-type: application/json\r\nretry-after: 7\r\n";
        vec![Step::Send(document(429, headers, body.as_bytes()))]
    })
    .await;
    for stream in [false, true] {
        let fault =
            transport().send(&deployment("openai/m", &server.url), call(stream)).await.unwrap_err();
        assert_eq!((fault.status, fault.kind), (429, FaultKind::RateLimit));
        assert_eq!(fault.retry_after.map(|after| after.as_secs()), Some(7));
        let upstream = fault.upstream.unwrap();
        assert_eq!((upstream.status, &upstream.body[..]), (429, body.as_bytes()));
    }
}

#[tokio::test]
async fn follows_no_redirect() {
    let server =
        Server::start(|_, _| vec![Step::Send(document(307, "location: /elsewhere\r\n", b"moved"))])
            .await;
    let fault =
        transport().send(&deployment("openai/m", &server.url), call(false)).await.unwrap_err();
    assert_eq!((fault.status, fault.upstream.unwrap().status), (502, 307));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn refuses_an_answer_over_the_limit() {
    let options = TransportOptions { body_limit: 8, ..TransportOptions::default() };
    let transport = Transport::new(options).unwrap();
    let known = Server::json(200, "123456789").await;
    let unknown = Server::start(|_, _| {
        let mut steps = vec![Step::Send(chunked("application/json"))];
        steps.extend((0..3).map(|_| Step::Send(chunk(b"12345"))));
        steps
    })
    .await;
    for server in [&known, &unknown] {
        let fault =
            transport.send(&deployment("openai/m", &server.url), call(false)).await.unwrap_err();
        assert!(fault.message.contains("more than 8 bytes"), "{fault}");
    }
}

#[tokio::test]
async fn names_a_refused_connection_as_litellm_does() {
    // A port that was just free.
    let url = Server::json(200, "").await.url.clone();
    let fault = transport().send(&deployment("openai/m", &url), call(false)).await.unwrap_err();
    assert_eq!((fault.kind, fault.status, fault.retry), (FaultKind::Connection, 500, Retry::Again));
    assert_eq!(
        fault.message,
        "litellm.InternalServerError: InternalServerError: OpenAIException - Connection error."
    );
    assert!(!fault.message.contains("127.0.0.1"));
}

#[tokio::test]
async fn says_that_the_key_is_missing_without_sending_anything() {
    let mut groq = deployment("groq/llama", "");
    groq.api_base = None;
    let fault = transport().send(&groq, call(false)).await.unwrap_err();
    assert_eq!((fault.kind, fault.origin), (FaultKind::Authentication, FaultOrigin::Gateway));
    assert!(fault.message.contains("`api_key`"), "{fault}");
    groq.credential = Some(Secret::plain("sk-\u{7f}-secret"));
    let fault = transport().send(&groq.clone(), call(false)).await.unwrap_err();
    let text = format!("{fault:?}");
    assert!(text.contains("`api_key`") && !text.contains("-secret"), "{text}");
}

#[tokio::test]
async fn sends_again_when_a_pooled_connection_turns_out_to_be_dead() {
    let server = Server::start(|_, before| {
        let answer = Step::Send(document(200, "", b"{}"));
        // The first keeps the connection; after that each is closed with its answer.
        if before == 0 { vec![answer, Step::Keep] } else { vec![answer] }
    })
    .await;
    let (transport, openai) = (transport(), deployment("openai/m", &server.url));
    for _ in 0..6 {
        transport.send(&openai, call(false)).await.unwrap();
    }
    assert_eq!(server.seen().len(), 6);
}
