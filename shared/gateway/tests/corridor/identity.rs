//! Callers with a token of an identity provider.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::hmac;
use serde_json::{Value, json};

use crate::house::{AUDIENCE, Answer, Caller, House, Issuer, MASTER, Plan, nanos, post};

/// Where the tests' tokens have their claims.
const CLAIMS: &str = "
    user_id_upsert: true
    team_id_upsert: true
    user_id_jwt_field: preferred_username
    team_id_jwt_field: work.team
    team_ids_jwt_field: groups
    team_id_default: everybody
    end_user_id_jwt_field: customer
    roles_jwt_field: realm.roles";

/// A house that accepts tokens of an issuer, with more lines of `litellm_jwtauth`.
fn accepting(issuer: &Issuer, more: &str) -> Plan {
    let settings = format!(
        "general_settings:
  enable_jwt_auth: true
  litellm_jwtauth:
    issuers:
      - issuer: {}
        audience: [{AUDIENCE}, other]{more}
",
        issuer.url
    );
    House::plan().settings(&settings)
}

/// The record that stands for a user.
async fn record(house: &House, user: &str) -> Value {
    let path = format!("/key/list?return_full_object=true&user_id={user}");
    let listed = house.get(&path, MASTER).await.json();
    assert_eq!(listed["total_count"], 1, "{listed}");
    listed["keys"][0].clone()
}

fn refused(answer: &Answer, token: &str, (status, kind): (u16, &str), words: &str) {
    let text = answer.text();
    assert_eq!(answer.status, status, "{text}");
    let error = &answer.json()["error"];
    assert_eq!(
        (&error["type"], &error["code"]),
        (&json!(kind), &json!(status.to_string())),
        "{text}"
    );
    assert!(answer.message().contains(words), "{words}: {text}");
    for part in token.split('.').filter(|part| part.len() > 8) {
        assert!(!text.contains(part), "a part of the token is told: {text}");
    }
}

#[tokio::test]
async fn a_bearer_of_a_token_calls_in_every_dialect_and_pays_as_a_key_does() {
    let issuer = Issuer::start().await;
    let house = accepting(&issuer, CLAIMS).open().await;
    let claims =
        json!({"preferred_username": "alice", "work": {"team": "blue"}, "customer": "acme"});
    let token = issuer.token(&claims);
    for caller in Caller::ALL {
        let body = caller.ask("openai", "say hi").to_string();
        let answer = house.send(post(&caller.path("openai", false), &token, body)).await;
        assert_eq!(answer.status, 200, "{caller:?}: {}", answer.text());
    }
    let record = record(&house, "alice").await;
    let host = issuer.url.trim_start_matches("http://");
    assert_eq!(record["key_alias"], format!("jwt:{host}/alice (blue)"));
    assert_eq!((&record["team_id"], &record["created_by"]), (&json!("blue"), &json!(issuer.url)));
    let spent = house.balanced(record["token"].as_str().unwrap()).await;
    assert!(spent > 0);
    let rows = house.rows(record["token"].as_str().unwrap()).await;
    assert_eq!(rows.len(), Caller::ALL.len());
    for row in rows {
        assert_eq!((&row["user"], &row["team_id"]), (&json!("alice"), &json!("blue")), "{row}");
        assert_eq!(row["end_user"], "acme", "{row}");
    }
    assert_eq!(issuer.asked(), 1);
}

#[tokio::test]
async fn what_an_administrator_sets_on_the_record_holds_for_its_bearer() {
    let issuer = Issuer::start().await;
    let house = accepting(&issuer, CLAIMS).open().await;
    let token = issuer.token(&json!({"preferred_username": "alice"}));
    let ask = async || {
        house.post("/v1/chat/completions", &token, &Caller::OpenAi.ask("openai", "say hi")).await
    };
    assert_eq!(ask().await.status, 200);
    let record = record(&house, "alice").await;
    let change =
        json!({"key": record["token"], "max_budget": nanos(&record["spend"]) as f64 / 1e9});
    assert_eq!(house.post("/key/update", MASTER, &change).await.status, 200);
    let answer = ask().await;
    refused(&answer, &token, (422, "budget_exceeded"), "Budget has been exceeded");
    house.post("/key/update", MASTER, &json!({"key": record["token"], "max_budget": 1})).await;
    assert_eq!(ask().await.status, 200);
    let routes = |routes: Value| json!({"key": record["token"], "allowed_routes": routes});
    house.done("/key/update", &routes(json!(["/v1/models"]))).await;
    refused(&ask().await, &token, (403, "auth_error"), "not allowed to call this route");
    house.done("/key/update", &routes(json!([]))).await;
    assert_eq!(ask().await.status, 200);
    let rotated = house.post("/key/regenerate", MASTER, &json!({"key": record["token"]})).await;
    assert_eq!(rotated.status, 403, "{}", rotated.text());
    assert_eq!(ask().await.status, 200);
    house.post("/key/block", MASTER, &json!({"key": record["token"]})).await;
    refused(&ask().await, &token, (401, "auth_error"), "Key is blocked");
    // One that is deleted was a record, not a key: the next call makes it anew, and its account goes on.
    house.post("/key/delete", MASTER, &json!({"keys": [record["token"]]})).await;
    assert_eq!(ask().await.status, 200);
    let anew = crate::identity::record(&house, "alice").await;
    assert_eq!((&anew["token"], &anew["blocked"]), (&record["token"], &json!(false)));
    assert!(nanos(&anew["spend"]) > nanos(&record["spend"]));
}

#[tokio::test]
async fn a_bearer_who_is_known_goes_on_without_the_store_where_that_is_wished() {
    let issuer = Issuer::start().await;
    for (more, status) in [("", 503), ("\n  store_unavailable: fail_open", 200)] {
        let house = accepting(&issuer, &format!("{CLAIMS}{more}")).open().await;
        let token = issuer.token(&json!({"preferred_username": "alice"}));
        let ask = async || {
            let asked = Caller::OpenAi.ask("openai", "say hi");
            house.post("/v1/chat/completions", &token, &asked).await.status
        };
        assert_eq!(ask().await, 200);
        house.clock.advance(Duration::from_secs(60));
        house.faults.storm(1, 100, &[sluice_embedded::Fault::LostBefore]);
        assert_eq!(ask().await, status, "{more}");
    }
}

#[tokio::test]
async fn a_token_that_is_not_good_here_and_now_is_refused_and_never_told() {
    let issuer = Issuer::start().await;
    let stranger = Issuer::start().await;
    let house = accepting(&issuer, CLAIMS).open().await;
    let now = 1_795_599_000;
    let es = json!({"alg": "ES256", "kid": "first"});
    let signed_with = |secret: &[u8], alg: &str| {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = part(&json!({"alg": alg, "kid": "first"}));
        let claims =
            part(&json!({"iss": issuer.url, "aud": AUDIENCE, "sub": "x", "exp": now + 99}));
        let text = format!("{header}.{claims}");
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), text.as_bytes());
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(tag))
    };
    let good = issuer.token(&json!({}));
    let (head, signature) = good.rsplit_once('.').unwrap();
    let forged = format!(
        "{}.{signature}",
        issuer.token(&json!({"sub": "root"})).rsplit_once('.').unwrap().0
    );
    let auth = (401, "auth_error");
    for (token, kind, words) in [
        (issuer.token(&json!({"exp": now - 61})), (401, "expired_key"), "Token Expired"),
        (issuer.token(&json!({"exp": null})), auth, "has no claim `exp`"),
        (issuer.token(&json!({"nbf": now + 120})), auth, "not valid yet"),
        (issuer.token(&json!({"aud": "somebody"})), auth, "another audience"),
        (issuer.token(&json!({"aud": null})), auth, "has no claim `aud`"),
        (issuer.token(&json!({"iss": "https://elsewhere.example"})), auth, "issuer is not trusted"),
        (stranger.token(&json!({})), auth, "issuer is not trusted"),
        (stranger.token(&json!({"iss": issuer.url})), auth, "does not verify"),
        (forged, auth, "does not verify"),
        (format!("{head}."), auth, "does not verify"),
        (issuer.token_of(&json!({"alg": "none", "kid": "first"}), &json!({})), auth, "algorithm"),
        (issuer.token_of(&json!({"alg": "HS256", "kid": "first"}), &json!({})), auth, "algorithm"),
        (signed_with(b"first", "HS256"), auth, "algorithm"),
        (signed_with(b"first", "ES384"), auth, "no key"),
        (issuer.token_of(&json!({"alg": "RS256", "kid": "first"}), &json!({})), auth, "no key"),
        (
            issuer.token_of(&json!({"alg": "ES256", "kid": "for-encryption"}), &json!({})),
            auth,
            "no key",
        ),
        (
            issuer.token_of(&json!({"alg": "ES256", "kid": "x", "jwk": {}}), &json!({})),
            auth,
            "no key",
        ),
        (
            format!("{}.eyJzdWIiOjF9.!!!!!!!!!!", head.split('.').next().unwrap()),
            auth,
            "cannot be read",
        ),
    ] {
        let answer = house.post("/v1/chat/completions", &token, &json!({})).await;
        refused(&answer, &token, kind, words);
    }
    // Without a key id the key is found by its kind.
    let unnamed = issuer.token_of(&json!({"alg": "ES256"}), &json!({}));
    assert_eq!(house.get("/v1/models", &unnamed).await.status, 200);
    assert_eq!(
        house.get("/v1/models", &issuer.token_of(&es, &json!({"exp": now - 30}))).await.status,
        200
    );
    assert_eq!(house.get("/v1/models", &good).await.status, 200);
    // Somebody must be meant.
    let nobody = issuer.token(&json!({"sub": null}));
    let answer = accepting(&issuer, "").open().await.get("/v1/models", &nobody).await;
    refused(&answer, &nobody, auth, "has no claim `sub`");
    // And where tokens are not accepted the refusal says so.
    let answer = House::open().await.get("/v1/models", &good).await;
    refused(&answer, &good, auth, "enable_jwt_auth");
}

#[tokio::test]
async fn a_rotated_key_is_found_at_once_and_unknown_ones_are_not_looked_for_at_the_callers_pace() {
    let issuer = Issuer::start().await;
    let house = accepting(&issuer, CLAIMS).open().await;
    let list = async |token: &str| house.get("/v1/models", token).await.status;
    let before = issuer.token(&json!({}));
    assert_eq!((list(&before).await, issuer.asked()), (200, 1));
    issuer.rotate("second");
    let after = issuer.token(&json!({}));
    assert_eq!((list(&after).await, issuer.asked()), (200, 2));
    assert_eq!((list(&before).await, issuer.asked()), (401, 2));
    for id in 0..20 {
        let header = json!({"alg": "ES256", "kid": format!("made-up-{id}")});
        assert_eq!(list(&issuer.token_of(&header, &json!({}))).await, 401);
    }
    assert_eq!(issuer.asked(), 2);
    house.clock.advance(Duration::from_secs(10));
    issuer.rotate("third");
    assert_eq!((list(&issuer.token(&json!({}))).await, issuer.asked()), (200, 3));
}

#[tokio::test]
async fn keys_outlive_an_outage_of_their_issuer_for_a_time() {
    let issuer = Issuer::start().await;
    let more = format!("{CLAIMS}\n    public_key_ttl: 60\n    public_key_stale_ttl: 300");
    let house = accepting(&issuer, &more).open().await;
    let list = async |token: &str| house.get("/v1/models", token).await;
    let token = issuer.token(&json!({"exp": 1_795_599_000 + 9_000}));
    issuer.answers(false);
    let answer = list(&token).await;
    refused(&answer, &token, (503, "auth_provider_unavailable"), "identity provider");
    assert_eq!(answer.header("retry-after"), "2");
    assert_eq!(list(&token).await.status, 503);
    let asked = issuer.asked();
    issuer.answers(true);
    house.clock.advance(Duration::from_secs(2));
    assert_eq!(list(&token).await.status, 200);
    assert!(issuer.asked() > asked);

    issuer.answers(false);
    for _ in 0..5 {
        house.clock.advance(Duration::from_secs(70));
        assert_eq!(list(&token).await.status, 200);
    }
    house.clock.advance(Duration::from_secs(10));
    assert_eq!(list(&token).await.status, 503);
    issuer.answers(true);
    house.clock.advance(Duration::from_secs(2));
    assert_eq!(list(&token).await.status, 200);
}

#[tokio::test]
async fn claims_say_what_a_bearer_may_do() {
    let issuer = Issuer::start().await;
    let more = format!(
        "{CLAIMS}
    admin_jwt_scope: sluice:admin
    jwt_litellm_role_map: [{{jwt_role: ops-*, litellm_role: proxy_admin}}]
    role_mappings: [{{role: person, internal_role: internal_user}}]"
    );
    let house = accepting(&issuer, &more).open().await;
    let make = async |claims: Value| {
        let token = issuer.token(&claims);
        house.post("/key/generate", &token, &json!({})).await.status
    };
    assert_eq!(make(json!({"scope": "openid sluice:admin"})).await, 200);
    assert_eq!(make(json!({"scp": ["sluice:admin"]})).await, 200);
    assert_eq!(make(json!({"realm": {"roles": ["reader", "ops-paris"]}})).await, 200);
    assert_eq!(make(json!({"scope": "sluice:administrator"})).await, 401);
    assert_eq!(make(json!({"realm": {"roles": ["person", "ops"]}})).await, 401);
    assert_eq!(make(json!({})).await, 401);
}

#[tokio::test]
async fn scopes_say_which_models() {
    let issuer = Issuer::start().await;
    let more = format!(
        "{CLAIMS}
    enforce_scope_based_access: true
    scope_mappings:
      - {{scope: chat, models: [openai, anthropic]}}
      - {{scope: try, models: [demo]}}"
    );
    let house = accepting(&issuer, &more).open().await;
    let listed = async |token: &str| -> Vec<String> {
        let list = house.get("/v1/models", token).await.json();
        let ids = list["data"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap());
        let mut ids: Vec<String> = ids.map(str::to_owned).collect();
        ids.sort_unstable();
        ids
    };
    let chat = issuer.token(&json!({"scope": "chat"}));
    assert_eq!(listed(&chat).await, ["anthropic", "openai"]);
    let both = issuer.token(&json!({"scope": ["chat", "try"]}));
    assert_eq!(listed(&both).await, ["anthropic", "demo", "openai"]);
    let neither = issuer.token(&json!({"scope": "other"}));
    assert!(listed(&neither).await.is_empty());
    let ask = async |token: &str, model: &str| {
        house.post("/v1/chat/completions", token, &Caller::OpenAi.ask(model, "say hi")).await
    };
    assert_eq!(ask(&chat, "openai").await.status, 200);
    refused(&ask(&chat, "demo").await, &chat, (403, "key_model_access_denied"), "demo");
    refused(&ask(&neither, "openai").await, &neither, (403, "key_model_access_denied"), "openai");
}

#[tokio::test]
async fn the_team_is_the_headers_if_it_is_the_tokens() {
    let issuer = Issuer::start().await;
    let house = accepting(&issuer, CLAIMS).open().await;
    let claims = json!({"preferred_username": "alice", "groups": ["red", "green"]});
    let token = issuer.token(&claims);
    let ask = async |team: Option<&str>| {
        let mut request =
            post("/v1/chat/completions", &token, Caller::OpenAi.ask("demo", "hi").to_string());
        if let Some(team) = team {
            request.headers_mut().insert("x-litellm-team-id", team.parse().unwrap());
        }
        house.send(request).await
    };
    for team in [None, Some("red"), Some("everybody")] {
        assert_eq!(ask(team).await.status, 200, "{team:?}");
    }
    refused(&ask(Some("blue")).await, &token, (403, "auth_error"), "not in the token");
    let path = "/key/list?return_full_object=true&user_id=alice";
    let listed = house.get(path, MASTER).await.json();
    let mut teams: Vec<&str> = listed["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["team_id"].as_str().unwrap())
        .collect();
    teams.sort_unstable();
    assert_eq!(teams, ["everybody", "green", "red"]);
}

#[tokio::test]
async fn users_and_teams_have_records_or_are_given_them() {
    let issuer = Issuer::start().await;
    let more = "
    user_id_jwt_field: preferred_username
    team_ids_jwt_field: groups";
    let house = accepting(&issuer, more).open().await;
    let token =
        issuer.token(&json!({"preferred_username": "alice", "groups": ["x", "red", "blue"]}));
    let ask = async |model: &str| {
        house.post("/v1/chat/completions", &token, &Caller::OpenAi.ask(model, "say hi")).await
    };
    refused(&ask("openai").await, &token, (403, "auth_error"), "None of the token's teams");
    let make = async |path: &str, body: Value| {
        let answer = house.post(path, MASTER, &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    };
    make("/team/new", json!({"team_id": "red", "models": ["openai"]})).await;
    house.clock.advance(Duration::from_secs(5));
    refused(&ask("openai").await, &token, (401, "auth_error"), "User=alice has no record");
    make("/user/new", json!({"user_id": "alice", "auto_create_key": false})).await;
    assert_eq!(ask("openai").await.status, 200);
    // The team's list of models holds for its members' tokens.
    refused(&ask("demo").await, &token, (403, "team_model_access_denied"), "demo");
    make("/user/update", json!({"user_id": "alice", "user_role": "proxy_admin_viewer"})).await;
    assert_eq!(house.get("/user/list", &token).await.status, 200);
    make("/team/block", json!({"team_id": "red"})).await;
    refused(&ask("openai").await, &token, (401, "auth_error"), "blocked");

    let house =
        accepting(&issuer, &format!("{more}\n    user_id_upsert: true\n    team_id_upsert: true"));
    let house = house.open().await;
    let answer =
        house.post("/v1/chat/completions", &token, &Caller::OpenAi.ask("openai", "hi")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let user = house.get("/user/info?user_id=alice", MASTER).await;
    assert_eq!(user.json()["user_id"], "alice", "{}", user.text());
    let team = house.get("/team/info?team_id=blue", MASTER).await;
    assert_eq!(team.json()["team_id"], "blue", "{}", team.text());
}

#[tokio::test]
async fn addresses_are_of_the_allowed_domain_and_verified() {
    let issuer = Issuer::start().await;
    let more = "
    user_email_jwt_field: email
    user_id_upsert: true
    user_allowed_email_domain: example.com";
    let house = accepting(&issuer, more).open().await;
    let list = async |claims: Value| {
        let token = issuer.token(&claims);
        let answer = house.get("/v1/models", &token).await;
        (answer.status, answer.message())
    };
    assert_eq!(list(json!({"email": "a@Example.com"})).await.0, 200);
    assert_eq!(list(json!({"email": "a@example.com", "email_verified": true})).await.0, 200);
    let (status, words) = list(json!({"email": "a@example.com", "email_verified": false})).await;
    assert_eq!((status, words.contains("email_verified")), (401, true), "{words}");
    for email in
        [json!("a@evil.com"), json!("a@b@notexample.com"), json!("example.com"), json!(null)]
    {
        let (status, words) = list(json!({"email": email})).await;
        assert_eq!((status, words.contains("Email domain not allowed")), (403, true), "{words}");
    }
    record(&house, "a@example.com").await;
}

#[tokio::test]
async fn who_is_nobody_is_refused_where_roles_are_enforced() {
    let issuer = Issuer::start().await;
    let more = "
    user_id_jwt_field: oid
    user_id_upsert: true
    team_id_upsert: true
    roles_jwt_field: roles
    object_id_jwt_field: oid2
    role_mappings: [{role: app, internal_role: team}]
    user_roles_jwt_field: user_roles
    user_allowed_roles: [employee]
    enforce_rbac: true";
    let house = accepting(&issuer, more).open().await;
    let list = async |claims: Value| house.get("/v1/models", &issuer.token(&claims)).await.status;
    assert_eq!(list(json!({})).await, 403);
    assert_eq!(list(json!({"user_roles": "guest"})).await, 403);
    assert_eq!(list(json!({"user_roles": ["guest", "employee"]})).await, 200);
    assert_eq!(list(json!({"oid": "somebody"})).await, 200);
    assert_eq!(list(json!({"scope": "litellm_proxy_admin"})).await, 200);
    assert_eq!(list(json!({"roles": ["app"], "oid2": "an-app"})).await, 200);
    let listed = house.get("/key/list?return_full_object=true", MASTER).await.json();
    let of_app = listed["keys"].as_array().unwrap().iter().any(|key| key["team_id"] == "an-app");
    assert!(of_app, "{listed}");
}

#[tokio::test]
async fn a_claim_names_the_organisation_whose_limits_hold() {
    let issuer = Issuer::start().await;
    let claims = "
    user_id_upsert: true
    user_id_jwt_field: preferred_username
    org_id_jwt_field: work.org";
    let house = accepting(&issuer, claims).open().await;
    let token =
        |org: &str| issuer.token(&json!({"preferred_username": "ann", "work": {"org": org}}));
    let say = async |org: &str, model: &str| {
        Caller::OpenAi.say(&house, &token(org), model, "usage 100 20 say hi").await
    };
    let unknown = say("o", "openai").await;
    assert_eq!(unknown.status, 403, "{}", unknown.text());
    assert!(unknown.message().contains("Organization=o"), "{}", unknown.message());
    for (id, models) in [("o", "openai"), ("p", "demo")] {
        let asked = json!({"organization_id": id, "organization_alias": id, "models": [models]});
        house.done("/organization/new", &asked).await;
    }
    // The same person is in either, as the token says.
    for (org, model, status) in
        [("o", "openai", 200), ("o", "demo", 403), ("p", "demo", 200), ("p", "openai", 403)]
    {
        let answer = say(org, model).await;
        assert_eq!(answer.status, status, "{org} {model}: {}", answer.text());
    }
    let path = "/organization/info?organization_id=o";
    assert!(nanos(&house.get(path, MASTER).await.json()["spend"]) > 0);
    let keys = house.get("/key/list?user_id=ann&organization_id=o", MASTER).await.json();
    assert_eq!(keys["total_count"], 1, "{keys}");
}
