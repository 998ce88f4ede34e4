//! Bedrock through the real SDK, against a real server.

use crate::support::{LAST_CHUNK, Server, Step, call, chunk, chunked, document, drain, whole};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use sluice_providers::{
    Deployment, Redacted, Secret, Subject, Timeouts, Transport, TransportOptions,
};
use sluice_wire::{FaultKind, Retry, frame::event_stream};

const EVENTS: &str = "application/vnd.amazon.eventstream";

/// A transport that reads neither environment nor profile.
fn transport() -> Transport {
    let sdk = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .build();
    Transport::new(TransportOptions { sdk: Some(sdk), ..TransportOptions::default() }).unwrap()
}

fn deployment(name: &str, endpoint: &str) -> Deployment {
    let mut deployment = Deployment::new("id-1", "group", name).unwrap();
    deployment.aws.runtime_endpoint = Some(endpoint.to_owned());
    deployment.aws.access_key_id = Some(Redacted::new("AKIDEXAMPLE".to_owned()));
    deployment.aws.secret_access_key = Some(Redacted::new("the-secret".to_owned()));
    deployment
}

fn frames() -> Vec<u8> {
    let mut bytes = Vec::new();
    event_stream::write_event(
        &mut bytes,
        "messageStart",
        br#"{"role":"assistant","p":"x"}"#.to_vec(),
    );
    event_stream::write_event(&mut bytes, "eventNobodyKnows", br#"{"new":[1]}"#.to_vec());
    event_stream::write_event(&mut bytes, "messageStop", br#"{"stopReason":"end_turn"}"#.to_vec());
    bytes
}

#[tokio::test]
async fn sends_our_bytes_signed_by_the_sdk_and_returns_theirs_unread() {
    let reply =
        r#"{"output":{"message":{"role":"assistant","content":[]}},"unknownField":{"a":1}}"#;
    let server = Server::json(200, reply).await;
    let mut claude = deployment("bedrock/eu-west-1/anthropic.claude-3/v1:0", &server.url);
    claude.aws.session_token = Some(Redacted::new("the-token".to_owned()));
    claude.extra_headers = vec![("x-team".to_owned(), "blue".to_owned())];
    let answer = transport().send(&claude, call(false)).await.unwrap();
    assert_eq!(whole(answer), reply.as_bytes());
    let seen = server.last();
    assert_eq!(seen.line, "POST /model/anthropic.claude-3%2Fv1%3A0/converse HTTP/1.1");
    assert_eq!(seen.body, call(false).body);
    assert_eq!(seen.header("content-type"), Some("application/json"));
    assert_eq!(seen.header("x-team"), Some("blue"));
    let signature = seen.header("authorization").unwrap();
    assert!(signature.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"), "{signature}");
    assert!(signature.contains("/eu-west-1/bedrock/aws4_request"), "{signature}");
    assert_eq!(seen.header("x-amz-security-token"), Some("the-token"));
    assert!(!format!("{claude:?}").contains("the-"), "{claude:?}");
}

#[tokio::test]
async fn calls_the_arn_that_stands_for_the_model() {
    let server = Server::json(200, "{}").await;
    let mut claude = deployment("bedrock/anthropic.claude-3", &server.url);
    let arn = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc";
    claude.aws.model_id = Some(arn.to_owned());
    transport().send(&claude, call(false)).await.unwrap();
    let line = server.last().line;
    assert!(
        line.starts_with("POST /model/arn%3Aaws%3Abedrock%3Aus-east-1%3A111122223333"),
        "{line}"
    );
    assert!(line.contains("%2Fabc/converse "), "{line}");
}

#[tokio::test]
async fn forwards_event_frames_byte_for_byte() {
    let server = Server::start(|_, _| {
        let bytes = frames();
        let (head, tail) = bytes.split_at(21);
        vec![
            Step::Send(chunked(EVENTS)),
            Step::Send(chunk(head)),
            Step::Send(chunk(tail)),
            Step::Send(LAST_CHUNK.to_vec()),
        ]
    })
    .await;
    let claude = deployment("bedrock/anthropic.claude-3", &server.url);
    let (bytes, end) = drain(transport().send(&claude, call(true)).await.unwrap()).await;
    assert!(end.is_ok());
    assert_eq!(bytes, frames());
    assert_eq!(server.last().line, "POST /model/anthropic.claude-3/converse-stream HTTP/1.1");
}

#[tokio::test]
async fn tells_a_stream_that_breaks_off() {
    let server =
        Server::start(|_, _| vec![Step::Send(chunked(EVENTS)), Step::Send(chunk(&frames()[..40]))])
            .await;
    let claude = deployment("bedrock/anthropic.claude-3", &server.url);
    let (bytes, end) = drain(transport().send(&claude, call(true)).await.unwrap()).await;
    assert_eq!(bytes, frames()[..40]);
    assert_eq!(end.unwrap_err().kind, FaultKind::Truncated);
}

#[tokio::test]
async fn keeps_errors_and_their_bodies_and_does_not_try_again() {
    let body = r#"{"message":"Too many requests","extra":true}"#;
    let server = Server::start(move |_, _| {
        let headers = "x-amzn-errortype: ThrottlingException\r\ncontent-type: application/json\r\n";
        vec![Step::Send(document(429, headers, body.as_bytes()))]
    })
    .await;
    let claude = deployment("bedrock/anthropic.claude-3", &server.url);
    for stream in [false, true] {
        let fault = transport().send(&claude, call(stream)).await.unwrap_err();
        assert_eq!((fault.status, fault.kind), (429, FaultKind::RateLimit), "{fault:?}");
        let upstream = fault.upstream.unwrap();
        assert_eq!((upstream.status, &upstream.body[..]), (429, body.as_bytes()));
    }
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn sends_an_api_key_as_a_bearer_token() {
    let server = Server::json(200, "{}").await;
    let mut claude = Deployment::new("id", "group", "bedrock/anthropic.claude-3").unwrap();
    claude.api_base = Some(server.url.clone());
    claude.credential = Some(Secret::plain("bedrock-api-key-abc"));
    transport().send(&claude, call(false)).await.unwrap();
    assert_eq!(server.last().header("authorization"), Some("Bearer bedrock-api-key-abc"));
}

#[tokio::test]
async fn says_what_is_missing_when_nothing_can_sign() {
    let server = Server::json(200, "{}").await;
    let mut claude = Deployment::new("id", "group", "bedrock/anthropic.claude-3").unwrap();
    claude.api_base = Some(server.url.clone());
    let fault = transport().send(&claude, call(false)).await.unwrap_err();
    assert_eq!(
        (fault.kind, fault.retry),
        (FaultKind::Authentication, Retry::Elsewhere),
        "{fault:?}"
    );
    assert!(fault.message.contains("AWS credentials"), "{fault}");
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn names_the_region_that_is_missing_to_the_operator() {
    let sdk = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build();
    let options = TransportOptions { sdk: Some(sdk), ..TransportOptions::default() };
    let transport = Transport::new(options).unwrap();
    let nowhere = deployment("bedrock/anthropic.claude-3", "http://127.0.0.1:1");
    let fault = transport.send(&nowhere, call(false)).await.unwrap_err();
    assert_eq!((fault.kind, fault.retry), (FaultKind::Unavailable, Retry::Elsewhere), "{fault:?}");
    assert!(fault.detail.unwrap().contains("`aws_region_name`"));
}

#[tokio::test]
async fn names_a_refused_connection_and_a_timeout() {
    let url = Server::json(200, "").await.url.clone();
    let claude = deployment("bedrock/anthropic.claude-3", &url);
    let fault = transport().send(&claude, call(false)).await.unwrap_err();
    assert_eq!((fault.kind, fault.status), (FaultKind::Connection, 500), "{fault:?}");
    assert!(fault.message.contains("BedrockException - Connection error."), "{fault}");

    let server = Server::start(|_, _| vec![Step::Stall]).await;
    let mut claude = deployment("bedrock/anthropic.claude-3", &server.url);
    claude.timeouts =
        Timeouts { first_byte: std::time::Duration::from_millis(40), ..Timeouts::default() };
    let fault = transport().send(&claude, call(true)).await.unwrap_err();
    assert_eq!((fault.kind, fault.status), (FaultKind::Timeout, 408), "{fault:?}");
}

#[tokio::test]
async fn assumes_a_role_with_its_external_id_once() {
    let sts = Server::start(|_, _| {
        let body = "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>\
            <AssumedRoleUser><AssumedRoleId>A:b</AssumedRoleId><Arn>arn:aws:sts::1:assumed-role/r/s</Arn></AssumedRoleUser>\
            <Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
            <SessionToken>role-token</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials>\
            </AssumeRoleResult></AssumeRoleResponse>";
        vec![Step::Send(document(200, "content-type: text/xml\r\n", body.as_bytes()))]
    })
    .await;
    let server = Server::json(200, "{}").await;
    let mut claude = deployment("bedrock/anthropic.claude-3", &server.url);
    claude.aws.role_name = Some("arn:aws:iam::111122223333:role/models".to_owned());
    claude.aws.session_name = Some("team-blue".to_owned());
    claude.aws.external_id = Some(Redacted::new("ext-1".to_owned()));
    claude.aws.sts_endpoint = Some(sts.url.clone());
    let transport = transport();
    for id in ["one", "two"] {
        let mut claude = claude.clone();
        claude.id = id.to_owned();
        transport.send(&claude, call(false)).await.unwrap();
        let seen = server.last();
        assert!(seen.header("authorization").unwrap().contains("Credential=ASIAROLE/"));
        assert_eq!(seen.header("x-amz-security-token"), Some("role-token"));
    }
    let asked = sts.seen();
    assert_eq!(asked.len(), 1, "the credentials were not shared");
    let form = String::from_utf8(asked[0].body.clone()).unwrap();
    assert!(
        form.contains("ExternalId=ext-1") && form.contains("RoleSessionName=team-blue"),
        "{form}"
    );
}

/// STS, answering `operation` with a role's credentials.
async fn sts(operation: &'static str) -> Server {
    Server::start(move |_, _| {
        let body = format!(
            "<{operation}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{operation}Result>\
             <Credentials><AccessKeyId>ASIAWEB</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
             <SessionToken>web-token</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials>\
             </{operation}Result></{operation}Response>"
        );
        vec![Step::Send(document(200, "content-type: text/xml\r\n", body.as_bytes()))]
    })
    .await
}

#[tokio::test]
async fn assumes_a_role_by_another_issuers_token() {
    let sts = sts("AssumeRoleWithWebIdentity").await;
    let server = Server::json(200, "{}").await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "oidc-token\n").unwrap();
    let mut claude = Deployment::new("id", "group", "bedrock/anthropic.claude-3").unwrap();
    claude.aws.runtime_endpoint = Some(server.url.clone());
    claude.aws.role_name = Some("arn:aws:iam::111122223333:role/web".to_owned());
    claude.aws.session_name = Some("team-green".to_owned());
    claude.aws.web_identity = Some(Subject::File(file.path().to_owned()));
    claude.aws.sts_endpoint = Some(sts.url.clone());
    transport().send(&claude, call(false)).await.unwrap();
    let seen = server.last();
    assert!(seen.header("authorization").unwrap().contains("Credential=ASIAWEB/"));
    assert_eq!(seen.header("x-amz-security-token"), Some("web-token"));
    let asked = sts.last();
    assert!(asked.header("authorization").is_none(), "the token proves who asks, no signature");
    let form = String::from_utf8(asked.body).unwrap();
    for part in [
        "Action=AssumeRoleWithWebIdentity",
        "WebIdentityToken=oidc-token",
        "RoleSessionName=team-green",
        "RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fweb",
    ] {
        assert!(form.contains(part), "{form}");
    }
}

#[tokio::test]
async fn tags_the_session_of_a_role() {
    let sts = sts("AssumeRole").await;
    let server = Server::json(200, "{}").await;
    let mut claude = deployment("bedrock/anthropic.claude-3", &server.url);
    claude.aws.role_name = Some("arn:aws:iam::111122223333:role/models".to_owned());
    claude.aws.session_tags = vec![("team".to_owned(), "blue".to_owned())];
    claude.aws.sts_endpoint = Some(sts.url.clone());
    transport().send(&claude, call(false)).await.unwrap();
    let form = String::from_utf8(sts.last().body).unwrap();
    assert!(
        form.contains("Tags.member.1.Key=team") && form.contains("Tags.member.1.Value=blue"),
        "{form}"
    );
}

#[tokio::test]
async fn takes_nothing_in_the_place_of_a_profile_that_is_not_there() {
    let server = Server::json(200, "{}").await;
    let mut claude = Deployment::new("id", "group", "bedrock/anthropic.claude-3").unwrap();
    claude.aws.runtime_endpoint = Some(server.url.clone());
    claude.aws.profile = Some("no-such-profile-anywhere".to_owned());
    claude.aws.region = Some("eu-west-3".to_owned());
    let fault = transport().send(&claude, call(false)).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Authentication, "{fault:?}");
    assert!(server.seen().is_empty());
}
