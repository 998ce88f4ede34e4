//! SageMaker through the real SDK, against a real server.

use crate::support::{LAST_CHUNK, Server, Step, call, chunk, chunked, document, drain, whole};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use sluice_providers::{
    Deployment, Payload, Redacted, Template, TextGeneration, Transport, TransportOptions,
};
use sluice_wire::{FaultKind, Retry, frame::event_stream};

const EVENTS: &str = "application/vnd.amazon.eventstream";

fn transport() -> Transport {
    let sdk = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .build();
    Transport::new(TransportOptions { sdk: Some(sdk), ..TransportOptions::default() }).unwrap()
}

fn deployment(endpoint: &str) -> Deployment {
    let mut deployment = Deployment::new("id-1", "group", "sagemaker_chat/my-endpoint").unwrap();
    deployment.aws.sagemaker_endpoint = Some(endpoint.to_owned());
    deployment.aws.access_key_id = Some(Redacted::new("AKIDEXAMPLE".to_owned()));
    deployment.aws.secret_access_key = Some(Redacted::new("the-secret".to_owned()));
    deployment
}

/// A frame as SageMaker writes it: the payload is no JSON document of its own.
fn part(data: &[u8]) -> Vec<u8> {
    let text = |text: &'static str| HeaderValue::String(text.into());
    let message = Message::new(data.to_vec())
        .add_header(Header::new(":message-type", text("event")))
        .add_header(Header::new(":event-type", text("PayloadPart")))
        .add_header(Header::new(":content-type", text("application/octet-stream")));
    let mut bytes = Vec::new();
    write_message_to(&message, &mut bytes).unwrap();
    bytes
}

#[tokio::test]
async fn invokes_the_endpoint_with_our_bytes() {
    let server = Server::json(200, r#"{"choices":[],"x":1}"#).await;
    let mut llama = deployment(&server.url);
    llama.aws.model_id = Some("component-1".to_owned());
    let answer = transport().send(&llama, call(false)).await.unwrap();
    assert_eq!(whole(answer), br#"{"choices":[],"x":1}"#);
    let seen = server.last();
    assert_eq!(seen.line, "POST /endpoints/my-endpoint/invocations HTTP/1.1");
    assert_eq!(seen.body, call(false).body);
    assert_eq!(seen.header("content-type"), Some("application/json"));
    assert_eq!(seen.header("x-amzn-sagemaker-inference-component"), Some("component-1"));
    assert!(seen.header("authorization").unwrap().contains("/eu-west-1/sagemaker/aws4_request"));
}

#[tokio::test]
async fn joins_the_parts_of_a_stream() {
    let server = Server::start(|_, _| {
        vec![
            Step::Send(chunked(EVENTS)),
            Step::Send(chunk(&part(b"data: {\"a\""))),
            Step::Send(chunk(&[part(b":1}\n\n"), part(b""), part(b"data: [DONE]\n\n")].concat())),
            Step::Send(LAST_CHUNK.to_vec()),
        ]
    })
    .await;
    let (bytes, end) =
        drain(transport().send(&deployment(&server.url), call(true)).await.unwrap()).await;
    assert!(end.is_ok());
    assert_eq!(bytes, b"data: {\"a\":1}\n\ndata: [DONE]\n\n");
    assert_eq!(
        server.last().line,
        "POST /endpoints/my-endpoint/invocations-response-stream HTTP/1.1"
    );
}

#[tokio::test]
async fn tells_an_error_event_and_a_stream_that_breaks_off() {
    let failing = Server::start(|_, _| {
        let mut error = Vec::new();
        let payload = br#"{"Message":"the model died","ErrorCode":"StreamBroken"}"#.to_vec();
        event_stream::write_exception(&mut error, "ModelStreamError", payload);
        vec![
            Step::Send(chunked(EVENTS)),
            Step::Send(chunk(&part(b"data: 1\n\n"))),
            Step::Send(chunk(&error)),
            Step::Send(LAST_CHUNK.to_vec()),
        ]
    })
    .await;
    let answer = transport().send(&deployment(&failing.url), call(true)).await.unwrap();
    let (bytes, end) = drain(answer).await;
    assert_eq!(bytes, b"data: 1\n\n");
    let fault = end.unwrap_err();
    assert_eq!((fault.kind, fault.retry), (FaultKind::Upstream, Retry::Never));
    assert!(fault.message.contains("the model died"), "{fault}");
    assert_eq!(fault.upstream.unwrap().code.as_deref(), Some("ModelStreamError"));

    let broken = Server::start(|_, _| {
        let next = part(b"data: 2\n\n");
        vec![
            Step::Send(chunked(EVENTS)),
            Step::Send(chunk(&[&part(b"data: 1\n\n"), &next[..9]].concat())),
        ]
    })
    .await;
    let answer = transport().send(&deployment(&broken.url), call(true)).await.unwrap();
    let (bytes, end) = drain(answer).await;
    assert_eq!(bytes, b"data: 1\n\n");
    assert_eq!(end.unwrap_err().kind, FaultKind::Truncated);
}

#[tokio::test]
async fn reads_the_containers_own_error() {
    let inner = r#"{\"error\":{\"message\":\"maximum context length is 4096 tokens\",\"code\":\"context_length_exceeded\"}}"#;
    let body = format!(
        r#"{{"ErrorCode":"X","LogStreamArn":"arn","Message":"Received client error (400)","OriginalMessage":"{inner}","OriginalStatusCode":400}}"#
    );
    let sent = body.clone();
    let server = Server::start(move |_, _| {
        let headers = "x-amzn-errortype: ModelError\r\ncontent-type: application/json\r\n";
        vec![Step::Send(document(424, headers, sent.as_bytes()))]
    })
    .await;
    for stream in [false, true] {
        let fault = transport().send(&deployment(&server.url), call(stream)).await.unwrap_err();
        assert_eq!((fault.status, fault.kind), (400, FaultKind::ContextWindow), "{fault:?}");
        assert_eq!(&fault.upstream.unwrap().body[..], body.as_bytes());
    }
}

#[tokio::test]
async fn reads_the_services_own_error() {
    let server = Server::start(|_, _| {
        let headers = "x-amzn-errortype: ThrottlingException\r\ncontent-type: application/json\r\n";
        vec![Step::Send(document(400, headers, br#"{"message":"Rate exceeded"}"#))]
    })
    .await;
    let fault = transport().send(&deployment(&server.url), call(false)).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::RateLimit, "{fault:?}");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn asks_a_text_container_with_a_text_and_answers_a_chat() {
    let server = Server::start(|seen, _| {
        if seen.line.contains("response-stream") {
            let token = br#"data:{"token":{"text":"Hi","special":false},"generated_text":null}"#;
            let last = br#"data:{"token":{"text":"</s>","special":true},"generated_text":"Hi","details":{"finish_reason":"eos_token"}}"#;
            let bytes = [&token[..], b"\n\n", last, b"\n\n"].concat();
            let (head, tail) = bytes.split_at(30);
            return vec![
                Step::Send(chunked(EVENTS)),
                Step::Send(chunk(&part(head))),
                Step::Send(chunk(&part(tail))),
                Step::Send(LAST_CHUNK.to_vec()),
            ];
        }
        let body = br#"[{"generated_text":"Hi","details":{"finish_reason":"length"}}]"#;
        let headers = "content-type: application/json\r\nx-amzn-requestid: r-1\r\n";
        vec![Step::Send(document(200, headers, body))]
    })
    .await;
    let mut llama = deployment(&server.url);
    let template = Template::Llama3;
    llama.generates_text(TextGeneration { payload: Payload::Llama, template });
    let answer = transport().send(&llama, call(false)).await.unwrap();
    let chat: serde_json::Value = serde_json::from_slice(&whole(answer)).unwrap();
    assert_eq!(chat["choices"][0]["message"]["content"], "Hi");
    assert_eq!(chat["choices"][0]["finish_reason"], "length");
    assert_eq!(chat["id"], "chatcmpl-r-1");
    let seen = server.last();
    assert_eq!(seen.header("x-amzn-sagemaker-custom-attributes"), Some("accept_eula=true"));
    let inputs = seen.json()["inputs"].as_str().unwrap().to_owned();
    assert!(inputs.ends_with("hi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"));

    let (bytes, end) = drain(transport().send(&llama, call(true)).await.unwrap()).await;
    assert!(end.is_ok());
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.contains(r#""content":"Hi""#) && text.ends_with("data: [DONE]\n\n"), "{text}");
    assert_eq!(server.last().json()["stream"], true);
}
