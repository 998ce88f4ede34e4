//! Models that a caller names for the case that the one it asks for fails.

use serde_json::{Value, json};

use crate::house::{Answer, Caller, House, MASTER, PRICED, Reading, budget, named};

/// A group that fails, and two that answer.
async fn house() -> House {
    House::plan()
        .models(|fakes| {
            named(fakes, "bad", "openai/fake-error-500", PRICED)
                + &named(fakes, "worse", "openai/fake-error-503", PRICED)
                + &named(fakes, "good", "anthropic/claude-x", PRICED)
                + &named(fakes, "better", "openai/gpt-x", PRICED)
        })
        .open()
        .await
}

fn falling(caller: Caller, fallbacks: &Value) -> Value {
    let mut body = caller.ask("bad", "say hi");
    body["fallbacks"] = fallbacks.clone();
    body["num_retries"] = json!(0);
    body
}

async fn asked(house: &House, key: &str, fallbacks: &Value) -> Answer {
    let body = falling(Caller::OpenAi, fallbacks);
    Caller::OpenAi.raw(house, key, "bad", &body, false).await
}

#[tokio::test]
async fn the_first_that_answers_answers_every_caller() {
    let house = house().await;
    for caller in Caller::ALL {
        for stream in [false, true] {
            let key = house.key(&budget("1")).await;
            let body = falling(caller, &json!(["worse", "good", "better"]));
            let (answer, reading) = caller.call(&house, &key, "bad", &body, stream).await;
            assert_eq!(reading.text, "hi", "{caller:?}");
            assert_eq!(answer.header("x-litellm-attempted-fallbacks"), "2");
            assert_eq!(answer.header("x-litellm-model-group"), "good");
            let sent = house.fakes.anthropic.last().unwrap().json();
            assert_eq!((sent.get("fallbacks"), sent.get("num_retries")), (None, None));

            // Each is a call of its own, and only what answered is paid for.
            assert!(house.balanced(&key).await > 0);
            let rows = house.rows(&key).await;
            let mut groups: Vec<_> = rows
                .iter()
                .map(|row| (row["model_group"].as_str().unwrap(), row["status"].as_str().unwrap()))
                .collect();
            groups.sort_unstable();
            assert_eq!(groups, [("bad", "failure"), ("good", "success"), ("worse", "failure")]);
        }
    }
    assert_eq!(house.fakes.openai.count(), 4 * Caller::ALL.len() as u64);
}

#[tokio::test]
async fn the_last_that_was_asked_is_told_of_where_none_answers() {
    let house = house().await;
    let answer = asked(&house, MASTER, &json!(["worse"])).await;
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert_eq!(answer.header("x-litellm-attempted-fallbacks"), "1");
    assert_eq!(answer.header("x-litellm-model-group"), "worse");

    let mut body = falling(Caller::OpenAi, &json!(["good"]));
    body["disable_fallbacks"] = json!(true);
    let answer = Caller::OpenAi.raw(&house, MASTER, "bad", &body, false).await;
    assert_eq!(answer.status, 500, "{}", answer.text());
    assert_eq!(answer.header("x-litellm-attempted-fallbacks"), "0");
    assert_eq!(house.fakes.anthropic.count(), 0);
}

#[tokio::test]
async fn a_fallback_that_there_is_not_or_may_not_be_used_is_refused_before_anything_is_asked() {
    let house = house().await;
    let key = house.key(&json!({"models": ["bad"]})).await;
    for (key, fallback, status) in
        [(key.as_str(), json!("good"), 403), (MASTER, json!("nope"), 400), (MASTER, json!(7), 400)]
    {
        let answer = asked(&house, key, &json!([fallback])).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        assert_eq!(answer.json()["error"]["param"], "fallbacks");
    }
    assert_eq!((house.fakes.openai.count(), house.fakes.anthropic.count()), (0, 0));
}

#[tokio::test]
async fn a_fallback_sets_what_it_says() {
    let house = house().await;
    let fallback = json!([{"model": "better", "temperature": 0.125}]);
    let answer = asked(&house, MASTER, &fallback).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let sent = house.fakes.openai.last().unwrap().json();
    assert_eq!((&sent["model"], &sent["temperature"]), (&json!("gpt-x"), &json!(0.125)));
    assert_eq!(sent.get("fallbacks"), None);
}

#[tokio::test]
async fn a_failure_has_fallbacks_of_its_kind() {
    let house = house().await;
    let mut body = Caller::OpenAi.ask("better", "say hi");
    body["mock_testing_context_fallbacks"] = json!(true);
    body["fallbacks"] = json!(["bad"]);
    body["context_window_fallbacks"] = json!([{"better": ["good"]}]);
    let answer = Caller::OpenAi.raw(&house, MASTER, "better", &body, false).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("x-litellm-model-group"), "good");
    body["router_settings_override"] = body["context_window_fallbacks"].take();
    let answer = Caller::OpenAi.raw(&house, MASTER, "better", &body, false).await;
    assert_eq!(answer.json()["error"]["param"], "router_settings_override", "{}", answer.text());
    body["router_settings_override"] = json!({"context_window_fallbacks": [{"*": ["good"]}]});
    let (_, reading) = Caller::OpenAi.call(&house, MASTER, "better", &body, true).await;
    assert_eq!((reading.text.as_str(), house.fakes.openai.count()), ("hi", 0));
}

#[tokio::test]
async fn a_fallback_that_the_budget_does_not_pay_for_is_not_asked() {
    let house = House::plan()
        .models(|fakes| {
            let dear = "\n      input_cost_per_token: 1\n      output_cost_per_token: 1";
            named(fakes, "bad", "openai/fake-error-500", PRICED)
                + &named(fakes, "dear", "anthropic/claude-x", dear)
        })
        .open()
        .await;
    let key = house.key(&budget("0.05")).await;
    let answer = asked(&house, &key, &json!(["dear"])).await;
    assert_eq!(answer.status, 500, "{}", answer.text());
    assert_eq!(answer.header("x-litellm-attempted-fallbacks"), "0");
    assert_eq!((house.fakes.anthropic.count(), house.balanced(&key).await), (0, 0));
}

#[tokio::test]
async fn what_is_no_chat_falls_back_as_well() {
    let house = house().await;
    let body = json!({"model": "bad", "input": "hi", "fallbacks": ["better"], "num_retries": 0});
    let answer = house.post("/v1/embeddings", MASTER, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("x-litellm-attempted-fallbacks"), "1");
    assert_eq!(house.fakes.openai.last().unwrap().json().get("fallbacks"), None);
}

#[tokio::test]
async fn a_conversation_goes_on_from_a_fallbacks_answer() {
    let house = house().await;
    let body = falling(Caller::Responses, &json!(["good"]));
    let (answer, _) = Caller::Responses.call(&house, MASTER, "bad", &body, false).await;
    let mut next = Caller::Responses.ask("better", "say on");
    next["previous_response_id"] = answer.json()["id"].clone();
    let (_, reading): (_, Reading) =
        Caller::Responses.call(&house, MASTER, "better", &next, false).await;
    assert_eq!(reading.text, "on");
}
