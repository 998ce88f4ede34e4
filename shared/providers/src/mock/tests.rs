use futures_util::StreamExt as _;

use super::*;

fn mock(fields: &Value) -> Result<Option<Mock>, Fault> {
    Mock::read(|name| fields.get(name).cloned())
}

async fn answered(fields: &Value, stream: bool, n: u32) -> Result<String, Fault> {
    let stamp = Stamp { id: "call-1".to_owned(), model: "m".to_owned(), ..Stamp::default() };
    let deployment = Deployment::new("d", "m", "anthropic/claude-x").unwrap();
    let timeouts = Timeouts { first_byte: Duration::from_millis(5), ..Timeouts::default() };
    let call = Mocked { stamp: &stamp, stream, n, timeouts };
    let answer = mock(fields)?.unwrap().answer(&deployment, call).await?;
    match answer.body {
        AnswerBody::Whole(body) => Ok(String::from_utf8(body.to_vec()).unwrap()),
        AnswerBody::Stream(mut stream) => {
            let mut all = Vec::new();
            while let Some(chunk) = stream.next().await {
                all.extend_from_slice(&chunk?);
            }
            Ok(String::from_utf8(all).unwrap())
        }
    }
}

#[tokio::test]
async fn says_a_text_in_as_many_answers_as_are_wanted() {
    let text = answered(&json!({"mock_response": "hi you"}), false, 2).await.unwrap();
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(answer["choices"][1]["message"]["content"], "hi you");
    assert_eq!((&answer["id"], &answer["model"]), (&json!("call-1"), &json!("m")));
    assert_eq!(answer["usage"]["total_tokens"], 30);
    let text = answered(&json!({"mock_response": "hi you"}), true, 1).await.unwrap();
    assert!(text.contains(r#""delta":{"content":"hi "}"#), "{text}");
    assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
}

#[tokio::test]
async fn calls_tools_and_gives_a_document_as_it_is() {
    let calls = json!([{"id": "c1", "type": "function",
        "function": {"name": "look", "arguments": "{}"}}]);
    let text = answered(&json!({"mock_tool_calls": calls}), true, 1).await.unwrap();
    assert!(text.contains(r#""finish_reason":"tool_calls""#), "{text}");
    assert!(text.contains(r#""name":"look""#), "{text}");
    let own = json!({"id": "own", "choices": [], "usage": {"prompt_tokens": 1}});
    let text = answered(&json!({"mock_response": own}), false, 1).await.unwrap();
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&answer["id"], &answer["usage"]), (&own["id"], &own["usage"]));
}

#[tokio::test]
async fn fails_as_it_is_told() {
    for (words, kind) in [
        ("litellm.RateLimitError", FaultKind::RateLimit),
        ("litellm.ContextWindowExceededError", FaultKind::ContextWindow),
        ("litellm.InternalServerError", FaultKind::Upstream),
        ("Exception: content_filter_policy: no", FaultKind::ContentPolicy),
        ("Exception: mock_streaming_error", FaultKind::Upstream),
    ] {
        for stream in [false, true] {
            let fault = answered(&json!({"mock_response": words}), stream, 1).await.unwrap_err();
            assert_eq!(fault.kind, kind, "{words}");
        }
    }
    let fault = answered(&json!({"mock_timeout": true}), false, 1).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Timeout);
}

#[test]
fn a_mock_that_is_none_is_refused_by_its_name() {
    for (name, value) in [
        ("mock_response", json!(7)),
        ("mock_response", json!({"role": "assistant"})),
        ("mock_tool_calls", json!([{"id": "c"}])),
        ("mock_timeout", json!("yes")),
        ("mock_delay", json!(-1)),
    ] {
        let fault = mock(&json!({name: value})).unwrap_err();
        assert_eq!(fault.param.as_deref(), Some(name));
    }
    assert_eq!(mock(&json!({"mock_delay": 3})).unwrap(), None);
}
