//! OpenAI's streams: every fixture, whole and split at every byte.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper that fails fails its test")]

use std::{fs, path::Path};

use serde_json::{Value, json};
use sluice_wire::{
    Dialect, Fault, FaultKind, Pump, Stamp,
    canon::{Event, Finish, Gather, Laws, Part, Reasoning, Response, ToolCall, Usage},
    dialect::{StreamDecoder, StreamEncoder},
};

const ME: Dialect = Dialect::OpenAiChat;

fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new("tests/fixtures/openai").join(name)).unwrap()
}

fn fixtures(folder: &str) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<_> = fs::read_dir(Path::new("tests/fixtures/openai").join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap())
        })
        .collect();
    all.sort();
    assert!(all.len() > 5);
    all
}

/// The events of a stream cut into pieces; the laws hold.
fn decode(pieces: &[&[u8]]) -> (Vec<Event>, Result<(), Fault>) {
    let mut decoder = StreamDecoder::new(ME);
    let mut events = Vec::new();
    let result = pieces
        .iter()
        .try_for_each(|piece| decoder.push(piece, &mut events))
        .and_then(|()| decoder.end(&mut events));
    let mut laws = Laws::default();
    for event in &events {
        laws.check(event).unwrap_or_else(|law| panic!("{law}: {event:?}"));
    }
    (events, result)
}

fn answer(name: &str) -> Response {
    let (events, result) = decode(&[&fixture(&format!("stream/{name}"))]);
    result.unwrap();
    gather(&events)
}

fn gather(events: &[Event]) -> Response {
    let mut gather = Gather::default();
    events.iter().for_each(|event| gather.event(event));
    gather.into_response()
}

fn call(id: &str, name: &str, arguments: &str) -> Part {
    Part::ToolCall(ToolCall { id: id.into(), name: name.into(), arguments: arguments.into() })
}

fn thought(text: &str) -> Part {
    Part::Reasoning(Reasoning { text: text.into(), ..Reasoning::default() })
}

fn stamp(stream_usage: bool) -> Stamp {
    Stamp { id: "01J".into(), model: "group".into(), created: 7, stream_usage, ..Stamp::default() }
}

fn encode(events: &[Event], stamp: Stamp) -> String {
    let mut encoder = StreamEncoder::new(ME, stamp);
    let mut out = Vec::new();
    events.iter().for_each(|event| encoder.event(event, &mut out));
    String::from_utf8(out).unwrap()
}

/// The chunks of what an encoder wrote, `[DONE]` left off.
fn chunks(written: &str) -> Vec<Value> {
    let frames = written.strip_suffix("data: [DONE]\n\n").unwrap();
    frames
        .split_terminator("\n\n")
        .map(|frame| serde_json::from_str(frame.strip_prefix("data: ").unwrap()).unwrap())
        .collect()
}

#[test]
fn split_at_any_byte_gives_the_same_events() {
    for folder in ["stream", "broken"] {
        for (name, bytes) in fixtures(folder) {
            let (whole, end) = decode(&[&bytes]);
            for at in 0..=bytes.len() {
                let (events, cut_end) = decode(&[&bytes[..at], &bytes[at..]]);
                assert_eq!(events, whole, "{name} cut at {at}");
                assert_eq!(cut_end.map_err(|f| f.kind), end.clone().map_err(|f| f.kind), "{name}");
            }
            let bytewise: Vec<&[u8]> = bytes.chunks(1).collect();
            assert_eq!(decode(&bytewise).0, whole, "{name} byte by byte");
        }
    }
}

#[test]
fn reads_text_and_usage() {
    let answer = answer("text.sse");
    assert_eq!(answer.id.as_deref(), Some("chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG"));
    assert_eq!(answer.model.as_deref(), Some("gpt-4o-2024-08-06"));
    assert_eq!(answer.parts, [Part::text("Hello wörld \"\u{1F600}\"\n\\ done")]);
    assert_eq!(answer.finish, Finish::Stop);
    let usage = answer.usage.unwrap();
    assert_eq!((usage.input, usage.cache_read, usage.output), (11, 8, 10));
    assert_eq!(usage.raw.unwrap().value()["total_tokens"], 29);
}

#[test]
fn reads_tool_calls_however_a_server_numbers_them() {
    let both = [call("call_a", "f", "{\"a\":1}"), call("call_b", "g", "{\"b\":2}")];
    assert_eq!(answer("whole_call_without_index.sse").parts, both);
    assert_eq!(answer("interleaved_tools.sse").parts[1..], both);
    assert_eq!(
        answer("every_call_numbered_zero.sse").parts,
        [both[0].clone(), call("call_b", "g", "{}")]
    );
    assert_eq!(answer("id_and_name_repeated.sse").parts, both[..1]);
    assert_eq!(
        answer("parallel_tools.sse").parts,
        [
            call("call_a", "get_weather", "{\"city\":\"Zürich {}\"}"),
            call("call_b", "get_time", "{\"zone\":\"CET\\\"\"}"),
        ]
    );
    let legacy = answer("legacy_function_call.sse").parts;
    let [Part::ToolCall(legacy)] = legacy.as_slice() else { panic!("{legacy:?}") };
    assert_eq!((legacy.name.as_str(), legacy.arguments.as_str()), ("f", "{\"a\":1}"));
    for name in ["whole_call_without_index", "every_call_numbered_zero", "legacy_function_call"] {
        assert_eq!(answer(&format!("{name}.sse")).finish, Finish::ToolCalls, "{name}");
    }
}

#[test]
fn ends_a_call_before_the_next_one_begins() {
    let (events, _) = decode(&[&fixture("stream/parallel_tools.sse")]);
    let ends = events.iter().position(|event| matches!(event, Event::PartEnd { index: 0 }));
    let begins = events.iter().position(|event| matches!(event, Event::PartStart { index: 1, .. }));
    assert!(ends.unwrap() < begins.unwrap());
}

#[test]
fn gives_a_call_without_id_one_of_its_own() {
    let answer = answer("call_without_id_or_arguments.sse");
    let [Part::ToolCall(call)] = answer.parts.as_slice() else { panic!("{answer:?}") };
    assert_eq!((call.name.as_str(), call.arguments.as_str()), ("now", ""));
    assert!(call.id.starts_with("call_") && call.id.len() > 20, "{}", call.id);
    assert!(call.id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'), "{}", call.id);
}

#[test]
fn reads_reasoning_of_every_shape() {
    assert_eq!(
        answer("deepseek_reasoning.sse").parts,
        [thought("First, think."), Part::text("Nine")]
    );
    assert_eq!(answer("mistral_thinking.sse").parts, [thought("Let me think"), Part::text("Done")]);
    let signed = Reasoning {
        text: "Hm, so.".into(),
        signature: Some("sluice:anthropic:c2ln".into()),
        ..Reasoning::default()
    };
    let redacted = Reasoning { redacted: Some("ZW5j".into()), ..Reasoning::default() };
    assert_eq!(
        answer("signed_thinking.sse").parts,
        [Part::Reasoning(signed), Part::Reasoning(redacted), Part::text("Yes")]
    );
}

#[test]
fn reads_usage_in_its_normal_form() {
    let usage = |name: &str| Usage { raw: None, ..answer(name).usage.unwrap() };
    assert_eq!(
        usage("deepseek_reasoning.sse"),
        Usage { input: 8, cache_read: 4, output: 5, output_reasoning: 25, ..Usage::default() }
    );
    assert_eq!(
        usage("signed_thinking.sse"),
        Usage { input: 20, cache_read: 20, cache_write_5m: 10, output: 20, ..Usage::default() }
    );
    assert_eq!(
        usage("usage_in_every_chunk.sse"),
        Usage { input: 9, output: 2, output_reasoning: 4, ..Usage::default() }
    );
}

#[test]
fn reads_how_an_answer_ended() {
    let refusal = answer("refusal.sse");
    assert_eq!(refusal.parts, [Part::Refusal("I'm sorry, no.".into())]);
    assert_eq!(refusal.finish, Finish::Refusal);
    assert_eq!(answer("azure_filter_first.sse").finish, Finish::ContentFilter);
    assert_eq!(answer("usage_in_every_chunk.sse").finish, Finish::Length);
}

#[test]
fn reads_the_first_of_several_answers() {
    let answer = answer("several_answers.sse");
    assert_eq!((answer.parts, answer.finish), (vec![Part::text("mine")], Finish::Stop));
}

#[test]
fn azure_is_named_by_the_first_chunk_that_says_something() {
    let answer = answer("azure_filter_first.sse");
    assert!(answer.id.unwrap().starts_with("chatcmpl-"));
    assert_eq!(answer.model.as_deref(), Some("gpt-4o-2024-08-06"));
}

#[test]
fn an_end_too_early_is_a_truncation() {
    for name in ["truncated.sse", "truncated_in_a_frame.sse", "empty.sse"] {
        let (events, result) = decode(&[&fixture(&format!("broken/{name}"))]);
        assert_eq!(result.unwrap_err().kind, FaultKind::Truncated, "{name}");
        assert!(!events.iter().any(|event| matches!(event, Event::Finish { .. })), "{name}");
    }
    let done_alone = b"data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\ndata: [DONE]\n\n";
    assert_eq!(decode(&[done_alone]).1.unwrap_err().kind, FaultKind::Truncated);
}

#[test]
fn an_error_inside_the_stream_is_a_fault_with_its_body() {
    let fault = |name: &str| decode(&[&fixture(&format!("broken/{name}"))]).1.unwrap_err();
    let server = fault("error_frame.sse");
    assert_eq!((server.kind, server.status), (FaultKind::Upstream, 500));
    assert!(server.message.contains("The server had an error"), "{}", server.message);
    let upstream = server.upstream.unwrap();
    assert_eq!(upstream.code.as_deref(), Some("server_error"));
    assert!(upstream.body.starts_with(b"{\"error\":{"));

    let limited = fault("error_rate_limit.sse");
    assert_eq!((limited.kind, limited.status), (FaultKind::RateLimit, 429));
    assert_eq!(fault("error_event.sse").kind, FaultKind::Overloaded);
    assert_eq!(fault("not_json.sse").kind, FaultKind::Upstream);
}

#[test]
fn what_is_encoded_decodes_to_the_same_answer() {
    for (name, bytes) in fixtures("stream") {
        let (events, _) = decode(&[&bytes]);
        let before = gather(&events);
        let written = encode(&events, stamp(true));
        let (again, result) = decode(&[written.as_bytes()]);
        result.unwrap();
        let mut after = gather(&again);
        assert_eq!(after.model.as_deref(), Some("group"), "{name}");
        after.model.clone_from(&before.model);
        after.id.clone_from(&before.id);
        let mut before = before;
        for usage in [&mut before.usage, &mut after.usage].into_iter().flatten() {
            usage.raw = None;
        }
        for part in &mut before.parts {
            if let Part::ToolCall(call) = part
                && call.arguments.is_empty()
            {
                call.arguments.push_str("{}");
            }
        }
        // Calls that a server interleaves keep their places.
        assert_eq!(after, before, "{name}");
    }
}

#[test]
fn writes_chunks_as_openai_does() {
    let (events, _) = decode(&[&fixture("stream/parallel_tools.sse")]);
    let written = chunks(&encode(&events, stamp(true)));
    let chunk = |delta: Value, finish: Value| {
        json!({
            "id": "chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG",
            "object": "chat.completion.chunk",
            "created": 7,
            "model": "group",
            "choices": [{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}],
            "usage": null,
        })
    };
    assert_eq!(written[0], chunk(json!({"role": "assistant", "content": ""}), Value::Null));
    assert_eq!(
        written[1],
        chunk(
            json!({"tool_calls": [{"index": 0, "id": "call_a", "type": "function",
                "function": {"name": "get_weather", "arguments": ""}}]}),
            Value::Null
        )
    );
    let piece = json!({"tool_calls": [{"index": 0, "function": {"arguments": "{\"city\":"}}]});
    assert_eq!(written[2], chunk(piece, Value::Null));
    assert_eq!(written[4]["choices"][0]["delta"]["tool_calls"][0]["index"], 1);
    assert_eq!(written[written.len() - 2], chunk(json!({}), json!("tool_calls")));
    let last = written.last().unwrap();
    assert_eq!(last["choices"], json!([]));
    assert_eq!(last["usage"]["prompt_tokens"], 19);
    assert_eq!(last["usage"]["prompt_tokens_details"]["cached_tokens"], 8);
}

#[test]
fn tells_usage_only_to_callers_who_asked() {
    let (events, _) = decode(&[&fixture("stream/text.sse")]);
    let written = encode(&events, stamp(false));
    assert!(!written.contains("usage"), "{written}");
    assert!(written.ends_with("data: [DONE]\n\n"));
}

#[test]
fn names_answers_of_other_dialects_by_the_stamp() {
    let start = Event::Start { id: Some("msg_1".into()), model: None };
    let written = encode(&[start], stamp(false));
    assert!(written.starts_with("data: {\"id\":\"chatcmpl-01J\","), "{written}");
}

#[test]
fn hands_signed_reasoning_back_whole() {
    let (events, _) = decode(&[&fixture("stream/signed_thinking.sse")]);
    let written = chunks(&encode(&events, stamp(false)));
    let blocks: Vec<&Value> = written
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["delta"].get("thinking_blocks"))
        .collect();
    assert_eq!(
        blocks,
        [
            &json!([{"type": "thinking", "thinking": "Hm, so.", "signature": "c2ln"}]),
            &json!([{"type": "redacted_thinking", "data": "ZW5j"}]),
        ]
    );
}

#[test]
fn a_translated_stream_that_breaks_ends_with_an_error_and_no_done() {
    let mut pump = Pump::new(Dialect::OpenAiChat, Dialect::AnthropicMessages, stamp(true));
    let mut out = Vec::new();
    assert!(pump.push(&fixture("broken/truncated.sse"), &mut out).is_ok());
    assert_eq!(pump.end(&mut out).unwrap_err().kind, FaultKind::Truncated);
    assert_eq!(pump.text_bytes(), 3);

    let mut encoder = StreamEncoder::new(ME, stamp(true));
    let mut out = Vec::new();
    encoder.error(&Fault::new(FaultKind::Truncated, "cut \"short\""), &mut out);
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "data: {\"error\":{\"message\":\"cut \\\"short\\\"\",\"type\":\"internal_server_error\",\
         \"param\":null,\"code\":\"502\"}}\n\n"
    );
}
