//! Groups whose names are patterns.

use serde_json::{Value, json};
use sluice_fakes::Fakes;

use crate::house::{Caller, House, MASTER, named};

/// A pattern at the fake of OpenAI's.
fn at_openai(fakes: &Fakes, pattern: &str, model: &str, more: &str) -> String {
    let access = format!("\n      api_base: {}/v1\n      api_key: sk-fake", fakes.openai_url);
    format!(
        "\n  - model_name: '{pattern}'\n    litellm_params:\n      model: '{model}'{access}{more}"
    )
}

async fn sent_model(house: &House, asked: &str) -> Value {
    let answer = Caller::OpenAi.say(house, MASTER, asked, "say hi").await;
    assert_eq!(answer.status, 200, "{asked}: {}", answer.text());
    assert_eq!(answer.json()["model"], asked);
    assert_eq!(answer.header("x-litellm-model-group"), asked);
    let body: Value = serde_json::from_slice(&house.fakes.openai.last().unwrap().body).unwrap();
    body["model"].clone()
}

#[tokio::test]
async fn the_callers_name_is_put_into_the_models() {
    let house = House::plan()
        .models(|fakes| {
            at_openai(fakes, "openai/*", "openai/*", "")
                + &at_openai(fakes, "team/*", "openai/*", "")
                + &at_openai(fakes, "team/fast-*", "openai/gpt-*-mini", "")
                + &at_openai(fakes, "any-*", "openai/gpt-4o-mini", "")
        })
        .open()
        .await;
    for (asked, model) in [
        ("openai/gpt-4o", "gpt-4o"),
        // A bare name, by its provider.
        ("gpt-4o", "gpt-4o"),
        ("team/gpt-4.1", "gpt-4.1"),
        // The more particular pattern wins, whatever the order.
        ("team/fast-4o", "gpt-4o-mini"),
        ("any-thing", "gpt-4o-mini"),
    ] {
        assert_eq!(sent_model(&house, asked).await, model, "{asked}");
    }
    let strange = Caller::OpenAi.say(&house, MASTER, "claude-x", "say hi").await;
    assert_eq!(strange.status, 400, "{}", strange.text());
    assert!(strange.text().contains("Invalid model name passed in model=claude-x"));
}

#[tokio::test]
async fn the_price_is_that_of_the_model_that_is_meant() {
    let house =
        House::plan().models(|fakes| at_openai(fakes, "openai/*", "openai/*", "")).open().await;
    let key = house.key(&json!({"max_budget": 1, "models": ["openai/*"]})).await;
    for (model, input) in [("openai/gpt-4o", 2_500), ("openai/gpt-4o-mini", 150), ("gpt-4o", 2_500)]
    {
        let before = house.account(&key).await.0;
        let answer = Caller::OpenAi.say(&house, &key, model, "say hi").await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let usage = answer.json()["usage"].clone();
        let (prompt, completion) = (
            usage["prompt_tokens"].as_i64().unwrap(),
            usage["completion_tokens"].as_i64().unwrap(),
        );
        // Both models charge four times as much for a token of the answer.
        assert_eq!(
            house.account(&key).await.0 - before,
            prompt * input + completion * 4 * input,
            "{model}"
        );
        assert_eq!(answer.header("x-litellm-model-name"), {
            let bare = model.strip_prefix("openai/").unwrap_or(model);
            format!("openai/{bare}")
        });
    }
    let free = Caller::OpenAi.say(&house, &key, "openai/unheard-of", "say hi").await;
    assert_eq!(free.status, 403, "a model without a price, under a budget: {}", free.text());
    house.balanced(&key).await;
}

#[tokio::test]
async fn a_key_is_given_a_pattern() {
    let house = House::plan().models(|fakes| at_openai(fakes, "*", "openai/*", "")).open().await;
    let key = house.key(&json!({"models": ["openai/gpt-4o*"]})).await;
    for (model, status) in
        [("openai/gpt-4o", 200), ("gpt-4o-mini", 200), ("openai/o3", 403), ("other", 403)]
    {
        let answer = Caller::OpenAi.say(&house, &key, model, "say hi").await;
        assert_eq!(answer.status, status, "{model}: {}", answer.text());
    }
    assert_eq!(
        sent_model(&house, "openai/gpt-4o").await,
        "gpt-4o",
        "the provider is not said twice"
    );
}

#[tokio::test]
async fn lists_show_the_models_that_a_pattern_admits() {
    let house = House::plan()
        .models(|fakes| {
            at_openai(fakes, "openai/*", "openai/*", "")
                + &named(
                    fakes,
                    "own",
                    "anthropic/own",
                    "\n      input_cost_per_token: 1e-6\n      output_cost_per_token: 1e-6",
                )
                + &named(fakes, "bedrock/us.*", "bedrock/us.*", "")
        })
        .open()
        .await;
    let ids = |answer: &Value| -> Vec<String> {
        let data = answer["data"].as_array().unwrap();
        data.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    };
    let list = house.get("/v1/models", MASTER).await.json();
    let names = ids(&list);
    for listed in [
        "openai/gpt-4o",
        "openai/text-embedding-3-small",
        "own",
        "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    ] {
        assert!(names.iter().any(|name| name == listed), "{listed} is not listed");
    }
    for name in &names {
        assert!(!name.contains('*') && !name.contains("-x-"), "{name}");
        assert!(name == "own" || name.starts_with("openai/") || name.starts_with("bedrock/us."));
    }
    let gpt = list["data"].as_array().unwrap().iter().find(|one| one["id"] == "openai/gpt-4o");
    assert_eq!(gpt.unwrap()["max_input_tokens"], 128_000);

    let key = house.key(&json!({"models": ["openai/*"]})).await;
    let names = ids(&house.get("/v1/models?return_wildcard_routes=true", &key).await.json());
    assert!(names.iter().all(|name| name.starts_with("openai/")), "{names:?}");
    assert!(names.contains(&"openai/*".to_owned()));
    assert_eq!(house.get("/v1/models/openai%2Fgpt-new", &key).await.status, 200);
    assert_eq!(house.get("/v1/models/own", &key).await.status, 404);
}
