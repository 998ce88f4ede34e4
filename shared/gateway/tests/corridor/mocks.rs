//! Answers that are set in the place of a provider's.

use serde_json::{Value, json};

use crate::house::{Caller, House, INPUT, MASTER, OUTPUT, PRICED, named};

/// What a mock of ten tokens in and twenty out costs.
const PRICE: i64 = 10 * INPUT + 20 * OUTPUT;

fn tools() -> Value {
    json!([{"id": "call_1", "type": "function",
        "function": {"name": "look", "arguments": "{\"at\":\"sky\"}"}}])
}

#[tokio::test]
async fn every_caller_reads_a_mock_in_its_own_dialect_and_no_provider_is_asked() {
    let house = House::plan()
        .models(|fakes| {
            let mock = format!("\n      mock_response: It is a mock{PRICED}");
            named(fakes, "openai", "openai/gpt-x", &mock)
                + &named(fakes, "anthropic", "anthropic/claude-x", &mock)
                + &named(fakes, "bedrock", "bedrock/amazon.nova-lite-v1:0", &mock)
        })
        .open()
        .await;
    for caller in Caller::ALL {
        for (group, stream) in
            [("openai", false), ("openai", true), ("anthropic", true), ("bedrock", false)]
        {
            let key = house.key(&json!({"max_budget": "0.1"})).await;
            let body = caller.ask(group, "say hi");
            let (_, reading) = caller.call(&house, &key, group, &body, stream).await;
            assert_eq!(reading.text, "It is a mock", "{caller:?} {group}");
            assert!(reading.ended, "{caller:?} {group}");
            // It costs what LiteLLM says that it used.
            assert_eq!(house.balanced(&key).await, PRICE, "{caller:?} {group}");
        }
    }
    let asked = [&house.fakes.openai, &house.fakes.anthropic, &house.fakes.bedrock];
    assert_eq!(asked.map(|fake| fake.count()), [0, 0, 0]);
}

#[tokio::test]
async fn a_request_brings_its_own_mock() {
    let house = House::open().await;
    for caller in Caller::ALL {
        for stream in [false, true] {
            let mut body = caller.with_tool(caller.ask("anthropic", "say hi"));
            body["mock_tool_calls"] = tools();
            let (_, reading) = caller.call(&house, MASTER, "anthropic", &body, stream).await;
            let calls = reading.calls.iter().map(|(_, name, input)| (name.as_str(), input));
            let expected = json!({"at": "sky"});
            assert_eq!(calls.collect::<Vec<_>>(), [("look", &expected)], "{caller:?} {stream}");
        }
    }
    assert_eq!(house.fakes.anthropic.count(), 0);
}

#[tokio::test]
async fn a_mock_fails_as_it_is_told() {
    let house = House::open().await;
    for (words, status) in [
        ("litellm.RateLimitError", 429),
        ("litellm.InternalServerError", 500),
        ("litellm.ContextWindowExceededError", 400),
        ("Exception: content_filter_policy", 400),
    ] {
        for caller in Caller::ALL {
            let mut body = caller.ask("openai", "say hi");
            body["mock_response"] = json!(words);
            body["num_retries"] = json!(0);
            let answer = caller.raw(&house, MASTER, "openai", &body, false).await;
            assert_eq!(answer.status, status, "{caller:?} {words}: {}", answer.text());
        }
    }
    let mut body = Caller::OpenAi.ask("openai", "say hi");
    body["mock_response"] = json!("Exception: mock_streaming_error");
    let answer = Caller::OpenAi.raw(&house, MASTER, "openai", &body, true).await;
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("\"error\""), "{}", answer.text());
    assert!(!answer.text().contains("[DONE]"), "{}", answer.text());
    body["mock_response"] = json!({"role": "assistant"});
    let answer = Caller::OpenAi.raw(&house, MASTER, "openai", &body, false).await;
    assert_eq!((answer.status, &answer.json()["error"]["param"]), (400, &json!("mock_response")));
    assert_eq!(house.fakes.openai.count(), 0);
}

#[tokio::test]
async fn what_is_no_chat_has_no_mock() {
    let house = House::open().await;
    let body = json!({"model": "openai", "input": "hi", "mock_response": "hi"});
    let answer = house.post("/v1/embeddings", MASTER, &body).await;
    assert_eq!((answer.status, &answer.json()["error"]["param"]), (400, &json!("mock_response")));
    assert_eq!(house.fakes.openai.count(), 0);
}
