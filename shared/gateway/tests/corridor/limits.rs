//! A key's limits besides its budget: rates, tokens, calls at once, budgets of single models.

use std::time::Duration;

use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use crate::house::{Answer, Caller, House, MASTER};

async fn ask(house: &House, caller: Caller, key: &str, model: &str, prompt: &str) -> Answer {
    house.send(caller.request(key, model, &caller.ask(model, prompt), false)).await
}

async fn hi(house: &House, key: &str) -> Answer {
    up_to(house, key, 15).await
}

/// A call that uses 30 tokens and 10, and is allowed so many of output.
async fn up_to(house: &House, key: &str, output: u64) -> Answer {
    let mut body = Caller::OpenAi.ask("openai", "usage 30 10 say hi");
    body["max_tokens"] = json!(output);
    house.send(Caller::OpenAi.request(key, "openai", &body, false)).await
}

fn limited(answer: &Answer, kind: &str, limit: i64) {
    let text = answer.text();
    assert_eq!(answer.status, 429, "{text}");
    let message = answer.message();
    assert!(message.starts_with("Rate limit exceeded for "), "{message}");
    assert!(
        message.contains(&format!("Limit type: {kind}. Current limit: {limit}, ")),
        "{message}"
    );
    assert!(answer.header("retry-after").parse::<u64>().unwrap() > 0);
    assert_eq!(answer.header("rate_limit_type"), kind);
    assert!(answer.header("reset_at").ends_with(" UTC"));
}

#[tokio::test]
async fn so_many_requests_a_minute_from_the_first_on_in_every_dialect() {
    for caller in Caller::ALL {
        let house = House::open().await;
        let key = house.key(&json!({"rpm_limit": 2})).await;
        for left in ["1", "0"] {
            let answer = ask(&house, caller, &key, "openai", "say hi").await;
            assert_eq!(answer.status, 200, "{caller:?}: {}", answer.text());
            assert_eq!(answer.header("x-ratelimit-api_key-limit-requests"), "2");
            assert_eq!(answer.header("x-ratelimit-api_key-remaining-requests"), left);
            assert_eq!(answer.header("x-litellm-key-rpm-limit"), "2");
            house.clock.advance(Duration::from_secs(20));
        }
        let refused = ask(&house, caller, &key, "openai", "say hi").await;
        limited(&refused, "requests", 2);
        assert_eq!(refused.header("retry-after"), "20");
        assert!(
            refused.message().contains("Remaining: 0. Limit resets at: 2026-11-25 09:31:00 UTC")
        );
        if caller == Caller::OpenAi {
            assert_eq!(refused.json()["error"]["type"], "rate_limit_error");
            assert_eq!(refused.json()["error"]["code"], "429");
        }
        house.clock.advance(Duration::from_millis(19_999));
        assert_eq!(ask(&house, caller, &key, "openai", "say hi").await.status, 429);
        house.clock.advance(Duration::from_millis(1));
        assert_eq!(ask(&house, caller, &key, "openai", "say hi").await.status, 200);
        assert_eq!(house.rows(&key).await.len(), 3, "a refused call leaves no row");
    }
}

#[tokio::test]
async fn a_call_that_fails_at_the_provider_counts_as_a_request() {
    let house = House::open().await;
    let key = house.key(&json!({"rpm_limit": 1})).await;
    let failed = ask(&house, Caller::OpenAi, &key, "openai", "error 400").await;
    assert_ne!(failed.status, 200);
    limited(&hi(&house, &key).await, "requests", 1);
}

#[tokio::test]
async fn tokens_a_minute_are_reserved_and_settled_at_what_was_used() {
    let house = House::open().await;
    let key = house.key(&json!({"tpm_limit": 100})).await;
    let first = hi(&house, &key).await;
    assert_eq!(first.status, 200, "{}", first.text());
    assert_eq!(first.header("x-ratelimit-api_key-limit-tokens"), "100");
    assert_eq!(first.header("x-litellm-key-tpm-limit"), "100");
    // 40 are used; with its 80 of output the next one does not fit.
    let refused = up_to(&house, &key, 80).await;
    limited(&refused, "tokens", 100);
    assert!(refused.message().contains("Remaining: 60."), "{}", refused.message());
    assert_eq!(hi(&house, &key).await.status, 200);
    house.clock.advance(Duration::from_secs(60));
    let again = up_to(&house, &key, 60).await;
    assert_eq!(again.status, 200, "{}", again.text());
}

#[tokio::test]
async fn only_tokens_of_the_answer_are_counted_where_that_is_configured() {
    let settings = "general_settings:\n  token_rate_limit_type: output";
    let house = House::plan().settings(settings).open().await;
    let key = house.key(&json!({"tpm_limit": 30})).await;
    assert_eq!(hi(&house, &key).await.status, 200);
    assert_eq!(hi(&house, &key).await.status, 200);
    limited(&hi(&house, &key).await, "tokens", 30);
}

#[tokio::test]
async fn so_many_calls_at_once_and_one_that_ends_makes_room() {
    let house = House::open().await;
    let key = house.key(&json!({"max_parallel_requests": 1})).await;
    let body = Caller::OpenAi.ask("openai", "slow 1 long 20");
    let stream = house.begin(Caller::OpenAi.request(&key, "openai", &body, true)).await;
    assert_eq!(stream.headers()["x-ratelimit-api_key-remaining-max_parallel_requests"], "0");
    limited(&hi(&house, &key).await, "max_parallel_requests", 1);
    stream.into_body().collect().await.unwrap();
    assert_eq!(hi(&house, &key).await.status, 200);
    assert_eq!(hi(&house, &key).await.status, 200);
}

#[tokio::test]
async fn limits_of_one_model_leave_the_others_alone() {
    let house = House::open().await;
    let fields = json!({"model_rpm_limit": {"openai": 1}, "model_tpm_limit": {"anthropic": 1}});
    let key = house.key(&fields).await;
    let first = hi(&house, &key).await;
    assert_eq!(first.header("x-ratelimit-model_per_key-remaining-requests"), "0");
    let refused = hi(&house, &key).await;
    limited(&refused, "requests", 1);
    assert!(refused.message().starts_with("Rate limit exceeded for model_per_key: "));
    assert!(refused.message().contains(":openai. "), "{}", refused.message());
    limited(&ask(&house, Caller::Anthropic, &key, "anthropic", "say hi").await, "tokens", 1);
    assert_eq!(ask(&house, Caller::OpenAi, &key, "bedrock", "say hi").await.status, 200);
}

#[tokio::test]
async fn a_budget_for_one_model_ends_that_one_and_caps_its_last_answer() {
    let house = House::open().await;
    let budgets = json!({"openai": {"budget_limit": "0.01", "time_period": "1d"}});
    let key = house.key(&json!({"model_max_budget": budgets})).await;
    let mut last = None;
    for _ in 0..40 {
        let answer = ask(&house, Caller::OpenAi, &key, "openai", "usage 100 100 say hi").await;
        if answer.status != 200 {
            last = Some(answer);
            break;
        }
    }
    let refused = last.expect("a budget that is used up refuses");
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert_eq!(refused.json()["error"]["type"], "budget_exceeded");
    assert!(
        refused.message().contains("exceeded budget for model=openai"),
        "{}",
        refused.message()
    );
    assert_eq!(refused.header("retry-after"), "52200");
    assert!(house.balanced(&key).await <= 10_000_000);
    assert_eq!(ask(&house, Caller::OpenAi, &key, "bedrock", "say hi").await.status, 200);
    house.clock.advance(Duration::from_secs(52_200));
    assert_eq!(ask(&house, Caller::OpenAi, &key, "openai", "say hi").await.status, 200);
}

#[tokio::test]
async fn limits_are_stored_shown_changed_and_cleared() {
    let house = House::open().await;
    let fields = json!({
        "rpm_limit": 5, "tpm_limit": 1000, "max_parallel_requests": 3,
        "model_rpm_limit": {"openai": 4}, "model_tpm_limit": {"openai": 900},
        "model_max_budget": {"openai": {"max_budget": 0.5, "budget_duration": "30d", "rpm_limit": 2}},
    });
    let made = house.post("/key/generate", MASTER, &fields).await.json();
    let key = made["key"].as_str().unwrap().to_owned();
    for row in [&made, &house.info(&key).await] {
        assert_eq!(row["rpm_limit"], 5);
        assert_eq!(row["tpm_limit"], 1000);
        assert_eq!(row["max_parallel_requests"], 3);
        assert_eq!(row["model_rpm_limit"], json!({"openai": 2}));
        assert_eq!(row["model_tpm_limit"], json!({"openai": 900}));
        assert_eq!(row["model_max_budget"]["openai"]["max_budget"], 0.5);
        assert_eq!(row["model_max_budget"]["openai"]["time_period"], "30d");
    }
    // What is shown can be sent back.
    let shown = json!({"key": key, "model_max_budget": house.info(&key).await["model_max_budget"]});
    assert_eq!(house.post("/key/update", MASTER, &shown).await.status, 200);
    let change = json!({"key": key, "rpm_limit": 1, "tpm_limit": null, "model_rpm_limit": {}});
    assert_eq!(house.post("/key/update", MASTER, &change).await.status, 200);
    let row = house.info(&key).await;
    assert_eq!((&row["rpm_limit"], &row["tpm_limit"]), (&json!(1), &Value::Null));
    assert_eq!(row["model_rpm_limit"], json!({}));
    assert_eq!(hi(&house, &key).await.status, 200);
    limited(&hi(&house, &key).await, "requests", 1);
    // A higher limit is in force at once.
    let change = json!({"key": key, "rpm_limit": 2});
    assert_eq!(house.post("/key/update", MASTER, &change).await.status, 200);
    assert_eq!(hi(&house, &key).await.status, 200);
}

#[tokio::test]
async fn a_limit_that_is_none_is_refused_by_its_name() {
    let house = House::open().await;
    for (field, value, status) in [
        ("rpm_limit", json!("many"), 422),
        ("tpm_limit", json!(1.5), 422),
        ("max_parallel_requests", json!(-1), 400),
        ("model_rpm_limit", json!({"openai": "x"}), 422),
        ("model_tpm_limit", json!({"openai": -5}), 400),
        ("model_max_budget", json!({"openai": {"max_budget": -1}}), 400),
        ("model_max_budget", json!({"openai": {"max_budget": 1, "budget_duration": "soon"}}), 400),
        ("model_max_budget", json!({"openai": {"max_budgets": 1}}), 400),
    ] {
        let answer = house.post("/key/generate", MASTER, &json!({ field: value })).await;
        assert_eq!(answer.status, status, "{field} {value}: {}", answer.text());
        assert!(answer.text().contains(field), "{}", answer.text());
    }
    let zero = house.key(&json!({"rpm_limit": 0})).await;
    limited(&hi(&house, &zero).await, "requests", 0);
}

#[tokio::test]
async fn a_stream_that_lasts_renews_its_lease() {
    // The shortest lease there is: half of it is 2.5 seconds.
    let settings = "general_settings:\n  lease_seconds: 5";
    let house = House::plan().settings(settings).open().await;
    let key = house.key(&json!({"max_budget": 1})).await;
    let body = Caller::OpenAi.ask("openai", "slow 100 long 40");
    let stream = house.begin(Caller::OpenAi.request(&key, "openai", &body, true)).await;
    let before = house.faults.seen("UpdateItem");
    house.clock.advance(Duration::from_secs(8));
    let mut body = stream.into_body();
    while house.faults.seen("UpdateItem") == before {
        body.frame().await.expect("the stream goes on").unwrap();
    }
    // The lease that it had would have ended by now.
    house.clock.advance(Duration::from_secs(4));
    house.app.store().ledger().sweep(sluice_store::Clock::now(&*house.clock)).await.unwrap();
    assert!(house.account(&key).await.1 > 0, "it was charged while it was under way");
    body.collect().await.unwrap();
    assert!(house.balanced(&key).await > 0);
    assert_eq!(house.row(&key).await["status"], "success");
}
