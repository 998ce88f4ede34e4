//! OpenAI's whole answers, both ways.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use serde_json::{Value, json};
use sluice_wire::{
    Dialect, FaultKind, Stamp,
    canon::{Data, Finish, Image, Part, Reasoning, Response, ToolCall, Usage},
};

const ME: Dialect = Dialect::OpenAiChat;
const TOOLS: &str = include_str!("fixtures/openai/response/tools.json");

fn read(body: &Value) -> Response {
    ME.decode_response(body.to_string().as_bytes()).unwrap()
}

/// An answer with this message and reason.
fn saying(message: &Value, reason: &str) -> Response {
    read(&json!({"choices": [{"message": message, "finish_reason": reason}]}))
}

fn write(response: &Response) -> Value {
    let stamp = Stamp { id: "01J".into(), model: "group".into(), created: 7, ..Stamp::default() };
    serde_json::from_slice(&ME.encode_response(response, &stamp)).unwrap()
}

fn answer(parts: Vec<Part>) -> Response {
    Response { parts, ..Response::default() }
}

fn call(id: &str, name: &str, arguments: &str) -> Part {
    Part::ToolCall(ToolCall { id: id.into(), name: name.into(), arguments: arguments.into() })
}

#[test]
fn reads_an_answer_whole() {
    let response = ME.decode_response(TOOLS.as_bytes()).unwrap();
    assert_eq!(response.id.as_deref(), Some("chatcmpl-abc123"));
    assert_eq!(response.model.as_deref(), Some("gpt-4o-mini-2024-07-18"));
    assert_eq!(response.parts.len(), 3);
    assert!(matches!(&response.parts[0], Part::Text { text, citations }
        if text == "Let me look." && citations.len() == 1));
    assert_eq!(response.parts[1], call("call_a", "get_weather", "{\n\"city\": \"Boston\"\n}"));
    assert_eq!(response.finish, Finish::ToolCalls);
    let usage = response.usage.unwrap();
    assert_eq!(usage.raw.as_ref().unwrap().value()["total_tokens"], 99);
    assert_eq!(
        Usage { raw: None, ..usage },
        Usage {
            input: 70,
            cache_read: 10,
            input_audio: 2,
            output: 9,
            output_reasoning: 7,
            output_audio: 1,
            service_tier: Some("default".to_owned()),
            ..Usage::default()
        }
    );
    let extras: Vec<_> = response.extras.keys().map(String::as_str).collect();
    assert_eq!(extras, ["service_tier", "system_fingerprint"]);
}

#[test]
fn what_is_written_is_what_was_read() {
    let mut expected: Value = serde_json::from_str(TOOLS).unwrap();
    expected["created"] = json!(7);
    expected["model"] = json!("group");
    expected["choices"][0]["message"]["tool_calls"][1]["function"]["arguments"] = json!("{}");
    // LiteLLM's fields, because a cache was used.
    expected["usage"]["prompt_tokens_details"]["cache_creation_tokens"] = json!(0);
    expected["usage"]["cache_creation_input_tokens"] = json!(0);
    expected["usage"]["cache_read_input_tokens"] = json!(10);
    assert_eq!(write(&ME.decode_response(TOOLS.as_bytes()).unwrap()), expected);
}

#[test]
fn writes_null_content_beside_calls_and_an_empty_string_beside_nothing() {
    let written = write(&answer(vec![call("a", "f", "{}")]));
    assert_eq!(written["choices"][0]["message"]["content"], Value::Null);
    let written = write(&answer(vec![]));
    assert_eq!(written["choices"][0]["message"]["content"], "");
    assert_eq!(written["choices"][0]["logprobs"], Value::Null);
    assert_eq!(written["id"], "chatcmpl-01J");
    assert_eq!(written["object"], "chat.completion");
    assert!(written.get("usage").is_none());
    let message = write(&answer(vec![Part::Refusal("no".into())]))["choices"][0]["message"].take();
    assert_eq!(message, json!({"role": "assistant", "content": null, "refusal": "no"}));
}

#[test]
fn signed_reasoning_survives_both_ways() {
    let parts = vec![
        Part::Reasoning(Reasoning {
            text: "Hm".into(),
            signature: Some("sluice:anthropic:c2ln".into()),
            redacted: None,
        }),
        Part::Reasoning(Reasoning { redacted: Some("ZW5j".into()), ..Reasoning::default() }),
        Part::text("x"),
    ];
    let written = write(&answer(parts.clone()));
    let message = &written["choices"][0]["message"];
    assert_eq!(message["reasoning_content"], "Hm");
    assert_eq!(
        message["thinking_blocks"],
        json!([
            {"type": "thinking", "thinking": "Hm", "signature": "c2ln"},
            {"type": "redacted_thinking", "data": "ZW5j"},
        ])
    );
    assert_eq!(read(&written).parts, parts);
}

#[test]
fn reads_what_compatible_servers_write() {
    let text = Part::text("x");
    let thought = Part::Reasoning(Reasoning { text: "Hm".into(), ..Reasoning::default() });
    for message in [
        json!({"content": "x", "reasoning_content": "Hm"}),
        json!({"content": "x", "reasoning": "Hm"}),
        json!({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]},
            {"type": "text", "text": "x"}]}),
    ] {
        assert_eq!(saying(&message, "stop").parts, [thought.clone(), text.clone()]);
    }
    let calls = saying(
        &json!({"content": null, "tool_calls": [
            {"id": "", "function": {"name": "f", "arguments": {"a": 1}}}]}),
        "stop",
    );
    assert_eq!(calls.parts, [call("call_0", "f", "{\"a\":1}")]);
    assert_eq!(calls.finish, Finish::ToolCalls);
    let picture = saying(
        &json!({"content": "", "images": [{"type": "image_url",
            "image_url": {"url": "data:image/png;base64,AA=="}}]}),
        "stop",
    );
    let data = Data::Base64 { media_type: "image/png".into(), base64: "AA==".into() };
    assert_eq!(picture.parts, [Part::Image(Image { data, detail: None })]);
    assert_eq!(write(&picture)["choices"][0]["message"]["images"][0]["type"], "image_url");
}

#[test]
fn maps_why_it_ended_both_ways() {
    for (word, finish, back) in [
        ("stop", Finish::Stop, "stop"),
        ("length", Finish::Length, "length"),
        ("content_filter", Finish::ContentFilter, "content_filter"),
        ("tool_calls", Finish::ToolCalls, "tool_calls"),
        ("model_length", Finish::ContextWindow, "length"),
        (
            "insufficient_system_resource",
            Finish::Other("insufficient_system_resource".into()),
            "stop",
        ),
    ] {
        let response = saying(&json!({"content": "x"}), word);
        assert_eq!(response.finish, finish);
        assert_eq!(write(&response)["choices"][0]["finish_reason"], back);
    }
    let refusal = saying(&json!({"content": null, "refusal": "no"}), "stop");
    assert_eq!(refusal.finish, Finish::Refusal);
    assert_eq!(write(&refusal)["choices"][0]["finish_reason"], "stop");
    let wordless = Response { finish: Finish::Refusal, ..Response::default() };
    assert_eq!(write(&wordless)["choices"][0]["finish_reason"], "content_filter");
}

#[test]
fn writes_citations_of_the_web_as_annotations() {
    let mut web = json!({"type": "web_search_result_location", "url": "https://x.test", "title": "X",
        "cited_text": "...", "encrypted_index": "e"});
    let mut page = json!({"type": "page_location", "document_index": 0, "cited_text": "..."});
    let written = write(&answer(vec![
        Part::text("äö "),
        Part::Text { text: "cited".into(), citations: vec![web.clone(), page.clone()] },
    ]));
    let message = &written["choices"][0]["message"];
    assert_eq!(
        message["annotations"],
        json!([{"type": "url_citation", "url_citation": {"url": "https://x.test", "title": "X",
            "start_index": 3, "end_index": 8}}])
    );
    for cited in [&mut web, &mut page] {
        cited["supported_text"] = "cited".into();
    }
    // LiteLLM's callers find both there.
    assert_eq!(message["provider_specific_fields"]["citations"], json!([[web, page]]));
}

#[test]
fn what_is_not_an_answer_is_the_providers_fault() {
    for body in ["", "<html>", "[]", "{}", "{\"choices\":[]}", "{\"choices\":[{}]}"] {
        let fault = ME.decode_response(body.as_bytes()).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Upstream, "{body}");
    }
    let inside = json!({"error": {"message": "slow down", "code": 429}}).to_string();
    let fault = ME.decode_response(inside.as_bytes()).unwrap_err();
    assert_eq!((fault.kind, fault.status), (FaultKind::RateLimit, 429));
}
