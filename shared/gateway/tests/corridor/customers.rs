//! Customers of the callers, and budgets by name that many have.

use std::time::Duration;

use serde_json::{Value, json};

use crate::house::{Answer, Caller, House, INPUT, MASTER, OUTPUT, nanos, refused_at_last};

/// What `usage 100 20` costs.
const CALL: i64 = 100 * INPUT + 20 * OUTPUT;

async fn say(house: &House, key: &str, model: &str, customer: &str) -> Answer {
    let mut body = Caller::OpenAi.ask(model, "usage 100 20 say hi");
    body["user"] = json!(customer);
    house.send(Caller::OpenAi.request(key, model, &body, false)).await
}

/// Says it until somebody refuses; the refusal.
async fn spend_up(house: &House, key: &str, customer: &str) -> Answer {
    refused_at_last(async || say(house, key, "openai", customer).await).await
}

async fn customer(house: &House, id: &str) -> Value {
    house.get(&format!("/customer/info?end_user_id={id}"), MASTER).await.json()
}

#[tokio::test]
async fn many_have_one_budget_and_each_an_account() {
    let house = House::open().await;
    let asked = json!({"budget_id": "small", "max_budget": 0.004, "budget_duration": "1d"});
    let made = house.done("/budget/new", &asked).await;
    assert_eq!((&made["budget_id"], &made["max_budget"]), (&json!("small"), &json!(0.004)));
    for id in ["ada", "bob"] {
        let row = house.done("/customer/new", &json!({"user_id": id, "budget_id": "small"})).await;
        assert_eq!(row["litellm_budget_table"]["max_budget"], 0.004);
    }
    let key = house.key(&json!({})).await;
    let refused = spend_up(&house, &key, "ada").await;
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert_eq!(refused.json()["error"]["type"], "budget_exceeded");
    let message = refused.message();
    assert!(
        message.starts_with("ExceededBudget: End User=ada over budget. Spend=0.00"),
        "{message}"
    );
    assert!(message.ends_with("Budget=0.004"), "{message}");
    assert_eq!(say(&house, &key, "openai", "bob").await.status, 200);
    assert_eq!(say(&house, &key, "openai", "nobody").await.status, 200);

    assert_eq!(nanos(&customer(&house, "bob").await["spend"]), CALL);
    let rows = house.rows(&key).await;
    let of_ada: i64 = rows
        .iter()
        .filter(|row| row["end_user"] == "ada")
        .map(|row| row["spend_nanos"].as_i64().unwrap())
        .sum();
    assert_eq!(nanos(&customer(&house, "ada").await["spend"]), of_ada);

    // What the budget says holds for all of them at the next call.
    house.done("/budget/update", &json!({"budget_id": "small", "max_budget": 0.008})).await;
    assert_eq!(say(&house, &key, "openai", "ada").await.status, 200);
    house.clock.advance(Duration::from_secs(15 * 3600));
    assert_eq!(nanos(&customer(&house, "ada").await["spend"]), 0);
    assert_eq!(say(&house, &key, "openai", "ada").await.status, 200);
}

#[tokio::test]
async fn a_customer_is_named_by_header_or_body_in_every_dialect() {
    let house = House::open().await;
    house.done("/customer/new", &json!({"user_id": "c", "max_budget": 0})).await;
    let key = house.key(&json!({})).await;
    for caller in Caller::ALL {
        let ask = caller.ask("openai", "say hi");
        let mut request = caller.request(&key, "openai", &ask, false);
        request.headers_mut().insert("x-litellm-customer-id", "c".parse().unwrap());
        let refused = house.send(request).await;
        assert_eq!(refused.status, 422, "{caller:?}: {}", refused.text());
    }
    for (caller, field, value) in [
        (Caller::OpenAi, "user", json!("c")),
        (Caller::OpenAi, "safety_identifier", json!("c")),
        (Caller::OpenAi, "litellm_metadata", json!({"user": "c"})),
        (Caller::Responses, "user", json!("c")),
        (Caller::Anthropic, "metadata", json!({"user_id": "c"})),
    ] {
        let mut ask = caller.ask("openai", "say hi");
        ask[field] = value;
        let refused = house.send(caller.request(&key, "openai", &ask, false)).await;
        assert_eq!(refused.status, 422, "{caller:?} {field}: {}", refused.text());
        assert!(refused.text().contains("End User=c"), "{}", refused.text());
    }
    let body = json!({"model": "openai", "prompt": "say hi", "max_tokens": 5, "user": "c"});
    assert_eq!(house.post("/v1/completions", &key, &body).await.status, 422);
}

#[tokio::test]
async fn a_customer_is_blocked_narrowed_and_limited() {
    let house = House::open().await;
    let asked = json!({"user_id": "c", "alias": "Carl", "models": ["openai"], "rpm_limit": 2});
    let made = house.done("/end_user/new", &asked).await;
    for (field, value) in asked.as_object().unwrap() {
        assert_eq!(&made[field], value, "{field}");
    }
    let key = house.key(&json!({})).await;
    let denied = say(&house, &key, "demo", "c").await;
    assert_eq!(denied.status, 403, "{}", denied.text());
    assert_eq!(denied.json()["error"]["type"], "customer_model_access_denied");
    for left in ["1", "0"] {
        let answer = say(&house, &key, "openai", "c").await;
        assert_eq!(answer.header("x-ratelimit-end_user-remaining-requests"), left);
    }
    let refused = say(&house, &key, "openai", "c").await;
    assert_eq!(refused.status, 429);
    assert!(refused.message().starts_with("Rate limit exceeded for end_user: c. "));
    house.clock.advance(Duration::from_secs(60));

    // Also in a process that has just served them.
    let beside = house.beside(MASTER).await;
    assert_eq!(say(&beside, &key, "demo", "d").await.status, 200);
    let blocked = house.done("/customer/block", &json!({"user_ids": ["c", "d"]})).await;
    assert_eq!(blocked["blocked_users"].as_array().unwrap().len(), 2);
    for (process, model, id) in [(&house, "openai", "c"), (&beside, "demo", "d")] {
        let refused = say(process, &key, model, id).await;
        assert_eq!(refused.status, 401, "{}", refused.text());
        assert!(refused.message().contains(&format!("End User={id} is blocked")));
    }
    house.done("/customer/unblock", &json!({"user_ids": ["c"]})).await;
    assert_eq!(say(&house, &key, "openai", "c").await.status, 200);
}

#[tokio::test]
async fn whoever_is_no_customer_has_the_budget_by_default() {
    let settings = "litellm_settings:\n  max_end_user_budget: 0.004";
    let house = House::plan().settings(settings).open().await;
    let key = house.key(&json!({})).await;
    let refused = spend_up(&house, &key, "anybody").await;
    assert_eq!(refused.status, 422);
    assert!(refused.message().ends_with("Budget=0.004"), "{}", refused.message());
    assert_eq!(say(&house, &key, "openai", "another").await.status, 200);

    house.done("/budget/new", &json!({"budget_id": "b", "rpm_limit": 1})).await;
    let of_key = house.key(&json!({"end_user_budget_id": "b"})).await;
    assert_eq!(say(&house, &of_key, "openai", "third").await.status, 200);
    assert_eq!(say(&house, &of_key, "openai", "third").await.status, 429);
    assert_eq!(say(&house, &of_key, "openai", "fourth").await.status, 200);
}

#[tokio::test]
async fn a_key_has_the_limits_of_its_budget() {
    let house = House::open().await;
    let asked = json!({"budget_id": "b", "max_budget": 0.004, "rpm_limit": 10});
    house.done("/budget/new", &asked).await;
    let keys = [
        house.key(&json!({"budget_id": "b"})).await,
        house.key(&json!({"budget_id": "b", "rpm_limit": 1})).await,
    ];
    let first = say(&house, &keys[0], "openai", "").await;
    assert_eq!(first.header("x-ratelimit-api_key-limit-requests"), "10");
    let refused = spend_up(&house, &keys[0], "").await;
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert!(refused.message().starts_with("Budget has been exceeded! Key="));
    assert!(house.balanced(&keys[0]).await <= 4_000_000);
    assert_eq!(say(&house, &keys[1], "openai", "").await.status, 200, "an account of its own");
    assert_eq!(say(&house, &keys[1], "openai", "").await.status, 429, "its own word comes first");
    house.done("/budget/update", &json!({"budget_id": "b", "max_budget": 1})).await;
    house.clock.advance(Duration::from_secs(60));
    assert_eq!(say(&house, &keys[0], "openai", "").await.status, 200);
}

#[tokio::test]
async fn budgets_are_made_told_listed_and_deleted_when_nobody_has_them() {
    let house = House::open().await;
    let asked = json!({
        "budget_id": "b", "max_budget": 10.5, "budget_duration": "30d", "rpm_limit": 5,
        "tpm_limit": 1000, "max_parallel_requests": 2,
        "model_max_budget": {"openai": {"budget_limit": 1, "time_period": "1d"}},
    });
    let made = house.done("/budget/new", &asked).await;
    assert_eq!(made["model_max_budget"]["openai"]["max_budget"], 1.0);
    assert_eq!(made["budget_reset_at"], "2026-12-01T00:00:00Z");
    assert_eq!(house.post("/budget/new", MASTER, &asked).await.status, 400);
    let fresh = house.done("/budget/new", &json!({"max_budget": 1})).await;
    assert_eq!(fresh["budget_id"].as_str().unwrap().len(), 36);
    let told = house.done("/budget/info", &json!({"budgets": ["b", "x"]})).await;
    assert_eq!(told.as_array().unwrap().len(), 1);
    assert_eq!(told[0]["tpm_limit"], 1000);
    assert_eq!(house.get("/budget/list", MASTER).await.json().as_array().unwrap().len(), 2);
    let settings = house.get("/budget/settings?budget_id=b", MASTER).await.json();
    assert_eq!(settings[0]["field_name"], "max_budget");
    assert_eq!(settings[0]["field_value"], 10.5);

    let key = house.key(&json!({"budget_id": "b"})).await;
    let held = house.post("/budget/delete", MASTER, &json!({"id": "b"})).await;
    assert_eq!(held.status, 400, "{}", held.text());
    house.done("/key/update", &json!({"key": key, "budget_id": null})).await;
    assert_eq!(house.done("/budget/delete", &json!({"id": "b"})).await["budget_id"], "b");
    for (path, body, status) in [
        ("/budget/delete", json!({"id": "b"}), 404),
        ("/budget/update", json!({"budget_id": "b", "max_budget": 1}), 404),
        ("/budget/new", json!({"max_budget": -1}), 400),
        ("/budget/new", json!({"soft_budget": 1}), 400),
        ("/budget/info", json!({}), 422),
        ("/key/generate", json!({"budget_id": "b"}), 400),
        ("/customer/new", json!({"user_id": "c", "budget_id": "b"}), 400),
        ("/customer/new", json!({"alias": "c"}), 422),
        ("/customer/new", json!({"user_id": "c", "default_model": "demo"}), 400),
    ] {
        let answer = house.post(path, MASTER, &body).await;
        assert_eq!(answer.status, status, "{path} {body}: {}", answer.text());
    }
    assert_eq!(house.get("/customer/list", MASTER).await.json(), json!([]));
}

#[tokio::test]
async fn customers_are_told_listed_and_deleted() {
    let house = House::open().await;
    for id in ["a", "b"] {
        house.done("/customer/new", &json!({"user_id": id})).await;
    }
    let again = house.post("/customer/new", MASTER, &json!({"user_id": "a"})).await;
    assert_eq!(again.status, 400);
    assert_eq!(again.message(), "Customer already exists, passed user_id=a");
    let changed = house.done("/customer/update", &json!({"user_id": "a", "alias": "A"})).await;
    assert_eq!(changed["alias"], "A");
    assert_eq!(house.get("/end_user/list", MASTER).await.json().as_array().unwrap().len(), 2);
    let lost = house.post("/customer/delete", MASTER, &json!({"user_ids": ["a", "x"]})).await;
    assert_eq!(lost.status, 404);
    assert!(lost.message().contains("End User Ids=x"), "{}", lost.text());
    let gone = house.done("/customer/delete", &json!({"user_ids": ["a", "b"]})).await;
    assert_eq!(gone["deleted_customers"], 2);
    let none = house.get("/customer/info?end_user_id=a", MASTER).await;
    assert_eq!(none.status, 404);
    assert_eq!(none.message(), "End User Id=a does not exist in db");
    let key = house.key(&json!({})).await;
    assert_eq!(house.get("/customer/list", &key).await.status, 401);
}
