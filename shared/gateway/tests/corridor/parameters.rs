//! Which of a call's parameters reach a provider.

use serde_json::{Value, json};
use sluice_fakes::Fakes;

use crate::house::{House, MASTER, PRICED, named};

/// A row that refuses `logit_bias`, at the fake of OpenAI's.
fn groq(fakes: &Fakes, group: &str, more: &str) -> String {
    let access = format!("\n      api_base: {}/v1\n      api_key: sk-fake", fakes.openai_url);
    named(fakes, group, "groq/llama", &format!("{access}{more}{PRICED}"))
}

fn asking(group: &str, more: &Value) -> Value {
    let mut body = json!({"model": group, "messages": [{"role": "user", "content": "say hi"}], "max_tokens": 9});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

async fn sent(house: &House, group: &str, more: &Value) -> (Value, String) {
    let answer = house.post("/v1/chat/completions", MASTER, &asking(group, more)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let body = serde_json::from_slice(&house.fakes.openai.last().unwrap().body).unwrap();
    (body, answer.header("x-sluice-dropped").to_owned())
}

#[tokio::test]
async fn what_a_provider_refuses_is_an_error_unless_it_may_be_dropped() {
    let house = House::plan().models(|fakes| groq(fakes, "strict", "")).open().await;
    let bias = json!({"logit_bias": {"1": 2}, "seed": 7});
    let refused = house.post("/v1/chat/completions", MASTER, &asking("strict", &bias)).await;
    assert_eq!(refused.status, 400, "{}", refused.text());
    let error = &refused.json()["error"];
    assert_eq!(
        (&error["type"], &error["param"]),
        (&json!("invalid_request_error"), &json!("logit_bias"))
    );
    let text = "litellm.UnsupportedParamsError: groq does not support parameters: ['logit_bias']";
    assert!(error["message"].as_str().unwrap().starts_with(text), "{error}");
    assert_eq!(house.fakes.openai.count(), 0);

    let mut may = bias.clone();
    may["drop_params"] = json!(true);
    let (body, dropped) = sent(&house, "strict", &may).await;
    assert_eq!((body.get("logit_bias"), body.get("drop_params")), (None, None));
    assert_eq!((&body["seed"], dropped.as_str()), (&json!(7), "logit_bias"));

    let mut vouched = bias.clone();
    vouched["allowed_openai_params"] = json!(["logit_bias"]);
    let (body, dropped) = sent(&house, "strict", &vouched).await;
    assert_eq!((&body["logit_bias"], dropped.as_str()), (&json!({"1": 2}), ""));
    assert!(body.get("allowed_openai_params").is_none());
}

#[tokio::test]
async fn a_deployment_and_the_settings_say_what_may_be_dropped() {
    let house = House::plan()
        .models(|fakes| {
            groq(fakes, "lenient", "")
                + &groq(fakes, "strict", "\n      drop_params: false")
                + &groq(fakes, "vouched", "\n      allowed_openai_params: [logit_bias]")
        })
        .settings("litellm_settings:\n  drop_params: true")
        .open()
        .await;
    let bias = json!({"logit_bias": {"1": 2}});
    assert_eq!(sent(&house, "lenient", &bias).await.1, "logit_bias");
    assert_eq!(sent(&house, "vouched", &bias).await.0["logit_bias"], json!({"1": 2}));
    let strict = house.post("/v1/chat/completions", MASTER, &asking("strict", &bias)).await;
    assert_eq!(strict.status, 400, "{}", strict.text());
}

#[tokio::test]
async fn what_is_configured_to_be_left_out_reaches_no_provider() {
    let paths = "\n      additional_drop_params: [seed, 'tools[*].function.strict']";
    let house = House::plan()
        .models(move |fakes| {
            named(fakes, "bytes", "openai/gpt-x", &format!("{paths}{PRICED}"))
                + &named(fakes, "translated", "anthropic/claude-x", &format!("{paths}{PRICED}"))
        })
        .open()
        .await;
    let tool = json!({"type": "function", "function": {
        "name": "look", "strict": true, "parameters": {"type": "object", "properties": {}}}});
    let asked = json!({"seed": 7, "tools": [tool]});
    let (body, dropped) = sent(&house, "bytes", &asked).await;
    assert!(body.get("seed").is_none());
    assert_eq!(body["tools"][0]["function"]["strict"], Value::Null);
    assert_eq!(body["tools"][0]["function"]["name"], "look");
    assert_eq!(dropped, "seed,tools[*].function.strict");

    // Anthropic knows no seed: left out first, it is no reason to refuse.
    let answer = house.post("/v1/chat/completions", MASTER, &asking("translated", &asked)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.header("x-sluice-dropped").contains("seed"));

    let mut own = json!({"top_p": 0.5});
    own["additional_drop_params"] = json!(["top_p"]);
    let (body, dropped) = sent(&house, "bytes", &own).await;
    assert_eq!((body.get("top_p"), dropped.as_str()), (None, "top_p"));
}

#[tokio::test]
async fn a_deployment_that_cannot_is_passed_over_for_one_that_can() {
    let house = House::plan()
        .models(|fakes| {
            groq(fakes, "both", "\n      order: 1")
                + &named(fakes, "both", "openai/gpt-x", &format!("\n      order: 2{PRICED}"))
        })
        .open()
        .await;
    let (body, dropped) = sent(&house, "both", &json!({"logit_bias": {"1": 2}})).await;
    assert_eq!((&body["model"], dropped.as_str()), (&json!("gpt-x"), ""));
}

#[tokio::test]
async fn a_list_that_is_none_is_refused_by_its_name() {
    let house = House::plan().models(|fakes| groq(fakes, "m", "")).open().await;
    let wrong = json!({"additional_drop_params": "seed"});
    let answer = house.post("/v1/chat/completions", MASTER, &asking("m", &wrong)).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert_eq!(answer.json()["error"]["param"], "additional_drop_params");
}

#[tokio::test]
async fn a_developers_word_is_the_systems_where_the_provider_knows_no_developer() {
    let house = House::plan()
        .models(|fakes| {
            [groq(fakes, "compatible", ""), named(fakes, "own", "openai/gpt-4o", PRICED)].concat()
        })
        .open()
        .await;
    let developer = json!({"role": "developer", "content": "Be brief.", "name": "d"});
    let messages = json!({"messages": [developer, {"role": "user", "content": "say hi"}]});
    let (body, dropped) = sent(&house, "compatible", &messages).await;
    assert_eq!(body["messages"][0], json!({"role": "system", "content": "Be brief.", "name": "d"}));
    assert_eq!((&body["messages"][1], dropped.as_str()), (&messages["messages"][1], ""));
    let (body, _) = sent(&house, "own", &messages).await;
    assert_eq!(body["messages"], messages["messages"]);
}

#[tokio::test]
async fn the_cap_has_the_name_that_the_model_knows() {
    let house = House::plan()
        .models(|fakes| named(fakes, "reasons", "openai/gpt-5.1", PRICED))
        .open()
        .await;
    let (body, _) = sent(&house, "reasons", &json!({"max_tokens": 77})).await;
    assert_eq!((body.get("max_tokens"), &body["max_completion_tokens"]), (None, &json!(77)));
}
