//! What a caller says of its call, for its row alone.

use serde_json::{Value, json};

use crate::house::{Caller, House};

#[tokio::test]
async fn what_a_body_says_of_its_call_is_in_its_row_and_reaches_no_provider() {
    let house = House::open().await;
    let noted = json!({"tags": ["a"], "spend_logs_metadata": {"job": 7}});
    for (caller, provider) in [
        (Caller::OpenAi, &house.fakes.openai),
        (Caller::Responses, &house.fakes.openai),
        (Caller::Anthropic, &house.fakes.anthropic),
    ] {
        let key = house.key(&json!({})).await;
        let group = if caller == Caller::Anthropic { "anthropic" } else { "openai" };
        let mut body = caller.ask(group, "say hi");
        body["metadata"] = noted.clone();
        body["litellm_session_id"] = json!("s-1");
        body["litellm_call_id"] = json!("mine");
        let answer = caller.raw(&house, &key, group, &body, false).await;
        assert_eq!(answer.status, 200, "{caller:?}: {}", answer.text());
        assert_eq!(answer.header("x-litellm-call-id"), "mine");
        let row = house.row(&key).await;
        assert_eq!(
            (&row["request_tags"], &row["session_id"], &row["litellm_call_id"]),
            (&json!(["a"]), &json!("s-1"), &json!("mine"))
        );
        assert_eq!(row["metadata"]["spend_logs_metadata"], noted["spend_logs_metadata"]);
        let sent = provider.last().unwrap().json();
        assert_eq!(sent.get("metadata"), None, "{caller:?}");

        // What else it has there is the provider's.
        body["metadata"]["user_id"] = json!("u");
        caller.raw(&house, &key, group, &body, false).await;
        let sent = provider.last().unwrap().json();
        assert_eq!(sent["metadata"], json!({"user_id": "u"}), "{caller:?}");
    }
    let key = house.key(&json!({})).await;
    let body = json!({"model": "openai", "input": "hi", "metadata": noted});
    let answer = house.post("/v1/embeddings", &key, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(house.fakes.openai.last().unwrap().json().get("metadata"), None);
    assert_eq!(house.row(&key).await["request_tags"], json!(["a"]));
}

#[tokio::test]
async fn headers_say_it_in_every_dialect_and_go_before() {
    let house = House::open().await;
    for caller in Caller::ALL {
        let key = house.key(&json!({})).await;
        let mut body = caller.ask("anthropic", "say hi");
        body["litellm_call_id"] = json!("not this");
        let mut request = caller.request(&key, "anthropic", &body, false);
        for (name, value) in [
            ("x-litellm-call-id", "mine"),
            ("x-litellm-trace-id", "t-1"),
            ("x-litellm-tags", "a, b"),
            ("x-litellm-spend-logs-metadata", r#"{"job": 8}"#),
        ] {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        let answer = house.send(request).await;
        assert_eq!(answer.status, 200, "{caller:?}: {}", answer.text());
        assert_eq!(answer.header("x-litellm-call-id"), "mine");
        let row: Value = house.row(&key).await;
        assert_eq!(
            (&row["request_tags"], &row["session_id"], &row["litellm_call_id"]),
            (&json!(["a", "b"]), &json!("t-1"), &json!("mine"))
        );
        assert_eq!(row["metadata"]["spend_logs_metadata"], json!({"job": 8}));
    }
}
