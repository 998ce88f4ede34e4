//! Streams of OpenAI's responses, both ways and verbatim.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a helper that fails fails its test"
)]

use std::{fs, path::Path};

use serde_json::Value;
use sluice_wire::{
    Dialect, Fault, FaultKind, Pump, Stamp,
    canon::{Event, Finish, Gather, Laws, Part, Reasoning, Response, ToolCall},
    dialect::{Observer, StreamDecoder, StreamEncoder},
};

const ME: Dialect = Dialect::OpenAiResponses;
const GOOD: [&str; 6] =
    ["text", "reasoning_and_calls", "web_search", "refusal", "incomplete", "terse"];

fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new("tests/fixtures/responses").join(format!("{name}.sse"))).unwrap()
}

fn decode(pieces: &[&[u8]]) -> (Vec<Event>, Result<(), Fault>) {
    let (mut decoder, mut events) = (StreamDecoder::new(ME), Vec::new());
    let end = pieces
        .iter()
        .try_for_each(|piece| decoder.push(piece, &mut events))
        .and_then(|()| decoder.end(&mut events));
    (events, end)
}

fn answer(name: &str) -> Response {
    let (events, end) = decode(&[&fixture(name)]);
    end.unwrap();
    gathered(&events)
}

fn gathered(events: &[Event]) -> Response {
    let (mut gather, mut laws) = (Gather::default(), Laws::default());
    for event in events {
        laws.check(event).unwrap();
        gather.event(event);
    }
    gather.into_response()
}

fn stamp() -> Stamp {
    Stamp { id: "01J".into(), model: "group".into(), created: 7, ..Stamp::default() }
}

fn encode(events: &[Event]) -> (Vec<u8>, Value) {
    let (mut encoder, mut out) = (StreamEncoder::new(ME, stamp()), Vec::new());
    events.iter().for_each(|event| encoder.event(event, &mut out));
    let answer = encoder.take_answer().unwrap();
    (out, serde_json::from_slice(&answer).unwrap())
}

/// The events of what was written, each under its own name and number.
fn frames(written: &[u8]) -> Vec<Value> {
    let text = String::from_utf8(written.to_vec()).unwrap();
    let frames: Vec<Value> = text
        .split_terminator("\n\n")
        .map(|frame| {
            let (name, data) = frame.split_once("\ndata: ").unwrap();
            let value: Value = serde_json::from_str(data).unwrap();
            assert_eq!(name, format!("event: {}", value["type"].as_str().unwrap()));
            value
        })
        .collect();
    for (number, frame) in frames.iter().enumerate() {
        assert_eq!(frame["sequence_number"], number, "{frame}");
    }
    frames
}

fn names(frames: &[Value]) -> Vec<&str> {
    frames.iter().map(|frame| frame["type"].as_str().unwrap()).collect()
}

#[test]
fn split_at_any_byte_gives_the_same_events() {
    for name in GOOD.into_iter().chain(["failed", "error", "truncated"]) {
        let bytes = fixture(name);
        let (whole, end) = decode(&[&bytes]);
        for at in 0..=bytes.len() {
            let (events, cut) = decode(&[&bytes[..at], &bytes[at..]]);
            assert_eq!(events, whole, "{name} cut at {at}");
            assert_eq!(cut.map_err(|f| f.kind), end.clone().map_err(|f| f.kind), "{name}");
        }
    }
}

#[test]
fn reads_text_citations_and_usage() {
    let answer = answer("text");
    assert_eq!(answer.id.as_deref(), Some("resp_0a1b"));
    assert_eq!(answer.model.as_deref(), Some("gpt-5-2025-08-07"));
    let [Part::Text { text, citations }] = answer.parts.as_slice() else { panic!("{answer:?}") };
    assert_eq!(text, "Grüezi \"😀\"\n");
    assert_eq!(citations[0]["url_citation"]["url"], "https://e.org/");
    assert_eq!(answer.finish, Finish::Stop);
    let usage = answer.usage.unwrap();
    assert_eq!((usage.input, usage.cache_read), (29, 8));
    assert_eq!((usage.output, usage.output_reasoning), (8, 3));
}

#[test]
fn reads_reasoning_with_what_is_encrypted_and_interleaved_calls() {
    let answer = answer("reasoning_and_calls");
    let [Part::Reasoning(thought), Part::ToolCall(a), Part::ToolCall(b)] = answer.parts.as_slice()
    else {
        panic!("{answer:?}")
    };
    assert_eq!(thought.text, "**Look**\n\nThen ask.");
    assert!(thought.signature.as_deref().unwrap().ends_with("gAAAAABo"));
    assert_eq!((a.id.as_str(), a.arguments.as_str()), ("call_a", "{\"city\":\"Zürich\"}"));
    assert_eq!((b.id.as_str(), b.arguments.as_str()), ("call_b", "{\"city\":\"Bern\"}"));
    assert_eq!(answer.finish, Finish::ToolCalls);
}

#[test]
fn reads_what_else_an_answer_may_be() {
    let search = answer("web_search");
    assert!(matches!(&search.parts[0], Part::Opaque { dialect: ME, value }
        if value["type"] == "web_search_call"));
    assert_eq!(search.parts[1], Part::text("Found."));

    let refused = answer("refusal");
    assert_eq!(refused.parts, [Part::Refusal("I cannot.".into())]);
    assert_eq!(refused.finish, Finish::Refusal);

    let cut = answer("incomplete");
    let raw = Reasoning { text: "Hmm so.".into(), ..Reasoning::default() };
    assert_eq!(cut.parts, [Part::Reasoning(raw), Part::text("Cut sho")]);
    assert_eq!(cut.finish, Finish::Length);

    let terse = answer("terse");
    let call = ToolCall { id: "c1".into(), name: "f".into(), arguments: "{\"a\":1}".into() };
    assert_eq!(terse.parts, [Part::text("Hi"), Part::ToolCall(call)]);
    assert_eq!(terse.usage.unwrap().total(), 7);
}

#[test]
fn tells_failures_by_class_and_truncation() {
    for (name, kind, words) in [
        ("failed", FaultKind::Upstream, "The model failed."),
        ("error", FaultKind::RateLimit, "Too fast."),
        ("truncated", FaultKind::Truncated, "before the answer was complete"),
    ] {
        let fault = decode(&[&fixture(name)]).1.unwrap_err();
        assert_eq!(fault.kind, kind, "{name}: {fault}");
        assert!(fault.message.contains(words), "{name}: {fault}");
    }
}

#[test]
fn writes_every_event_of_a_message_in_order() {
    let (events, end) = decode(&[&fixture("text")]);
    end.unwrap();
    let (written, answer) = encode(&events);
    let frames = frames(&written);
    assert_eq!(
        names(&frames),
        [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.delta",
            "response.output_text.annotation.added",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed",
        ]
    );
    assert_eq!(frames[0]["response"]["status"], "in_progress");
    assert_eq!(frames[0]["response"]["output"], serde_json::json!([]));
    assert_eq!(frames[6]["annotation"]["url"], "https://e.org/");
    let done = frames.last().unwrap();
    assert_eq!(done["response"], answer);
    assert_eq!(answer["output"][0], frames[9]["item"]);
    assert_eq!(answer["model"], "group");
    assert_eq!(answer["usage"]["input_tokens"], 37);
    assert_eq!(answer["usage"]["input_tokens_details"]["cached_tokens"], 8);
    assert_eq!(answer["usage"]["output_tokens_details"]["reasoning_tokens"], 3);
}

#[test]
fn writes_reasoning_and_calls_that_interleave() {
    let (events, _) = decode(&[&fixture("reasoning_and_calls")]);
    let (written, answer) = encode(&events);
    let frames = frames(&written);
    assert_eq!(
        names(&frames)[2..],
        [
            "response.output_item.added",
            "response.reasoning_summary_part.added",
            "response.reasoning_summary_text.delta",
            "response.reasoning_summary_text.delta",
            "response.reasoning_summary_text.done",
            "response.reasoning_summary_part.done",
            "response.output_item.done",
            "response.output_item.added",
            "response.function_call_arguments.delta",
            "response.output_item.added",
            "response.function_call_arguments.delta",
            "response.function_call_arguments.delta",
            "response.function_call_arguments.done",
            "response.output_item.done",
            "response.function_call_arguments.delta",
            "response.function_call_arguments.done",
            "response.output_item.done",
            "response.completed",
        ]
    );
    let output = answer["output"].as_array().unwrap();
    assert_eq!(output[0]["encrypted_content"], "gAAAAABo");
    assert_eq!(output[1]["call_id"], "call_a");
    assert_eq!(output[2]["arguments"], "{\"city\":\"Bern\"}");
    for frame in &frames {
        // Every event of an item names the item that it is kept as.
        if let (Some(id), Some(at)) = (frame["item_id"].as_str(), frame["output_index"].as_u64())
            && at > 0
        {
            assert_eq!(id, output[usize::try_from(at).unwrap()]["id"], "{frame}");
        }
    }
}

#[test]
fn writes_refusals_and_answers_that_are_not_complete() {
    let (events, _) = decode(&[&fixture("refusal")]);
    let (written, answer) = encode(&events);
    let all = frames(&written);
    assert_eq!(names(&all)[4..6], ["response.refusal.delta", "response.refusal.done"]);
    assert_eq!(answer["status"], "completed");
    assert_eq!(answer["output"][0]["content"][0]["refusal"], "I cannot.");

    let (events, _) = decode(&[&fixture("incomplete")]);
    let (written, answer) = encode(&events);
    let all = frames(&written);
    assert_eq!(*names(&all).last().unwrap(), "response.incomplete");
    assert_eq!(answer["status"], "incomplete");
    assert_eq!(answer["incomplete_details"]["reason"], "max_output_tokens");
    assert_eq!(answer["output"][1]["status"], "incomplete");
}

#[test]
fn what_is_written_reads_the_same() {
    for name in GOOD {
        let (events, _) = decode(&[&fixture(name)]);
        let (again, end) = decode(&[&encode(&events).0]);
        end.unwrap();
        let (first, second) = (gathered(&events), gathered(&again));
        assert_eq!(second.parts, first.parts, "{name}");
        assert_eq!(second.finish, first.finish, "{name}");
    }
}

#[test]
fn a_stream_and_a_whole_answer_say_the_same() {
    for name in GOOD {
        let (events, _) = decode(&[&fixture(name)]);
        let (_, streamed) = encode(&events);
        let whole = ME.encode_response(&gathered(&events), &stamp());
        let whole: Value = serde_json::from_slice(&whole).unwrap();
        assert_eq!(whole, streamed, "{name}");
    }
}

#[test]
fn forwards_every_byte_but_the_model_and_keeps_the_answer() {
    for name in GOOD {
        let bytes = fixture(name);
        let renamed = String::from_utf8(bytes.clone())
            .unwrap()
            .replace("\"model\":\"gpt-5-2025-08-07\"", "\"model\":\"group\"")
            .replace("\"model\":\"m\"", "\"model\":\"group\"");
        for at in 0..=bytes.len() {
            let (mut observer, mut out) = (Observer::new(ME, false).renaming("group"), Vec::new());
            observer.push(&bytes[..at], &mut out).unwrap();
            observer.push(&bytes[at..], &mut out).unwrap();
            observer.end(&mut out).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), renamed, "{name} cut at {at}");
            let answer: Value = serde_json::from_slice(&observer.take_answer().unwrap()).unwrap();
            assert_eq!(answer["model"], "group", "{name}");
            assert!(observer.take_answer().is_none());
            assert!(observer.usage().is_some() && observer.text_bytes() > 0, "{name}");
        }
    }
}

#[test]
fn a_stream_that_dies_ends_with_a_failed_response_and_an_error_that_sdks_throw() {
    for from in [ME, Dialect::OpenAiChat] {
        let mut pump = Pump::new(from, ME, stamp());
        let mut out = Vec::new();
        if from == ME {
            pump.push(&fixture("truncated"), &mut out).unwrap();
            out.clear();
        }
        assert_eq!(pump.end(&mut out).unwrap_err().kind, FaultKind::Truncated);
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("event: response.failed\n"), "{text}");
        let error = text.split("event: error\ndata: ").nth(1).unwrap();
        let error: Value = serde_json::from_str(error).unwrap();
        assert_eq!(error["error"]["code"], "server_error");
        assert_eq!(error["message"], error["error"]["message"]);
    }
}

#[test]
fn a_signature_comes_back_through_a_stream_and_a_request() {
    let sse = fs::read("tests/fixtures/openai/stream/signed_thinking.sse").unwrap();
    let mut pump = Pump::new(Dialect::OpenAiChat, ME, stamp());
    let mut out = Vec::new();
    pump.push(&sse, &mut out).unwrap();
    pump.end(&mut out).unwrap();
    let answer: Value = serde_json::from_slice(&pump.take_answer().unwrap()).unwrap();
    let mut decoder = StreamDecoder::new(Dialect::OpenAiChat);
    let mut events = Vec::new();
    decoder.push(&sse, &mut events).unwrap();
    decoder.end(&mut events).unwrap();
    let thoughts: Vec<Part> = gathered(&events)
        .parts
        .into_iter()
        .filter(|part| matches!(part, Part::Reasoning(_)))
        .collect();
    assert!(!thoughts.is_empty());

    let body = serde_json::json!({"model": "m", "input": answer["output"]}).to_string();
    let request = ME.decode_request(body.as_bytes(), Default::default()).unwrap();
    let back: Vec<Part> = request
        .turns
        .into_iter()
        .flat_map(|turn| turn.parts)
        .filter(|part| matches!(part, Part::Reasoning(_)))
        .collect();
    assert_eq!(back, thoughts);
}
