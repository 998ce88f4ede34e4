//! Anthropic's whole answers, both ways.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use serde_json::{Value, json};
use sluice_wire::{
    Dialect, FaultKind, Stamp,
    canon::{Finish, Part, Reasoning, Response, ToolCall, Usage},
};

const ME: Dialect = Dialect::AnthropicMessages;
const FULL: &str = include_str!("fixtures/anthropic/response_full.json");

fn stamp() -> Stamp {
    Stamp {
        id: "01STAMP".into(),
        model: "group".into(),
        created: 1,
        stream_usage: true,
        ..Stamp::default()
    }
}

fn encode(response: &Response) -> Value {
    serde_json::from_slice(&ME.encode_response(response, &stamp())).unwrap()
}

#[test]
fn reads_every_part_and_the_usage_in_its_normal_form() {
    let response = ME.decode_response(FULL.as_bytes()).unwrap();
    assert_eq!(response.id.as_deref(), Some("msg_01Whole"));
    assert_eq!(response.model.as_deref(), Some("claude-sonnet-4-6"));
    assert_eq!(response.finish, Finish::ToolCalls);
    assert_eq!(response.parts.len(), 5);
    assert_eq!(
        response.parts[0],
        Part::Reasoning(Reasoning {
            text: "Hm.".into(),
            signature: Some("sluice:anthropic:EqQB".into()),
            redacted: None
        })
    );
    assert!(matches!(&response.parts[2], Part::Text { text, citations }
        if text == "Yes." && citations[0]["type"] == "char_location"));
    assert_eq!(
        response.parts[3],
        Part::ToolCall(ToolCall {
            id: "toolu_9".into(),
            name: "f".into(),
            arguments: r#"{"z":1.0,"a":12345678901234567890123}"#.into(),
        })
    );
    assert!(matches!(&response.parts[4], Part::Opaque { dialect: ME, .. }));
    assert_eq!(response.extras.keys().collect::<Vec<_>>(), ["container"]);
    let usage = response.usage.unwrap();
    assert_eq!((usage.prompt(), usage.completion()), (42, 40));
    assert_eq!(usage.raw.as_ref().unwrap().value()["inference_geo"], "global");
    assert_eq!(
        Usage { raw: None, ..usage },
        Usage {
            input: 5,
            cache_read: 7,
            cache_write_5m: 10,
            cache_write_1h: 20,
            output: 25,
            output_reasoning: 15,
            service_tier: Some("standard".to_owned()),
            ..Usage::default()
        }
    );
}

#[test]
fn what_is_read_and_written_again_is_the_same_answer() {
    let response = ME.decode_response(FULL.as_bytes()).unwrap();
    let body = ME.encode_response(&response, &stamp());
    let text = String::from_utf8(body.clone()).unwrap();
    assert!(text.contains(r#""input":{"z":1.0,"a":12345678901234567890123}"#), "{text}");
    let mut again = ME.decode_response(&body).unwrap();
    assert_eq!(again.model.as_deref(), Some("group"));
    again.model.clone_from(&response.model);
    again.extras.clone_from(&response.extras);
    assert_eq!(again, response);
    let source: Value = serde_json::from_str(FULL).unwrap();
    let written: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(written["content"], source["content"]);
    assert_eq!(written["usage"], source["usage"]);
}

#[test]
fn another_dialects_answer_has_every_field_the_sdks_know() {
    let response = Response {
        id: Some("chatcmpl-7".into()),
        model: Some("gpt-4o".into()),
        parts: vec![
            Part::Reasoning(Reasoning { text: "Thinking.".into(), ..Reasoning::default() }),
            Part::text(""),
            Part::Text {
                text: "Look".into(),
                citations: vec![
                    json!({"type": "url_citation", "url_citation": {"url": "https://e.com",
                        "title": "E", "start_index": 0, "end_index": 4}}),
                    json!({"page": 3}),
                ],
            },
            Part::ToolCall(ToolCall {
                id: "call.1".into(),
                name: "f".into(),
                arguments: String::new(),
            }),
            Part::Opaque { dialect: Dialect::OpenAiChat, value: json!({"audio": 1}) },
        ],
        finish: Finish::Stop,
        usage: Some(Usage {
            input: 8,
            cache_read: 2,
            output: 3,
            output_reasoning: 4,
            raw: Some((&json!({"prompt_tokens": 10, "completion_tokens": 7})).into()),
            ..Usage::default()
        }),
        ..Response::default()
    };
    let written = encode(&response);
    let id = written["content"][2]["id"].as_str().unwrap().to_owned();
    assert!(id.starts_with("call_1_"), "{id}");
    assert_eq!(
        written,
        json!({
            "id": "msg_01STAMP", "type": "message", "role": "assistant", "model": "group",
            "content": [
                {"type": "thinking", "thinking": "Thinking.", "signature": ""},
                {"type": "text", "text": "Look", "citations": [
                    {"type": "web_search_result_location", "url": "https://e.com", "title": "E",
                     "cited_text": "", "encrypted_index": "sluice:"}]},
                {"type": "tool_use", "id": id, "name": "f", "input": {}},
            ],
            // A server that calls a tool and says `stop`.
            "stop_reason": "tool_use",
            "stop_sequence": null,
            "usage": {
                "input_tokens": 8, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 2,
                "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
                "output_tokens": 7, "output_tokens_details": {"thinking_tokens": 4},
                "server_tool_use": null, "service_tier": null,
            },
        })
    );
}

#[test]
fn every_end_has_its_word() {
    for (finish, word) in [
        (Finish::Stop, "end_turn"),
        (Finish::ToolCalls, "end_turn"),
        (Finish::StopSequence, "stop_sequence"),
        (Finish::Length, "max_tokens"),
        (Finish::ContextWindow, "model_context_window_exceeded"),
        (Finish::ContentFilter, "refusal"),
        (Finish::Refusal, "refusal"),
        (Finish::Pause, "pause_turn"),
        (Finish::Other("compaction".into()), "compaction"),
    ] {
        let response = Response { finish, parts: vec![Part::text("x")], ..Response::default() };
        assert_eq!(encode(&response)["stop_reason"], word);
    }
    let refused = Response { parts: vec![Part::Refusal("I can't.".into())], ..Response::default() };
    let written = encode(&refused);
    assert_eq!(written["stop_reason"], "refusal");
    assert_eq!(written["content"], json!([{"type": "text", "text": "I can't."}]));
    let hit = Response {
        finish: Finish::StopSequence,
        stop_sequence: Some("END".into()),
        ..Response::default()
    };
    assert_eq!(encode(&hit)["stop_sequence"], "END");
}

#[test]
fn an_answer_that_is_none_is_the_providers_fault() {
    for body in ["", "<html>", "[]", "{}", r#"{"content":7}"#, r#"{"content":[{"type":"text"}]}"#] {
        let fault = ME.decode_response(body.as_bytes()).unwrap_err();
        assert_eq!((fault.kind, fault.status), (FaultKind::Upstream, 500), "{body}");
        assert!(fault.detail.is_some());
    }
    let error = br#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
    assert_eq!(ME.decode_response(error).unwrap_err().kind, FaultKind::Overloaded);
}
