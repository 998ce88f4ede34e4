//! Keys that get another plaintext, whose spend is set, and that open some routes only.

use std::time::Duration;

use axum::body::Body;
use http::{Request, header};
use http_body_util::BodyExt as _;
use serde_json::json;

use crate::house::{Answer, Caller, House, INPUT, MASTER, OUTPUT, nanos};

/// What `usage 100 20` costs.
const CALL: i64 = 100 * INPUT + 20 * OUTPUT;
const PROMPT: &str = "usage 100 20 say hi";

async fn say(house: &House, key: &str) -> Answer {
    Caller::OpenAi.say(house, key, "openai", PROMPT).await
}

/// The status of a call to a model that every process has.
async fn spoken(house: &House, key: &str) -> u16 {
    let ask = Caller::OpenAi.ask("demo", "hi");
    house.begin(Caller::OpenAi.request(key, "demo", &ask, false)).await.status().as_u16()
}

#[tokio::test]
async fn a_key_with_another_plaintext_keeps_its_account_rows_and_calls_under_way() {
    let house = House::open().await;
    let fields = json!({"max_budget": 1, "rpm_limit": 5, "key_alias": "rolling"});
    let old = house.key(&fields).await;
    assert_eq!(say(&house, &old).await.status, 200);
    let body = Caller::OpenAi.ask("openai", "slow 1 long 20");
    let stream = house.begin(Caller::OpenAi.request(&old, "openai", &body, true)).await;
    let before = house.info(&old).await;
    assert!(nanos(&before["reserved_spend"]) > 0);

    let made = house.done("/key/regenerate", &json!({"key": old})).await;
    let new = made["key"].as_str().unwrap().to_owned();
    assert_ne!(new, old);
    assert_eq!(made["rotation_count"], 1);
    for field in ["spend", "reserved_spend", "max_budget", "key_alias", "rpm_limit", "token"] {
        assert_eq!(made[field], before[field], "{field}");
    }
    assert_eq!(made["key_name"], format!("sk-...{}", &new[new.len() - 4..]));

    let refused = say(&house, &old).await;
    assert_eq!(refused.status, 401, "{}", refused.text());
    assert_eq!(refused.json()["error"]["type"], "token_not_found_in_db");
    let answer = say(&house, &new).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("x-ratelimit-api_key-remaining-requests"), "2");
    stream.into_body().collect().await.unwrap();
    assert!(house.balanced(&new).await > 2 * CALL);
    assert_eq!(house.rows(&new).await.len(), 3);
    // Whichever plaintext names it, and its hash.
    let hash = sluice_store::KeyHash::of_plaintext(&new).to_string();
    for named in [&old, &new, &hash] {
        assert_eq!(house.info(named).await["key_alias"], "rolling");
    }
    let listed = house.get(&format!("/key/list?key_hash={hash}"), MASTER).await.json();
    assert_eq!(listed["total_count"], 1);
    house.done("/key/delete", &json!({"keys": [new]})).await;
    assert_eq!(say(&house, &new).await.status, 401);
}

#[tokio::test]
async fn the_plaintext_before_opens_a_key_until_its_grace_is_over() {
    let house = House::open().await;
    let old = house.key(&json!({})).await;
    let path = format!("/key/{old}/regenerate");
    let asked = json!({"grace_period": "1h", "new_key": "sk-chosen-by-somebody", "max_budget": 2});
    let made = house.done(&path, &asked).await;
    assert_eq!((&made["key"], &made["max_budget"]), (&asked["new_key"], &json!(2.0)));
    let beside = house.beside(MASTER).await;
    for key in [old.as_str(), "sk-chosen-by-somebody"] {
        assert_eq!(spoken(&house, key).await, 200);
        assert_eq!(spoken(&beside, key).await, 200);
    }
    house.clock.advance(Duration::from_secs(3_599));
    assert_eq!(spoken(&house, &old).await, 200);
    house.clock.advance(Duration::from_secs(1));
    assert_eq!(spoken(&house, &old).await, 401);
    assert_eq!(spoken(&beside, "sk-chosen-by-somebody").await, 200);
    // At once, also in a process that has just seen the key.
    let last = house.done("/key/regenerate", &json!({"key": "sk-chosen-by-somebody"})).await;
    assert_eq!(spoken(&beside, "sk-chosen-by-somebody").await, 401);
    assert_eq!(spoken(&beside, last["key"].as_str().unwrap()).await, 200);
}

#[tokio::test]
async fn plaintexts_that_are_taken_or_none_are_refused() {
    let house = House::open().await;
    let (one, two) = (house.key(&json!({})).await, house.key(&json!({})).await);
    for (body, status) in [
        (json!({"key": one, "new_key": two}), 400),
        (json!({"key": one, "new_key": one}), 400),
        (json!({"key": one, "new_key": "short"}), 400),
        (json!({"key": one, "grace_period": "soon"}), 400),
        (json!({"key": one, "new_master_key": "sk-x"}), 400),
        (json!({"key": "sk-nobody-has-this-one"}), 404),
        (json!({"key": MASTER}), 403),
        (json!({}), 400),
    ] {
        let answer = house.post("/key/regenerate", MASTER, &body).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
    }
    assert_eq!(say(&house, &one).await.status, 200);
    // A plaintext that opened a key once makes no new key.
    house.done("/key/regenerate", &json!({"key": one})).await;
    let again = house.post("/key/generate", MASTER, &json!({"key": one})).await;
    assert_eq!(again.status, 400, "{}", again.text());
}

#[tokio::test]
async fn a_keys_spend_is_set_with_a_row_that_says_so() {
    let house = House::open().await;
    let key = house.key(&json!({"max_budget": "0.004"})).await;
    while say(&house, &key).await.status == 200 {}
    let spent = house.balanced(&key).await;
    let path = format!("/key/{key}/reset_spend");
    let more = house.post(&path, MASTER, &json!({"reset_to": 5})).await;
    assert_eq!(more.status, 400, "{}", more.text());
    let told = house.done(&path, &json!({"reset_to": 0})).await;
    assert_eq!((nanos(&told["previous_spend"]), nanos(&told["spend"])), (spent, 0));
    assert_eq!(house.balanced(&key).await, 0);
    assert_eq!(say(&house, &key).await.status, 200);
    assert_eq!(house.balanced(&key).await, CALL);
    assert_eq!(house.post(&path, MASTER, &json!({})).await.status, 422);
    assert_eq!(house.post(&path, &key, &json!({"reset_to": 0})).await.status, 401);
}

#[tokio::test]
async fn a_key_opens_the_routes_it_names_in_every_dialect() {
    let house = House::open().await;
    let key = house.key(&json!({"allowed_routes": ["/v1/models", "/key/info"]})).await;
    assert_eq!(house.get("/v1/models", &key).await.status, 200);
    assert_eq!(house.get("/key/info", &key).await.status, 200);
    for caller in Caller::ALL {
        let refused = caller.say(&house, &key, "openai", "say hi").await;
        assert_eq!(refused.status, 403, "{caller:?}: {}", refused.text());
        let words = "Virtual key is not allowed to call this route. Only allowed to call routes: \
                     [\"/v1/models\", \"/key/info\"]. Tried to call route: /";
        assert!(refused.message().starts_with(words), "{}", refused.text());
    }
    // Nor where the key stands in the address.
    for path in ["/v1beta/models/openai:generateContent", "/gemini/v1beta/files"] {
        let request = Request::post(format!("{path}?key={key}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(Caller::Gemini.ask("openai", "say hi").to_string()));
        let refused = house.send(request.unwrap()).await;
        assert_eq!(refused.status, 403, "{path}: {}", refused.text());
        assert!(refused.text().contains("not allowed to call this route"), "{}", refused.text());
    }
    let calls = house.key(&json!({"key_type": "llm_api"})).await;
    assert_eq!(house.info(&calls).await["allowed_routes"], json!(["llm_api_routes"]));
    assert_eq!(say(&house, &calls).await.status, 200);
    assert_eq!(house.get("/key/info", &calls).await.status, 403);
    let manages = house.key(&json!({"key_type": "management"})).await;
    assert_eq!(house.get("/key/info", &manages).await.status, 200);
    assert_eq!(say(&house, &manages).await.status, 403);
    for (field, value) in
        [("allowed_routes", json!(["all_of_them"])), ("key_type", json!("superuser"))]
    {
        let answer = house.post("/key/generate", MASTER, &json!({ field: value })).await;
        assert_eq!(answer.status, 400, "{}", answer.text());
        assert!(answer.message().contains(field), "{}", answer.text());
    }
    // Nor does it make a key that opens more.
    let user = json!({"user_id": "u", "auto_create_key": false});
    house.done("/user/new", &user).await;
    let narrow = json!({"user_id": "u", "allowed_routes": ["/key/generate", "/v1/models"]});
    let narrow = house.key(&narrow).await;
    for (routes, status) in
        [(json!([]), 403), (json!(["/v1/*"]), 403), (json!(["/v1/models"]), 200)]
    {
        let fields = json!({"allowed_routes": routes});
        let answer = house.post("/key/generate", &narrow, &fields).await;
        assert_eq!(answer.status, status, "{routes}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_keys_tags_are_those_of_all_its_calls() {
    let house = House::open().await;
    let key = house.key(&json!({"tags": ["prod", "eu"]})).await;
    assert_eq!(say(&house, &key).await.status, 200);
    assert_eq!(house.row(&key).await["request_tags"], json!(["prod", "eu"]));
}
