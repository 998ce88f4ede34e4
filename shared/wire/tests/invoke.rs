//! Bedrock's InvokeModel: Anthropic's messages in another envelope, and other families unread.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a helper that fails fails its test"
)]

mod stamp;

use std::{fs, path::PathBuf};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use sluice_wire::{
    Dialect, Edits, Fault, FaultKind, Line, Pump, Target,
    dialect::{Observer, bedrock_invoke},
    frame::event_stream::{Framer, Kind, write_event},
};
use stamp::stamp;

const CLAUDE: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

fn line(stream: bool) -> Line<'static> {
    Line { model: Some("group"), stream: Some(stream) }
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)).unwrap()
}

/// Bytes through a pump in pieces; what came out, and whether it ended cleanly.
fn pumped(from: Dialect, to: Dialect, pieces: &[&[u8]]) -> (Vec<u8>, Result<(), Fault>) {
    let mut pump = Pump::new(from, to, stamp());
    let mut out = Vec::new();
    for piece in pieces {
        if let Err(fault) = pump.push(piece, &mut out) {
            return (out, Err(fault));
        }
    }
    let end = pump.end(&mut out);
    (out, end)
}

/// Event types and the events inside: reading them checks both checksums of every frame.
fn events(stream: &[u8]) -> Vec<(String, Value)> {
    let mut framer = Framer::default();
    framer.push(stream);
    let mut found = Vec::new();
    while let Some(frame) = framer.next_frame().unwrap() {
        let payload: Value = serde_json::from_slice(frame.payload()).unwrap();
        match frame.kind() {
            Kind::Event(name) => {
                assert_eq!(frame.header(":content-type"), Some("application/json"));
                let event = STANDARD.decode(payload["bytes"].as_str().unwrap()).unwrap();
                found.push((name.to_owned(), serde_json::from_slice(&event).unwrap()));
            }
            Kind::Exception(name) => found.push((name.to_owned(), payload)),
            other => panic!("{other:?}"),
        }
    }
    assert!(framer.is_empty());
    found
}

/// A family's events as Bedrock streams them.
fn chunks(events: &[Value]) -> Vec<u8> {
    let mut out = Vec::new();
    for event in events {
        let payload = json!({"bytes": STANDARD.encode(event.to_string()), "p": "abcdefgh"});
        write_event(&mut out, "chunk", payload.to_string().into_bytes());
    }
    out
}

/// The data of Anthropic's own stream.
fn sse(stream: &[u8]) -> Vec<Value> {
    String::from_utf8_lossy(stream)
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).unwrap())
        .collect()
}

#[test]
fn a_request_is_anthropics_without_model_and_stream() {
    let mut body: Value = serde_json::from_slice(&fixture("anthropic/request_full.json")).unwrap();
    let mut direct = body.clone();
    direct["model"] = json!("group");
    direct["stream"] = json!(true);
    let fields = body.as_object_mut().unwrap();
    fields.remove("model");
    fields.remove("stream");
    fields.insert("anthropic_version".to_owned(), json!("bedrock-2023-05-31"));
    let read = Dialect::BedrockInvoke.decode_request(body.to_string().as_bytes(), line(true));
    let read = read.unwrap();
    let straight = Dialect::AnthropicMessages
        .decode_request(direct.to_string().as_bytes(), Line::default())
        .unwrap();
    assert_eq!(read, straight);

    let target = Target {
        model: CLAUDE,
        max_output: None,
        max_completion_tokens: false,
        ..Target::default()
    };
    let written = Dialect::BedrockInvoke.encode_request(&read, target).unwrap();
    let mut written: Value = serde_json::from_slice(&written.body).unwrap();
    let expected = Dialect::AnthropicMessages.encode_request(&read, target).unwrap();
    let mut expected: Value = serde_json::from_slice(&expected.body).unwrap();
    assert_eq!(
        written.as_object_mut().unwrap().remove("anthropic_version"),
        Some(json!("bedrock-2023-05-31"))
    );
    expected.as_object_mut().unwrap().remove("model");
    expected.as_object_mut().unwrap().remove("stream");
    assert_eq!(written, expected);
}

#[test]
fn peeks_at_the_cap_of_anthropic_and_of_others() {
    let anthropic = br#"{"anthropic_version":"x","max_tokens":9,"messages":[{"role":"user"}]}"#;
    let peek = Dialect::BedrockInvoke.peek(anthropic, line(true)).unwrap();
    assert_eq!((peek.model.as_str(), peek.stream, peek.max_output), ("group", true, Some(9)));
    let titan = br#"{"inputText":"hi","textGenerationConfig":{"maxTokenCount":5}}"#;
    let peek = Dialect::BedrockInvoke.peek(titan, line(false)).unwrap();
    assert_eq!((peek.stream, peek.max_output, peek.n), (false, Some(5), 1));

    let fault = Dialect::BedrockInvoke
        .peek(br#"{"anthropic_version":"x","messages":[{"role":"user"}]}"#, line(false))
        .unwrap_err();
    assert_eq!(fault.message, "max_tokens: Field required");
    assert!(Dialect::BedrockInvoke.peek(b"[]", line(false)).is_err());
}

#[test]
fn a_patch_leaves_every_byte_that_is_not_its_business() {
    let body =
        br#"{ "anthropic_version":"bedrock-2023-05-31", "max_tokens" : 10,"tags":[1], "x": 1.0 }"#;
    let edits =
        Edits { model: Some(CLAUDE), max_output: Some(5), include_usage: true, remove: &["tags"] };
    let out = Dialect::BedrockInvoke.patch(body, &edits).unwrap();
    assert_eq!(
        String::from_utf8(out).unwrap(),
        r#"{ "anthropic_version":"bedrock-2023-05-31", "max_tokens" : 5, "x": 1.0 }"#
    );
    // Of another family's body nothing is known: `tags` may be its own.
    let other = br#"{ "prompt":"hi","tags":[1] }"#;
    let none = Edits { max_output: None, ..edits };
    assert_eq!(Dialect::BedrockInvoke.patch(other, &none).unwrap(), other);
}

#[test]
fn another_familys_body_cannot_be_translated_and_says_so() {
    let fault =
        Dialect::BedrockInvoke.decode_request(br#"{"inputText":"hi"}"#, line(false)).unwrap_err();
    assert_eq!(fault.kind, FaultKind::InvalidRequest);
    assert!(fault.message.contains("anthropic_version"), "{}", fault.message);
    let reply = Dialect::BedrockInvoke.encode_error(&fault, "id");
    assert_eq!(reply.status, 400);
    assert_eq!(reply.headers, [("x-amzn-errortype", "ValidationException".to_owned())]);
}

#[test]
fn a_translated_stream_holds_anthropics_events_in_chunks_with_good_checksums() {
    for name in ["stream_text", "stream_tools", "stream_server_tools"] {
        let upstream = fixture(&format!("anthropic/{name}.sse"));
        let (through, ended) =
            pumped(Dialect::AnthropicMessages, Dialect::BedrockInvoke, &[&upstream]);
        ended.unwrap();
        let events = events(&through);
        assert!(events.iter().all(|(name, _)| name == "chunk"), "{name}");
        // Every event is Anthropic's own, save for the name of the model and Bedrock's counts.
        let own: Vec<_> =
            sse(&upstream).into_iter().filter(|event| event["type"] != "ping").collect();
        assert_eq!(events.len(), own.len(), "{name}");
        for ((_, mut event), mut own) in events.iter().cloned().zip(own) {
            if own["type"] == "message_start" {
                assert_eq!(event["message"]["model"], "group");
                own["message"]["model"] = json!("group");
            }
            event.as_object_mut().unwrap().remove("amazon-bedrock-invocationMetrics");
            assert_eq!(event, own, "{name}");
        }
        let names: Vec<_> =
            events.iter().map(|(_, event)| event["type"].as_str().unwrap().to_owned()).collect();
        assert_eq!(names.first().map(String::as_str), Some("message_start"), "{name}");
        assert_eq!(names.last().map(String::as_str), Some("message_stop"), "{name}");
        let (_, last) = events.last().unwrap();
        let metrics = &last["amazon-bedrock-invocationMetrics"];
        assert!(metrics["outputTokenCount"].as_u64().unwrap() > 0, "{name}: {last}");

        // Read again, it is the stream that it was made of.
        let (back, ended) = pumped(Dialect::BedrockInvoke, Dialect::AnthropicMessages, &[&through]);
        ended.unwrap();
        let kinds = |events: Vec<Value>| -> Vec<String> {
            events.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
        };
        // An event of a kind that is not known yet passes in the envelope, and is not translated.
        let mut known = names.clone();
        // Deltas that say nothing are left out, and those of blocks nobody else knows are gathered.
        let told = |name: &String| !name.contains("future") && name != "content_block_delta";
        known.retain(told);
        let mut again = kinds(sse(&back));
        again.retain(told);
        assert_eq!(again, known, "{name}");
    }
}

#[test]
fn reads_the_same_wherever_it_is_cut_and_never_ends_early() {
    let upstream = chunks(&sse(&fixture("anthropic/stream_text.sse")));
    for to in [Dialect::BedrockInvoke, Dialect::AnthropicMessages] {
        let (whole, ended) = pumped(Dialect::BedrockInvoke, to, &[&upstream]);
        ended.unwrap();
        for cut in 0..=upstream.len() {
            let (head, tail) = upstream.split_at(cut);
            let (split, ended) = pumped(Dialect::BedrockInvoke, to, &[head, tail]);
            assert!(ended.is_ok(), "cut at {cut}");
            assert_eq!(split, whole, "cut at {cut}");
            if cut < upstream.len() {
                let (_, ended) = pumped(Dialect::BedrockInvoke, to, &[head]);
                assert_eq!(ended.unwrap_err().kind, FaultKind::Truncated, "after {cut} bytes");
            }
        }
    }
}

#[test]
fn the_verbatim_path_changes_no_byte_and_reads_the_usage() {
    let events = [
        json!({"type": "message_start", "message": {"id": "msg_1", "model": "claude-x", "usage": {
            "input_tokens": 7, "cache_creation_input_tokens": 9, "cache_read_input_tokens": 4,
            "cache_creation": {"ephemeral_1h_input_tokens": 9, "ephemeral_5m_input_tokens": 0},
            "output_tokens": 1}}}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi!"}}),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}}),
        json!({"type": "message_stop", "amazon-bedrock-invocationMetrics": {
            "inputTokenCount": 7, "outputTokenCount": 5, "invocationLatency": 90, "firstByteLatency": 30}}),
    ];
    let upstream = chunks(&events);
    let mut observer = Observer::new(Dialect::BedrockInvoke, false).renaming("group");
    let mut out = Vec::new();
    observer.push(&upstream, &mut out).unwrap();
    observer.end(&mut out).unwrap();
    assert_eq!(out, upstream);
    let usage = observer.usage().unwrap();
    assert_eq!((usage.input, usage.cache_read, usage.cache_write_1h), (7, 4, 9));
    assert_eq!((usage.output, observer.text_bytes()), (5, 3));
}

#[test]
fn other_families_streams_pass_and_tell_bedrocks_counts() {
    let metrics =
        json!({"inputTokenCount": 8, "outputTokenCount": 2, "cacheReadInputTokenCount": 3});
    let llama = [
        json!({"generation": "Hi", "stop_reason": null, "prompt_token_count": 8}),
        json!({"generation": "!", "stop_reason": "stop", "amazon-bedrock-invocationMetrics": metrics}),
    ];
    let upstream = chunks(&llama);
    let mut observer = Observer::new(Dialect::BedrockInvoke, false);
    let mut out = Vec::new();
    observer.push(&upstream, &mut out).unwrap();
    observer.end(&mut out).unwrap();
    assert_eq!(out, upstream);
    let usage = observer.usage().unwrap();
    assert_eq!((usage.input, usage.output, usage.cache_read), (8, 2, 3));

    let mut observer = Observer::new(Dialect::BedrockInvoke, false);
    observer.push(&chunks(&llama[..1]), &mut Vec::new()).unwrap();
    assert_eq!(observer.end(&mut Vec::new()).unwrap_err().kind, FaultKind::Truncated);
}

#[test]
fn an_error_in_the_middle_is_an_exception_of_the_response_stream() {
    let cut = fixture("anthropic/stream_overloaded.sse");
    let (out, ended) = pumped(Dialect::AnthropicMessages, Dialect::BedrockInvoke, &[&cut]);
    assert_eq!(ended.unwrap_err().kind, FaultKind::Overloaded);
    let (name, payload) = events(&out).pop().unwrap();
    assert_eq!(name, "serviceUnavailableException");
    assert!(!payload["message"].as_str().unwrap().is_empty());

    let mut pump = Pump::new(Dialect::OpenAiChat, Dialect::BedrockInvoke, stamp());
    let mut out = Vec::new();
    pump.fail(&Fault::new(FaultKind::Timeout, "too slow"), &mut out);
    assert_eq!(
        events(&out),
        [("modelTimeoutException".to_owned(), json!({"message": "too slow"}))]
    );
}

#[test]
fn whole_answers_tell_their_usage_whatever_the_family() {
    let claude =
        br#"{"id":"msg_1","model":"claude-x","usage":{"input_tokens":3,"output_tokens":2}}"#;
    let glance = Dialect::BedrockInvoke.glance(claude).unwrap();
    assert_eq!((glance.id.as_deref(), glance.model), (Some("msg_1"), None));
    assert_eq!(glance.usage.unwrap().output, 2);
    let image = Dialect::BedrockInvoke.glance(br#"{"images":["aGk="]}"#).unwrap();
    assert_eq!((image.id, image.usage), (None, None));
    assert!(Dialect::BedrockInvoke.glance(b"<html>").is_err());
}

#[test]
fn anthropic_itself_gets_the_same_bytes_with_the_model_in_them() {
    let body =
        br#"{ "anthropic_version":"x","anthropic_beta":["a"], "max_tokens" : 10, "x": 1.0 }"#;
    let out = bedrock_invoke::unwrap(body, "claude-x", true, Some(5), &["tags"]).unwrap();
    assert_eq!(
        String::from_utf8(out).unwrap(),
        r#"{ "max_tokens" : 5, "x": 1.0,"model":"claude-x","stream":true }"#
    );
}

#[test]
fn a_stream_in_the_other_envelope_is_the_same_wherever_it_is_cut() {
    let upstream = fixture("anthropic/stream_text.sse");
    let (whole, ended) = pumped(Dialect::AnthropicMessages, Dialect::BedrockInvoke, &[&upstream]);
    ended.unwrap();
    for cut in 0..upstream.len() {
        let (head, tail) = upstream.split_at(cut);
        let (split, ended) =
            pumped(Dialect::AnthropicMessages, Dialect::BedrockInvoke, &[head, tail]);
        assert!(ended.is_ok() && split == whole, "cut at {cut}");
        let (out, ended) = pumped(Dialect::AnthropicMessages, Dialect::BedrockInvoke, &[head]);
        // The last line may be without its end: the event is there.
        if cut + 2 < upstream.len() {
            assert!(ended.is_err(), "after {cut} bytes");
            assert_eq!(events(&out).last().unwrap().0, "modelStreamErrorException");
        }
    }
}

/// Found by fuzzing: the counts at the end were those of whatever had arrived with it.
#[test]
fn what_follows_the_end_of_a_stream_is_not_counted() {
    let upstream = String::from_utf8(fixture("anthropic/stream_text.sse")).unwrap();
    let early = upstream.replacen("event: content_block_stop", "event: message_stop", 1);
    assert_ne!(early, upstream);
    let wrapped =
        |pieces: &[&[u8]]| pumped(Dialect::AnthropicMessages, Dialect::BedrockInvoke, pieces);
    let (whole, ended) = wrapped(&[early.as_bytes()]);
    ended.unwrap();
    for cut in 0..early.len() {
        let (head, tail) = early.as_bytes().split_at(cut);
        assert_eq!(wrapped(&[head, tail]).0, whole, "cut at {cut}");
    }
}

#[test]
fn beta_features_are_read_from_the_body() {
    let body = br#"{"anthropic_version":"x","anthropic_beta":["a-1","b-2"]}"#;
    assert_eq!(bedrock_invoke::betas(body), ["a-1", "b-2"]);
    assert!(bedrock_invoke::betas(b"{}").is_empty());
}
