//! Converse answers, both ways.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use serde_json::{Value, json};
use sluice_wire::{
    Dialect, Fault, FaultKind, Stamp,
    canon::{Finish, Part, Reasoning, Response, ToolCall, Usage},
};

fn decode(body: &Value) -> Result<Response, Fault> {
    Dialect::BedrockConverse.decode_response(body.to_string().as_bytes())
}

fn encode(response: &Response) -> Value {
    let body = Dialect::BedrockConverse.encode_response(response, &Stamp::default());
    serde_json::from_slice(&body).unwrap()
}

#[test]
fn every_fixture_survives_decoding_and_encoding() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/converse/responses");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let body: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        assert_eq!(encode(&decode(&body).unwrap()), body, "{}", path.display());
        seen += 1;
    }
    assert!(seen >= 4, "the fixtures are missing");
}

#[test]
fn reads_parts_usage_and_stop_sequence() {
    let body = json!({
        "output": {"message": {"role": "assistant", "content": [
            {"citationsContent": {"content": [{"text": "a"}, {"text": "b"}], "citations": []}},
            {"toolUse": {"toolUseId": "t", "name": "f", "input": {"z": 1, "a": null}}},
        ]}},
        "stopReason": "stop_sequence",
        "additionalModelResponseFields": {"stop_sequence": "END"},
        "usage": {"inputTokens": 1, "outputTokens": 2, "totalTokens": 33,
            "cacheReadInputTokens": 10, "cacheWriteInputTokens": 20},
        "metrics": {"latencyMs": 5},
    });
    let response = decode(&body).unwrap();
    assert_eq!(response.parts[0], Part::text("ab"));
    let Part::ToolCall(call) = &response.parts[1] else { panic!("{response:?}") };
    assert_eq!(call.arguments, "{\"z\":1,\"a\":null}");
    assert_eq!(response.finish, Finish::StopSequence);
    assert_eq!(response.stop_sequence.as_deref(), Some("END"));
    let usage = response.usage.unwrap();
    assert_eq!((usage.input, usage.cache_read, usage.cache_write_5m, usage.output), (1, 10, 20, 2));
    assert_eq!(usage.total(), 33);
    assert_eq!(usage.raw.unwrap().value(), body["usage"]);
}

#[test]
fn stop_reasons_go_both_ways() {
    let table = [
        ("end_turn", Finish::Stop, "end_turn"),
        ("tool_use", Finish::ToolCalls, "tool_use"),
        ("max_tokens", Finish::Length, "max_tokens"),
        ("stop_sequence", Finish::StopSequence, "stop_sequence"),
        ("content_filtered", Finish::ContentFilter, "content_filtered"),
        ("guardrail_intervened", Finish::ContentFilter, "content_filtered"),
        ("model_context_window_exceeded", Finish::ContextWindow, "model_context_window_exceeded"),
        ("malformed_model_output", Finish::MalformedOutput, "malformed_model_output"),
        ("malformed_tool_use", Finish::MalformedCall, "malformed_tool_use"),
        ("of_tomorrow", Finish::Other("of_tomorrow".into()), "end_turn"),
    ];
    for (word, finish, back) in table {
        let body = json!({"output": {"message": {"role": "assistant", "content": []}}, "stopReason": word});
        let response = decode(&body).unwrap();
        assert_eq!(response.finish, finish);
        assert_eq!(encode(&response)["stopReason"], back);
    }
    for (finish, word) in [(Finish::Refusal, "content_filtered"), (Finish::Pause, "max_tokens")] {
        assert_eq!(encode(&Response { finish, ..Response::default() })["stopReason"], word);
    }
}

#[test]
fn writes_every_field_that_the_shape_requires_and_none_of_another_provider() {
    let mut response = Response { parts: vec![Part::text("")], ..Response::default() };
    response.extras.insert("system_fingerprint".into(), json!("fp"));
    response.extras.insert("serviceTier".into(), json!("default"));
    assert_eq!(
        encode(&response),
        json!({
            "output": {"message": {"role": "assistant", "content": []}},
            "stopReason": "end_turn",
            "usage": {"inputTokens": 0, "outputTokens": 0, "totalTokens": 0},
            "metrics": {"latencyMs": 0},
        })
    );
}

#[test]
fn writes_parts_of_other_providers_as_blocks() {
    let call = |arguments: &str| {
        Part::ToolCall(ToolCall { id: "t".into(), name: "f".into(), arguments: arguments.into() })
    };
    let response = Response {
        parts: vec![
            Part::Reasoning(Reasoning { text: "hm".into(), ..Reasoning::default() }),
            Part::Reasoning(Reasoning {
                redacted: Some("not base64".into()),
                ..Reasoning::default()
            }),
            Part::Text {
                text: "cited".into(),
                citations: vec![
                    json!({"type": "page_location", "cited_text": "c", "document_index": 0, "document_title": "d", "start_page_number": 1, "end_page_number": 2}),
                    json!({"type": "url_citation", "url_citation": {"url": "https://a", "title": "A", "start_index": 0, "end_index": 1}}),
                    json!({"type": "of_tomorrow"}),
                ],
            },
            Part::Refusal("no".into()),
            call(""),
            call("{\"a\":1}"),
            call("{\"a\":"),
            Part::Opaque { dialect: Dialect::OpenAiChat, value: json!({"audio": {}}) },
        ],
        usage: Some(Usage {
            input: 1,
            input_audio: 2,
            output: 3,
            output_reasoning: 4,
            cache_write_1h: 5,
            ..Usage::default()
        }),
        ..Response::default()
    };
    let body = encode(&response);
    assert_eq!(
        body["output"]["message"]["content"],
        json!([
            {"reasoningContent": {"reasoningText": {"text": "hm"}}},
            {"reasoningContent": {"redactedContent": "bm90IGJhc2U2NA=="}},
            {"citationsContent": {"content": [{"text": "cited"}], "citations": [
                {"title": "d", "sourceContent": [{"text": "c"}], "location": {"documentPage": {"documentIndex": 0, "start": 1, "end": 2}}},
                {"title": "A", "location": {"web": {"url": "https://a"}}},
            ]}},
            {"text": "no"},
            {"toolUse": {"toolUseId": "t", "name": "f", "input": {}}},
            {"toolUse": {"toolUseId": "t", "name": "f", "input": {"a": 1}}},
            {"toolUse": {"toolUseId": "t", "name": "f", "input": "{\"a\":"}},
        ])
    );
    assert_eq!(
        body["usage"],
        json!({"inputTokens": 3, "outputTokens": 7, "totalTokens": 15,
            "cacheReadInputTokens": 0, "cacheWriteInputTokens": 5,
            "cacheDetails": [{"ttl": "1h", "inputTokens": 5}]})
    );
}

#[test]
fn an_answer_that_is_not_converse_s_is_the_provider_s_fault() {
    let bodies = [
        json!([]),
        json!({}),
        json!({"output": {}, "stopReason": "end_turn"}),
        json!({"output": {"message": {"content": [{"text": 1}]}}, "stopReason": "end_turn"}),
        json!({"output": {"message": {"content": []}}}),
    ];
    for body in bodies {
        let fault = decode(&body).expect_err(&body.to_string());
        assert_eq!((fault.kind, fault.status), (FaultKind::Upstream, 502), "{body}");
        assert!(fault.detail.is_some());
    }
    assert!(Dialect::BedrockConverse.decode_response(b"<html>").is_err());
}
