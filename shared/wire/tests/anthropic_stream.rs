//! Anthropic's streams: decoder, encoder and observer, against recorded streams cut at every byte.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper that fails fails its test"
)]

use serde_json::{Value, json};
use sluice_wire::{
    Dialect, Fault, FaultKind, Pump, Stamp,
    canon::{Delta, Event, Finish, Gather, Laws, Part, PartKind, Response, ToolCall, Usage},
    dialect::{Observer, StreamDecoder, StreamEncoder},
};

const ME: Dialect = Dialect::AnthropicMessages;
const TEXT: &str = include_str!("fixtures/anthropic/stream_text.sse");
const TOOLS: &str = include_str!("fixtures/anthropic/stream_tools.sse");
const SERVER: &str = include_str!("fixtures/anthropic/stream_server_tools.sse");
const OVERLOADED: &str = include_str!("fixtures/anthropic/stream_overloaded.sse");
const WHOLE: [&str; 3] = [TEXT, TOOLS, SERVER];

fn stamp() -> Stamp {
    Stamp {
        id: "01STAMP".into(),
        model: "group".into(),
        created: 1,
        stream_usage: true,
        ..Stamp::default()
    }
}

/// Decodes a stream cut into these pieces, watching the laws.
fn decode(pieces: &[&[u8]]) -> (Vec<Event>, Option<Usage>, Result<(), Fault>) {
    let mut decoder = StreamDecoder::new(ME);
    let mut events = Vec::new();
    let mut result = Ok(());
    for piece in pieces {
        result = decoder.push(piece, &mut events);
        if result.is_err() {
            break;
        }
    }
    if result.is_ok() {
        result = decoder.end(&mut events);
    }
    let mut laws = Laws::default();
    for event in &events {
        laws.check(event).unwrap_or_else(|law| panic!("{law}: {event:?}"));
    }
    (events, decoder.usage().cloned(), result)
}

fn events(stream: &str) -> Vec<Event> {
    let (events, _, result) = decode(&[stream.as_bytes()]);
    result.unwrap();
    events
}

fn gather(events: &[Event]) -> Response {
    let mut gather = Gather::default();
    events.iter().for_each(|event| gather.event(event));
    gather.into_response()
}

fn encode(events: &[Event]) -> String {
    let mut encoder = StreamEncoder::new(ME, stamp());
    let mut out = Vec::new();
    events.iter().for_each(|event| encoder.event(event, &mut out));
    String::from_utf8(out).unwrap()
}

/// The JSON of each event written; its name must repeat its type.
fn frames(stream: &str) -> Vec<Value> {
    let frames = stream.split("\n\n").filter(|frame| !frame.is_empty());
    frames
        .map(|frame| {
            let (event, data) = frame.split_once('\n').unwrap();
            let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
            assert_eq!(event.strip_prefix("event: "), data["type"].as_str());
            data
        })
        .collect()
}

/// Blocks stand one after another, numbered from 0; returns the blocks' types.
fn blocks(frames: &[Value]) -> Vec<String> {
    let mut types = Vec::new();
    let mut open = None;
    for frame in frames {
        match frame["type"].as_str().unwrap() {
            "content_block_start" => {
                assert_eq!(open, None);
                assert_eq!(frame["index"], types.len());
                open = Some(types.len());
                types.push(frame["content_block"]["type"].as_str().unwrap().to_owned());
            }
            "content_block_delta" => {
                assert_eq!(Some(frame["index"].as_u64().unwrap()), open.map(|open| open as u64))
            }
            "content_block_stop" => {
                assert_eq!(frame["index"].as_u64(), open.take().map(|open| open as u64));
            }
            _ => assert_eq!(open, None),
        }
    }
    types
}

#[test]
fn a_text_stream_in_events() {
    let events = events(TEXT);
    let text = |text: &str| Event::Delta { index: 0, delta: Delta::Text(text.into()) };
    assert_eq!(
        events[..5],
        [
            Event::Start {
                id: Some("msg_01Text".into()),
                model: Some("claude-haiku-4-5-20251001".into()),
            },
            Event::PartStart { index: 0, kind: PartKind::Text },
            text("Héllo"),
            text(" \"wörld\"\n😀"),
            Event::PartEnd { index: 0 },
        ]
    );
    let [Event::Usage(usage), Event::Finish { finish, stop_sequence }] = &events[5..] else {
        panic!("{events:?}")
    };
    assert_eq!((usage.input, usage.output), (25, 15));
    assert_eq!((finish, stop_sequence.as_deref()), (&Finish::StopSequence, Some("END")));
}

#[test]
fn thoughts_and_parallel_calls_gather_to_the_whole_answer() {
    let response = gather(&events(TOOLS));
    assert_eq!(response.finish, Finish::ToolCalls);
    let call = |id: &str, name: &str, arguments: &str| {
        Part::ToolCall(ToolCall { id: id.into(), name: name.into(), arguments: arguments.into() })
    };
    assert!(matches!(&response.parts[0], Part::Reasoning(reasoning)
        if reasoning.text == "They want two things."
            && reasoning.signature.as_deref() == Some("sluice:anthropic:EqQBCkYIARgCIkBKy")));
    assert!(matches!(&response.parts[1], Part::Reasoning(reasoning)
        if reasoning.redacted.as_deref() == Some("EvkBCkgIBRABGAIq")));
    assert_eq!(
        response.parts[2..],
        [
            Part::text("I'll check."),
            call("toolu_01A", "weather", "{\"city\": \"Paris\", \"days\": 1.0}"),
            call("toolu_01B", "clock", "{}"),
        ]
    );
    let usage = response.usage.unwrap();
    assert_eq!((usage.input, usage.cache_read), (472, 3000));
    assert_eq!((usage.cache_write_5m, usage.cache_write_1h), (200, 1000));
    assert_eq!((usage.output, usage.output_reasoning), (59, 30));
    assert_eq!(usage.raw.unwrap().value()["service_tier"], "standard");
}

#[test]
fn blocks_of_the_dialects_own_come_whole() {
    let response = gather(&events(SERVER));
    let opaque = |part: &Part| match part {
        Part::Opaque { dialect: ME, value } => value.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        opaque(&response.parts[0]),
        json!({"type": "server_tool_use", "id": "srvtoolu_014", "name": "web_search",
            "input": {"query": "weather NYC"}})
    );
    assert_eq!(opaque(&response.parts[1])["content"][0]["title"], "Weather");
    assert!(matches!(&response.parts[2], Part::Text { text, citations }
        if text == "It is sunny." && citations[0]["cited_text"] == "Sunny"));
    assert_eq!(
        opaque(&response.parts[3]),
        json!({"type": "compaction", "content": "Summary so far."})
    );
    assert_eq!(response.finish, Finish::Pause);
    let usage = response.usage.unwrap();
    assert_eq!((usage.input, usage.output), (10682, 510));
    assert_eq!(usage.raw.unwrap().value()["server_tool_use"]["web_search_requests"], 1);
}

#[test]
fn cut_at_any_byte_a_stream_gives_the_same_events() {
    for stream in WHOLE {
        let whole = events(stream);
        let bytes = stream.as_bytes();
        for at in 0..=bytes.len() {
            let (cut, _, result) = decode(&[&bytes[..at], &bytes[at..]]);
            result.unwrap();
            assert_eq!(cut, whole, "cut at {at}");
        }
        let single: Vec<_> = bytes.chunks(1).collect();
        assert_eq!(decode(&single).0, whole);
        // The same with the other line end.
        assert_eq!(events(&stream.replace('\n', "\r\n")), whole);
    }
}

#[test]
fn a_stream_that_ends_early_is_truncated_wherever_it_ends() {
    for stream in WHOLE {
        let bytes = stream.as_bytes();
        let whole = bytes.len() - "\n\n".len();
        for at in 0..bytes.len() {
            let (events, _, result) = decode(&[&bytes[..at]]);
            // The last event counts without its blank line if its data is whole.
            if at >= whole {
                result.unwrap();
                continue;
            }
            assert_eq!(result.unwrap_err().kind, FaultKind::Truncated, "ended at {at}");
            assert!(!events.iter().any(|event| matches!(event, Event::Finish { .. })));
        }
    }
}

#[test]
fn the_prompts_usage_is_known_from_the_start() {
    let first = TOOLS.split_inclusive("\n\n").next().unwrap();
    let (_, usage, result) = decode(&[first.as_bytes()]);
    assert_eq!(result.unwrap_err().kind, FaultKind::Truncated);
    let usage = usage.unwrap();
    assert_eq!((usage.input, usage.cache_read, usage.cache_write_1h), (472, 3000, 1000));
}

#[test]
fn an_error_in_the_stream_is_the_providers_with_its_class() {
    let (events, usage, result) = decode(&[OVERLOADED.as_bytes()]);
    let fault = result.unwrap_err();
    assert_eq!((fault.kind, fault.status), (FaultKind::Overloaded, 529));
    let upstream = fault.upstream.unwrap();
    assert_eq!((upstream.status, upstream.code.as_deref()), (200, Some("overloaded_error")));
    assert!(String::from_utf8_lossy(&upstream.body).contains("req_011C"));
    assert_eq!(events.len(), 3);
    assert_eq!(usage.unwrap().input, 11);
}

#[test]
fn a_stream_that_is_not_the_dialects_is_a_fault_and_no_panic() {
    let start = "data: {\"type\":\"message_start\",\"message\":{}}\n\n";
    for bad in [
        "data: not json\n\n",
        "data: []\n\n",
        "data: {\"type\":\"message_start\"}\n\n",
        "data: {\"type\":\"content_block_start\",\"content_block\":{\"type\":\"text\"}}\n\n",
        "data: {\"type\":\"content_block_start\",\"index\":0}\n\n",
        "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\"}}\n\n",
        "data: {\"type\":\"content_block_stop\",\"index\":3}\n\n",
        "data: {\"type\":\"message_start\",\"message\":{}}\n\ndata: {\"type\":\"message_start\",\"message\":{}}\n\n",
    ] {
        let stream = format!("{start}{bad}");
        let (_, _, result) = decode(&[stream.as_bytes()]);
        assert_eq!(result.unwrap_err().kind, FaultKind::Upstream, "{bad}");
    }
    // Compatible servers leave out the event lines, and tell a tool's input at once.
    let stream = format!(
        "{start}data: {{\"type\":\"content_block_start\",\"index\":0,\"content_block\":\
         {{\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"f\",\"input\":{{\"x\":1}}}}}}\n\n\
         data: {{\"type\":\"content_block_stop\",\"index\":0}}\n\n\
         data: {{\"type\":\"message_stop\"}}\n\ndata: [DONE]\n\n"
    );
    let response = gather(&events(&stream));
    assert!(matches!(&response.parts[0], Part::ToolCall(call) if call.arguments == "{\"x\":1}"));
    assert_eq!(response.usage, None);
}

#[test]
fn what_is_encoded_decodes_to_the_same_answer() {
    for stream in WHOLE {
        let source = gather(&events(stream));
        let written = encode(&events(stream));
        blocks(&frames(&written));
        let mut again = gather(&events(&written));
        assert_eq!(again.model.as_deref(), Some("group"));
        again.model.clone_from(&source.model);
        let mut usages = (source.usage.clone().unwrap(), again.usage.clone().unwrap());
        usages.0.raw = None;
        usages.1.raw = None;
        assert_eq!(usages.0, usages.1);
        again.usage.clone_from(&source.usage);
        assert_eq!(again, source);
    }
}

#[test]
fn interleaved_parts_are_written_one_after_another() {
    let start = |index, kind| Event::PartStart { index, kind };
    let call = |id: &str| PartKind::ToolCall { id: id.into(), name: format!("f_{id}") };
    let delta = |index, delta| Event::Delta { index, delta };
    let more = |index, json: &str| delta(index, Delta::Arguments(json.into()));
    let end = |index| Event::PartEnd { index };
    let written = encode(&[
        Event::Start { id: Some("chatcmpl-1".into()), model: None },
        start(0, PartKind::Text),
        start(3, PartKind::Refusal),
        end(3),
        start(1, call("a")),
        more(1, "{\"x\""),
        start(2, call("b")),
        more(2, "{\"y\":"),
        delta(0, Delta::Text("Now".into())),
        more(1, ":1}"),
        end(0),
        more(2, "2}"),
        end(2),
        end(1),
        start(4, PartKind::Opaque { dialect: Dialect::OpenAiChat, value: json!({}) }),
        end(4),
        Event::Usage(Usage { input: 5, output: 6, ..Usage::default() }),
        Event::Finish { finish: Finish::ToolCalls, stop_sequence: None },
    ]);
    let frames = frames(&written);
    assert_eq!(blocks(&frames), ["text", "tool_use", "tool_use"]);
    let response = gather(&events(&written));
    assert_eq!(response.id.as_deref(), Some("msg_01STAMP"));
    let arguments: Vec<_> = response
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::ToolCall(call) => Some((call.id.as_str(), call.arguments.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(arguments, [("a", "{\"x\":1}"), ("b", "{\"y\":2}")]);
    assert_eq!(
        frames[frames.len() - 2],
        json!({"type": "message_delta",
            "delta": {"stop_reason": "tool_use", "stop_sequence": null},
            "usage": {"input_tokens": 5, "cache_creation_input_tokens": 0,
                "cache_read_input_tokens": 0,
                "cache_creation":
                    {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
                "output_tokens": 6, "server_tool_use": null, "service_tier": null}})
    );
    assert_eq!(frames[0]["message"]["usage"]["input_tokens"], 0);
    assert_eq!(frames[0]["message"]["content"], json!([]));
}

#[test]
fn text_is_written_as_it_comes() {
    let mut encoder = StreamEncoder::new(ME, stamp());
    let mut out = Vec::new();
    encoder.event(&Event::Start { id: None, model: None }, &mut out);
    encoder.event(&Event::PartStart { index: 0, kind: PartKind::Text }, &mut out);
    out.clear();
    let delta = Delta::Text("a\nb".into());
    encoder.event(&Event::Delta { index: 0, delta }, &mut out);
    let written = String::from_utf8(out).unwrap();
    assert_eq!(frames(&written)[1]["delta"], json!({"type": "text_delta", "text": "a\nb"}));
}

#[test]
fn an_error_ends_what_is_written() {
    let mut encoder = StreamEncoder::new(ME, stamp());
    let mut out = Vec::new();
    encoder.event(&Event::Start { id: None, model: None }, &mut out);
    out.clear();
    encoder.error(&Fault::new(FaultKind::Truncated, "cut"), &mut out);
    encoder.error(&Fault::new(FaultKind::Truncated, "again"), &mut out);
    let finish = Event::Finish { finish: Finish::Stop, stop_sequence: None };
    encoder.event(&finish, &mut out);
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\
         \"message\":\"cut\"}}\n\n"
    );
}

#[test]
fn the_observer_forwards_every_byte_and_knows_what_was_used() {
    for stream in WHOLE {
        let want = gather(&events(stream)).usage;
        let bytes = stream.as_bytes();
        for at in 0..=bytes.len() {
            let mut observer = Observer::new(ME, false);
            let mut out = Vec::new();
            observer.push(&bytes[..at], &mut out).unwrap();
            assert!(stream.as_bytes().starts_with(&out));
            observer.push(&bytes[at..], &mut out).unwrap();
            observer.end(&mut out).unwrap();
            assert_eq!(out, bytes, "cut at {at}");
            assert_eq!(observer.usage(), want.as_ref());
            assert!(observer.text_bytes() > 0 && observer.fault().is_none());
        }
    }
}

#[test]
fn the_observer_tells_a_stream_that_ended_early() {
    let bytes = TOOLS.as_bytes();
    for at in 0..bytes.len() - 2 {
        let mut pump = Pump::new(ME, ME, stamp());
        let mut out = Vec::new();
        pump.push(&bytes[..at], &mut out).unwrap();
        assert_eq!(pump.end(&mut out).unwrap_err().kind, FaultKind::Truncated, "ended at {at}");
        // The caller gets whole events, and the error as the last of them.
        let text = String::from_utf8(out).unwrap();
        let last = text.trim_end().rsplit("\n\n").next().unwrap();
        assert!(last.starts_with("event: error\ndata: {\"type\":\"error\""), "{at}: {last}");
    }
}

#[test]
fn the_observer_forwards_the_providers_own_error() {
    let mut pump = Pump::new(ME, ME, stamp());
    let mut out = Vec::new();
    let fault = pump.push(OVERLOADED.as_bytes(), &mut out).unwrap_err();
    assert_eq!((fault.kind, fault.status), (FaultKind::Overloaded, 529));
    // Byte for byte, save for the group in the place of the model.
    let expected = OVERLOADED.replace("claude-opus-4-7", "group");
    assert_eq!(String::from_utf8(out).unwrap(), expected);
    assert_eq!(pump.usage().unwrap().input, 11);
    assert_eq!(pump.text_bytes(), 4);
}
