//! Counts of tokens: the provider's where it counts, an estimate elsewhere, and never a charge.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{Request, header};
use serde_json::{Value, json};

use crate::house::{House, MASTER, PRICED, budget, deployment, named};

const CLAUDE: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const ANTHROPIC: &str = "/v1/messages/count_tokens";

async fn house() -> House {
    House::plan()
        .models(|fakes| {
            [
                named(fakes, "claude", &format!("bedrock/{CLAUDE}"), PRICED),
                named(fakes, "nova", "bedrock/us.amazon.nova-lite-v1:0", PRICED),
                deployment(fakes, "anthropic", "anthropic", PRICED),
                deployment(fakes, "openai", "openai", PRICED),
            ]
            .concat()
        })
        .open()
        .await
}

fn question(model: &str, text: &str) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": text}]})
}

#[tokio::test]
async fn anthropic_counts_with_the_callers_own_bytes_and_headers() {
    let house = house().await;
    let key = house.key(&budget("0.000001")).await;
    let body =
        r#"{ "model":"anthropic" , "messages":[{"role":"user","content":"Hello, Claude"}] }"#;
    let request = Request::post(ANTHROPIC)
        .header("x-api-key", &key)
        .header("anthropic-version", "2023-06-01")
        .header("anthropic-beta", "token-efficient")
        .header(header::CONTENT_TYPE, "application/json")
        .body(axum::body::Body::from(body))
        .unwrap();
    let answer = house.send(request).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json(), json!({"input_tokens": 4}));
    assert_eq!(answer.header("x-sluice-token-count"), "provider");
    assert!(!answer.header("request-id").is_empty());
    let sent = house.fakes.anthropic.last().unwrap();
    assert_eq!(sent.path, ANTHROPIC);
    assert_eq!(
        String::from_utf8_lossy(&sent.body),
        body.replace(r#""anthropic""#, r#""model-of-anthropic""#)
    );
    assert_eq!(sent.header("anthropic-beta"), Some("token-efficient"));
    assert_eq!(sent.header("x-api-key"), Some("sk-fake"));
    // Whatever is left of a budget: a count is not charged, and leaves no row.
    assert_eq!(house.balanced(&key).await, 0);
    assert!(house.rows(&key).await.is_empty());
}

#[tokio::test]
async fn bedrock_counts_for_the_foundation_model_in_the_callers_words() {
    let house = house().await;
    let answer = house.post(ANTHROPIC, MASTER, &question("claude", "Hello, Claude")).await;
    assert_eq!(answer.json(), json!({"input_tokens": 4}), "{}", answer.text());
    assert_eq!(answer.header("x-sluice-token-count"), "provider");
    let sent = house.fakes.bedrock.last().unwrap();
    let model = CLAUDE.trim_start_matches("us.").replace(':', "%3A");
    assert_eq!(sent.path, format!("/model/{model}/count-tokens"));
    let sent: Value = serde_json::from_slice(&sent.body).unwrap();
    let inner = STANDARD.decode(sent["input"]["invokeModel"]["body"].as_str().unwrap()).unwrap();
    let inner: Value = serde_json::from_slice(&inner).unwrap();
    assert_eq!(
        inner,
        json!({
            "messages": [{"role": "user", "content": "Hello, Claude"}],
            "anthropic_version": "bedrock-2023-05-31",
            "max_tokens": 1,
        })
    );
}

#[tokio::test]
async fn bedrocks_own_operation_answers_for_every_provider() {
    let house = house().await;
    let converse = json!({"input": {"converse": {
        "messages": [{"role": "user", "content": [{"text": "Hello, Claude"}]}],
    }}});
    let body = json!({
        "anthropic_version": "bedrock-2023-05-31", "max_tokens": 9,
        "messages": [{"role": "user", "content": "Hello, Claude"}],
    });
    let invoke = json!({"input": {"invokeModel": {"body": STANDARD.encode(body.to_string())}}});
    for (model, source) in [
        ("claude", "provider"),
        ("anthropic", "provider"),
        ("openai", "estimate"),
        ("nova", "estimate"),
    ] {
        for body in [&converse, &invoke] {
            let path = format!("/bedrock/model/{model}/count-tokens");
            let answer = house.post(&path, MASTER, body).await;
            let place = format!("{model}: {}", answer.text());
            assert_eq!(answer.status, 200, "{place}");
            assert_eq!(answer.header("x-sluice-token-count"), source, "{place}");
            let count = answer.json()["inputTokens"].as_u64().unwrap();
            assert!((3..=12).contains(&count), "{place}");
        }
    }
    let wrong =
        house.post("/bedrock/model/claude/count-tokens", MASTER, &json!({"input": {}})).await;
    assert_eq!(wrong.status, 400);
    assert_eq!(wrong.header("x-amzn-errortype"), "ValidationException");
}

#[tokio::test]
async fn others_are_estimated_and_the_estimate_grows_with_tools() {
    let house = house().await;
    let mut body = question("openai", "What is the weather in Paris?");
    let answer = house.post(ANTHROPIC, MASTER, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("x-sluice-token-count"), "estimate");
    let plain = answer.json()["input_tokens"].as_u64().unwrap();
    assert!((8..=20).contains(&plain), "{plain}");
    body["system"] = json!("Answer in one word.");
    body["tools"] = json!([{"name": "get_weather", "description": "Weather of a city",
        "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}]);
    body["thinking"] = json!({"type": "enabled", "budget_tokens": 2048});
    let answer = house.post(ANTHROPIC, MASTER, &body).await;
    assert!(answer.json()["input_tokens"].as_u64().unwrap() > plain + 20, "{}", answer.text());
    assert_eq!(house.fakes.openai.count(), 0);
}

#[tokio::test]
async fn a_provider_that_does_not_answer_is_stood_in_for_and_one_that_refuses_is_believed() {
    let house = house().await;
    let answer = house.post(ANTHROPIC, MASTER, &question("anthropic", "error 529")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("x-sluice-token-count"), "estimate");
    let answer = house.post(ANTHROPIC, MASTER, &question("anthropic", "error context")).await;
    assert_eq!(answer.status, 400);
    let body = answer.json();
    assert_eq!(
        (&body["type"], &body["error"]["type"]),
        (&json!("error"), &json!("invalid_request_error"))
    );
    assert_eq!(body["request_id"], answer.header("request-id"));
}

#[tokio::test]
async fn a_count_takes_a_key_that_may_use_the_model() {
    let house = house().await;
    let key = house.key(&json!({"models": ["openai"]})).await;
    let refused = house.post(ANTHROPIC, &key, &question("anthropic", "hi")).await;
    assert_eq!(
        (refused.status, refused.json()["error"]["type"].as_str().unwrap()),
        (403, "permission_error")
    );
    let unknown = house.post(ANTHROPIC, "sk-nobody-knows-this", &question("openai", "hi")).await;
    assert_eq!(unknown.status, 401);
    let missing = house.post(ANTHROPIC, MASTER, &json!({"model": "openai"})).await;
    assert_eq!(
        missing.json()["error"]["message"],
        "messages: Field required",
        "{}",
        missing.text()
    );
}

#[tokio::test]
async fn google_counts_for_every_caller_and_an_estimate_stands_in_elsewhere() {
    let house = House::open().await;
    let path = |model: &str| format!("/v1beta/models/{model}:countTokens");
    let plain = json!({"contents": [{"parts": [{"text": "Hello, Gemini"}]}]});
    let answer = house.post(&path("gemini"), MASTER, &plain).await;
    assert_eq!(answer.json()["totalTokens"], 4, "{}", answer.text());
    assert_eq!(answer.json()["promptTokensDetails"][0]["modality"], "TEXT");
    assert_eq!(answer.header("x-sluice-token-count"), "provider");
    let sent = house.fakes.gemini.last().unwrap();
    assert_eq!(sent.path, "/v1beta/models/model-of-gemini:countTokens");
    assert_eq!(sent.json(), plain);

    // Instructions count too, wherever they stand.
    let mut whole = plain.clone();
    whole["systemInstruction"] = json!({"parts": [{"text": "Be brief"}]});
    for body in [whole.clone(), json!({"generateContentRequest": whole})] {
        let answer = house.post(&path("gemini"), MASTER, &body).await;
        assert_eq!(answer.json()["totalTokens"], 6, "{}", answer.text());
        let sent = house.fakes.gemini.last().unwrap().json();
        assert_eq!(sent["generateContentRequest"]["model"], "models/model-of-gemini");
    }

    let answer = house.post(ANTHROPIC, MASTER, &question("gemini", "Hello, Gemini")).await;
    assert_eq!(answer.json(), json!({"input_tokens": 4}), "{}", answer.text());

    let answer = house.post(&path("openai"), MASTER, &plain).await;
    assert!(answer.json()["totalTokens"].as_u64().unwrap() > 2, "{}", answer.text());
    assert_eq!(answer.header("x-sluice-token-count"), "estimate");
    let answer = house.post(&path("openai"), MASTER, &json!({})).await;
    assert_eq!(
        (answer.status, &answer.json()["error"]["status"]),
        (400, &json!("INVALID_ARGUMENT"))
    );
}

#[tokio::test]
async fn openais_question_counts_what_is_gone_on_from() {
    let house = house().await;
    let key = house.key(&budget("0.000001")).await;
    let path = "/v1/responses/input_tokens";
    let asked = |input: &str| json!({"model": "anthropic", "input": input});
    let answer = house.post(path, &key, &asked("Hello, Claude")).await;
    let counted = json!({"object": "response.input_tokens", "input_tokens": 4});
    assert_eq!(answer.json(), counted, "{}", answer.text());
    assert_eq!(answer.header("x-sluice-token-count"), "provider");

    let first = house.post("/v1/responses", MASTER, &asked("Hello, Claude")).await.json();
    let mut next = asked("Hello, Claude");
    next["previous_response_id"] = first["id"].clone();
    let answer = house.post("/openai/responses/input_tokens", MASTER, &next).await;
    assert!(answer.json()["input_tokens"].as_u64() > Some(8), "{}", answer.text());
    // To another key there is nothing to go on from.
    let answer = house.post(path, &key, &next).await;
    assert_eq!(
        (answer.status, answer.json()["error"]["param"].as_str()),
        (400, Some("previous_response_id"))
    );
    assert!(house.rows(&key).await.is_empty());
}
