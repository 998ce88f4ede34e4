//! Azure, by key and by Entra's tokens, against real servers.

use std::io::Write as _;

use crate::support::{Server, Step, call, deployment, document, transport};
use sluice_providers::{Deployment, Entra, EntraProof, Secret, Subject, TokenSource};
use sluice_wire::{FaultKind, FaultOrigin, Retry};

const PATH: &str = "POST /openai/deployments/gpt/chat/completions?api-version=2024-10-21 HTTP/1.1";

/// An issuer that numbers its tokens.
async fn issuer(lifetime: &'static str) -> Server {
    Server::start(move |_, before| {
        let body = format!(
            r#"{{"token_type":"Bearer","expires_in":{lifetime},"access_token":"token-{before}"}}"#
        );
        vec![Step::Send(document(200, "content-type: application/json\r\n", body.as_bytes()))]
    })
    .await
}

fn azure(api_base: &str) -> Deployment {
    let mut azure = deployment("azure/gpt", api_base);
    azure.api_version = Some("2024-10-21".to_owned());
    azure
}

fn entra(authority: &str, proof: EntraProof) -> TokenSource {
    TokenSource::Entra(Entra {
        tenant: "tenant-1".to_owned(),
        client: "client-1".to_owned(),
        proof,
        scope: Entra::SCOPE.to_owned(),
        authority: authority.to_owned(),
    })
}

fn secret() -> EntraProof {
    EntraProof::Secret(Secret::plain("hush & hush"))
}

#[tokio::test]
async fn sends_a_key_to_the_deployments_route() {
    let server = Server::json(200, "{}").await;
    let mut azure = azure(&server.url);
    azure.credential = Some(Secret::plain("az-key"));
    transport().send(&azure, call(false)).await.unwrap();
    let seen = server.last();
    assert_eq!(seen.line, PATH);
    assert_eq!(seen.header("api-key"), Some("az-key"));
    assert!(seen.header("authorization").is_none());
    assert_eq!(seen.body, call(false).body);
}

#[tokio::test]
async fn sends_a_token_at_hand_instead_of_a_key() {
    let server = Server::json(200, "{}").await;
    let mut azure = azure(&server.url);
    azure.credential = Some(Secret::plain("az-key"));
    azure.token = Some(TokenSource::Given(Secret::plain("ad-token")));
    transport().send(&azure, call(true)).await.unwrap();
    let seen = server.last();
    assert_eq!(seen.header("authorization"), Some("Bearer ad-token"));
    assert!(seen.header("api-key").is_none());
}

#[tokio::test]
async fn fetches_one_token_for_a_client_and_keeps_it() {
    let (issuer, server) = (issuer("3600").await, Server::json(200, "{}").await);
    let mut one = azure(&server.url);
    one.token = Some(entra(&issuer.url, secret()));
    let mut two = one.clone();
    two.id = "id-2".to_owned();
    let transport = transport();
    let (a, b) = tokio::join!(transport.send(&one, call(false)), transport.send(&two, call(true)));
    a.unwrap();
    b.unwrap();
    let asked = issuer.seen();
    assert_eq!(asked.len(), 1, "the token was not shared");
    assert_eq!(asked[0].line, "POST /tenant-1/oauth2/v2.0/token HTTP/1.1");
    assert_eq!(asked[0].header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(
        String::from_utf8(asked[0].body.clone()).unwrap(),
        "client_id=client-1&scope=https%3A%2F%2Fcognitiveservices.azure.com%2F.default&\
         grant_type=client_credentials&client_secret=hush%20%26%20hush"
    );
    for seen in server.seen() {
        assert_eq!(seen.header("authorization"), Some("Bearer token-0"));
        assert_eq!(seen.line, PATH);
    }
    assert!(!format!("{one:?}").contains("hush"), "{one:?}");
}

#[tokio::test]
async fn fetches_a_token_again_when_it_has_expired_or_is_refused() {
    let (brief, server) = (issuer("0").await, Server::json(200, "{}").await);
    let mut azure = azure(&server.url);
    azure.token = Some(entra(&brief.url, secret()));
    let transport = transport();
    for _ in 0..2 {
        transport.send(&azure, call(false)).await.unwrap();
    }
    assert_eq!(server.last().header("authorization"), Some("Bearer token-1"));

    let issuer = issuer("\"3600\"").await;
    let server = Server::start(|seen, _| {
        let revoked = seen.header("authorization") == Some("Bearer token-0");
        let status = if revoked { 401 } else { 200 };
        vec![Step::Send(document(status, "content-type: application/json\r\n", b"{}"))]
    })
    .await;
    azure.api_base = Some(server.url.clone());
    azure.token = Some(entra(&issuer.url, secret()));
    let mut azure = azure.clone();
    transport.send(&azure, call(false)).await.unwrap();
    assert_eq!((server.seen().len(), issuer.seen().len()), (2, 2));

    // A provider that accepts none is not asked for ever.
    let never = Server::json(403, r#"{"error":{"message":"no role"}}"#).await;
    azure.api_base = Some(never.url.clone());
    let azure = azure.clone();
    let fault = transport.send(&azure, call(false)).await.unwrap_err();
    assert_eq!(fault.upstream.map(|upstream| upstream.status), Some(403));
    assert_eq!(issuer.seen().len(), 2);
}

#[tokio::test]
async fn proves_a_federated_identity_by_the_file_of_the_moment() {
    let (issuer, server) = (issuer("0").await, Server::json(200, "{}").await);
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "assertion-1").unwrap();
    let mut azure = azure(&server.url);
    let proof = EntraProof::Assertion(Subject::File(file.path().to_owned()));
    azure.token = Some(entra(&format!("{}/", issuer.url), proof));
    let transport = transport();
    transport.send(&azure, call(false)).await.unwrap();
    std::fs::write(file.path(), "assertion-2").unwrap();
    transport.send(&azure, call(false)).await.unwrap();
    let forms: Vec<String> = issuer
        .seen()
        .into_iter()
        .map(|seen| {
            assert_eq!(seen.line, "POST /tenant-1/oauth2/v2.0/token HTTP/1.1");
            String::from_utf8(seen.body).unwrap()
        })
        .collect();
    let kind = "client_assertion_type=\
                urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
    for (form, assertion) in forms.iter().zip(["assertion-1", "assertion-2"]) {
        assert!(form.contains(kind), "{form}");
        assert!(form.ends_with(&format!("&client_assertion={assertion}")), "{form}");
    }
}

#[tokio::test]
async fn tells_the_operator_why_there_is_no_token() {
    let body = r#"{"error":"invalid_client","error_description":"AADSTS7000215: wrong secret"}"#;
    let (issuer, server) = (Server::json(401, body).await, Server::json(200, "{}").await);
    let mut azure = azure(&server.url);
    azure.token = Some(entra(&issuer.url, secret()));
    let fault = transport().send(&azure, call(false)).await.unwrap_err();
    assert_eq!(
        (fault.kind, fault.origin, fault.retry),
        (FaultKind::Authentication, FaultOrigin::Gateway, Retry::Elsewhere)
    );
    let detail = fault.detail.unwrap();
    assert!(detail.contains("AADSTS7000215") && !detail.contains("hush"), "{detail}");
    assert!(!fault.message.contains("AADSTS"), "{}", fault.message);
    assert!(server.seen().is_empty());

    let gone = Subject::File("/nonexistent/token".into());
    azure.token = Some(entra(&issuer.url, EntraProof::Assertion(gone)));
    let azure = azure.clone();
    let fault = transport().send(&azure, call(false)).await.unwrap_err();
    assert!(fault.detail.unwrap().contains("/nonexistent/token"));
}

#[tokio::test]
async fn reaches_foundrys_models_and_anthropics() {
    let server = Server::json(200, "{}").await;
    let mut phi = deployment("azure_ai/phi-4", &format!("{}/models", server.url));
    phi.credential = Some(Secret::plain("az-key"));
    phi.api_version = Some("2024-05-01-preview".to_owned());
    transport().send(&phi, call(false)).await.unwrap();
    let seen = server.last();
    assert_eq!(seen.line, "POST /models/chat/completions?api-version=2024-05-01-preview HTTP/1.1");
    assert_eq!(seen.header("authorization"), Some("Bearer az-key"));

    let mut claude = deployment("azure_ai/claude-sonnet-4-5", &server.url);
    claude.credential = Some(Secret::plain("az-key"));
    transport().send(&claude, call(false)).await.unwrap();
    let seen = server.last();
    assert_eq!(seen.line, "POST /anthropic/v1/messages HTTP/1.1");
    assert_eq!(seen.header("x-api-key"), Some("az-key"));
    assert_eq!(seen.header("anthropic-version"), Some("2023-06-01"));
}
