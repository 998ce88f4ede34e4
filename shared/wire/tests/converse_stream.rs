//! Converse streams: every fixture, split at every byte, decoded, observed and written again.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper that fails fails its test")]

use serde_json::{Value, json};
use sluice_wire::{
    Dialect, Fault, FaultKind, Pump, Stamp,
    canon::{Delta, Event, Finish, Gather, Laws, Part, PartKind, Usage},
    dialect::{Observer, StreamDecoder, StreamEncoder},
    frame::event_stream::{Framer, Kind, write_event, write_exception},
};

/// Frames by name: an exception's ends so, everything else is an event.
fn frames(events: &[(&'static str, Value)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, payload) in events {
        let payload = payload.to_string().into_bytes();
        if name.ends_with("Exception") {
            write_exception(&mut out, name, payload);
        } else {
            write_event(&mut out, name, payload);
        }
    }
    out
}

/// Every fixture: `[[event type, payload], ...]`.
fn fixtures() -> Vec<(String, Vec<u8>)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/converse/streams");
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let events: Vec<(String, Value)> =
                serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            let events: Vec<_> =
                events.into_iter().map(|(name, value)| (&*name.leak(), value)).collect();
            (path.file_stem().unwrap().to_string_lossy().into_owned(), frames(&events))
        })
        .collect();
    assert!(found.len() >= 6, "the fixtures are missing");
    found.sort();
    found
}

fn decode(pieces: &[&[u8]]) -> (Vec<Event>, Result<(), Fault>) {
    let mut decoder = StreamDecoder::new(Dialect::BedrockConverse);
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

fn decode_ok(bytes: &[u8]) -> Vec<Event> {
    let (events, result) = decode(&[bytes]);
    result.unwrap();
    events
}

fn encode(events: &[Event]) -> Vec<u8> {
    let mut encoder = StreamEncoder::new(Dialect::BedrockConverse, Stamp::default());
    let mut out = Vec::new();
    for event in events {
        encoder.event(event, &mut out);
    }
    out
}

/// Event types and payloads of a stream.
fn read(bytes: &[u8]) -> Vec<(String, Value)> {
    let mut framer = Framer::default();
    framer.push(bytes);
    let mut out = Vec::new();
    while let Some(frame) = framer.next_frame().unwrap() {
        assert_eq!(frame.header(":content-type"), Some("application/json"));
        let name = match frame.kind() {
            Kind::Event(name) | Kind::Exception(name) => name.to_owned(),
            other => panic!("{other:?}"),
        };
        out.push((name, serde_json::from_slice(frame.payload()).unwrap()));
    }
    assert!(framer.is_empty());
    out
}

fn kinds(result: &Result<(), Fault>) -> Result<(), FaultKind> {
    result.as_ref().copied().map_err(|fault| fault.kind)
}

#[test]
fn every_fixture_decodes_the_same_split_at_every_byte() {
    for (name, bytes) in fixtures() {
        let (whole, end) = decode(&[&bytes]);
        for cut in 0..=bytes.len() {
            let (head, tail) = bytes.split_at(cut);
            let (events, result) = decode(&[head, tail]);
            assert_eq!(events, whole, "{name} cut at {cut}");
            assert_eq!(kinds(&result), kinds(&end), "{name} cut at {cut}");
        }
    }
}

#[test]
fn every_fixture_passes_the_observer_byte_for_byte() {
    for (name, bytes) in fixtures() {
        let mut whole = Observer::new(Dialect::BedrockConverse, false);
        let mut out = Vec::new();
        whole.push(&bytes, &mut out).unwrap();
        assert_eq!(out, bytes, "{name}");
        for cut in 0..=bytes.len() {
            let (head, tail) = bytes.split_at(cut);
            let mut observer = Observer::new(Dialect::BedrockConverse, false);
            let mut out = Vec::new();
            observer.push(head, &mut out).unwrap();
            observer.push(tail, &mut out).unwrap();
            assert_eq!(out, bytes, "{name} cut at {cut}");
            assert_eq!(observer.usage(), whole.usage(), "{name} cut at {cut}");
            assert_eq!(observer.text_bytes(), whole.text_bytes(), "{name} cut at {cut}");
        }
    }
}

#[test]
fn what_is_decoded_and_written_again_decodes_the_same() {
    for (name, bytes) in fixtures() {
        let (events, result) = decode(&[&bytes]);
        if result.is_err() {
            continue;
        }
        let again = decode_ok(&encode(&events));
        let usage = |events: &[Event]| {
            events.iter().find_map(|event| match event {
                Event::Usage(usage) => Some(Usage { raw: None, ..usage.clone() }),
                _ => None,
            })
        };
        assert_eq!(usage(&again).unwrap_or_default(), usage(&events).unwrap_or_default(), "{name}");
        let rest = |events: Vec<Event>| -> Vec<Event> {
            events.into_iter().filter(|event| !matches!(event, Event::Usage(_))).collect()
        };
        assert_eq!(rest(again), rest(events), "{name}");
    }
}

#[test]
fn a_stream_that_ends_at_any_byte_before_its_stop_is_truncated() {
    for (name, bytes) in fixtures() {
        if decode(&[&bytes]).1.is_err() {
            continue;
        }
        // The offset behind the frame of `messageStop`.
        let mut framer = Framer::default();
        framer.push(&bytes);
        let mut stop = 0;
        while let Some(frame) = framer.next_frame().unwrap() {
            stop += frame.raw().len();
            if frame.kind() == Kind::Event("messageStop") {
                break;
            }
        }
        for cut in 0..stop {
            let (events, result) = decode(&[&bytes[..cut]]);
            assert_eq!(kinds(&result), Err(FaultKind::Truncated), "{name} ended at {cut}");
            assert!(!events.iter().any(|event| matches!(event, Event::Finish { .. })), "{name}");
            let mut observer = Observer::new(Dialect::BedrockConverse, false);
            let mut out = Vec::new();
            observer.push(&bytes[..cut], &mut out).unwrap();
            assert_eq!(kinds(&observer.end(&mut out)), Err(FaultKind::Truncated), "{name}");
        }
        assert!(decode(&[&bytes[..stop]]).1.is_ok(), "{name}: usage may be missing");
    }
}

#[test]
fn tells_usage_once_before_the_finish_though_it_arrives_after_the_stop() {
    let bytes = frames(&[
        ("messageStart", json!({"role": "assistant"})),
        ("contentBlockDelta", json!({"contentBlockIndex": 0, "delta": {"text": "Hi"}})),
        ("contentBlockStop", json!({"contentBlockIndex": 0})),
        (
            "messageStop",
            json!({"stopReason": "stop_sequence",
            "additionalModelResponseFields": {"stop_sequence": "END"}}),
        ),
        (
            "metadata",
            json!({"usage": {"inputTokens": 3, "outputTokens": 2, "totalTokens": 125,
            "cacheReadInputTokens": 50, "cacheWriteInputTokens": 70,
            "cacheDetails": [{"ttl": "1h", "inputTokens": 60}, {"ttl": "5m", "inputTokens": 10}]},
            "metrics": {"latencyMs": 7}}),
        ),
    ]);
    let events = decode_ok(&bytes);
    assert_eq!(events[0], Event::Start { id: None, model: None });
    assert_eq!(events[1], Event::PartStart { index: 0, kind: PartKind::Text });
    let Event::Usage(usage) = &events[4] else { panic!("{events:?}") };
    assert_eq!((usage.input, usage.output, usage.cache_read), (3, 2, 50));
    assert_eq!((usage.cache_write_5m, usage.cache_write_1h), (10, 60));
    assert_eq!(usage.total(), 125);
    assert_eq!(
        events[5],
        Event::Finish { finish: Finish::StopSequence, stop_sequence: Some("END".into()) }
    );
    assert_eq!(events.len(), 6);
}

#[test]
fn blocks_are_numbered_without_gaps_though_an_empty_one_only_stops() {
    let bytes = frames(&[
        ("messageStart", json!({"role": "assistant"})),
        ("contentBlockStop", json!({"contentBlockIndex": 0})),
        (
            "contentBlockStart",
            json!({"contentBlockIndex": 1,
            "start": {"toolUse": {"toolUseId": "t1", "name": "f"}}}),
        ),
        (
            "contentBlockDelta",
            json!({"contentBlockIndex": 1, "delta": {"toolUse": {"input": "{}"}}}),
        ),
        ("contentBlockStop", json!({"contentBlockIndex": 1})),
        ("messageStop", json!({"stopReason": "tool_use"})),
    ]);
    let events = decode_ok(&bytes);
    let kind = PartKind::ToolCall { id: "t1".into(), name: "f".into() };
    assert_eq!(events[1], Event::PartStart { index: 0, kind });
}

#[test]
fn an_exception_frame_is_a_fault_of_its_class_with_the_body_kept() {
    let table = [
        ("throttlingException", FaultKind::RateLimit, 429),
        ("modelStreamErrorException", FaultKind::Upstream, 500),
        ("internalServerException", FaultKind::Upstream, 500),
        ("serviceUnavailableException", FaultKind::Overloaded, 503),
        ("validationException", FaultKind::InvalidRequest, 400),
        ("somethingNewException", FaultKind::Upstream, 500),
    ];
    for (code, kind, status) in table {
        let bytes = frames(&[
            ("messageStart", json!({"role": "assistant"})),
            (code, json!({"message": "no more"})),
        ]);
        let (_, result) = decode(&[&bytes]);
        let fault = result.unwrap_err();
        assert_eq!((fault.kind, fault.status), (kind, status), "{code}");
        assert!(fault.message.ends_with("BedrockException - no more"), "{}", fault.message);
        let upstream = fault.upstream.unwrap();
        assert_eq!(upstream.code.as_deref(), Some(code));
        assert_eq!(&upstream.body[..], br#"{"message":"no more"}"#);

        let mut observer = Observer::new(Dialect::BedrockConverse, false);
        let mut out = Vec::new();
        observer.push(&bytes, &mut out).unwrap();
        assert_eq!(out, bytes, "it is forwarded");
        assert_eq!(observer.fault().unwrap().kind, kind);
        assert!(observer.end(&mut out).is_ok(), "the fault has been told already");
    }
}

#[test]
fn a_payload_that_is_not_converse_s_is_a_fault_and_unknown_events_are_passed_over() {
    for (name, payload) in [
        ("contentBlockDelta", json!([])),
        ("contentBlockDelta", json!({"contentBlockIndex": 0, "delta": {"text": 5}})),
        ("contentBlockDelta", json!({"contentBlockIndex": 0, "delta": {"toolUse": {"input": ""}}})),
        ("contentBlockStart", json!({"start": {"toolUse": {"name": "f"}}})),
        ("messageStop", json!({})),
    ] {
        let (_, result) =
            decode(&[&frames(&[("messageStart", json!({})), (name, payload.clone())])]);
        assert_eq!(kinds(&result), Err(FaultKind::Upstream), "{name} {payload}");
    }
    let bytes = frames(&[
        ("messageStart", json!({"role": "assistant", "p": "abc"})),
        ("weather", json!({"rain": true})),
        ("contentBlockDelta", json!({"contentBlockIndex": 0, "delta": {"hologram": 1}})),
        ("messageStop", json!({"stopReason": "end_turn"})),
        ("metadata", json!({"usage": {"inputTokens": 1, "outputTokens": 0, "totalTokens": 1}})),
    ]);
    assert_eq!(decode_ok(&bytes).len(), 3);
}

#[test]
fn interleaved_parts_are_written_one_after_the_other() {
    let tool = |id: &str| PartKind::ToolCall { id: id.into(), name: "f".into() };
    let arguments =
        |index, text: &str| Event::Delta { index, delta: Delta::Arguments(text.into()) };
    let bytes = encode(&[
        Event::Start { id: Some("x".into()), model: None },
        Event::PartStart { index: 0, kind: tool("a") },
        Event::PartStart { index: 1, kind: tool("b") },
        Event::PartStart { index: 2, kind: PartKind::Text },
        arguments(1, "{\"q\":"),
        arguments(0, "{\"p\":1}"),
        Event::Delta { index: 2, delta: Delta::Text("hm".into()) },
        Event::PartEnd { index: 2 },
        Event::PartEnd { index: 0 },
        arguments(1, "2}"),
        Event::PartEnd { index: 1 },
        Event::Usage(Usage { input: 4, output: 6, ..Usage::default() }),
        Event::Finish { finish: Finish::ToolCalls, stop_sequence: None },
    ]);
    let names: Vec<_> = read(&bytes)
        .into_iter()
        .map(|(name, value)| (name, value.get("contentBlockIndex").and_then(Value::as_u64)))
        .collect();
    let wanted: Vec<(String, Option<u64>)> = [
        ("messageStart", None),
        ("contentBlockStart", Some(0)),
        ("contentBlockDelta", Some(0)),
        ("contentBlockStop", Some(0)),
        ("contentBlockStart", Some(1)),
        ("contentBlockDelta", Some(1)),
        ("contentBlockDelta", Some(1)),
        ("contentBlockStop", Some(1)),
        ("contentBlockDelta", Some(2)),
        ("contentBlockStop", Some(2)),
        ("messageStop", None),
        ("metadata", None),
    ]
    .map(|(name, index)| (name.to_owned(), index))
    .into();
    assert_eq!(names, wanted);
    let mut gather = Gather::default();
    decode_ok(&bytes).iter().for_each(|event| gather.event(event));
    let parts = gather.into_response().parts;
    let Part::ToolCall(second) = &parts[1] else { panic!("{parts:?}") };
    assert_eq!(second.arguments, "{\"q\":2}");
}

#[test]
fn a_call_without_arguments_is_written_as_an_empty_object_and_an_empty_text_not_at_all() {
    let bytes = encode(&[
        Event::Start { id: None, model: None },
        Event::PartStart { index: 0, kind: PartKind::Text },
        Event::PartEnd { index: 0 },
        Event::PartStart {
            index: 1,
            kind: PartKind::ToolCall { id: "a".into(), name: "now".into() },
        },
        Event::PartEnd { index: 1 },
        Event::Finish { finish: Finish::ToolCalls, stop_sequence: None },
    ]);
    let read = read(&bytes);
    assert_eq!(read[1].1["contentBlockIndex"], 0);
    assert_eq!(read[1].1["start"]["toolUse"], json!({"toolUseId": "a", "name": "now"}));
    assert_eq!(read[2].1["delta"], json!({"toolUse": {"input": "{}"}}));
    assert_eq!(read[5].0, "metadata");
    assert_eq!(
        read[5].1,
        json!({"usage": {"inputTokens": 0, "outputTokens": 0, "totalTokens": 0},
            "metrics": {"latencyMs": 0}})
    );
}

#[test]
fn an_error_in_the_stream_is_an_exception_frame_of_the_nearest_class() {
    let table = [
        (FaultKind::Truncated, "modelStreamErrorException"),
        (FaultKind::Timeout, "modelStreamErrorException"),
        (FaultKind::RateLimit, "throttlingException"),
        (FaultKind::Overloaded, "serviceUnavailableException"),
        (FaultKind::Unavailable, "serviceUnavailableException"),
        (FaultKind::Upstream, "internalServerException"),
        (FaultKind::Internal, "internalServerException"),
        (FaultKind::Budget, "validationException"),
        (FaultKind::ContentPolicy, "validationException"),
    ];
    for (kind, name) in table {
        let mut encoder = StreamEncoder::new(Dialect::BedrockConverse, Stamp::default());
        let mut out = Vec::new();
        encoder.error(&Fault::new(kind, "over"), &mut out);
        let read = read(&out);
        assert_eq!(read.len(), 1);
        assert_eq!((read[0].0.as_str(), &read[0].1["message"]), (name, &json!("over")), "{kind:?}");
    }
}

#[test]
fn a_pump_that_is_cut_off_tells_the_caller_so_and_keeps_the_frames_whole() {
    let bytes = frames(&[
        ("messageStart", json!({"role": "assistant"})),
        ("contentBlockDelta", json!({"contentBlockIndex": 0, "delta": {"text": "Hi"}})),
    ]);
    for end in [bytes.len(), bytes.len() - 3] {
        let mut pump =
            Pump::new(Dialect::BedrockConverse, Dialect::BedrockConverse, Stamp::default());
        let mut out = Vec::new();
        pump.push(&bytes[..end], &mut out).unwrap();
        assert_eq!(pump.end(&mut out).unwrap_err().kind, FaultKind::Truncated);
        assert_eq!(read(&out).last().unwrap().0, "modelStreamErrorException");
    }
}
