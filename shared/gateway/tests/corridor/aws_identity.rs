//! Callers with AWS credentials, against an STS that checks signatures to the last byte.

use std::time::{Duration, SystemTime};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_async::time::{SharedTimeSource, StaticTimeSource};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sluice_fakes::{ACCESS_KEY_ID, Fakes, SECRET_ACCESS_KEY};
use sluice_providers::{CallerTokenRequest, Transport, TransportOptions};

use crate::house::{Answer, Caller, House, MASTER, nanos, post};

/// The clock of the house, in seconds since 1970.
const NOW: u64 = 1_795_599_000;
const PREFIX: &str = "sluice-aws-v1.";

const RULES: &str = "
    rules:
      - arn: arn:aws:iam::111122223333:role/blue-*
        user_id: '{session}'
        team_id: blue
        models: [openai]
        max_budget: 1.5
        rpm_limit: 3
      - arn: arn:aws:iam::111122223333:role/ops
        role: proxy_admin
      - arn: arn:aws:iam::111122223333:user/fakes/bob
        team_id: of-{account}";

async fn open() -> House {
    let settings = |fakes: &Fakes| {
        format!(
            "general_settings:
  aws_iam_auth:
    gateway_id: gateway.example
    sts_endpoint: {}{RULES}",
            fakes.sts_url
        )
    };
    House::plan().settings_of(settings).open().await
}

/// A caller with credentials, who signs at an instant.
struct Holder {
    endpoint: String,
    /// `role/session`.
    session: Option<&'static str>,
    secret: &'static str,
    gateway: &'static str,
    at: u64,
}

// === impl Holder ===

impl Holder {
    fn of(house: &House, session: &'static str) -> Self {
        Self {
            endpoint: house.fakes.sts_url.clone(),
            session: Some(session),
            secret: SECRET_ACCESS_KEY,
            gateway: "gateway.example",
            at: NOW,
        }
    }

    async fn token(&self) -> String {
        let session = self.session.map(str::to_owned);
        let credentials = Credentials::new(ACCESS_KEY_ID, self.secret, session, None, "test");
        let clock = StaticTimeSource::new(SystemTime::UNIX_EPOCH + Duration::from_secs(self.at));
        let sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .time_source(SharedTimeSource::new(clock))
            .build();
        let options = TransportOptions { sdk: Some(sdk), ..TransportOptions::default() };
        let request = CallerTokenRequest {
            gateway: self.gateway.to_owned(),
            lifetime: Duration::from_secs(900),
            endpoint: Some(self.endpoint.clone()),
            region: None,
        };
        let token = Transport::new(options).unwrap().caller_token(&request).await.unwrap();
        token.value.expose().clone()
    }
}

/// A token with its address changed.
fn changed(token: &str, change: impl Fn(String) -> String) -> String {
    let url = URL_SAFE_NO_PAD.decode(token.strip_prefix(PREFIX).unwrap()).unwrap();
    let url = change(String::from_utf8(url).unwrap());
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(url))
}

fn refused(answer: &Answer, words: &str) {
    let text = answer.text();
    assert_eq!(answer.status, 401, "{words}: {text}");
    assert!(answer.message().contains(words), "{words}: {text}");
    assert!(!text.contains("X-Amz") || words.contains("X-Amz"), "{text}");
    assert!(!text.contains(ACCESS_KEY_ID) && !text.contains("sluice-aws-v1.aHR0"), "{text}");
}

async fn keys(house: &House, query: &str) -> Vec<Value> {
    let listed = house.get(&format!("/key/list?return_full_object=true&{query}"), MASTER).await;
    listed.json()["keys"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_role_calls_in_every_dialect_within_the_limits_of_its_rule() {
    let house = open().await;
    let token = Holder::of(&house, "blue-app/alice@example.com").token().await;
    let ask = async |caller: Caller, model: &str| {
        let body = caller.ask(model, "say hi").to_string();
        house.send(post(&caller.path(model, false), &token, body)).await
    };
    assert_eq!(ask(Caller::OpenAi, "openai").await.status, 200);
    assert_eq!(ask(Caller::OpenAi, "demo").await.status, 403);
    assert_eq!(ask(Caller::Anthropic, "openai").await.status, 200);
    assert_eq!(ask(Caller::Bedrock, "openai").await.status, 200);
    let answer = ask(Caller::Gemini, "openai").await;
    assert_eq!(answer.status, 429, "{}", answer.text());
    let keys = keys(&house, "user_id=alice@example.com").await;
    let [record] = keys.as_slice() else { panic!("{keys:?}") };
    assert_eq!(record["key_alias"], "aws:111122223333/blue-app/alice@example.com");
    assert_eq!((&record["team_id"], &record["created_by"]), (&json!("blue"), &json!("aws")));
    assert_eq!((&record["models"], &record["rpm_limit"]), (&json!(["openai"]), &json!(3)));
    assert_eq!(nanos(&record["max_budget"]), 1_500_000_000);
    assert!(nanos(&record["spend"]) > 0);
    assert_eq!(house.balanced(record["token"].as_str().unwrap()).await, nanos(&record["spend"]));
    // AWS was asked once.
    assert_eq!(house.fakes.sts.count(), 1);
}

#[tokio::test]
async fn each_session_has_an_account_and_each_role_its_rule() {
    let house = open().await;
    let list = async |session: Option<&'static str>| {
        let holder = Holder { session, ..Holder::of(&house, "") };
        house.get("/v1/models", &holder.token().await).await
    };
    for session in ["blue-app/alice", "blue-app/bob", "blue-batch/alice"] {
        assert_eq!(list(Some(session)).await.status, 200, "{session}");
    }
    assert_eq!(keys(&house, "user_id=alice").await.len(), 2);
    assert_eq!(keys(&house, "user_id=bob").await.len(), 1);
    assert_eq!(list(None).await.status, 200);
    let all = keys(&house, "").await;
    assert!(all.iter().any(|key| key["team_id"] == "of-111122223333"), "{all:?}");
    refused(&list(Some("green-app/carol")).await, "no rule");
    refused(&list(Some("ops-2/carol")).await, "no rule");
    let ops = Holder::of(&house, "ops/dave").token().await;
    assert_eq!(house.post("/key/generate", &ops, &json!({})).await.status, 200);
}

#[tokio::test]
async fn forged_stale_foreign_and_altered_tokens_are_refused() {
    let house = open().await;
    let good = Holder::of(&house, "blue-app/alice").token().await;
    let holder = |change: fn(&mut Holder)| {
        let mut holder = Holder::of(&house, "blue-app/alice");
        change(&mut holder);
        holder
    };
    let get = async |token: &str| house.get("/v1/models", token).await;

    // What AWS does not sign for: another secret, another gateway, another session than was signed.
    let asked = house.fakes.sts.count();
    for token in [
        holder(|holder| holder.secret = "another/secret").token().await,
        holder(|holder| holder.gateway = "another.example").token().await,
        changed(&good, |url| url.replace("blue-app", "ops")),
        changed(&good, |url| url.replace("X-Amz-Expires=900", "X-Amz-Expires=899")),
    ] {
        refused(&get(&token).await, "does not accept its signature");
        // Once more costs no question.
        refused(&get(&token).await, "does not accept its signature");
    }
    assert_eq!(house.fakes.sts.count(), asked + 4);

    // What AWS is not even asked about.
    let asked = house.fakes.sts.count();
    let old = holder(|holder| holder.at = NOW - 900).token().await;
    refused(&get(&old).await, "older than it may be");
    let early = holder(|holder| holder.at = NOW + 3600).token().await;
    refused(&get(&early).await, "later than now");
    for host in ["https://sts.amazonaws.com", "http://127.0.0.1:1", "https://evil.example"] {
        let elsewhere = changed(&good, |url| url.replace(&house.fakes.sts_url, host));
        refused(&get(&elsewhere).await, "host is not");
    }
    let other = changed(&good, |url| url.replace("GetCallerIdentity", "GetSessionToken"));
    refused(&get(&other).await, "`Action`");
    let more = changed(&good, |url| format!("{url}&DurationSeconds=1"));
    refused(&get(&more).await, "does not belong");
    let twice = changed(&good, |url| format!("{url}&Action=GetCallerIdentity"));
    refused(&get(&twice).await, "`Action`");
    let unbound = changed(&good, |url| url.replace("host%3Bx-sluice-gateway", "host"));
    refused(&get(&unbound).await, "x-sluice-gateway");
    refused(&get(&format!("{PREFIX}!")).await, "is not `sluice-aws-v1.`");
    assert_eq!(house.fakes.sts.count(), asked);

    assert_eq!(get(&good).await.status, 200);
}

#[tokio::test]
async fn a_token_is_good_until_its_end_and_not_a_second_longer() {
    let house = open().await;
    let token = Holder::of(&house, "ops/alice").token().await;
    let get = async || house.get("/v1/models", &token).await;
    assert_eq!(get().await.status, 200);
    house.clock.advance(Duration::from_secs(899));
    assert_eq!(get().await.status, 200);
    assert_eq!(house.fakes.sts.count(), 1);
    house.clock.advance(Duration::from_secs(1));
    refused(&get().await, "older than it may be");
    assert_eq!(house.fakes.sts.count(), 1);
}

#[tokio::test]
async fn without_the_setting_or_without_aws_no_token_is_good() {
    let house = open().await;
    let token = Holder::of(&house, "blue-app/alice").token().await;
    refused(&House::open().await.get("/v1/models", &token).await, "aws_iam_auth");
    let settings = "general_settings:
  aws_iam_auth:
    gateway_id: gateway.example
    sts_endpoint: http://127.0.0.1:9
    rules: [{arn: 'arn:aws:iam::111122223333:role/*'}]";
    let alone = House::plan().settings(settings).open().await;
    let token = changed(&token, |url| url.replace(&house.fakes.sts_url, "http://127.0.0.1:9"));
    let answer = alone.get("/v1/models", &token).await;
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert_eq!(answer.json()["error"]["type"], "auth_provider_unavailable");
    assert!(!answer.header("retry-after").is_empty());
}
