//! The verbatim path: what is read of a body, and what is changed in it.
#![expect(clippy::expect_used, reason = "a helper that fails fails its test")]

use serde_json::Value;
use sluice_wire::{Dialect, Edits, Fault, Line, Peek};

const MODEL: &str = "anthropic.claude-opus-4-8";

fn peek(body: &str) -> Result<Peek, Fault> {
    let line = Line { model: Some(MODEL), stream: Some(true) };
    Dialect::BedrockConverse.peek(body.as_bytes(), line)
}

fn patch(body: &str, edits: &Edits<'_>) -> String {
    let patched = Dialect::BedrockConverse.patch(body.as_bytes(), edits);
    String::from_utf8(patched.expect("a patched body")).expect("text")
}

#[test]
fn reads_model_and_stream_from_the_line_and_the_cap_from_the_body() {
    let body = r#"{"inferenceConfig":{"topP":1,"maxTokens":77},"future":{"a":[1]},"messages":[{"role":"user","content":[{"text":"\u00e9"}]}]}"#;
    let wanted =
        Peek { model: MODEL.into(), stream: true, max_output: Some(77), stream_usage: true, n: 1 };
    assert_eq!(peek(body).unwrap(), wanted);
    let without = r#"{"messages":[{"role":"user","content":[]}],"inferenceConfig":null}"#;
    assert_eq!(peek(without).unwrap().max_output, None);
    let fault = Dialect::BedrockConverse.peek(body.as_bytes(), Line::default()).unwrap_err();
    assert_eq!(fault.param.as_deref(), Some("modelId"));
}

#[test]
fn a_prompt_brings_its_own_messages() {
    let model = Some("arn:aws:bedrock:us-east-1:123456789012:prompt/ABCDEFGHIJ:1");
    let line = Line { model, stream: None };
    let body = br#"{"promptVariables":{"a":{"text":"b"}}}"#;
    let peek = Dialect::BedrockConverse.peek(body, line).unwrap();
    assert!(!peek.stream);
}

#[test]
fn refuses_what_is_no_request_and_names_the_parameter() {
    let table = [
        ("", "request_body"),
        ("[]", "request_body"),
        ("{\"messages\":[{}]", "request_body"),
        ("{}", "messages"),
        (r#"{"messages":[]}"#, "messages"),
        (r#"{"messages":null}"#, "messages"),
        (r#"{"messages":"hi"}"#, "messages"),
        (r#"{"messages":["hi"]}"#, "messages.0"),
        (
            r#"{"messages":[{"role":"user","content":[]}],"inferenceConfig":{"maxTokens":0}}"#,
            "inferenceConfig.maxTokens",
        ),
        (
            r#"{"messages":[{"role":"user","content":[]}],"inferenceConfig":{"maxTokens":1.5}}"#,
            "inferenceConfig.maxTokens",
        ),
        // Readers disagree on which of two counts.
        (
            r#"{"messages":[{"role":"user","content":[]}],"inferenceConfig":{"maxTokens":1,"maxTokens":9}}"#,
            "request_body",
        ),
        (
            r#"{"messages":[{"role":"user","content":[]}],"inferenceConfig":{},"inferenceConfig":{"maxTokens":9}}"#,
            "request_body",
        ),
    ];
    for (body, param) in table {
        let fault = peek(body).expect_err(body);
        assert_eq!(fault.status, 400);
        assert_eq!(fault.param.as_deref(), Some(param), "{body}: {}", fault.message);
    }
}

#[test]
fn lowers_the_cap_and_leaves_every_other_byte() {
    let cap = Edits { max_output: Some(9), ..Edits::default() };
    assert_eq!(
        patch(
            r#"{ "messages":[ ] ,"inferenceConfig":{"topP" : 0.50,"maxTokens": 77 },"x":1.0}"#,
            &cap
        ),
        r#"{ "messages":[ ] ,"inferenceConfig":{"topP" : 0.50,"maxTokens": 9 },"x":1.0}"#
    );
    assert_eq!(
        patch(r#"{"inferenceConfig":{"topP":1}}"#, &cap),
        r#"{"inferenceConfig":{"topP":1,"maxTokens":9}}"#
    );
    for body in [r#"{"inferenceConfig":null}"#, r#"{"inferenceConfig":{}}"#, "{}"] {
        let patched: Value = serde_json::from_str(&patch(body, &cap)).unwrap();
        assert_eq!(patched["inferenceConfig"]["maxTokens"], 9, "{body}");
    }
}

#[test]
fn a_cap_under_the_model_s_own_name_counts_and_is_lowered_too() {
    let body = r#"{"messages":[{"role":"user","content":[{"text":"x"}]}],"inferenceConfig":{"maxTokens":5},"additionalModelRequestFields":{"max_tokens":90000,"x":1}}"#;
    assert_eq!(peek(body).unwrap().max_output, Some(90_000));
    let line = Line { model: Some(MODEL), stream: None };
    let request = Dialect::BedrockConverse.decode_request(body.as_bytes(), line).unwrap();
    assert_eq!(request.max_output, Some(90_000));
    let cap = Edits { max_output: Some(9), ..Edits::default() };
    assert_eq!(
        patch(
            r#"{"additionalModelRequestFields":{"x":1,"inferenceConfig":{"max_new_tokens":10},"max_tokens":8}}"#,
            &cap
        ),
        r#"{"additionalModelRequestFields":{"x":1,"inferenceConfig":{"max_new_tokens":9},"max_tokens":8},"inferenceConfig":{"maxTokens":9}}"#
    );
    let untouched =
        r#"{"inferenceConfig":{"maxTokens":9},"additionalModelRequestFields":[ 1.50 ]}"#;
    assert_eq!(patch(untouched, &cap), untouched);
}

#[test]
fn removes_the_gateway_s_own_fields_and_nothing_else() {
    let body = r#"{"messages":[], "tags":["a"] ,"x":{"tags":1}}"#;
    let edits = Edits {
        model: Some("other"),
        include_usage: true,
        remove: &["tags", "absent"],
        max_output: None,
    };
    assert_eq!(patch(body, &edits), r#"{"messages":[] ,"x":{"tags":1}}"#);
    assert_eq!(patch(body, &Edits::default()), body);
    for body in ["", "[]", "{"] {
        let edits = Edits { max_output: Some(1), ..Edits::default() };
        assert!(Dialect::BedrockConverse.patch(body.as_bytes(), &edits).is_err(), "{body}");
    }
}
