//! Tags that calls carry: what may be used under each.

use std::time::Duration;

use serde_json::{Value, json};

use crate::house::{Answer, Caller, House, INPUT, MASTER, OUTPUT, nanos, refused_at_last};

/// What `usage 100 20` costs.
const CALL: i64 = 100 * INPUT + 20 * OUTPUT;

async fn say(house: &House, key: &str, model: &str, tags: &[&str]) -> Answer {
    let mut body = Caller::OpenAi.ask(model, "usage 100 20 say hi");
    body["metadata"] = json!({ "tags": tags });
    house.send(Caller::OpenAi.request(key, model, &body, false)).await
}

async fn tag(house: &House, name: &str) -> Value {
    let mut told = house.done("/tag/info", &json!({ "names": [name] })).await;
    told[name].take()
}

#[tokio::test]
async fn a_tags_budget_is_that_of_all_calls_under_it() {
    let house = House::open().await;
    let asked = json!({"name": "crm", "max_budget": 0.004, "budget_duration": "1d"});
    let made = house.done("/tag/new", &asked).await;
    assert_eq!(made["message"], "Tag crm created successfully");
    assert_eq!(made["tag"]["max_budget"], 0.004);
    let (one, two) = (house.key(&json!({})).await, house.key(&json!({"tags": ["crm"]})).await);
    assert_eq!(say(&house, &two, "openai", &[]).await.status, 200, "its key carries the tag");
    let refused = refused_at_last(async || say(&house, &one, "openai", &["crm"]).await).await;
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert_eq!(refused.json()["error"]["type"], "budget_exceeded");
    let message = refused.message();
    assert!(
        message.starts_with("Budget has been exceeded! Tag=crm Current cost: 0.00"),
        "{message}"
    );
    assert_eq!(say(&house, &two, "openai", &[]).await.status, 422);
    assert_eq!(say(&house, &one, "openai", &["erp"]).await.status, 200, "another tag");
    assert_eq!(say(&house, &one, "openai", &[]).await.status, 200, "no tag");

    let mut under = 0;
    for key in [&one, &two] {
        let rows = house.rows(key).await;
        let tagged = rows.iter().filter(|row| {
            row["request_tags"].as_array().is_some_and(|tags| tags.contains(&json!("crm")))
        });
        under += tagged.map(|row| row["spend_nanos"].as_i64().unwrap()).sum::<i64>();
    }
    assert_eq!(nanos(&tag(&house, "crm").await["spend"]), under);

    house.done("/tag/update", &json!({"name": "crm", "max_budget": 0.008})).await;
    assert_eq!(say(&house, &one, "openai", &["crm"]).await.status, 200);
    house.clock.advance(Duration::from_secs(15 * 3600));
    assert_eq!(nanos(&tag(&house, "crm").await["spend"]), 0);
    house.done("/tag/delete", &json!({"name": "crm"})).await;
    assert_eq!(say(&house, &one, "openai", &["crm"]).await.status, 200, "a word again");
}

#[tokio::test]
async fn every_dialect_carries_tags() {
    let house = House::open().await;
    house.done("/tag/new", &json!({"name": "shut", "max_budget": 0})).await;
    let key = house.key(&json!({})).await;
    for caller in Caller::ALL {
        let ask = caller.ask("openai", "say hi");
        let mut request = caller.request(&key, "openai", &ask, false);
        request.headers_mut().insert("x-litellm-tags", "open, shut".parse().unwrap());
        let refused = house.send(request).await;
        assert_eq!(refused.status, 422, "{caller:?}: {}", refused.text());
        assert!(refused.text().contains("Tag=shut"), "{caller:?}: {}", refused.text());
    }
}

#[tokio::test]
async fn a_call_under_two_tags_is_held_to_both_and_hears_of_the_one_that_refuses() {
    let house = House::open().await;
    house.done("/budget/new", &json!({"budget_id": "b", "max_budget": 0.5, "rpm_limit": 2})).await;
    for name in ["first", "second"] {
        house.done("/tag/new", &json!({"name": name, "budget_id": "b"})).await;
    }
    let key = house.key(&json!({"budget_id": "b"})).await;
    let plain = house.key(&json!({})).await;
    // All three have the same budget by name, and each an account.
    assert_eq!(say(&house, &key, "openai", &["first", "second"]).await.status, 200);
    assert_eq!(say(&house, &plain, "openai", &["second"]).await.status, 200);
    let refused = say(&house, &plain, "openai", &["first", "second"]).await;
    assert_eq!(refused.status, 429, "{}", refused.text());
    assert!(
        refused.message().starts_with("Rate limit exceeded for tag: second. "),
        "{}",
        refused.message()
    );
    assert_eq!(
        say(&house, &plain, "openai", &["first"]).await.status,
        200,
        "nothing is kept of it"
    );
    assert_eq!(nanos(&tag(&house, "first").await["spend"]), 2 * CALL);
    assert_eq!(nanos(&tag(&house, "second").await["spend"]), 2 * CALL);
    let held = house.master(http::Method::POST, "/budget/delete", &json!({"id": "b"})).await;
    assert_eq!(held.status, 400, "{}", held.text());
}

#[tokio::test]
async fn a_tag_narrows_models() {
    let house = House::open().await;
    house.done("/tag/new", &json!({"name": "t", "models": ["openai"]})).await;
    let key = house.key(&json!({})).await;
    assert_eq!(say(&house, &key, "openai", &["t"]).await.status, 200);
    let denied = say(&house, &key, "demo", &["t"]).await;
    assert_eq!(denied.status, 403, "{}", denied.text());
    assert_eq!(denied.json()["error"]["type"], "tag_model_access_denied");
    assert_eq!(say(&house, &key, "demo", &["u"]).await.status, 200);
}

#[tokio::test]
async fn a_call_has_no_more_tags_than_can_be_held() {
    let house = House::open().await;
    let many: Vec<String> = (0..17).map(|number| format!("t{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let key = house.key(&json!({})).await;
    let refused = say(&house, &key, "openai", &many).await;
    assert_eq!(refused.status, 400, "{}", refused.text());
    assert_eq!(say(&house, &key, "openai", &many[1..]).await.status, 200);
    let asked = json!({ "tags": many });
    let refused = house.master(http::Method::POST, "/key/generate", &asked).await;
    assert_eq!(refused.status, 400, "{}", refused.text());
    // A list of the longest names is heard to its end.
    house.done("/tag/new", &json!({"name": "last", "max_budget": 0})).await;
    let long = ["x".repeat(200), "y".repeat(200), "last".to_owned()].join(",");
    let ask = Caller::OpenAi.ask("openai", "say hi");
    let mut request = Caller::OpenAi.request(&key, "openai", &ask, false);
    request.headers_mut().insert("x-litellm-tags", long.parse().unwrap());
    assert_eq!(house.send(request).await.status, 422);
}

#[tokio::test]
async fn tags_are_made_told_and_listed_and_wrong_ones_refused() {
    let house = House::open().await;
    let asked = json!({"name": "t", "description": "ours", "rpm_limit": 3, "soft_budget": 1.5});
    let made = house.done("/tag/new", &asked).await;
    for (field, value) in asked.as_object().unwrap() {
        assert_eq!(&made["tag"][field], value, "{field}");
    }
    let key = house.key(&json!({})).await;
    say(&house, &key, "openai", &["t", "loose"]).await;
    let list = house.get("/tag/list", MASTER).await.json();
    let names: Vec<_> = list.as_array().unwrap().iter().map(|tag| tag["name"].clone()).collect();
    assert_eq!(names, ["t", "loose"]);
    for (path, body, status) in [
        ("/tag/new", json!({"name": "t"}), 400),
        ("/tag/new", json!({}), 422),
        ("/tag/new", json!({"name": "a,b"}), 400),
        ("/tag/new", json!({"name": "n", "max_bugdet": 1}), 400),
        ("/tag/new", json!({"name": "n", "max_budget": -1}), 400),
        ("/tag/new", json!({"name": "n", "budget_id": "none"}), 400),
        ("/tag/update", json!({"name": "none"}), 404),
        ("/tag/delete", json!({"name": "none"}), 404),
        ("/tag/info", json!({"names": ["t", "none"]}), 404),
    ] {
        let refused = house.master(http::Method::POST, path, &body).await;
        assert_eq!(refused.status, status, "{path} {body}: {}", refused.text());
    }
    assert_eq!(house.post("/tag/new", &key, &json!({"name": "mine"})).await.status, 401);
}
