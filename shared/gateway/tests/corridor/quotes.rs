//! What a call would be, in LiteLLM's shapes: nothing is charged for the asking.

use serde_json::{Value, json};

use crate::house::{House, MASTER, PRICED, deployment, named, nanos};

async fn house() -> House {
    House::plan()
        .models(|fakes| {
            [
                deployment(fakes, "openai", "openai", PRICED),
                deployment(fakes, "anthropic", "anthropic", PRICED),
                named(fakes, "nova", "bedrock/us.amazon.nova-lite-v1:0", PRICED),
            ]
            .concat()
        })
        .open()
        .await
}

async fn ask(house: &House, path: &str, body: &Value) -> Value {
    let answer = house.post(path, MASTER, body).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()
}

#[tokio::test]
async fn tokens_are_counted_here_and_by_the_provider_where_it_is_asked_for() {
    let house = house().await;
    let messages = json!([{"role": "user", "content": "Hello, Claude"}]);
    let path = "/utils/token_counter";
    let body = json!({"model": "anthropic", "messages": messages});
    let local = ask(&house, path, &body).await;
    assert_eq!(local["request_model"], "anthropic");
    assert_eq!(local["model_used"], "model-of-anthropic");
    assert_eq!((&local["error"], &local["original_response"]), (&json!(false), &Value::Null));
    assert!((5..15).contains(&local["total_tokens"].as_u64().unwrap()), "{local}");
    assert_eq!(house.fakes.anthropic.count(), 0);
    let exact = ask(&house, "/utils/token_counter?call_endpoint=true", &body).await;
    assert_eq!(exact["total_tokens"], 4, "{exact}");
    assert_eq!(exact["tokenizer_type"], "anthropic_api");
    assert_eq!(exact["original_response"], json!({"input_tokens": 4}));

    let prompt = ask(&house, path, &json!({"model": "openai", "prompt": "one two three"})).await;
    assert_eq!(prompt["total_tokens"], 3);
    let contents =
        json!({"model": "openai", "contents": [{"role": "user", "parts": [{"text": "one two"}]}]});
    assert!(ask(&house, path, &contents).await["total_tokens"].as_u64().unwrap() >= 2);
    let nothing = house.post(path, MASTER, &json!({"model": "openai"})).await;
    assert_eq!(nothing.status, 400);
    assert_eq!(nothing.message(), "prompt or messages or contents must be provided");
}

#[tokio::test]
async fn a_cost_is_calculated_of_messages_and_of_answers() {
    let house = house().await;
    let path = "/spend/calculate";
    let answer = json!({"completion_response": {"model": "openai", "choices": [],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}}});
    assert_eq!(nanos(&ask(&house, path, &answer).await["cost"]), 100 * 2_000 + 20 * 8_000);
    let listed = json!({"completion_response": {"model": "gpt-4o", "choices": [],
        "usage": {"prompt_tokens": 1000, "completion_tokens": 0, "total_tokens": 1000}}});
    assert_eq!(nanos(&ask(&house, path, &listed).await["cost"]), 2_500_000);
    let ahead = json!({"model": "openai", "messages": [{"role": "user", "content": "Hello"}]});
    assert_eq!(nanos(&ask(&house, path, &ahead).await["cost"]), 7 * 2_000);
    for (body, said) in [
        (
            json!({"model": "openai"}),
            "Bad Request - messages must be provided if 'model' is provided",
        ),
        (json!({}), "Bad Request - Either 'model' or 'completion_response' must be provided"),
    ] {
        let refused = house.post(path, MASTER, &body).await;
        assert_eq!((refused.status, refused.message().as_str()), (400, said));
    }
}

#[tokio::test]
async fn an_estimate_adds_up_by_the_call_the_day_and_the_month() {
    let house = house().await;
    let path = "/cost/estimate";
    let body = json!({"model": "openai", "input_tokens": 1000, "cache_read_input_tokens": 800,
        "output_tokens": 500, "num_requests_per_day": 10});
    let said = ask(&house, path, &body).await;
    let input = 200 * 2_000 + 800 * 500;
    assert_eq!(nanos(&said["input_cost_per_request"]), input);
    assert_eq!(nanos(&said["cache_read_cost_per_request"]), 800 * 500);
    assert_eq!(nanos(&said["output_cost_per_request"]), 500 * 8_000);
    assert_eq!(nanos(&said["cost_per_request"]), input + 500 * 8_000);
    assert_eq!(nanos(&said["daily_cost"]), 10 * (input + 500 * 8_000));
    assert_eq!(
        (&said["monthly_cost"], &said["margin_cost_per_request"]),
        (&Value::Null, &json!(0.0))
    );
    assert_eq!(said["input_cost_per_token"].as_f64(), Some(0.000_002));
    assert_eq!(said["provider"], "openai");
    let unknown = json!({"model": "nobody", "input_tokens": 1, "output_tokens": 1});
    assert_eq!(house.post(path, MASTER, &unknown).await.status, 404);
    let wrong =
        json!({"model": "openai", "input_tokens": 1, "output_tokens": 1, "reasoning_tokens": 2});
    assert_eq!(house.post(path, MASTER, &wrong).await.status, 422);
    assert_eq!(house.post(path, MASTER, &json!({"model": "openai"})).await.status, 422);
}

#[tokio::test]
async fn a_request_is_shown_as_the_provider_would_get_it_and_no_secret_with_it() {
    let house = house().await;
    let path = "/utils/transform_request";
    let body = |model: &str| {
        json!({"call_type": "completion", "request_body": {
            "model": model, "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}], "tags": ["a"],
        }})
    };
    let own = ask(&house, path, &body("openai")).await;
    assert_eq!(
        own["raw_request_body"],
        json!({"model": "model-of-openai", "max_tokens": 9,
        "messages": [{"role": "user", "content": "hi"}]})
    );
    assert!(own["raw_request_api_base"].as_str().unwrap().ends_with("/v1/chat/completions"));
    let nova = ask(&house, path, &body("nova")).await;
    assert_eq!(nova["raw_request_body"]["inferenceConfig"]["maxTokens"], 9);
    assert!(nova["raw_request_api_base"].as_str().unwrap().ends_with("/converse"));
    assert!(!own.to_string().contains("sk-fake"), "{own}");
    let wrong = json!({"call_type": "completion", "request_body": {"model": "openai"}});
    assert!(ask(&house, path, &wrong).await["error"].as_str().unwrap().contains("messages"));
    let key = house.key(&json!({"models": ["nova"]})).await;
    assert_eq!(house.post(path, &key, &body("openai")).await.status, 403);
    assert_eq!(house.post(path, "sk-nobody-knows-this", &body("openai")).await.status, 401);
}

#[tokio::test]
async fn anthropics_clients_get_the_list_of_models_in_their_shape() {
    let house = house().await;
    let list = async |path: &str| {
        let request = http::Request::get(path)
            .header("x-api-key", MASTER)
            .header("anthropic-version", "2023-06-01")
            .body(axum::body::Body::empty())
            .unwrap();
        house.send(request).await
    };
    let answer = list("/v1/models?limit=2").await;
    let page = answer.json();
    assert_eq!(page["data"][0]["type"], "model");
    assert_eq!((&page["has_more"], &page["last_id"]), (&json!(true), &json!("anthropic")));
    assert!(!answer.header("request-id").is_empty());
    assert_eq!(list("/v1/models/nova").await.json()["id"], "nova");
    let missing = list("/v1/models/nobody").await;
    assert_eq!(missing.status, 404);
    assert_eq!(missing.json()["error"]["type"], "not_found_error");
    // Others get OpenAI's.
    assert_eq!(house.get("/v1/models", MASTER).await.json()["object"], "list");
}
