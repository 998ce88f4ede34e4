//! What a deployment sets where its callers say nothing.

use serde_json::json;

use crate::house::{Caller, House, MASTER, PRICED, budget, named, post};

#[tokio::test]
async fn a_deployment_sets_what_its_callers_leave_open() {
    let defaults = "\n      temperature: 0.25\n      max_tokens: 33\n      stop: [END]";
    let house = House::plan()
        .models(move |fakes| {
            let more = format!("{defaults}{PRICED}");
            named(fakes, "openai", "openai/gpt-x", &format!("\n      top_p: 0.5{more}"))
                + &named(fakes, "anthropic", "anthropic/claude-x", &more)
                + &named(fakes, "bedrock", "bedrock/amazon.nova-lite-v1:0", &more)
        })
        .open()
        .await;
    let asked = json!({"model": "openai", "messages": [{"role": "user", "content": "say hi"}],
        "temperature": 0.75, "top_p": null});
    let answer = house.post("/v1/chat/completions", MASTER, &asked).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let sent = house.fakes.openai.last().unwrap().json();
    assert_eq!((&sent["temperature"], &sent["top_p"]), (&json!(0.75), &json!(0.5)));
    assert_eq!((&sent["max_tokens"], &sent["stop"]), (&json!(33), &json!(["END"])));

    // Callers of every dialect, on providers of others and of their own.
    for caller in Caller::ALL {
        let answer = caller.say(&house, MASTER, "anthropic", "say hi").await;
        assert_eq!(answer.status, 200, "{caller:?}: {}", answer.text());
        let sent = house.fakes.anthropic.last().unwrap().json();
        let found = (&sent["temperature"], &sent["stop_sequences"], &sent["max_tokens"]);
        assert_eq!(found, (&json!(0.25), &json!(["END"]), &json!(200)), "{caller:?}: {sent}");
        let answer = caller.say(&house, MASTER, "bedrock", "say hi").await;
        assert_eq!(answer.status, 200, "{caller:?}: {}", answer.text());
        let sent = house.fakes.bedrock.last().unwrap().json();
        assert_eq!(sent["inferenceConfig"]["temperature"], 0.25, "{caller:?}: {sent}");
        assert_eq!(sent["inferenceConfig"]["maxTokens"], 200, "{caller:?}: {sent}");
    }
}

#[tokio::test]
async fn a_request_that_says_everything_passes_byte_for_byte() {
    let house = House::plan()
        .models(|fakes| {
            let more = format!("\n      temperature: 0.25{PRICED}");
            named(fakes, "anthropic", "anthropic/claude-x", &more)
        })
        .open()
        .await;
    let body = r#"{ "model":"anthropic", "temperature" : 1.0,"max_tokens":9,"messages":[{"role":"user","content":"say hi"}] }"#;
    let answer = house.send(post("/v1/messages", MASTER, body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let sent = String::from_utf8(house.fakes.anthropic.last().unwrap().body.to_vec()).unwrap();
    assert_eq!(sent, body.replace("\"anthropic\"", "\"claude-x\""));
}

#[tokio::test]
async fn a_default_cap_is_what_a_budget_reserves() {
    let house = House::plan()
        .models(|fakes| {
            let prices = "
      max_tokens: 20
      input_cost_per_token: 0.000002
      output_cost_per_token: 0.000008";
            named(fakes, "m", "openai/gpt-x", prices)
        })
        .open()
        .await;
    // The prompt is 0.0023 at most and 20 tokens are 0.00016; 4,096 would be 0.0328.
    let key = house.key(&budget("0.003")).await;
    let messages = json!([{"role": "user", "content": "usage 10 20 say hi"}]);
    let asked = json!({"model": "m", "messages": messages});
    let answer = house.post("/v1/chat/completions", &key, &asked).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("x-sluice-max-tokens"), "");
    assert_eq!(house.fakes.openai.last().unwrap().json()["max_tokens"], 20);
    house.balanced(&key).await;
}

#[tokio::test]
async fn rows_bear_the_tags_of_request_and_deployment() {
    let house = House::plan()
        .models(|fakes| {
            let more = format!("\n      tags: [eu, paid]{PRICED}");
            named(fakes, "m", "openai/gpt-x", &more)
        })
        .open()
        .await;
    let key = house.key(&json!({})).await;
    let mut asked = Caller::OpenAi.ask("m", "say hi");
    asked["tags"] = json!(["paid", "batch"]);
    let answer = house.post("/v1/chat/completions", &key, &asked).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(house.row(&key).await["request_tags"], json!(["paid", "batch", "eu"]));
    assert_eq!(house.fakes.openai.last().unwrap().json().get("tags"), None);
}
