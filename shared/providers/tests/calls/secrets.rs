//! Keys from Secrets Manager, against a real server that plays it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::support::{Server, Step, call, deployment, document};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use serde_json::json;
use sluice_providers::{Deployment, Secret, Transport, TransportOptions};
use sluice_wire::FaultKind;

/// Secrets Manager with one secret, whose key counts up when `rotation` does.
async fn manager(rotation: Arc<AtomicUsize>) -> Server {
    Server::start(move |_, _| {
        let value = json!({"key": format!("sk-{}", rotation.load(Ordering::SeqCst))}).to_string();
        let body = json!({"Name": "openai", "SecretString": value}).to_string();
        let headers = "content-type: application/x-amz-json-1.1\r\n";
        vec![Step::Send(document(200, headers, body.as_bytes()))]
    })
    .await
}

/// A provider that accepts one key.
async fn provider(accepted: Arc<AtomicUsize>) -> Server {
    Server::start(move |seen, _| {
        let wanted = format!("Bearer sk-{}", accepted.load(Ordering::SeqCst));
        let status = if seen.header("authorization") == Some(&wanted) { 200 } else { 401 };
        vec![Step::Send(document(status, "content-type: application/json\r\n", b"{}"))]
    })
    .await
}

fn transport(manager: &Server, secret_ttl: Duration) -> Transport {
    let credentials = Credentials::new("AKID", "secret", None, None, "test");
    let sdk = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(&manager.url)
        .build();
    let options = TransportOptions { sdk: Some(sdk), secret_ttl, ..TransportOptions::default() };
    Transport::new(options).unwrap()
}

fn openai(url: &str, field: &str) -> Deployment {
    let mut openai = deployment("openai/m", url);
    openai.credential =
        Some(Secret::AwsSecret { name: "openai".to_owned(), field: Some(field.to_owned()) });
    openai
}

#[tokio::test]
async fn reads_a_secret_once_for_many_calls() {
    let rotation = Arc::new(AtomicUsize::new(1));
    let (manager, server) = (manager(rotation.clone()).await, provider(rotation).await);
    let transport = transport(&manager, Duration::from_secs(300));
    let openai = openai(&server.url, "key");
    let calls = (0..8).map(|_| transport.send(&openai, call(false)));
    for answer in futures_util::future::join_all(calls).await {
        assert_eq!(answer.unwrap().status, 200);
    }
    assert_eq!(manager.seen().len(), 1);
    let seen = manager.last();
    assert_eq!(seen.header("x-amz-target"), Some("secretsmanager.GetSecretValue"));
    assert_eq!(seen.json()["SecretId"], "openai");
    assert!(seen.header("authorization").unwrap().contains("/eu-west-1/secretsmanager/"));
}

#[tokio::test]
async fn reads_it_again_at_once_when_the_provider_refuses_it() {
    let rotation = Arc::new(AtomicUsize::new(1));
    let manager = manager(rotation.clone()).await;
    let server = provider(rotation.clone()).await;
    let transport = transport(&manager, Duration::from_secs(300));
    let openai = openai(&server.url, "key");
    transport.send(&openai, call(false)).await.unwrap();
    rotation.store(2, Ordering::SeqCst);
    transport.send(&openai, call(false)).await.unwrap();
    assert_eq!((manager.seen().len(), server.seen().len()), (2, 3));
}

#[tokio::test]
async fn does_not_hammer_the_manager_for_a_key_that_is_simply_wrong() {
    let manager = manager(Arc::new(AtomicUsize::new(1))).await;
    let server = provider(Arc::new(AtomicUsize::new(9))).await;
    let transport = transport(&manager, Duration::from_secs(300));
    let openai = openai(&server.url, "key");
    for _ in 0..4 {
        let fault = transport.send(&openai, call(false)).await.unwrap_err();
        assert_eq!(fault.upstream.unwrap().status, 401);
    }
    assert_eq!((manager.seen().len(), server.seen().len()), (2, 4));
}

#[tokio::test]
async fn reads_it_again_when_its_time_is_over() {
    let rotation = Arc::new(AtomicUsize::new(1));
    let (manager, server) = (manager(rotation.clone()).await, provider(rotation).await);
    let transport = transport(&manager, Duration::ZERO);
    let openai = openai(&server.url, "key");
    for _ in 0..3 {
        transport.send(&openai, call(false)).await.unwrap();
    }
    assert_eq!(manager.seen().len(), 3);
}

#[tokio::test]
async fn says_which_secret_is_at_fault_to_the_operator_only() {
    let rotation = Arc::new(AtomicUsize::new(1));
    let (manager, server) = (manager(rotation.clone()).await, provider(rotation).await);
    let transport = transport(&manager, Duration::from_secs(300));
    let fault = transport.send(&openai(&server.url, "absent"), call(false)).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Authentication);
    assert!(!fault.message.contains("absent"), "{fault}");
    let detail = fault.detail.unwrap();
    assert!(detail.contains("`openai`") && detail.contains("`absent`"), "{detail}");
    assert!(!detail.contains("sk-1"), "{detail}");
    assert!(server.seen().is_empty());
}
