//! `/key/*`, as LiteLLM's clients use it.

use serde_json::{Value, json};
use sluice_store::KeyHash;

use crate::house::{Answer, Caller, House, MASTER, nanos};

/// The names of the fields that FastAPI would complain of.
fn wrong(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 422, "{}", answer.text());
    let body = answer.json();
    let detail = body["detail"].as_array().unwrap();
    detail
        .iter()
        .map(|one| {
            assert!(one["type"].is_string() && one["msg"].is_string(), "{one}");
            let place = one["loc"].as_array().unwrap();
            place.iter().map(|step| step.as_str().unwrap()).collect::<Vec<_>>().join(".")
        })
        .collect()
}

fn refused(answer: &Answer, status: u16, param: &str) {
    assert_eq!(answer.status, status, "{}", answer.text());
    let error = &answer.json()["error"];
    assert_eq!(error["code"], status.to_string(), "{error}");
    assert_eq!(error["param"], param, "{error}");
    assert!(!answer.header("x-litellm-call-id").is_empty());
}

#[tokio::test]
async fn a_generated_key_echoes_what_was_asked_and_works() {
    let house = House::open().await;
    let asked = json!({
        "key_alias": "team one",
        "models": ["openai", "demo"],
        "aliases": {"fast": "demo"},
        "max_budget": 1.5,
        "budget_duration": "30d",
        "duration": "1h",
        "metadata": {"team": "a", "deep": [1, {"x": null}]},
        "user_id": "user-1",
    });
    let answer = house.post("/key/generate", MASTER, &asked).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let made = answer.json();
    for field in
        ["key_alias", "models", "aliases", "max_budget", "budget_duration", "metadata", "user_id"]
    {
        assert_eq!(made[field], asked[field], "{field}");
    }
    let key = made["key"].as_str().unwrap();
    assert!(key.starts_with("sk-") && key.len() == 25, "{key}");
    let hash = KeyHash::of_plaintext(key).to_string();
    assert_eq!((&made["token"], &made["token_id"]), (&json!(hash), &json!(hash)));
    assert_eq!(made["key_name"], format!("sk-...{}", &key[key.len() - 4..]));
    assert_eq!(made["expires"], "2026-11-25T10:30:00Z");
    assert_eq!(made["budget_reset_at"], "2026-12-01T00:00:00Z");
    assert_eq!(made["created_at"], "2026-11-25T09:30:00Z");
    assert_eq!(nanos(&made["spend"]), 0);
    assert_eq!(made["blocked"], false);
    for caller in Caller::ALL {
        assert_eq!(caller.say(&house, key, "openai", "say hi").await.status, 200);
        assert_eq!(caller.say(&house, key, "fast", "say hi").await.status, 200);
        assert_eq!(caller.say(&house, key, "anthropic", "say hi").await.status, 403);
    }
}

#[tokio::test]
async fn an_empty_request_makes_a_key_without_limits() {
    let house = House::open().await;
    let request = http::Request::post("/key/generate")
        .header("authorization", format!("Bearer {MASTER}"))
        .body(axum::body::Body::empty());
    let answer = house.send(request.unwrap()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let made = answer.json();
    for field in ["max_budget", "budget_duration", "budget_reset_at", "expires", "key_alias"] {
        assert_eq!(made[field], Value::Null, "{field}");
    }
    assert_eq!(made["models"], json!([]));
    let again = house.post("/key/generate", MASTER, &json!({})).await.json();
    assert_ne!(made["key"], again["key"]);
}

#[tokio::test]
async fn the_plaintext_is_told_once_and_the_hash_names_the_key() {
    let house = House::open().await;
    let key = house.key(&json!({"key_alias": "a"})).await;
    let hash = KeyHash::of_plaintext(&key).to_string();
    for named in [&key, &hash] {
        let answer = house.get(&format!("/key/info?key={named}"), MASTER).await;
        assert_eq!(answer.json()["key"], **named);
        assert_eq!(answer.json()["info"]["key_alias"], "a");
        assert_eq!(answer.json()["info"]["status"], "active");
        assert!(answer.json()["info"].get("key").is_none());
    }
    let list = house.get("/key/list?return_full_object=true", MASTER).await;
    assert!(!list.text().contains(&key), "the list tells the key");
    // A hash opens nothing.
    let answer = Caller::OpenAi.say(&house, &hash, "openai", "say hi").await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn wrong_types_are_told_all_at_once_in_fastapis_shape() {
    let house = House::open().await;
    let body = json!({
        "key_alias": 7,
        "models": "openai",
        "aliases": {"a": 1},
        "max_budget": "much",
        "metadata": [],
        "blocked": "yes",
        "duration": 60,
    });
    for route in ["/key/generate", "/key/update"] {
        let found = wrong(&house.post(route, MASTER, &body).await);
        for field in
            ["key_alias", "models", "aliases", "max_budget", "metadata", "blocked", "duration"]
        {
            assert!(found.contains(&format!("body.{field}")), "{route}: {field}: {found:?}");
        }
    }
    let found = wrong(&house.post("/key/delete", MASTER, &json!({"keys": "sk-1"})).await);
    assert_eq!(found, ["body.keys"]);
    for text in ["{", "[]", "\"x\"", "7"] {
        let answer = house.send(crate::house::post("/key/generate", MASTER, text)).await;
        assert_eq!(wrong(&answer), ["body"], "{text}");
    }
    assert_eq!(house.get("/key/list", MASTER).await.json()["total_count"], 0);
}

#[tokio::test]
async fn a_field_that_would_have_no_effect_is_refused_by_name() {
    let house = House::open().await;
    for (field, value) in
        [("policies", json!(["p"])), ("guardrails", json!(["pii"])), ("budjet", json!(5))]
    {
        let answer = house.post("/key/generate", MASTER, &json!({field: value})).await;
        refused(&answer, 400, field);
        assert!(answer.message().contains(field));
    }
    // Clients send what they do not use as well.
    let idle = json!({
        "rpm_limit": null, "permissions": {}, "config": {}, "guardrails": [], "team_id": null,
        "allowed_cache_controls": [],
    });
    house.key(&idle).await;
}

#[tokio::test]
async fn an_amount_that_is_no_budget_is_refused() {
    let house = House::open().await;
    let key = house.key(&json!({"max_budget": 1})).await;
    for amount in [
        json!(-1),
        json!(-0.000_000_001),
        json!("-1"),
        json!("NaN"),
        json!("nan"),
        json!("inf"),
        json!("-Infinity"),
        json!("1e300"),
        json!(1e300),
        json!("1e10000"),
        json!(99_999_999_999_u64),
    ] {
        for (route, body) in [
            ("/key/generate", json!({"max_budget": amount})),
            ("/key/update", json!({"key": key, "max_budget": amount})),
        ] {
            let answer = house.post(route, MASTER, &body).await;
            assert!([400, 422].contains(&answer.status), "{amount}: {}", answer.text());
            assert!(answer.text().contains("max_budget"), "{amount}: {}", answer.text());
        }
    }
    for amount in [json!("1_0"), json!(""), json!("0x10"), json!(true), json!([1])] {
        let answer = house.post("/key/generate", MASTER, &json!({"max_budget": amount})).await;
        assert!([400, 422].contains(&answer.status), "{amount}: {}", answer.text());
    }
    for (amount, kept) in [
        (json!(0), 0),
        (json!("0.1"), 100_000_000),
        (json!(0.1), 100_000_000),
        (json!(1e-9), 1),
        // A budget of less than there is to count is still one.
        (json!(1e-12), 1),
        (json!("1e3"), 1_000_000_000_000),
        (json!(0.3), 300_000_000),
    ] {
        let key = house.key(&json!({"max_budget": amount})).await;
        assert_eq!(nanos(&house.info(&key).await["max_budget"]), kept, "{amount}");
    }
    assert_eq!(nanos(&house.info(&key).await["max_budget"]), 1_000_000_000);
}

#[tokio::test]
async fn durations_that_are_none_are_refused_by_name() {
    let house = House::open().await;
    for duration in ["soon", "", "2mo", "-5d", "1.5h", "99999999999999999999d"] {
        let answer =
            house.post("/key/generate", MASTER, &json!({"budget_duration": duration})).await;
        refused(&answer, 400, "budget_duration");
    }
    for duration in ["soon", "1x", "-5d", "99999999999999999999d"] {
        let answer = house.post("/key/generate", MASTER, &json!({"duration": duration})).await;
        refused(&answer, 400, "duration");
    }
}

#[tokio::test]
async fn two_keys_never_share_an_alias() {
    let house = House::open().await;
    house.key(&json!({"key_alias": "one"})).await;
    let two = house.key(&json!({"key_alias": "two"})).await;
    let answer = house.post("/key/generate", MASTER, &json!({"key_alias": "one"})).await;
    refused(&answer, 400, "key_alias");
    assert!(answer.message().contains("Key with alias 'one' already exists"));
    let rename = json!({"key": two, "key_alias": "one"});
    refused(&house.post("/key/update", MASTER, &rename).await, 400, "key_alias");
    assert_eq!(house.info(&two).await["key_alias"], "two");
    // A deleted key's alias, and one that was given up, are free again.
    let gone = house.post("/key/delete", MASTER, &json!({"key_aliases": ["one"]})).await;
    assert_eq!(gone.json()["deleted_keys"], json!(["one"]));
    assert_eq!(house.post("/key/update", MASTER, &rename).await.status, 200);
    house.key(&json!({"key_alias": "two"})).await;
    for alias in ["a\u{0}b", "right\u{202e}left", "zero\u{200b}width", &"x".repeat(257)] {
        let answer = house.post("/key/generate", MASTER, &json!({"key_alias": alias})).await;
        refused(&answer, 400, "key_alias");
    }
}

#[tokio::test]
async fn a_custom_key_must_look_like_a_key() {
    let house = House::open().await;
    for key in
        ["sk-short", "pk-0123456789abcdef", "sk-with a space in it", "sk-é0123456789abcdef", ""]
    {
        let answer = house.post("/key/generate", MASTER, &json!({"key": key})).await;
        refused(&answer, 400, "key");
        assert!(answer.message().contains("Invalid key format"));
    }
    let own = "sk-my-own-key-0123";
    assert_eq!(house.key(&json!({"key": own})).await, own);
    refused(&house.post("/key/generate", MASTER, &json!({"key": own})).await, 400, "key");
    refused(&house.post("/key/generate", MASTER, &json!({"key": MASTER})).await, 400, "key");
    assert_eq!(Caller::OpenAi.say(&house, own, "openai", "say hi").await.status, 200);
    assert_eq!(house.get("/key/list", MASTER).await.status, 200, "the master key was harmed");
}

#[tokio::test]
async fn an_update_merges_and_null_clears() {
    let house = House::open().await;
    let key = house
        .key(&json!({
            "key_alias": "a", "models": ["openai"], "max_budget": 2, "budget_duration": "1d",
            "duration": "1h", "metadata": {"a": 1}, "aliases": {"x": "openai"}, "user_id": "u",
        }))
        .await;
    let before = house.info(&key).await;
    house.clock.advance(std::time::Duration::from_secs(60));
    let answer = house.post("/key/update", MASTER, &json!({"key": key, "max_budget": 3})).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["key"], key);
    let after = house.info(&key).await;
    for field in [
        "key_alias",
        "models",
        "budget_duration",
        "expires",
        "metadata",
        "aliases",
        "user_id",
        "created_at",
        "budget_reset_at",
    ] {
        assert_eq!(after[field], before[field], "{field}");
    }
    assert_eq!(nanos(&after["max_budget"]), 3_000_000_000);
    assert_eq!(after["updated_at"], "2026-11-25T09:31:00Z");

    let clear = json!({
        "key": key, "key_alias": null, "models": null, "max_budget": null, "budget_duration": null,
        "duration": null, "metadata": null, "aliases": null, "user_id": null,
    });
    assert_eq!(house.post("/key/update", MASTER, &clear).await.status, 200);
    let cleared = house.info(&key).await;
    for field in
        ["key_alias", "max_budget", "budget_duration", "budget_reset_at", "expires", "user_id"]
    {
        assert_eq!(cleared[field], Value::Null, "{field}");
    }
    assert_eq!((&cleared["models"], &cleared["metadata"]), (&json!([]), &json!({})));
    assert_eq!(Caller::OpenAi.say(&house, &key, "anthropic", "say hi").await.status, 200);
}

#[tokio::test]
async fn an_update_of_nothing_or_of_nobody_is_refused() {
    let house = House::open().await;
    refused(&house.post("/key/update", MASTER, &json!({"max_budget": 1})).await, 400, "key");
    let nobody = json!({"key": "sk-nobody-knows-it", "max_budget": 1});
    refused(&house.post("/key/update", MASTER, &nobody).await, 404, "key");
    let master = json!({"key": MASTER, "max_budget": 0});
    refused(&house.post("/key/update", MASTER, &master).await, 403, "key");
    for route in ["/key/block", "/key/unblock"] {
        refused(&house.post(route, MASTER, &json!({})).await, 400, "key");
        let nobody = json!({"key": "sk-nobody-knows-it"});
        refused(&house.post(route, MASTER, &nobody).await, 404, "key");
    }
    refused(&house.post("/key/delete", MASTER, &json!({})).await, 400, "keys");
    refused(&house.post("/key/delete", MASTER, &json!({"keys": []})).await, 400, "keys");
    let nobody = json!({"keys": ["sk-nobody-knows-it"]});
    refused(&house.post("/key/delete", MASTER, &nobody).await, 404, "keys");
    refused(&house.post("/key/delete", MASTER, &json!({"keys": [MASTER]})).await, 403, "keys");
    let unknown = house.get("/key/info?key=sk-nobody-knows-it", MASTER).await;
    refused(&unknown, 404, "key");
}

#[tokio::test]
async fn the_master_key_cannot_be_blocked() {
    let house = House::open().await;
    let answer = house.post("/key/block", MASTER, &json!({"key": MASTER})).await;
    refused(&answer, 403, "key");
    assert_eq!(house.get("/key/list", MASTER).await.status, 200);
}

#[tokio::test]
async fn a_deleted_key_is_remembered_and_reported_as_deleted() {
    let house = House::open().await;
    let (one, two) = (house.key(&json!({})).await, house.key(&json!({"key_alias": "two"})).await);
    assert_eq!(Caller::OpenAi.say(&house, &one, "openai", "usage 10 1 say hi").await.status, 200);
    let hash = KeyHash::of_plaintext(&two).to_string();
    let answer = house.post("/key/delete", MASTER, &json!({"keys": [one, hash]})).await;
    assert_eq!(answer.json()["deleted_keys"], json!([one, hash]));
    let info = house.info(&one).await;
    assert_eq!(info["status"], "deleted");
    assert_eq!(nanos(&info["spend"]), 28_000);
    assert_eq!(house.rows(&one).await.len(), 1);
    let again = house.post("/key/delete", MASTER, &json!({"keys": [one]})).await;
    assert_eq!(again.status, 404, "{}", again.text());
    assert_eq!(house.get("/key/list", MASTER).await.json()["total_count"], 0);
}

#[tokio::test]
async fn blocking_and_unblocking_return_the_row() {
    let house = House::open().await;
    let key = house.key(&json!({})).await;
    for (route, blocked, status) in [("/key/block", true, 401), ("/key/unblock", false, 200)] {
        let answer = house.post(route, MASTER, &json!({"key": key})).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json()["blocked"], blocked);
        let said = Caller::OpenAi.say(&house, &key, "openai", "say hi").await;
        assert_eq!(said.status, status, "{}", said.text());
    }
}

#[tokio::test]
async fn the_list_is_paged_and_filtered_and_its_query_checked() {
    let house = House::open().await;
    let mut keys = Vec::new();
    for number in 0..23 {
        house.clock.advance(std::time::Duration::from_secs(1));
        let user = if number % 2 == 0 { "even" } else { "odd" };
        let fields = json!({"key_alias": format!("key {number}"), "user_id": user});
        keys.push(KeyHash::of_plaintext(&house.key(&fields).await).to_string());
    }
    keys.reverse();
    let page = async |query: &str| house.get(&format!("/key/list{query}"), MASTER).await.json();
    let first = page("").await;
    assert_eq!(first["keys"], json!(keys[..10]));
    assert_eq!((&first["total_count"], &first["total_pages"]), (&json!(23), &json!(3)));
    let last = page("?page=3&size=10").await;
    assert_eq!(last["keys"], json!(keys[20..]));
    assert_eq!(last["current_page"], 3);
    assert_eq!(page("?page=4").await["keys"], json!([]));
    assert_eq!(page("?size=100").await["keys"], json!(keys));
    assert_eq!(page("?user_id=odd&size=100").await["total_count"], 11);
    let one = page("?key_alias=key%205&return_full_object=true").await;
    assert_eq!(one["keys"][0]["key_alias"], "key 5");
    assert_eq!(one["total_count"], 1);
    assert_eq!(page(&format!("?key_hash={}", keys[3])).await["keys"], json!([keys[3]]));
    for (query, field) in [
        ("page=0", "query.page"),
        ("page=x", "query.page"),
        ("size=101", "query.size"),
        ("size=-1", "query.size"),
    ] {
        assert_eq!(wrong(&house.get(&format!("/key/list?{query}"), MASTER).await), [field]);
    }
}

#[tokio::test]
async fn a_plain_key_manages_nothing_and_sees_only_itself() {
    let house = House::open().await;
    let own = house.key(&json!({"key_alias": "own"})).await;
    let other = house.key(&json!({"key_alias": "other"})).await;
    for (route, body) in [
        ("/key/generate", json!({})),
        ("/key/update", json!({"key": own, "max_budget": 100})),
        ("/key/delete", json!({"keys": [own]})),
        ("/key/block", json!({"key": other})),
        ("/key/unblock", json!({"key": own})),
    ] {
        let answer = house.post(route, &own, &body).await;
        assert!([401, 403].contains(&answer.status), "{route}: {}", answer.text());
        assert!(answer.message().contains(route), "{}", answer.message());
    }
    let info = house.get("/key/info", &own).await;
    assert_eq!(info.json()["info"]["key_alias"], "own");
    assert_eq!(house.get(&format!("/key/info?key={own}"), &own).await.status, 200);
    let answer = house.get(&format!("/key/info?key={other}"), &own).await;
    refused(&answer, 403, "key");
    assert!(answer.message().contains("not allowed to access this key's info"));
    let list = house.get("/key/list", &own).await.json();
    assert_eq!(list["keys"], json!([KeyHash::of_plaintext(&own).to_string()]));
}

#[tokio::test]
async fn raising_a_budget_takes_effect_at_once() {
    let house = House::open().await;
    let key = house.key(&json!({"max_budget": 0})).await;
    assert_eq!(Caller::OpenAi.say(&house, &key, "openai", "say hi").await.status, 422);
    house.post("/key/update", MASTER, &json!({"key": key, "max_budget": 1})).await;
    assert_eq!(Caller::OpenAi.say(&house, &key, "openai", "say hi").await.status, 200);
    house.post("/key/update", MASTER, &json!({"key": key, "max_budget": 0.000_001})).await;
    assert_eq!(Caller::OpenAi.say(&house, &key, "openai", "say hi").await.status, 422);
    house.post("/key/update", MASTER, &json!({"key": key, "max_budget": null})).await;
    assert_eq!(Caller::OpenAi.say(&house, &key, "openai", "say hi").await.status, 200);
    house.balanced(&key).await;
}
