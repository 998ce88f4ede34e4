//! Anthropic's models at Vertex AI, by every kind of Google key, against real servers.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    rsa::KeyPair,
    signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey},
};
use rustls::pki_types::{PrivatePkcs8KeyDer, pem::PemObject as _};
use serde_json::{Value, json};
use sluice_providers::{
    Deployment, Google, GoogleKey, Secret, TokenSource, Transport, TransportOptions,
};

use crate::support::{Seen, Server, Step, call, deployment, document, transport};

/// Made for this test; it opens nothing.
const KEY: &str = include_str!("fixtures/not-a-secret.pem");

fn google(key: &Value) -> TokenSource {
    TokenSource::Google(Google {
        key: GoogleKey::Json(Secret::plain(key.to_string())),
        scope: Google::SCOPE.to_owned(),
    })
}

fn claude(api_base: &str, token: TokenSource) -> Deployment {
    let mut claude = deployment("vertex_ai/claude-sonnet-4-5@20250929", api_base);
    claude.vertex.location = Some("us-east5".to_owned());
    claude.token = Some(token);
    claude
}

async fn issuer() -> Server {
    Server::json(200, r#"{"access_token":"ya29.token","expires_in":3599,"token_type":"Bearer"}"#)
        .await
}

/// The fields of a form.
fn form(seen: &Seen) -> Vec<(String, String)> {
    let text = String::from_utf8(seen.body.clone()).unwrap();
    let plain =
        |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned();
    let pair = |pair: &str| pair.split_once('=').map(|(name, value)| (plain(name), plain(value)));
    text.split('&').filter_map(pair).collect()
}

fn field(form: &[(String, String)], name: &str) -> String {
    let found = form.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value.clone()).unwrap_or_else(|| panic!("no {name} in {form:?}"))
}

/// The claims of a token whose signature holds.
fn verified(token: &str) -> (Value, Value) {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let der = PrivatePkcs8KeyDer::from_pem_slice(KEY.as_bytes()).unwrap();
    let pair = KeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap();
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public().as_ref());
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    public.verify(signed.as_bytes(), &signature).expect("the signature does not hold");
    let part = |text: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    (part(header), part(claims))
}

#[tokio::test]
async fn signs_an_assertion_and_sends_the_token_with_the_body_of_vertex() {
    let (issuer, server) = (issuer().await, Server::json(200, "{}").await);
    let uri = format!("{}/token", issuer.url);
    let key = json!({
        "type": "service_account", "project_id": "project-1", "private_key_id": "key-1",
        "private_key": KEY, "client_email": "robot@project-1.iam.gserviceaccount.com",
        "client_id": "1", "token_uri": uri, "universe_domain": "googleapis.com",
    });
    let claude = claude(&server.url, google(&key));
    let transport = transport();
    let mut streamed = call(true);
    streamed.headers = vec![(
        ::http::HeaderName::from_static("anthropic-beta"),
        ::http::HeaderValue::from_static("context-1m-2025-08-07"),
    )];
    transport.send(&claude, call(false)).await.unwrap();
    transport.send(&claude, streamed).await.unwrap();

    let asked = issuer.seen();
    assert_eq!(asked.len(), 1, "the token was not kept");
    assert_eq!(asked[0].line, "POST /token HTTP/1.1");
    let form = form(&asked[0]);
    assert_eq!(field(&form, "grant_type"), "urn:ietf:params:oauth:grant-type:jwt-bearer");
    let (header, claims) = verified(&field(&form, "assertion"));
    assert_eq!(header, json!({"alg": "RS256", "typ": "JWT", "kid": "key-1"}));
    assert_eq!(claims["iss"], "robot@project-1.iam.gserviceaccount.com");
    assert_eq!((&claims["aud"], &claims["scope"]), (&json!(uri), &json!(Google::SCOPE)));
    let lives = claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap();
    assert_eq!(lives, 3600);

    let [whole, stream] = server.seen().try_into().unwrap();
    let path = "/v1/projects/project-1/locations/us-east5/publishers/anthropic/models/\
                claude-sonnet-4-5@20250929";
    assert_eq!(whole.line, format!("POST {path}:rawPredict HTTP/1.1"));
    assert_eq!(stream.line, format!("POST {path}:streamRawPredict HTTP/1.1"));
    assert_eq!(stream.header("anthropic-beta"), Some("context-1m-2025-08-07"));
    for seen in [&whole, &stream] {
        assert_eq!(seen.header("authorization"), Some("Bearer ya29.token"));
        assert_eq!(
            String::from_utf8(seen.body.clone()).unwrap(),
            r#"{"messages":[{"role":"user","content":"hi"}],"x_unknown":1,"anthropic_version":"vertex-2023-10-16"}"#
        );
    }
}

#[tokio::test]
async fn calls_googles_models_with_the_same_token_and_the_body_as_it_is() {
    let (issuer, server) = (issuer().await, Server::json(200, "{}").await);
    let key = json!({
        "type": "authorized_user", "client_id": "client-1", "client_secret": "hush",
        "refresh_token": "1//refresh", "token_uri": issuer.url,
    });
    let mut gemini = deployment("vertex_ai/gemini-2.5-flash", &server.url);
    gemini.vertex.project = Some("project-2".to_owned());
    gemini.vertex.location = Some("global".to_owned());
    gemini.token = Some(google(&key));
    let transport = transport();
    transport.send(&gemini, call(false)).await.unwrap();
    transport.send(&gemini, call(true)).await.unwrap();
    let mut count = call(false);
    count.route = sluice_providers::Route::Method("countTokens");
    transport.send(&gemini, count).await.unwrap();

    let [whole, stream, count] = server.seen().try_into().unwrap();
    let path = "/v1/projects/project-2/locations/global/publishers/google/models/gemini-2.5-flash";
    assert_eq!(whole.line, format!("POST {path}:generateContent HTTP/1.1"));
    assert_eq!(stream.line, format!("POST {path}:streamGenerateContent?alt=sse HTTP/1.1"));
    assert_eq!(count.line, format!("POST {path}:countTokens HTTP/1.1"));
    assert_eq!(whole.header("authorization"), Some("Bearer ya29.token"));
    assert_eq!(whole.body, call(false).body);
}

#[tokio::test]
async fn renews_a_persons_login() {
    let (issuer, server) = (issuer().await, Server::json(200, "{}").await);
    let key = json!({
        "type": "authorized_user", "client_id": "client-1", "client_secret": "hush",
        "refresh_token": "1//refresh", "token_uri": issuer.url,
    });
    let mut claude = claude(&server.url, google(&key));
    claude.vertex.project = Some("project-2".to_owned());
    transport().send(&claude, call(false)).await.unwrap();
    assert!(server.last().line.contains("/projects/project-2/"));
    let form = form(&issuer.last());
    assert_eq!(field(&form, "grant_type"), "refresh_token");
    assert_eq!(field(&form, "refresh_token"), "1//refresh");
    assert_eq!(field(&form, "client_secret"), "hush");
}

/// Google's token service, and its impersonation of service accounts, at one address.
async fn federation() -> Server {
    Server::start(|seen, _| {
        let body: &[u8] = match seen.line.contains("generateAccessToken") {
            true => br#"{"accessToken":"ya29.robot","expireTime":"2999-01-01T00:00:00Z"}"#,
            false => br#"{"access_token":"federated","expires_in":3600,"token_type":"Bearer"}"#,
        };
        vec![Step::Send(document(200, "content-type: application/json\r\n", body))]
    })
    .await
}

#[tokio::test]
async fn proves_an_aws_role_by_a_signed_request() {
    let (sts, server) = (federation().await, Server::json(200, "{}").await);
    let audience =
        "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/aws";
    let key = json!({
        "type": "external_account", "audience": audience,
        "subject_token_type": "urn:ietf:params:aws:token-type:aws4_request",
        "token_url": format!("{}/v1/token", sts.url),
        "service_account_impersonation_url":
            format!("{}/v1/projects/-/serviceAccounts/r@p.iam:generateAccessToken", sts.url),
        "credential_source": {
            "environment_id": "aws1",
            "region_url": "http://169.254.169.254/latest/meta-data/placement/availability-zone",
            "regional_cred_verification_url":
                "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15",
        },
    });
    let role = Credentials::new("ASIAROLE", "secret", Some("session-1".to_owned()), None, "test");
    let sdk = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(SharedCredentialsProvider::new(role))
        .build();
    let options = TransportOptions { sdk: Some(sdk), ..TransportOptions::default() };
    let transport = Transport::new(options).unwrap();
    let mut claude = claude(&server.url, google(&key));
    claude.vertex.project = Some("project-3".to_owned());
    transport.send(&claude, call(false)).await.unwrap();
    assert_eq!(server.last().header("authorization"), Some("Bearer ya29.robot"));

    let [exchange, impersonation] = sts.seen().try_into().unwrap();
    let form = form(&exchange);
    assert_eq!(field(&form, "grant_type"), "urn:ietf:params:oauth:grant-type:token-exchange");
    assert_eq!(field(&form, "audience"), audience);
    let subject = field(&form, "subject_token");
    let subject = percent_encoding::percent_decode_str(&subject).decode_utf8().unwrap();
    let subject: Value = serde_json::from_str(&subject).unwrap();
    assert_eq!(subject["method"], "POST");
    assert_eq!(
        subject["url"],
        "https://sts.eu-west-1.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15"
    );
    let header = |name: &str| {
        let headers = subject["headers"].as_array().unwrap();
        let found = headers.iter().find(|header| header["key"] == name);
        found.map(|header| header["value"].as_str().unwrap().to_owned()).expect(name)
    };
    assert_eq!(header("host"), "sts.eu-west-1.amazonaws.com");
    assert_eq!(header("x-goog-cloud-target-resource"), audience);
    assert_eq!(header("x-amz-security-token"), "session-1");
    assert_eq!(header("x-amz-date").len(), 16);
    let signature = header("authorization");
    assert!(signature.starts_with("AWS4-HMAC-SHA256 Credential=ASIAROLE/"), "{signature}");
    assert!(signature.contains("/eu-west-1/sts/aws4_request"), "{signature}");
    assert!(
        signature.contains(
            "SignedHeaders=host;x-amz-date;x-amz-security-token;x-goog-cloud-target-resource"
        ),
        "{signature}"
    );

    assert_eq!(impersonation.header("authorization"), Some("Bearer federated"));
    assert_eq!(impersonation.json(), json!({"scope": [Google::SCOPE], "lifetime": "3600s"}));
}

#[tokio::test]
async fn exchanges_the_token_of_a_file() {
    let (sts, server) = (federation().await, Server::json(200, "{}").await);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), r#"{"id_token":"oidc-1"}"#).unwrap();
    let key = json!({
        "type": "external_account", "audience": "//iam/p",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt", "token_url": sts.url,
        "credential_source": {
            "file": file.path(),
            "format": {"type": "json", "subject_token_field_name": "id_token"},
        },
    });
    let mut claude = claude(&server.url, google(&key));
    claude.vertex.project = Some("project-4".to_owned());
    transport().send(&claude, call(false)).await.unwrap();
    assert_eq!(server.last().header("authorization"), Some("Bearer federated"));
    let form = form(&sts.last());
    assert_eq!(field(&form, "subject_token"), "oidc-1");
    assert_eq!(field(&form, "scope"), Google::SCOPE);
}

#[tokio::test]
async fn reads_a_key_file_at_its_path() {
    let (issuer, server) = (issuer().await, Server::json(200, "{}").await);
    let file = tempfile::NamedTempFile::new().unwrap();
    let key = json!({
        "type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r",
        "token_uri": issuer.url, "quota_project_id": "project-5",
    });
    std::fs::write(file.path(), key.to_string()).unwrap();
    let source = TokenSource::Google(Google {
        key: GoogleKey::File(file.path().to_owned()),
        scope: Google::SCOPE.to_owned(),
    });
    transport().send(&claude(&server.url, source), call(false)).await.unwrap();
    assert!(server.last().line.contains("/projects/project-5/"));
}

#[tokio::test]
async fn says_which_parameter_a_key_that_is_none_belongs_to() {
    let server = Server::json(200, "{}").await;
    let fault = transport()
        .send(&claude(&server.url, google(&json!({"type": "hunter2"}))), call(false))
        .await
        .unwrap_err();
    let detail = fault.detail.unwrap();
    assert!(detail.contains("`vertex_credentials`") && !detail.contains("hunter2"), "{detail}");
    assert!(server.seen().is_empty());
}
