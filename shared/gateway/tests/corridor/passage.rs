//! Metered pass-through: nothing is touched but the key, and every call is on the books.

use axum::body::Body;
use http::{Request, header};
use serde_json::{Value, json};

use crate::house::{Answer, House, INPUT, MASTER, OUTPUT, PRICED, budget, deployment, named, post};

async fn house() -> House {
    let house = House::plan().models(|fakes| {
        let agent =
            format!("\n      aws_bedrock_agent_runtime_endpoint: {}{PRICED}", fakes.bedrock_url);
        [
            deployment(fakes, "openai", "openai", PRICED),
            deployment(fakes, "anthropic", "anthropic", PRICED),
            named(fakes, "bedrock", "bedrock/us.amazon.nova-lite-v1:0", &agent),
        ]
        .concat()
    });
    house
        .settings("general_settings:\n  pass_through_costs:\n    /bedrock/knowledgebases: 0.002\n")
        .open()
        .await
}

fn chat(prompt: &str) -> Value {
    json!({"model": "model-of-openai", "max_tokens": 200, "messages": [{"role": "user", "content": prompt}]})
}

const PROMPT: &str = "usage 100 20 say Grüezi mitenand";
const CALL: i64 = 100 * INPUT + 20 * OUTPUT;

fn request(method: &str, path: &str, key: &str, body: &str) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {key}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_owned()))
        .unwrap()
}

#[tokio::test]
async fn openais_bytes_pass_with_its_own_key_and_are_counted() {
    let house = house().await;
    for stream in [false, true] {
        let key = house.key(&budget("1")).await;
        let mut body = chat(PROMPT);
        if stream {
            body["stream"] = json!(true);
            body["stream_options"] = json!({"include_usage": true});
        }
        let body = format!(" {body}\n");
        let mut asked = request("POST", "/openai/v1/chat/completions?a=b%20c", &key, &body);
        for (name, value) in [
            ("cookie", "session=1"),
            ("x-api-key", "sk-of-the-caller"),
            ("x-litellm-tags", "a,b"),
            ("openai-beta", "x=1"),
            ("x-pass-openai-project", "p"),
            ("connection", "keep-alive"),
        ] {
            asked.headers_mut().insert(name, value.parse().unwrap());
        }
        let answer = house.send(asked).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let sent = house.fakes.openai.last().unwrap();
        assert_eq!(String::from_utf8_lossy(&sent.body), body);
        assert_eq!(sent.path, "/v1/chat/completions?a=b%20c");
        assert_eq!(sent.header("authorization"), Some("Bearer sk-fake"));
        assert_eq!(sent.header("openai-beta"), Some("x=1"));
        assert_eq!(sent.header("openai-project"), Some("p"));
        for name in ["cookie", "x-api-key", "x-litellm-tags", "x-pass-openai-project"] {
            assert_eq!(sent.header(name), None, "{name}");
        }
        // The answer is OpenAI's: the model keeps its name, and nothing is hidden.
        assert!(answer.text().contains("model-of-openai"), "{}", answer.text());
        assert!(answer.text().contains("prompt_tokens"), "{}", answer.text());
        assert!(!answer.header("x-litellm-call-id").is_empty());
        assert_eq!(house.balanced(&key).await, CALL);
        let row = house.row(&key).await;
        assert_eq!(row["call_type"], "pass_through_endpoint");
        assert_eq!(
            (&row["model"], &row["model_group"]),
            (&json!("model-of-openai"), &json!("openai"))
        );
        assert_eq!(row["custom_llm_provider"], "openai");
        assert_eq!(row["metadata"]["usage_estimated"], false);
    }
}

#[tokio::test]
async fn anthropics_stream_passes_byte_for_byte() {
    let house = house().await;
    let key = house.key(&budget("1")).await;
    let body = json!({"model": "model-of-anthropic", "max_tokens": 200, "stream": true,
        "messages": [{"role": "user", "content": PROMPT}]});
    let asked = Request::post("/anthropic/v1/messages")
        .header("x-api-key", &key)
        .header("anthropic-version", "2023-06-01")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    let answer = house.send(asked).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.text().contains("event: ping"), "{}", answer.text());
    assert!(answer.text().trim_end().ends_with("\"message_stop\"}"), "{}", answer.text());
    assert_eq!(house.fakes.anthropic.last().unwrap().header("x-api-key"), Some("sk-fake"));
    assert_eq!(house.balanced(&key).await, CALL);
}

#[tokio::test]
async fn a_refusal_passes_with_its_status_and_costs_nothing() {
    let house = house().await;
    for (status, prompt) in [(429, "error 429"), (400, "error context"), (500, "error 500")] {
        let key = house.key(&budget("1")).await;
        let body = chat(prompt).to_string();
        let answer = house.send(post("/openai/v1/chat/completions", &key, body)).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        assert!(answer.json()["error"]["message"].is_string());
        assert!(!answer.message().contains("litellm"), "{}", answer.text());
        assert_eq!(house.balanced(&key).await, 0);
        let row = house.row(&key).await;
        assert_eq!(
            (&row["status"], &row["call_type"]),
            (&json!("failure"), &json!("pass_through_endpoint"))
        );
    }
    // Nothing is retried: what is passed on is passed on once.
    assert_eq!(house.fakes.openai.count(), 3);
}

#[tokio::test]
async fn a_stream_that_breaks_breaks_for_the_caller_too() {
    let house = house().await;
    for order in ["die", "cut"] {
        let key = house.key(&budget("1")).await;
        let mut body = chat(&format!("{order} long 20"));
        body["stream"] = json!(true);
        let begun = house.begin(post("/openai/v1/chat/completions", &key, body.to_string())).await;
        let read = http_body_util::BodyExt::collect(begun.into_body()).await;
        assert!(read.is_err(), "{order}: a clean end");
        assert!(house.balanced(&key).await > 0, "{order}");
        assert_eq!(house.row(&key).await["status"], "failure", "{order}");
    }
}

#[tokio::test]
async fn under_a_budget_what_cannot_be_bounded_is_refused() {
    let house = house().await;
    let key = house.key(&budget("1")).await;
    for (path, body) in [
        ("/openai/v1/images/generations", json!({"model": "x", "prompt": "y"})),
        (
            "/openai/v1/chat/completions",
            json!({"model": "nobody-knows", "max_tokens": 1, "messages": []}),
        ),
        ("/bedrock/agents/a/agentAliases/b/sessions/c/text", json!({"inputText": "hi"})),
    ] {
        let answer = house.post(path, &key, &body).await;
        assert_eq!(answer.status, 403, "{path}: {}", answer.text());
        assert!(house.rows(&key).await.is_empty(), "{path}");
    }
    let poor = house.key(&budget("0.000001")).await;
    let answer = house.post("/openai/v1/chat/completions", &poor, &chat(PROMPT)).await;
    assert_eq!(answer.status, 422, "{}", answer.text());
    assert_eq!(house.fakes.openai.count(), 0);
    assert_eq!(house.fakes.bedrock.count(), 0);
    // What costs nothing is never refused.
    let answer = house.get("/openai/v1/models", &poor).await;
    assert_eq!(answer.status, 404, "the fake has no such route: {}", answer.text());
    assert_eq!(house.fakes.openai.count(), 1);
    // Without a budget it passes, and leaves its row.
    let free = house.key(&json!({})).await;
    house.post("/openai/v1/images/generations", &free, &json!({"model": "x", "prompt": "y"})).await;
    assert_eq!(house.rows(&free).await.len(), 1);
}

#[tokio::test]
async fn agents_and_knowledge_bases_are_signed_and_cost_what_is_configured() {
    let house = house().await;
    let key = house.key(&budget("1")).await;
    let body = json!({"retrievalQuery": {"text": "tokens"}});
    let answer = house.post("/bedrock/knowledgebases/KB1/retrieve", &key, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let said = "KB1 knows nothing of tokens";
    assert_eq!(answer.json()["retrievalResults"][0]["content"]["text"], said);
    let sent = house.fakes.bedrock.last().unwrap();
    assert!(sent.header("authorization").unwrap().starts_with("AWS4-HMAC-SHA256 Credential="));
    assert_eq!(String::from_utf8_lossy(&sent.body), body.to_string());
    assert_eq!(house.balanced(&key).await, 2_000_000);
    let row = house.row(&key).await;
    assert_eq!(
        (&row["call_type"], &row["model_group"]),
        (&json!("pass_through_endpoint"), &json!("bedrock"))
    );

    let refused = house.post("/bedrock/knowledgebases/KB1/retrieve", &key, &json!({})).await;
    assert_eq!(refused.status, 400);
    assert!(refused.header("x-amzn-errortype").starts_with("ValidationException"));
    let nothing = house.post("/bedrock/model-of-no-kind/x", &key, &json!({})).await;
    assert_eq!(nothing.status, 404);
    assert_eq!(nothing.header("x-amzn-errortype"), "ResourceNotFoundException");
}

#[tokio::test]
async fn a_guardrail_is_applied_and_charged_by_its_units() {
    let house = house().await;
    let apply = |text: &str| json!({"source": "INPUT", "content": [{"text": {"text": text}}]});
    let path = |id: &str| format!("/bedrock/guardrail/{id}/version/1/apply");
    let key = house.key(&budget("1")).await;
    let answer = house.post(&path("gr1"), &key, &apply("this is forbidden")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["action"], "GUARDRAIL_INTERVENED");
    // A unit of content, of topics and of personal data.
    assert_eq!(house.balanced(&key).await, 150_000 + 150_000 + 100_000);
    let missing = house.post(&path("missing"), &key, &apply("hi")).await;
    assert_eq!(missing.status, 404);
    assert_eq!(missing.header("x-amzn-errortype"), "ResourceNotFoundException");
    let arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abc";
    for id in [arn.to_owned(), arn.replace(':', "%3A").replace('/', "%2F")] {
        let answer = house.post(&path(&id), MASTER, &apply("hi")).await;
        assert_eq!(answer.json()["action"], "NONE", "{id}: {}", answer.text());
    }
}

#[tokio::test]
async fn an_endpoint_of_the_configurations_own_gets_its_headers_and_no_others() {
    let house = House::plan()
        .models(|fakes| {
            let endpoints = format!(
                "
general_settings:
  pass_through_endpoints:
    - path: /v1/custom
      target: {0}/v1/chat
      include_subpath: true
      cost_per_request: 0.25
      headers: {{authorization: Bearer sk-of-the-target, x-own: \"1\"}}
      default_query_params: {{api-version: \"7\", a: \"1\"}}
    - path: /unpriced
      target: {0}/v1/chat/completions
      forward_headers: true
      methods: [POST]",
                fakes.openai_url
            );
            deployment(fakes, "openai", "openai", PRICED) + &endpoints
        })
        .open()
        .await;
    let key = house.key(&json!({"max_budget": "1", "models": ["openai"]})).await;
    let body = chat(PROMPT).to_string();
    let mut asked = post("/v1/custom/completions?a=2", &key, body.clone());
    asked.headers_mut().insert("x-of-the-caller", "1".parse().unwrap());
    let answer = house.send(asked).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let sent = house.fakes.openai.last().unwrap();
    assert_eq!(sent.path, "/v1/chat/completions?a=2&api%2Dversion=7");
    assert_eq!(sent.header("authorization"), Some("Bearer sk-of-the-target"));
    assert_eq!((sent.header("x-own"), sent.header("x-of-the-caller")), (Some("1"), None));
    assert_eq!(house.balanced(&key).await, 250_000_000);

    let refused = house.send(post("/unpriced", &key, body.clone())).await;
    assert_eq!(refused.status, 403, "{}", refused.text());
    let free = house.key(&json!({})).await;
    let mut asked = post("/unpriced", &free, body);
    asked.headers_mut().insert("x-of-the-caller", "1".parse().unwrap());
    let answer = house.send(asked).await;
    assert_eq!(house.fakes.openai.last().unwrap().header("x-of-the-caller"), Some("1"));
    // No key of the target's: the caller's is not sent in its place.
    assert_eq!(answer.status, 401, "{}", answer.text());
    assert_eq!(house.get("/unpriced", &free).await.status, 404);
    let unknown = house.send(request("PUT", "/v1/custom", "sk-nobody-knows-me", "")).await;
    assert_eq!(unknown.status, 401);
}

#[tokio::test]
async fn a_key_of_some_models_passes_to_those_alone() {
    let house = house().await;
    let ask = async |key: &str, body: &Value| -> Answer {
        house.post("/openai/v1/chat/completions", key, body).await
    };
    let own = house.key(&json!({"models": ["openai"]})).await;
    assert_eq!(ask(&own, &chat("say hi")).await.status, 200);
    let other = house.key(&json!({"models": ["anthropic"]})).await;
    let refused = ask(&other, &chat("say hi")).await;
    assert_eq!(refused.status, 403, "{}", refused.text());
    assert_eq!(refused.json()["error"]["type"], "key_model_access_denied");
    let image = json!({"prompt": "y"});
    assert_eq!(house.post("/openai/v1/images/generations", &own, &image).await.status, 403);
}

#[tokio::test]
async fn no_path_leaves_the_providers_host_or_climbs() {
    let house = house().await;
    for path in ["/openai/v1/../../x", "/openai/%2e%2e/x", "/openai/v1/a/.%2E"] {
        let answer = house.get(path, MASTER).await;
        assert!(matches!(answer.status, 400 | 404), "{path}: {}", answer.text());
    }
    assert_eq!(house.fakes.openai.count(), 0);
    let answer = house.get("/openai//evil.example/v1/models", MASTER).await;
    assert_eq!(answer.status, 404);
    assert_eq!(
        house.fakes.openai.last().unwrap().header("host").unwrap(),
        house.fakes.openai_url.trim_start_matches("http://")
    );
    // No deployment, and nothing in the environment: nobody to pass it on to.
    assert_eq!(house.get("/cohere/v1/models", MASTER).await.status, 404);
    assert_eq!(house.get("/openai/v1/models", "sk-nobody-knows-me").await.status, 401);
}
