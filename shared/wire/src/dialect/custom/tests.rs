use serde_json::json;

use super::*;
use crate::{
    Habits, Line, Pump, Stamp, Target,
    canon::{Request, Tool},
};

const ALL: [Dialect; 4] =
    [Dialect::AnthropicMessages, Dialect::BedrockConverse, Dialect::Gemini, Dialect::OpenAiChat];

const TARGET: Target<'_> = Target {
    model: "m",
    max_output: None,
    max_completion_tokens: false,
    habits: Habits { cache_markers: false, thoughts: false },
};

fn read(dialect: Dialect, body: &Value) -> Request {
    dialect.decode_request(body.to_string().as_bytes(), Line::default()).unwrap()
}

/// The Responses API's way: a tool with a grammar, a call of it and two results.
fn responses() -> Value {
    json!({"model": "m", "tools": [
        {"type": "custom", "name": "sql", "description": "Asks.",
            "format": {"type": "grammar", "syntax": "regex", "definition": "a+"}}],
        "tool_choice": {"type": "custom", "name": "sql"},
        "input": [
            {"role": "user", "content": "hi"},
            {"type": "custom_tool_call", "call_id": "c1", "name": "sql", "input": "select \"1\""},
            {"type": "custom_tool_call", "call_id": "c2", "name": "sql", "input": "select 2"},
            {"type": "custom_tool_call_output", "call_id": "c1", "output": "one"},
            {"type": "custom_tool_call_output", "call_id": "c2",
                "output": [{"type": "input_text", "text": "two"}]}]})
}

#[test]
fn a_custom_tool_is_a_function_of_one_text_where_there_are_none() {
    let request = read(Dialect::OpenAiResponses, &responses());
    for to in ALL {
        let encoded = to.encode_request(&request, TARGET).unwrap();
        let losses: Vec<_> =
            encoded.losses.iter().map(|loss| (&*loss.field, loss.changes_meaning)).collect();
        assert_eq!(losses, [("tools[0].format", false)], "{to:?}");
        let again = to
            .decode_request(&encoded.body, Line { model: Some("m"), stream: Some(false) })
            .unwrap();
        let [Tool::Function { name, description, schema, .. }] = again.tools.as_slice() else {
            panic!("{to:?}: {:?}", again.tools)
        };
        assert_eq!((name.as_str(), &schema["required"]), ("sql", &json!(["input"])), "{to:?}");
        assert!(description.as_ref().unwrap().ends_with("this grammar (regex):\na+"), "{to:?}");
        let text = String::from_utf8(encoded.body).unwrap();
        assert!(
            text.contains("select \\\"1\\\"") || text.contains("select \\\\\\\"1"),
            "{to:?}: {text}"
        );
        assert!(text.contains("one") && text.contains("two"), "{to:?}: {text}");
    }
    let same = Dialect::OpenAiResponses.encode_request(&request, TARGET).unwrap();
    assert!(same.losses.is_empty());
    assert_eq!(serde_json::from_slice::<Value>(&same.body).unwrap()["tools"], responses()["tools"]);
}

#[test]
fn a_name_that_a_function_has_stays_with_the_function() {
    let mut body = responses();
    body["tools"].as_array_mut().unwrap().push(json!({"type": "function", "name": "sql"}));
    let request = read(Dialect::OpenAiResponses, &body);
    let (spelled, _) = spelled(&request, Dialect::Gemini);
    assert!(matches!(spelled.tools.first(), Some(Tool::Native { .. })));
}

fn stamp() -> Stamp {
    Stamp { id: "a".to_owned(), custom_tools: vec!["sql".to_owned()], ..Stamp::default() }
}

#[test]
fn a_call_of_the_function_is_one_of_the_tool_again() {
    let anthropic = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "m",
        "content": [{"type": "tool_use", "id": "t1", "name": "sql", "input": {"input": "select 1"}},
            {"type": "tool_use", "id": "t2", "name": "other", "input": {"a": 1}}],
        "stop_reason": "tool_use", "stop_sequence": null, "usage": {"input_tokens": 1, "output_tokens": 1}});
    let response =
        Dialect::AnthropicMessages.decode_response(anthropic.to_string().as_bytes()).unwrap();
    let written = |to: Dialect| -> Value {
        serde_json::from_slice(&to.encode_response(&response, &stamp())).unwrap()
    };
    let chat = written(Dialect::OpenAiChat);
    let calls = &chat["choices"][0]["message"]["tool_calls"];
    assert_eq!(
        calls[0],
        json!({"id": "t1", "type": "custom", "custom": {"name": "sql", "input": "select 1"}})
    );
    assert_eq!(
        (&calls[1]["type"], &chat["choices"][0]["finish_reason"]),
        (&json!("function"), &json!("tool_calls"))
    );
    let item = &written(Dialect::OpenAiResponses)["output"][0];
    assert_eq!(
        (&item["type"], &item["call_id"], &item["input"]),
        (&json!("custom_tool_call"), &json!("t1"), &json!("select 1"))
    );
    assert_eq!(
        written(Dialect::AnthropicMessages)["content"][0]["input"],
        json!({"input": "select 1"})
    );
}

#[test]
fn a_streamed_call_is_told_whole() {
    let frames = [
        json!({"type": "message_start", "message": {"id": "m", "type": "message", "role": "assistant",
            "model": "m", "content": [], "stop_reason": null, "stop_sequence": null,
            "usage": {"input_tokens": 1, "output_tokens": 1}}}),
        json!({"type": "content_block_start", "index": 0,
            "content_block": {"type": "tool_use", "id": "t1", "name": "sql", "input": {}}}),
        json!({"type": "content_block_delta", "index": 0,
            "delta": {"type": "input_json_delta", "partial_json": "{\"input\":\"sel"}}),
        json!({"type": "content_block_delta", "index": 0,
            "delta": {"type": "input_json_delta", "partial_json": "ect 1\"}"}}),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": null},
            "usage": {"output_tokens": 9}}),
        json!({"type": "message_stop"}),
    ];
    let streamed = |to: Dialect| {
        let mut pump = Pump::new(Dialect::AnthropicMessages, to, stamp());
        let mut out = Vec::new();
        for frame in &frames {
            let kind = frame["type"].as_str().unwrap();
            pump.push(format!("event: {kind}\ndata: {frame}\n\n").as_bytes(), &mut out).unwrap();
        }
        pump.end(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let chat = streamed(Dialect::OpenAiChat);
    assert!(chat.contains(r#""custom":{"name":"sql","input":"select 1"}"#), "{chat}");
    assert!(chat.contains(r#""finish_reason":"tool_calls""#), "{chat}");
    let responses = streamed(Dialect::OpenAiResponses);
    let named = |name: &str| {
        let at = responses.find(&format!("event: {name}\n")).unwrap();
        let line = responses[at..].lines().nth(1).unwrap();
        serde_json::from_str::<Value>(line.strip_prefix("data: ").unwrap()).unwrap()
    };
    assert_eq!(named("response.output_item.added")["item"]["input"], "");
    assert_eq!(named("response.custom_tool_call_input.delta")["delta"], "select 1");
    assert_eq!(named("response.custom_tool_call_input.done")["input"], "select 1");
    let done = named("response.output_item.done");
    assert_eq!(
        (&done["item"]["input"], &done["item"]["status"]),
        (&json!("select 1"), &json!("completed"))
    );
    assert_eq!(named("response.completed")["response"]["output"][0], done["item"]);
}
