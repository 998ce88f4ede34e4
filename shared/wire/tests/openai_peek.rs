//! OpenAI's verbatim path: what is read at a glance, and what is changed.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use serde_json::{Value, json};
use sluice_wire::{Dialect, Edits, FaultKind, Line, Peek};

const ME: Dialect = Dialect::OpenAiChat;
const RICH: &str = include_str!("fixtures/openai/request/rich.json");

fn patch(body: &str, edits: &Edits<'_>) -> String {
    String::from_utf8(ME.patch(body.as_bytes(), edits).unwrap()).unwrap()
}

fn capped(body: &str, model: Option<&str>) -> Value {
    let edits = Edits { model, max_output: Some(9), ..Edits::default() };
    serde_json::from_str(&patch(body, &edits)).unwrap()
}

#[test]
fn reads_the_few_fields_that_matter() {
    let peek = ME.peek(RICH.as_bytes(), Line::default()).unwrap();
    assert_eq!(
        peek,
        Peek {
            model: "group".into(),
            stream: true,
            max_output: Some(1000),
            stream_usage: true,
            n: 2
        }
    );
    let least = r#"{"messages":[{"role":"user"}],"model":"a","stream":null,"n":null}"#;
    let peek = ME.peek(least.as_bytes(), Line::default()).unwrap();
    assert_eq!(peek, Peek { model: "a".into(), n: 1, ..Peek::default() });
}

#[test]
fn reads_what_decode_reads() {
    let request = ME.decode_request(RICH.as_bytes(), Line::default()).unwrap();
    let peek = ME.peek(RICH.as_bytes(), Line::default()).unwrap();
    assert_eq!(peek.model, request.model);
    assert_eq!(peek.stream, request.stream);
    assert_eq!(peek.stream_usage, request.stream_usage);
    assert_eq!(peek.max_output, request.max_output);
    assert_eq!(Some(peek.n), request.n);
}

#[test]
fn a_repeated_field_counts_as_last_written() {
    let body = r#"{"model":"a","messages":[{"role":"user"}],"mod\u0065l":"b"}"#;
    assert_eq!(ME.peek(body.as_bytes(), Line::default()).unwrap().model, "b");
    let edits = Edits { model: Some("c"), ..Edits::default() };
    assert_eq!(
        patch(body, &edits),
        r#"{"model":"c","messages":[{"role":"user"}],"mod\u0065l":"c"}"#
    );
}

#[test]
fn changes_only_what_must_change() {
    let body = "{ \"model\" : \"a\",\n \"messages\":[ {\"role\":\"user\",\"content\":\"\\u0041\"} ],\
                \"temperature\": 1.0, \"tags\":[1], \"unknown\" : {\"b\":1,\"a\":2} }";
    let edits = Edits { model: Some("q\"x"), remove: &["tags", "guardrails"], ..Edits::default() };
    assert_eq!(
        patch(body, &edits),
        "{ \"model\" : \"q\\\"x\",\n \"messages\":[ {\"role\":\"user\",\"content\":\"\\u0041\"} ],\
         \"temperature\": 1.0, \"unknown\" : {\"b\":1,\"a\":2} }"
    );
    assert_eq!(patch(body, &Edits::default()), body);
}

#[test]
fn lowers_the_cap_under_the_name_that_the_body_has() {
    let cap = |body: &str, old: Value, new: Value, model: Option<&str>| {
        let patched = capped(body, model);
        assert_eq!(patched.get("max_tokens").cloned().unwrap_or_default(), old, "{body}");
        assert_eq!(
            patched.get("max_completion_tokens").cloned().unwrap_or_default(),
            new,
            "{body}"
        );
    };
    let none = Value::Null;
    cap(r#"{"max_tokens":100}"#, json!(9), none.clone(), None);
    cap(r#"{"max_completion_tokens":100}"#, none.clone(), json!(9), None);
    cap(r#"{"max_tokens":1,"max_completion_tokens":1}"#, json!(9), json!(9), None);
    cap("{}", json!(9), none.clone(), Some("gpt-4o"));
    cap(r#"{"max_tokens":null}"#, json!(9), none.clone(), Some("llama-3"));
    for model in ["o3-mini", "gpt-5", "openai/gpt-5.1", "o1"] {
        cap("{}", none.clone(), json!(9), Some(model));
    }
    for model in ["gpt-oss-120b", "openrouter/olmo", "gpt-4.1"] {
        cap("{}", json!(9), none.clone(), Some(model));
    }
    cap(r#"{"model":"gpt-5"}"#, none.clone(), json!(9), None);
    cap(r#"{"max_tokens":100}"#, none.clone(), json!(9), Some("gpt-5"));
    cap(r#"{"max_tokens":1,"max_completion_tokens":1}"#, none, json!(9), Some("o3"));
}

#[test]
fn calls_the_cap_by_the_name_that_reasoning_models_know() {
    let to = |model| Edits { model: Some(model), ..Edits::default() };
    let old = r#"{"model":"a", "max_tokens": 100, "n":1}"#;
    assert_eq!(patch(old, &to("gpt-5")), r#"{"model":"gpt-5", "n":1,"max_completion_tokens":100}"#);
    assert_eq!(patch(old, &to("gpt-4o")), r#"{"model":"gpt-4o", "max_tokens": 100, "n":1}"#);
    let both = r#"{"model":"a","max_tokens":7,"max_completion_tokens":9}"#;
    assert_eq!(patch(both, &to("o3")), r#"{"model":"o3","max_completion_tokens":9}"#);
}

#[test]
fn asks_for_usage_and_keeps_the_other_options() {
    let edits = Edits { include_usage: true, ..Edits::default() };
    assert_eq!(patch("{}", &edits), r#"{"stream_options":{"include_usage":true}}"#);
    assert_eq!(
        patch(r#"{"stream_options":{"x":1,"include_usage":false}}"#, &edits),
        r#"{"stream_options":{"x":1,"include_usage":true}}"#
    );
    assert_eq!(
        patch(r#"{"stream_options":null}"#, &edits),
        r#"{"stream_options":{"include_usage":true}}"#
    );
}

#[test]
fn does_not_patch_what_is_no_object() {
    let fault = ME.patch(b"[]", &Edits::default()).unwrap_err();
    assert_eq!(fault.kind, FaultKind::InvalidRequest);
}
