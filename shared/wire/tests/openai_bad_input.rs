//! Requests that are wrong: each is answered by the parameter's name, whichever way it is read.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a helper that fails fails its test")]

use serde_json::{Value, json};
use sluice_wire::{Dialect, Fault, FaultKind, Line};

const ME: Dialect = Dialect::OpenAiChat;

fn decode(body: &[u8]) -> Fault {
    ME.decode_request(body, Line::default()).expect_err("a fault")
}

fn body(fields: Value) -> Vec<u8> {
    let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "hi"}]});
    if let Value::Object(fields) = fields {
        body.as_object_mut().unwrap().extend(fields);
    }
    body.to_string().into_bytes()
}

fn message(message: Value) -> Vec<u8> {
    let messages = vec![message];
    body(json!({"messages": messages}))
}

/// The fault, with its parameter and a piece of its message.
fn check(fault: &Fault, param: &str, says: &str) {
    assert_eq!(fault.kind, FaultKind::InvalidRequest);
    assert_eq!(fault.status, 400);
    assert_eq!(fault.param.as_deref(), Some(param), "{}", fault.message);
    assert!(fault.message.contains(says), "{param}: {}", fault.message);
}

#[test]
fn peek_and_decode_say_the_same_of_what_both_read() {
    let cases: Vec<(Vec<u8>, &str, &str)> = vec![
        (b"".to_vec(), "request_body", "Invalid JSON payload: "),
        (b"{\"model\":".to_vec(), "request_body", "Invalid JSON payload: "),
        (b"[]".to_vec(), "request_body", "Invalid JSON payload: "),
        (b"\"x\"".to_vec(), "request_body", "Invalid JSON payload: "),
        (b"{} {}".to_vec(), "request_body", "Invalid JSON payload: "),
        (b"{\"model\":\"\xff\"}".to_vec(), "request_body", "Invalid JSON payload: "),
        (b"{}".to_vec(), "model", "Missing required parameter: 'model'."),
        (body(json!({"model": ""})), "model", "Missing required parameter: 'model'."),
        (body(json!({"model": 4})), "model", "expected a string, but got an integer instead."),
        (b"{\"model\":\"m\"}".to_vec(), "messages", "Missing required parameter: 'messages'."),
        (body(json!({"messages": null})), "messages", "Missing required parameter: 'messages'."),
        (
            body(json!({"messages": "hi"})),
            "messages",
            "expected an array of objects, but got a string",
        ),
        (body(json!({"messages": {"a": [1]}})), "messages", "but got an object instead."),
        (body(json!({"messages": []})), "messages", "empty array"),
        (message(json!("hi")), "messages[0]", "expected an object, but got a string instead."),
        (message(json!([[]])), "messages[0]", "expected an object, but got an array instead."),
        (message(json!(null)), "messages[0]", "expected an object, but got null instead."),
        (message(json!({"content": "x"})), "messages[0].role", "Missing required parameter"),
        (message(json!({"role": 1})), "messages[0].role", "expected a string, but got an integer"),
        (
            message(json!({"role": "human", "content": "x"})),
            "messages[0].role",
            "Invalid value: 'human'. Supported values are: 'system', 'assistant', 'user', \
             'function', 'tool', and 'developer'.",
        ),
        (body(json!({"stream": "yes"})), "stream", "expected a boolean, but got a string"),
        (body(json!({"stream_options": 1})), "stream_options", "expected an object"),
        (
            body(json!({"stream_options": {"include_usage": 1}})),
            "stream_options.include_usage",
            "expected a boolean",
        ),
        (body(json!({"max_tokens": "5"})), "max_tokens", "expected an integer, but got a string"),
        (body(json!({"max_tokens": 1.5})), "max_tokens", "but got a decimal number instead."),
        (body(json!({"max_tokens": 0})), "max_tokens", "Expected a value >= 1, but got 0 instead."),
        (
            body(json!({"max_completion_tokens": -1})),
            "max_completion_tokens",
            "but got -1 instead.",
        ),
        (body(json!({"n": 0})), "n", "Expected a value >= 1"),
        (body(json!({"n": 129})), "n", "Expected a value <= 128, but got 129 instead."),
    ];
    for (body, param, says) in cases {
        check(&decode(&body), param, says);
        check(&ME.peek(&body, Line::default()).expect_err("a fault"), param, says);
    }
}

#[test]
fn refuses_wrong_messages_by_name() {
    let parts = |part: Value| message(json!({"role": "user", "content": [part]}));
    let assistant = |fields: Value| {
        let mut message = json!({"role": "assistant"});
        message.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        self::message(message)
    };
    let image = |url: &str| parts(json!({"type": "image_url", "image_url": {"url": url}}));
    let cases: Vec<(Vec<u8>, &str, &str)> = vec![
        (message(json!({"role": "user"})), "messages[0].content", "Missing required parameter"),
        (
            message(json!({"role": "user", "content": 5})),
            "messages[0].content",
            "expected one of a string or array of objects, but got an integer instead.",
        ),
        (message(json!({"role": "user", "content": []})), "messages[0].content", "empty array"),
        (parts(json!("x")), "messages[0].content[0]", "expected an object"),
        (parts(json!({"text": "x"})), "messages[0].content[0].type", "Missing required"),
        (parts(json!({"type": "text"})), "messages[0].content[0].text", "Missing required"),
        (parts(json!({"type": "text", "text": []})), "messages[0].content[0].text", "got an array"),
        (parts(json!({"type": "image_url"})), "messages[0].content[0].image_url", "Missing"),
        (
            parts(json!({"type": "image_url", "image_url": {}})),
            "messages[0].content[0].image_url.url",
            "Missing",
        ),
        (image("data:image/png;base64,???"), "messages[0].content[0].image_url.url", "base64"),
        (image("data:image/png;base64,a!c"), "messages[0].content[0].image_url.url", "base64"),
        (
            parts(json!({"type": "file", "file": {}})),
            "messages[0].content[0].file.file_id",
            "Missing",
        ),
        (
            parts(json!({"type": "file", "file": {"file_data": "not base64!"}})),
            "messages[0].content[0].file.file_data",
            "base64",
        ),
        (
            parts(json!({"type": "text", "text": "x", "cache_control": {"type": "x"}})),
            "messages[0].content[0].cache_control.type",
            "Supported values are: 'ephemeral'.",
        ),
        (
            parts(json!({"type": "text", "text": "x",
            "cache_control": {"type": "ephemeral", "ttl": "2h"}})),
            "messages[0].content[0].cache_control.ttl",
            "'5m', and '1h'",
        ),
        (
            message(json!({"role": "tool", "content": "x"})),
            "messages[0].tool_call_id",
            "Missing required parameter: 'messages[0].tool_call_id'.",
        ),
        (message(json!({"role": "tool", "tool_call_id": "a"})), "messages[0].content", "Missing"),
        (
            message(json!({"role": "tool", "tool_call_id": 7, "content": "x"})),
            "messages[0].tool_call_id",
            "expected a string",
        ),
        (message(json!({"role": "function", "content": "x"})), "messages[0].name", "Missing"),
        (message(json!({"role": "user", "content": "x", "name": 1})), "messages[0].name", "string"),
        (assistant(json!({"tool_calls": {}})), "messages[0].tool_calls", "expected an array"),
        (assistant(json!({"tool_calls": [1]})), "messages[0].tool_calls[0]", "expected an object"),
        (
            assistant(json!({"tool_calls": [{"function": {"name": "f"}}]})),
            "messages[0].tool_calls[0].id",
            "Missing",
        ),
        (
            assistant(json!({"tool_calls": [{"id": "a"}]})),
            "messages[0].tool_calls[0].function",
            "Missing",
        ),
        (
            assistant(
                json!({"tool_calls": [{"id": "a", "function": {"name": "f", "arguments": {}}}]}),
            ),
            "messages[0].tool_calls[0].function.arguments",
            "expected a string",
        ),
        (
            assistant(json!({"thinking_blocks": [{"type": "x"}]})),
            "messages[0].thinking_blocks[0].type",
            "Invalid value: 'x'.",
        ),
    ];
    for (body, param, says) in cases {
        check(&decode(&body), param, says);
    }
}

#[test]
fn refuses_wrong_parameters_by_name() {
    let cases = [
        (json!({"temperature": "hot"}), "temperature", "expected a number, but got a string"),
        (json!({"top_k": -1}), "top_k", "Expected a value >= 0"),
        (json!({"seed": 1.5}), "seed", "expected an integer"),
        (json!({"stop": 1}), "stop", "one of a string or array of strings"),
        (json!({"stop": ["a", 1]}), "stop[1]", "expected a string"),
        (json!({"user": 1}), "user", "expected a string"),
        (json!({"metadata": []}), "metadata", "expected an object"),
        (json!({"parallel_tool_calls": 1}), "parallel_tool_calls", "expected a boolean"),
        (json!({"tools": {}}), "tools", "expected an array"),
        (json!({"tools": [{}]}), "tools[0].type", "Missing"),
        (json!({"tools": [{"type": "function"}]}), "tools[0].function", "Missing"),
        (json!({"tools": [{"type": "function", "function": {}}]}), "tools[0].function.name", "Mis"),
        (
            json!({"tools": [{"type": "function", "function": {"name": "f", "parameters": []}}]}),
            "tools[0].function.parameters",
            "expected an object",
        ),
        (json!({"tool_choice": "some"}), "tool_choice", "'none', 'auto', and 'required'"),
        (json!({"tool_choice": 1}), "tool_choice", "one of a string or an object"),
        (
            json!({"tool_choice": {"type": "function"}}),
            "tool_choice.function",
            "Missing required parameter",
        ),
        (json!({"response_format": {"type": "xml"}}), "response_format.type", "'json_object'"),
        (
            json!({"response_format": {"type": "json_schema"}}),
            "response_format.json_schema",
            "Missing",
        ),
        (
            json!({"response_format": {"type": "json_schema", "json_schema": {}}}),
            "response_format.json_schema.name",
            "Missing",
        ),
        (json!({"reasoning_effort": "huge"}), "reasoning_effort", "'none', 'minimal', 'low'"),
        (json!({"thinking": {"type": "on"}}), "thinking.type", "'enabled'"),
        (
            json!({"thinking": {"type": "enabled", "budget_tokens": "x"}}),
            "thinking.budget_tokens",
            "expected an integer",
        ),
    ];
    for (fields, param, says) in cases {
        check(&decode(&body(fields)), param, says);
    }
}

#[test]
fn endless_nesting_is_a_fault_and_not_a_crash() {
    let deep = format!("{{\"model\":\"m\",\"messages\":{}", "[".repeat(200_000));
    check(&decode(deep.as_bytes()), "request_body", "Invalid JSON payload");
    ME.peek(deep.as_bytes(), Line::default()).expect_err("a fault");
}
