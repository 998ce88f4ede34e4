//! Gemini's answers, streams and errors, both ways.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper that fails fails its test")]

mod stamp;

use std::{fs, path::Path};

use bytes::Bytes;
use serde_json::{Value, json};
use sluice_wire::{
    Dialect, Fault, FaultKind, Pump, Retry,
    canon::{Event, Finish, Gather, Laws, Part, PartKind, Reasoning, Response, ToolCall},
    dialect::{StreamDecoder, StreamEncoder},
};
use stamp::stamp;

const ME: Dialect = Dialect::Gemini;

fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new("tests/fixtures/gemini").join(name)).unwrap()
}

fn events(bytes: &[u8]) -> (Vec<Event>, Result<(), Fault>) {
    let mut decoder = StreamDecoder::new(ME);
    let mut events = Vec::new();
    let result = decoder.push(bytes, &mut events).and_then(|()| decoder.end(&mut events));
    let mut laws = Laws::default();
    for event in &events {
        laws.check(event).unwrap_or_else(|law| panic!("{law}: {event:?}"));
    }
    (events, result)
}

fn streamed(name: &str) -> Response {
    let (events, result) = events(&fixture(&format!("stream/{name}.sse")));
    result.unwrap();
    let mut gather = Gather::default();
    events.iter().for_each(|event| gather.event(event));
    gather.into_response()
}

fn call(id: &str, name: &str, arguments: &str) -> Part {
    Part::ToolCall(ToolCall { id: id.into(), name: name.into(), arguments: arguments.into() })
}

fn thought(text: &str, signature: Option<&str>) -> Part {
    let signature = signature.map(|signature| format!("sluice:google:{signature}"));
    Part::Reasoning(Reasoning { text: text.into(), signature, redacted: None })
}

#[test]
fn reads_streams() {
    let text = streamed("text");
    assert_eq!(text.parts, [Part::text("Größe \"matters\"\n")]);
    assert_eq!((text.id.as_deref(), text.finish), (Some("mAitaLmkHPPlz7IP"), Finish::Stop));
    assert_eq!(text.usage.unwrap().output, 4);

    let tools = streamed("thinking_tools");
    assert_eq!(
        tools.parts,
        [
            thought("I need the weather.", Some("c2lnbmF0dXJl")),
            call("call_mAitaLmkHPPlz7IP_0", "weather", r#"{"city":"Paris"}"#),
            call("call_mAitaLmkHPPlz7IP_1", "weather", r#"{"city":"Rome"}"#),
            call("call_mAitaLmkHPPlz7IP_2", "now", "{}"),
        ]
    );
    assert_eq!(tools.finish, Finish::ToolCalls);
    let usage = tools.usage.unwrap();
    assert_eq!((usage.input, usage.output, usage.output_reasoning), (9, 15, 7));

    assert_eq!(streamed("signature_last").parts, [Part::text("Four."), thought("", Some("c2ln"))]);
    assert_eq!(
        streamed("provider_ids").parts[1],
        call("x6yl5aho", "weather", r#"{"city":"Paris"}"#)
    );
    assert_eq!(streamed("provider_ids").parts[0], thought("", Some("+/8=")));
    assert_eq!(streamed("cut_by_filter").finish, Finish::ContentFilter);
    assert_eq!(streamed("blocked").finish, Finish::ContentFilter);
    assert_eq!(streamed("no_last_blank_line").finish, Finish::Length);
    assert_eq!(streamed("malformed_call").finish, Finish::MalformedCall);
    assert!(matches!(streamed("code_and_search").parts[0], Part::Opaque { dialect: ME, .. }));
    assert_eq!(streamed("code_and_search").usage.unwrap().prompt(), 10);
}

#[test]
fn a_stream_reads_back_as_it_was_written() {
    for name in [
        "text",
        "thinking_tools",
        "signed_text",
        "signature_last",
        "provider_ids",
        "code_and_search",
    ] {
        let before = streamed(name);
        let (decoded, _) = events(&fixture(&format!("stream/{name}.sse")));
        let mut encoder = StreamEncoder::new(ME, stamp());
        let mut bytes = Vec::new();
        decoded.iter().for_each(|event| encoder.event(event, &mut bytes));
        let (again, result) = events(&bytes);
        result.unwrap();
        let mut gather = Gather::default();
        again.iter().for_each(|event| gather.event(event));
        let after = gather.into_response();
        assert_eq!(after.parts, before.parts, "{name}: {}", String::from_utf8_lossy(&bytes));
        assert_eq!(after.finish, before.finish);
    }
}

/// Clients show what a message ends with.
#[test]
fn a_message_does_not_end_with_a_signature_alone() {
    let to = Dialect::AnthropicMessages;
    let part = |text: &str, signed: bool| {
        let signature = if signed { r#","thoughtSignature":"c2ln""# } else { "" };
        format!(r#"{{"text":"{text}"{signature}}}"#)
    };
    let call = r#"{"functionCall":{"id":"c1","name":"f","args":{}}}"#.to_owned();
    let thought = r#"{"text":"Hm.","thought":true}"#.to_owned();
    let cases: [(&[String], &str, &str); 5] = [
        // After the text, in a part of its own, or with the last words.
        (&[part("Four.", false), part("", true)], "text", "thinking text"),
        (
            &[thought, part("Fo", false), part("ur.", true)],
            "thinking text",
            "thinking thinking text",
        ),
        // Another part follows: it is that one's.
        (
            &[part("Four.", false), part("", true), call],
            "text thinking tool_use",
            "text thinking tool_use",
        ),
        (&[part("Four.", true)], "thinking text", "thinking text"),
        // Nothing else was said.
        (&[part("", true)], "thinking", "thinking"),
    ];
    for (parts, streamed, whole) in cases {
        let chunk = |parts: &[String], end: &str| {
            let parts = parts.join(",");
            format!(r#"{{"candidates":[{{"content":{{"parts":[{parts}]}}{end},"index":0}}]}}"#)
        };
        let end = r#","finishReason":"STOP""#;
        let mut pump = Pump::new(ME, to, stamp());
        let mut out = Vec::new();
        for part in parts {
            let frame = format!("data: {}\n\n", chunk(std::slice::from_ref(part), ""));
            pump.push(frame.as_bytes(), &mut out).unwrap();
        }
        pump.push(format!("data: {}\n\n", chunk(&[], end)).as_bytes(), &mut out).unwrap();
        pump.end(&mut out).unwrap();
        let mut decoder = StreamDecoder::new(to);
        let mut events = Vec::new();
        decoder.push(&out, &mut events).unwrap();
        let kinds: Vec<_> = events
            .iter()
            .filter_map(|event| match event {
                Event::PartStart { kind: PartKind::Text, .. } => Some("text"),
                Event::PartStart { kind: PartKind::Reasoning, .. } => Some("thinking"),
                Event::PartStart { .. } => Some("tool_use"),
                _ => None,
            })
            .collect();
        assert_eq!(kinds.join(" "), streamed, "{parts:?}: {}", String::from_utf8_lossy(&out));

        let response = ME.decode_response(chunk(parts, end).as_bytes()).unwrap();
        let body: Value = serde_json::from_slice(&to.encode_response(&response, &stamp())).unwrap();
        let content = body["content"].as_array().unwrap();
        let kinds: Vec<_> = content.iter().filter_map(|block| block["type"].as_str()).collect();
        assert_eq!(kinds.join(" "), whole, "{body}");
    }
}

#[test]
fn a_broken_stream_is_a_fault_and_tells_the_caller() {
    for (name, kind) in [
        ("error_in_the_middle", FaultKind::Overloaded),
        ("ends_early", FaultKind::Truncated),
        ("not_json", FaultKind::Upstream),
    ] {
        let bytes = fixture(&format!("broken/{name}.sse"));
        let fault = events(&bytes).1.unwrap_err();
        assert_eq!(
            (fault.kind, fault.retry == Retry::Again),
            (kind, kind == FaultKind::Upstream),
            "{name}"
        );
        for to in [ME, Dialect::OpenAiChat, Dialect::AnthropicMessages] {
            let mut pump = Pump::new(ME, to, stamp());
            let mut out = Vec::new();
            let result = pump.push(&bytes, &mut out).and_then(|()| pump.end(&mut out));
            assert_eq!(result.unwrap_err().kind, kind, "{name}");
            assert!(String::from_utf8_lossy(&out).contains("\"error\""), "{name}");
        }
    }
}

#[test]
fn forwarded_bytes_are_the_providers() {
    for name in ["text", "thinking_tools", "blocked", "no_last_blank_line"] {
        let bytes = fixture(&format!("stream/{name}.sse"));
        let mut pump = Pump::new(ME, ME, stamp());
        let mut out = Vec::new();
        pump.push(&bytes, &mut out).unwrap();
        pump.end(&mut out).unwrap();
        assert_eq!(String::from_utf8_lossy(&out), String::from_utf8_lossy(&bytes), "{name}");
        assert!(pump.usage().is_some());
    }
    let mut pump = Pump::new(ME, ME, stamp());
    let mut out = Vec::new();
    let two = "data: {\"candidates\":[{\"index\":0,\"finishReason\":\"STOP\"},{\"index\":1}]}\n\n";
    pump.push(two.as_bytes(), &mut out).unwrap();
    assert_eq!(pump.end(&mut out).unwrap_err().kind, FaultKind::Truncated);
}

#[test]
fn whole_answers_keep_signatures_and_pictures() {
    let body = json!({"candidates": [{"content": {"role": "model", "parts": [
            {"text": "Hm.", "thought": true},
            {"functionCall": {"name": "f", "args": {"a": 1}}, "thoughtSignature": "c2ln"},
            {"functionCall": {"name": "f"}},
            {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}]},
            "finishReason": "STOP", "index": 0}],
        "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 4, "totalTokenCount": 7},
        "modelVersion": "gemini-2.5-flash", "responseId": "abc"});
    let response = ME.decode_response(body.to_string().as_bytes()).unwrap();
    assert_eq!(response.parts[0], thought("Hm.", Some("c2ln")));
    assert_eq!(response.parts[1], call("call_abc_0", "f", r#"{"a":1}"#));
    assert_eq!(response.parts[2], call("call_abc_1", "f", "{}"));
    assert!(matches!(response.parts[3], Part::Image(_)));
    assert_eq!(response.finish, Finish::ToolCalls);
    let glance = ME.glance(body.to_string().as_bytes()).unwrap();
    assert_eq!((glance.id.as_deref(), glance.usage.unwrap().total()), (Some("abc"), 7));

    let written: Value = serde_json::from_slice(&ME.encode_response(&response, &stamp())).unwrap();
    let parts = &written["candidates"][0]["content"]["parts"];
    assert_eq!(parts[0], json!({"text": "Hm.", "thought": true}));
    assert_eq!(parts[1]["thoughtSignature"], "c2ln");
    assert_eq!(parts[2], json!({"functionCall": {"id": "call_abc_1", "name": "f", "args": {}}}));
    assert_eq!(
        (&written["modelVersion"], &written["responseId"]),
        (&json!("group"), &json!("call"))
    );
    let again = ME.decode_response(written.to_string().as_bytes()).unwrap();
    assert_eq!(again.parts, response.parts);

    assert_eq!(
        ME.decode_response(br#"{"promptFeedback": {"blockReason": "SAFETY"}}"#).unwrap().finish,
        Finish::ContentFilter
    );
    for body in [&b"{}"[..], b"[]", b"<html>", br#"{"candidates": []}"#] {
        assert_eq!(ME.decode_response(body).unwrap_err().status, 502);
    }
}

#[test]
fn reads_errors_by_class() {
    let read = |status: u16, word: &str, message: &str| {
        let body = json!({"error": {"code": status, "message": message, "status": word}});
        ME.decode_error("gemini", status, &[], Bytes::from(body.to_string()))
    };
    let invalid = "INVALID_ARGUMENT";
    for (status, word, message, kind) in [
        (400, invalid, "Invalid value at 'contents'", FaultKind::InvalidRequest),
        (
            400,
            invalid,
            "API key not valid. Please pass a valid API key.",
            FaultKind::Authentication,
        ),
        (
            400,
            invalid,
            "The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).",
            FaultKind::ContextWindow,
        ),
        (403, "PERMISSION_DENIED", "no", FaultKind::Permission),
        (404, "NOT_FOUND", "models/x is not found", FaultKind::NotFound),
        (429, "RESOURCE_EXHAUSTED", "quota", FaultKind::RateLimit),
        (500, "INTERNAL", "x", FaultKind::Upstream),
        (503, "UNAVAILABLE", "The model is overloaded.", FaultKind::Overloaded),
        (504, "DEADLINE_EXCEEDED", "x", FaultKind::Timeout),
    ] {
        let fault = read(status, word, message);
        assert_eq!(fault.kind, kind, "{message}");
        assert!(fault.message.contains(message));
        assert_eq!(fault.upstream.as_ref().unwrap().code.as_deref(), Some(word));
    }
    let body =
        br#"[{"error": {"code": 429, "message": "m", "status": "RESOURCE_EXHAUSTED", "details": [
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "33.2s"}]}}]"#;
    let fault = ME.decode_error("gemini", 429, &[], Bytes::from_static(body));
    assert_eq!(fault.retry_after.unwrap().as_secs(), 34);
    let fault = ME.decode_error("gemini", 502, &[], Bytes::from_static(b"<html>bad gateway"));
    assert_eq!((fault.kind, fault.message.contains("bad gateway")), (FaultKind::Upstream, true));
}

#[test]
fn writes_errors_in_googles_shape() {
    let fault = Fault::invalid("It must be a list.", "contents");
    let reply = ME.encode_error(&fault, "id");
    let body: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(reply.status, 400);
    assert_eq!(
        (&body["error"]["code"], &body["error"]["status"], &body["error"]["message"]),
        (&json!(400), &json!("INVALID_ARGUMENT"), &json!("It must be a list."))
    );
    assert_eq!(body["error"]["details"][0]["fieldViolations"][0]["field"], "contents");
    let word = |kind| {
        let reply = ME.encode_error(&Fault::new(kind, "m"), "");
        let body: Value = serde_json::from_slice(&reply.body).unwrap();
        body["error"]["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(word(FaultKind::Authentication), "UNAUTHENTICATED");
    assert_eq!(word(FaultKind::Budget), "RESOURCE_EXHAUSTED");
    assert_eq!(word(FaultKind::Truncated), "INTERNAL");
}
