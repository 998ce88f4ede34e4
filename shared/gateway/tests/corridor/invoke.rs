//! Bedrock's InvokeModel: bytes that pass on Bedrock, Anthropic's body anywhere else.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{Request, header};
use serde_json::{Value, json};

use crate::house::{
    Answer, House, INPUT, MASTER, Message, OUTPUT, PRICED, budget, deployment, named, post,
};

const CLAUDE: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const ARN: &str =
    "arn:aws:bedrock:us-east-1:123456789012:inference-profile/eu.anthropic.claude-x-v1:0";

async fn house() -> House {
    House::plan()
        .models(|fakes| {
            [
                named(fakes, "claude", &format!("bedrock/{CLAUDE}"), PRICED),
                named(fakes, "profile", &format!("bedrock/{ARN}"), PRICED),
                named(fakes, "nova", "bedrock/us.amazon.nova-lite-v1:0", PRICED),
                named(fakes, "titan", "bedrock/amazon.titan-text-lite-v1", PRICED),
                named(fakes, "llama", "bedrock/meta.llama3-8b-instruct-v1:0", PRICED),
                deployment(fakes, "anthropic", "anthropic", PRICED),
                deployment(fakes, "openai", "openai", PRICED),
                deployment(fakes, "sagemaker", "sagemaker", PRICED),
            ]
            .concat()
        })
        .open()
        .await
}

fn path(model: &str, stream: bool) -> String {
    let operation = if stream { "invoke-with-response-stream" } else { "invoke" };
    format!("/bedrock/model/{model}/{operation}")
}

fn ask(prompt: &str) -> Value {
    json!({
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 200,
        "messages": [{"role": "user", "content": prompt}],
    })
}

async fn invoke(house: &House, key: &str, model: &str, body: &Value, stream: bool) -> Answer {
    house.post(&path(model, stream), key, body).await
}

/// The family's own events in a stream.
fn events(answer: &Answer) -> Vec<Value> {
    let messages = Message::all(&answer.body);
    messages
        .iter()
        .map(|message| {
            assert_eq!(message.header(":message-type"), "event", "{message:?}");
            assert_eq!(message.header(":event-type"), "chunk");
            let bytes = STANDARD.decode(message.payload["bytes"].as_str().unwrap()).unwrap();
            serde_json::from_slice(&bytes).unwrap()
        })
        .collect()
}

fn said(events: &[Value]) -> String {
    events.iter().filter_map(|event| event["delta"]["text"].as_str()).collect()
}

#[tokio::test]
async fn bytes_pass_both_ways_on_bedrock() {
    let house = house().await;
    let odd = format!(
        "{{ \"max_tokens\" : 2.0e2, \"x-unknown\":null,\"anthropic_version\":\"bedrock-2023-05-31\" , \
         \"messages\":[{{\"role\":\"user\",\"content\":\"{}\"}}] }}",
        "usage 100 20 say Gr\\u00fcezi"
    );
    for stream in [false, true] {
        let odd = odd.replace("\"x-unknown\":null,", "").replace("2.0e2", "200");
        let key = house.key(&json!({})).await;
        let answer = house.send(post(&path("claude", stream), &key, odd.clone())).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let sent = house.fakes.bedrock.last().unwrap();
        assert_eq!(String::from_utf8_lossy(&sent.body), odd);
        assert_eq!(sent.path, path(CLAUDE, stream).replace("/bedrock", "").replace(':', "%3A"));
        if stream {
            assert_eq!(answer.header("content-type"), "application/vnd.amazon.eventstream");
            assert_eq!(answer.header("x-amzn-bedrock-content-type"), "application/json");
            // Bedrock's own padding is there: the frames are Bedrock's.
            assert!(
                Message::all(&answer.body).iter().all(|message| message.payload["p"].is_string())
            );
            let events = events(&answer);
            assert_eq!(said(&events), "Grüezi");
            // The model keeps its own name where bytes pass.
            assert_eq!(events[0]["message"]["model"], CLAUDE);
            let metrics = &events.last().unwrap()["amazon-bedrock-invocationMetrics"];
            assert_eq!(metrics["invocationLatency"], 312);
        } else {
            assert_eq!(answer.json()["content"][0]["text"], "Grüezi");
            assert_eq!(answer.json()["model"], CLAUDE);
            assert_eq!(answer.header("x-amzn-bedrock-input-token-count"), "100");
            assert_eq!(answer.header("x-amzn-bedrock-invocation-latency"), "312");
        }
        assert!(!answer.header("x-amzn-requestid").is_empty());
        assert_eq!(house.balanced(&key).await, 100 * INPUT + 20 * OUTPUT);
        let row = house.row(&key).await;
        assert_eq!(row["call_type"], "invoke_model");
        assert_eq!(row["metadata"]["usage_estimated"], false);
    }
}

#[tokio::test]
async fn anthropics_body_reaches_every_provider() {
    let house = house().await;
    for model in ["claude", "profile", "nova", "anthropic", "openai", "sagemaker"] {
        for stream in [false, true] {
            let key = house.key(&json!({})).await;
            let body = ask("usage 100 20 say Grüezi mitenand");
            let answer = invoke(&house, &key, model, &body, stream).await;
            let place = format!("{model}, {stream}: {}", answer.text());
            assert_eq!(answer.status, 200, "{place}");
            if stream {
                let events = events(&answer);
                assert_eq!(said(&events), "Grüezi mitenand", "{place}");
                let last = events.last().unwrap();
                assert_eq!(last["type"], "message_stop", "{place}");
                let metrics = &last["amazon-bedrock-invocationMetrics"];
                assert_eq!(metrics["inputTokenCount"], 100, "{place}");
                assert_eq!(metrics["outputTokenCount"], 20, "{place}");
            } else {
                let body = answer.json();
                assert_eq!(body["content"][0]["text"], "Grüezi mitenand", "{place}");
                assert_eq!(body["usage"]["output_tokens"], 20, "{place}");
                assert_eq!(answer.header("x-amzn-bedrock-output-token-count"), "20", "{place}");
            }
            assert_eq!(house.balanced(&key).await, 100 * INPUT + 20 * OUTPUT, "{place}");
            assert_eq!(house.row(&key).await["metadata"]["usage_estimated"], false, "{place}");
        }
    }
}

#[tokio::test]
async fn anthropic_itself_gets_the_callers_bytes_and_its_betas_in_a_header() {
    let house = house().await;
    let body = r#"{"anthropic_version":"bedrock-2023-05-31", "anthropic_beta":["a-1","b-2"],"max_tokens" :9 , "messages":[{"role":"user","content":"say hi"}]}"#;
    let answer = house.send(post(&path("anthropic", true), MASTER, body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let sent = house.fakes.anthropic.last().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&sent.body),
        r#"{"max_tokens" :9 , "messages":[{"role":"user","content":"say hi"}],"model":"model-of-anthropic","stream":true}"#
    );
    assert_eq!(sent.header("anthropic-beta"), Some("a-1,b-2"));
    assert_eq!(events(&answer)[0]["message"]["model"], "anthropic");
}

#[tokio::test]
async fn tools_and_thoughts_make_the_round_trip_in_anthropics_words() {
    let house = house().await;
    let tool = json!([{"name": "get_weather", "input_schema": {
        "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"],
    }}]);
    for model in ["claude", "anthropic", "openai"] {
        let mut body = ask("weather?");
        body["tools"] = tool.clone();
        let answer = invoke(&house, MASTER, model, &body, false).await.json();
        let call = answer["content"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(call["type"], "tool_use", "{model}: {answer}");
        assert_eq!(answer["stop_reason"], "tool_use", "{model}");
        let turns = body["messages"].as_array_mut().unwrap();
        turns.push(json!({"role": "assistant", "content": answer["content"]}));
        turns.push(json!({"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": call["id"], "content": "18 degrees"},
        ]}));
        let answer = invoke(&house, MASTER, model, &body, true).await;
        assert_eq!(said(&events(&answer)), "The tool said: 18 degrees", "{model}");
    }
}

#[tokio::test]
async fn other_families_pass_on_bedrock_and_nowhere_else() {
    let house = house().await;
    let prompt = "usage 100 20 say Grüezi mitenand";
    for (model, body) in [
        (
            "nova",
            json!({"messages": [{"role": "user", "content": [{"text": prompt}]}],
            "inferenceConfig": {"maxTokens": 200}}),
        ),
        ("titan", json!({"inputText": prompt, "textGenerationConfig": {"maxTokenCount": 200}})),
        ("llama", json!({"prompt": prompt, "max_gen_len": 200})),
    ] {
        for stream in [false, true] {
            let key = house.key(&json!({})).await;
            let answer = invoke(&house, &key, model, &body, stream).await;
            let place = format!("{model}, {stream}: {}", answer.text());
            assert_eq!(answer.status, 200, "{place}");
            let sent = house.fakes.bedrock.last().unwrap();
            assert_eq!(String::from_utf8_lossy(&sent.body), body.to_string(), "{place}");
            if stream {
                assert!(!events(&answer).is_empty(), "{place}");
            } else {
                assert!(answer.text().contains("Grüezi mitenand"), "{place}");
            }
            assert_eq!(house.balanced(&key).await, 100 * INPUT + 20 * OUTPUT, "{place}");
        }
        let refused = invoke(&house, MASTER, "openai", &body, false).await;
        assert_eq!(refused.status, 400, "{}", refused.text());
        assert_eq!(refused.header("x-amzn-errortype"), "ValidationException");
        assert!(refused.message().contains("anthropic_version"), "{}", refused.text());
    }
    assert_eq!(house.fakes.openai.count(), 0);
}

#[tokio::test]
async fn a_budget_lowers_the_cap_in_the_familys_own_words() {
    let house = house().await;
    for (model, body, cap) in [
        ("claude", ask("long 900"), "/max_tokens"),
        ("anthropic", ask("long 900"), "/max_tokens"),
        (
            "nova",
            json!({"messages": [{"role": "user", "content": [{"text": "long 900"}]}]}),
            "/inferenceConfig/maxTokens",
        ),
        ("titan", json!({"inputText": "long 900"}), "/textGenerationConfig/maxTokenCount"),
        ("llama", json!({"prompt": "long 900", "max_gen_len": 900}), "/max_gen_len"),
    ] {
        let key = house.key(&budget("0.009")).await;
        let answer = invoke(&house, &key, model, &body, true).await;
        assert_eq!(answer.status, 200, "{model}: {}", answer.text());
        let recorder =
            if model == "anthropic" { &house.fakes.anthropic } else { &house.fakes.bedrock };
        let sent: Value = serde_json::from_slice(&recorder.last().unwrap().body).unwrap();
        let sent = sent.pointer(cap).unwrap().as_u64().unwrap();
        assert!((16..900).contains(&sent), "{model}: {sent}");
        assert!(house.balanced(&key).await <= 9_000_000, "{model}");
    }
}

#[tokio::test]
async fn a_model_is_found_by_its_group_its_id_and_its_arn() {
    let house = house().await;
    let encoded = |id: &str| id.replace(':', "%3A").replace('/', "%2F");
    for id in [
        "claude".to_owned(),
        CLAUDE.to_owned(),
        encoded(CLAUDE),
        ARN.to_owned(),
        encoded(ARN),
        "eu.anthropic.claude-x-v1:0".to_owned(),
    ] {
        let answer = invoke(&house, MASTER, &id, &ask("say hi"), false).await;
        assert_eq!(answer.status, 200, "{id}: {}", answer.text());
        let path = format!("/bedrock/model/{id}/converse");
        let body = json!({"messages": [{"role": "user", "content": [{"text": "say hi"}]}]});
        let answer = house.post(&path, MASTER, &body).await;
        assert_eq!(answer.status, 200, "{id}: {}", answer.text());
    }
    let key = house.key(&json!({"models": ["nova"]})).await;
    let denied = invoke(&house, &key, CLAUDE, &ask("say hi"), false).await;
    assert_eq!(denied.header("x-amzn-errortype"), "AccessDeniedException", "{}", denied.text());
    let key = house.key(&json!({"models": ["claude"]})).await;
    assert_eq!(invoke(&house, &key, CLAUDE, &ask("say hi"), false).await.status, 200);
    // The ids are AWS's: nobody else's clients use them.
    let body = json!({"model": CLAUDE, "messages": [{"role": "user", "content": "say hi"}]});
    assert_eq!(house.post("/v1/chat/completions", MASTER, &body).await.status, 400);
}

#[tokio::test]
async fn bedrocks_own_errors_keep_their_class() {
    let house = house().await;
    for (status, class, answered) in [
        (400, "ValidationException", 400),
        (403, "AccessDeniedException", 403),
        (404, "ResourceNotFoundException", 404),
        (408, "ModelTimeoutException", 408),
        (424, "ModelErrorException", 424),
        (429, "ThrottlingException", 429),
        (500, "InternalServerException", 500),
        (503, "ServiceUnavailableException", 503),
    ] {
        let body = ask(&format!("error {status}"));
        let answer = house.post(&path("claude", false), MASTER, &body).await;
        assert_eq!(answer.status, answered, "{status}: {}", answer.text());
        assert_eq!(answer.header("x-amzn-errortype"), class, "{status}");
        assert!(!answer.message().is_empty(), "{status}");
    }
}

#[tokio::test]
async fn a_stream_that_breaks_ends_with_an_exception() {
    let house = house().await;
    for model in ["claude", "anthropic", "openai"] {
        for order in ["die", "cut", "late error"] {
            let key = house.key(&budget("1")).await;
            let answer = invoke(&house, &key, model, &ask(&format!("{order} long 20")), true).await;
            let place = format!("{model}, {order}: {}", answer.text());
            assert_eq!(answer.status, 200, "{place}");
            let messages = Message::all(&answer.body);
            let last = messages.last().unwrap();
            assert_eq!(last.header(":message-type"), "exception", "{place}");
            assert!(house.balanced(&key).await > 0, "{place}");
            assert_eq!(house.row(&key).await["status"], "failure", "{place}");
        }
    }
}

#[tokio::test]
async fn headers_of_invoke_reach_bedrock_and_a_guardrail_reaches_nobody_else() {
    let house = house().await;
    let request = |model: &str| {
        Request::post(path(model, false))
            .header(header::AUTHORIZATION, format!("Bearer {MASTER}"))
            .header(header::ACCEPT, "application/json")
            .header("x-amzn-bedrock-guardrailidentifier", "gr1")
            .header("x-amzn-bedrock-guardrailversion", "1")
            .header("x-amzn-bedrock-trace", "ENABLED")
            .body(axum::body::Body::from(ask("say hi").to_string()))
            .unwrap()
    };
    let answer = house.send(request("claude")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let sent = house.fakes.bedrock.last().unwrap();
    assert_eq!(sent.header("x-amzn-bedrock-guardrailidentifier"), Some("gr1"));
    assert_eq!(sent.header("x-amzn-bedrock-trace"), Some("ENABLED"));
    assert!(!sent.header("authorization").unwrap_or_default().contains(MASTER));
    for model in ["anthropic", "openai"] {
        let refused = house.send(request(model)).await;
        assert_eq!(refused.status, 400, "{model}");
        assert!(refused.message().contains("guardrail"), "{}", refused.text());
    }
}

#[tokio::test]
async fn a_body_that_is_said_to_be_bytes_is_read() {
    let house = house().await;
    for model in ["claude", "openai"] {
        let mut request = post(&path(model, false), MASTER, ask("say hi").to_string());
        let bytes = "application/octet-stream".parse().unwrap();
        request.headers_mut().insert(header::CONTENT_TYPE, bytes);
        let answer = house.send(request).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json()["content"][0]["text"], "hi");
    }
}
