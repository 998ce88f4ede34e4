//! Search results that the caller hands over, in the caller's turns and as what a tool returned.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use serde_json::{Value, json};
use sluice_wire::{Dialect, Line, Target};

use Dialect::{AnthropicMessages, BedrockConverse, Gemini, OpenAiChat, OpenAiResponses};

fn translated(from: Dialect, to: Dialect, body: &Value) -> (Value, Vec<String>) {
    let line = Line { model: Some("group"), stream: Some(false) };
    let request = from.decode_request(&serde_json::to_vec(body).unwrap(), line).unwrap();
    let model = "anthropic.claude-sonnet-4-5-20250929-v1:0";
    let target = Target { model, max_output: Some(64_000), ..Target::default() };
    let encoded = to.encode_request(&request, target).unwrap();
    let losses = encoded.losses.iter().map(|loss| loss.field.to_string()).collect();
    (serde_json::from_slice(&encoded.body).unwrap(), losses)
}

fn anthropic(citations: bool) -> Value {
    let mut found = json!({
        "type": "search_result", "source": "https://kb.example/7", "title": "Leave",
        "content": [{"type": "text", "text": "30 days."}, {"type": "text", "text": "Paid."}],
    });
    if citations {
        found.as_object_mut().unwrap().insert("citations".into(), json!({"enabled": true}));
    }
    json!({
        "model": "group", "max_tokens": 64_000,
        "messages": [
            {"role": "user", "content": [
                {"type": "text", "text": "How long?"}, found.clone(),
            ]},
            {"role": "assistant", "content": [
                {"type": "tool_use", "id": "toolu_1", "name": "search", "input": {}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": [found]},
            ]},
        ],
        "tools": [{"name": "search", "input_schema": {"type": "object", "properties": {}}}],
    })
}

#[test]
fn cross_between_anthropic_and_converse_both_ways() {
    let (converse, losses) = translated(AnthropicMessages, BedrockConverse, &anthropic(true));
    assert_eq!(losses, [""; 0]);
    let found = json!({"searchResult": {
        "source": "https://kb.example/7", "title": "Leave",
        "content": [{"text": "30 days."}, {"text": "Paid."}], "citations": {"enabled": true},
    }});
    assert_eq!(converse["messages"][0]["content"][1], found);
    assert_eq!(converse["messages"][2]["content"][0]["toolResult"]["content"], json!([found]));

    let (back, losses) = translated(BedrockConverse, AnthropicMessages, &converse);
    assert_eq!(losses, [""; 0]);
    assert_eq!(back["messages"], anthropic(true)["messages"]);
}

#[test]
fn are_text_where_a_dialect_has_no_form_for_them() {
    let text = "Leave\nhttps://kb.example/7\n30 days.\nPaid.";
    for (to, shown, returned) in [
        (OpenAiChat, "/messages/0/content/1/text", "/messages/2/content"),
        (OpenAiResponses, "/input/0/content/1/text", "/input/2/output"),
        (
            Gemini,
            "/contents/0/parts/1/text",
            "/contents/2/parts/0/functionResponse/response/output",
        ),
    ] {
        let (body, losses) = translated(AnthropicMessages, to, &anthropic(false));
        assert_eq!(losses, [""; 0], "to {}", to.name());
        for place in [shown, returned] {
            assert_eq!(body.pointer(place), Some(&json!(text)), "{place} of {}: {body}", to.name());
        }
        // That the model should cite them is said where it is not.
        let (_, losses) = translated(AnthropicMessages, to, &anthropic(true));
        assert!(losses.iter().any(|field| field.ends_with(".citations")), "to {}", to.name());
    }
}

/// A text of it that says more stays as it is, for Anthropic alone.
#[test]
fn with_more_than_texts_are_anthropics_own() {
    let mut body = anthropic(false);
    *body.pointer_mut("/messages/0/content/1/content/0").unwrap() =
        json!({"type": "text", "text": "30 days.", "cache_control": {"type": "ephemeral"}});
    let (same, losses) = translated(AnthropicMessages, AnthropicMessages, &body);
    assert_eq!(losses, [""; 0]);
    assert_eq!(same["messages"], body["messages"]);
    let (_, losses) = translated(AnthropicMessages, OpenAiChat, &body);
    assert_eq!(losses, ["messages[0].content[1]"]);
}
