//! Calls that are not a chat: the same doors, the same money.

use serde_json::{Value, json};

use crate::house::{House, budget, decimal, named};

/// A price per token that every test of embeddings counts with, in nano-dollars.
const TOKEN: i64 = 2_000;
const PRICED: &str = "\n      input_cost_per_token: 0.000002\n      output_cost_per_token: 0";

async fn embedding_house() -> House {
    House::plan()
        .models(|fakes| {
            [
                named(fakes, "embed", "openai/text-embedding-3-small", PRICED),
                named(fakes, "floats", "openai/fake-floats", PRICED),
                named(fakes, "chat-only", "anthropic/claude-sonnet-4-5", ""),
                named(fakes, "unpriced", "openai/nobody-knows", ""),
                named(
                    fakes,
                    "spare",
                    "openai/fake-error-500",
                    &format!("{PRICED}\n      order: 1"),
                ),
                named(fakes, "spare", "openai/gpt", &format!("{PRICED}\n      order: 2")),
            ]
            .concat()
        })
        .open()
        .await
}

#[tokio::test]
async fn embeddings_reach_a_compatible_provider_byte_for_byte_save_the_model() {
    let house = embedding_house().await;
    let key = house.key(&budget("1")).await;
    let body =
        r#"{ "input" : "usage 40 0 say it" ,"model":"embed","odd":{"a":1.50}, "metadata":1}"#;
    let answer = house.send(crate::house::post("/v1/embeddings", &key, body)).await;
    // The fake refuses what OpenAI does not know: it got everything.
    assert_eq!(answer.status, 400, "{}", answer.text());
    let seen = house.fakes.openai.all();
    let sent = String::from_utf8(seen.last().unwrap().body.to_vec()).unwrap();
    assert_eq!(sent, body.replace("\"embed\"", "\"text-embedding-3-small\""));

    let key = house.key(&budget("1")).await;
    let body = json!({"model": "embed", "input": "usage 40 0 say it", "litellm_trace_id": "x"});
    let answer = house.post("/embeddings", &key, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["model"], "embed");
    assert_eq!(answer.json()["unheard_of"], true);
    assert_eq!(decimal(answer.header("x-litellm-response-cost")), 40 * TOKEN);
    assert_eq!(house.balanced(&key).await, 40 * TOKEN);
    let row = house.row(&key).await;
    assert_eq!(row["call_type"], "aembedding");
    assert_eq!((&row["prompt_tokens"], &row["completion_tokens"]), (&json!(40), &json!(0)));
}

#[tokio::test]
async fn a_server_that_knows_no_base64_is_translated_for() {
    let house = embedding_house().await;
    let key = house.key(&json!({})).await;
    let ask = |model: &str| json!({"model": model, "input": ["a"], "encoding_format": "base64"});
    let packed = house.post("/v1/embeddings", &key, &ask("embed")).await.json();
    let floats = house.post("/v1/embeddings", &key, &ask("floats")).await.json();
    assert!(packed["data"][0]["embedding"].is_string());
    assert_eq!(packed["data"], floats["data"]);
}

#[tokio::test]
async fn what_cannot_be_served_or_bounded_is_refused_and_nothing_stays_reserved() {
    let house = embedding_house().await;
    let key = house.key(&budget("1")).await;
    let ask = |model: &str, input: Value| json!({"model": model, "input": input});
    let long = "x".repeat(600_000);
    for (model, input, status, words) in [
        ("chat-only", json!("a"), 400, "embeddings is not supported"),
        ("unpriced", json!("a"), 403, "input_cost_per_token"),
        ("nowhere", json!("a"), 400, "Invalid model name"),
        ("embed", json!([]), 400, "empty array"),
        ("embed", json!("error 429"), 429, "Rate limit"),
        ("embed", json!(long), 422, "Budget has been exceeded"),
    ] {
        let answer = house.post("/v1/embeddings", &key, &ask(model, input)).await;
        assert_eq!(answer.status, status, "{model}: {}", answer.text());
        let message = answer.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains(words), "{model}: {message}");
        assert_eq!(house.account(&key).await, (0, 0), "{model}");
    }
}

#[tokio::test]
async fn a_key_reaches_only_its_models_and_a_spare_takes_over() {
    let house = embedding_house().await;
    let key = house.key(&json!({"models": ["spare"], "max_budget": 1})).await;
    let ask = |model: &str| json!({"model": model, "input": "usage 10 0 say it"});
    let answer = house.post("/v1/embeddings", &key, &ask("embed")).await;
    assert_eq!(answer.status, 403, "{}", answer.text());
    let answer = house.post("/v1/embeddings", &key, &ask("spare")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("x-litellm-attempted-retries"), "1");
    assert_eq!(house.balanced(&key).await, 10 * TOKEN);
}
