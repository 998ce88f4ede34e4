//! The demo provider, seen from the wire.

use futures_util::StreamExt as _;
use serde_json::{Value, json};

use super::*;

fn whole(body: &Value) -> Value {
    let call = Outbound { body: body.to_string().into(), ..Outbound::default() };
    match answer(&call, Duration::ZERO).unwrap().body {
        AnswerBody::Whole(bytes) => serde_json::from_slice(&bytes).unwrap(),
        AnswerBody::Stream(_) => panic!("no stream was asked for"),
    }
}

async fn streamed(body: &Value) -> Vec<String> {
    let call = Outbound { body: body.to_string().into(), stream: true, ..Outbound::default() };
    let AnswerBody::Stream(stream) = answer(&call, Duration::ZERO).unwrap().body else {
        panic!("a stream was asked for")
    };
    let chunks: Vec<_> = stream.map(|chunk| chunk.unwrap().to_vec()).collect().await;
    let text = String::from_utf8(chunks.concat()).unwrap();
    text.split_terminator("\n\n").map(|f| f.strip_prefix("data: ").unwrap().to_owned()).collect()
}

fn hello() -> Value {
    json!({"model": "echo", "messages": [{"role": "user", "content": "Hello there, demo"}]})
}

fn weather() -> Value {
    json!([{"type": "function", "function": {"name": "get_weather", "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "unit": {"enum": ["C", "F"]}},
    }}}])
}

#[test]
fn echoes_the_user_the_same_way_every_time() {
    let first = whole(&hello());
    assert_eq!(first, whole(&hello()));
    assert_eq!(
        first["choices"][0]["message"]["content"],
        "This is the demo model. You said: Hello there, demo"
    );
    assert_eq!(first["choices"][0]["finish_reason"], "stop");
    assert_eq!(
        first["usage"],
        json!({"prompt_tokens": 5, "completion_tokens": 10, "total_tokens": 15})
    );
    assert!(first["id"].as_str().unwrap().starts_with("chatcmpl-demo-"));
}

#[test]
fn keeps_to_the_cap_and_to_stop_sequences() {
    let mut request = hello();
    request["max_tokens"] = json!(3);
    let capped = whole(&request);
    assert_eq!(capped["choices"][0]["message"]["content"], "This is the");
    assert_eq!(capped["choices"][0]["finish_reason"], "length");
    assert_eq!(capped["usage"]["completion_tokens"], 3);
    let mut request = hello();
    request["stop"] = json!(["zzz", "demo model"]);
    let stopped = whole(&request);
    assert_eq!(stopped["choices"][0]["message"]["content"], "This is the ");
    assert_eq!(stopped["choices"][0]["finish_reason"], "stop");
}

#[test]
fn calls_a_tool_that_is_named_or_demanded_and_then_answers_its_result() {
    let mut request = hello();
    request["tools"] = weather();
    assert_eq!(whole(&request)["choices"][0]["finish_reason"], "stop");
    let named = json!({"type": "function", "function": {"name": "get_weather"}});
    for choice in [json!("required"), named] {
        request["tool_choice"] = choice;
        let called = whole(&request);
        assert_eq!(called["choices"][0]["finish_reason"], "tool_calls");
        let function = &called["choices"][0]["message"]["tool_calls"][0]["function"];
        assert_eq!(function["name"], "get_weather");
        let arguments: Value =
            serde_json::from_str(function["arguments"].as_str().unwrap()).unwrap();
        assert_eq!(arguments, json!({"city": "Hello there, demo", "unit": "C"}));
    }
    request["tool_choice"] = json!("none");
    assert_eq!(whole(&request)["choices"][0]["finish_reason"], "stop");
    request["tool_choice"] = json!("auto");
    request["messages"][0]["content"] =
        json!([{"type": "text", "text": "please call get_weather"}]);
    assert_eq!(whole(&request)["choices"][0]["finish_reason"], "tool_calls");
    let result = json!({"role": "tool", "tool_call_id": "x", "content": "sunny"});
    request["messages"].as_array_mut().unwrap().push(result);
    assert_eq!(whole(&request)["choices"][0]["message"]["content"], "The tool answered: sunny");
}

#[test]
fn answers_json_where_json_is_asked_for() {
    let mut request = hello();
    request["response_format"] = json!({"type": "json_schema", "json_schema": {"schema": {
        "type": "object", "properties": {"n": {"type": "integer"}, "list": {"type": "array", "items": {"type": "string"}}},
    }}});
    let answer = whole(&request);
    let content = answer["choices"][0]["message"]["content"].as_str().unwrap();
    let content: Value = serde_json::from_str(content).unwrap();
    assert_eq!(content, json!({"n": 1, "list": ["Hello there, demo"]}));
}

#[tokio::test]
async fn streams_the_words_of_the_whole_answer() {
    let mut request = hello();
    request["stream_options"] = json!({"include_usage": true});
    let frames = streamed(&request).await;
    let (done, frames) = frames.split_last().unwrap();
    assert_eq!(done, "[DONE]");
    let frames: Vec<Value> = frames.iter().map(|f| serde_json::from_str(f).unwrap()).collect();
    let text: String = frames
        .iter()
        .filter_map(|frame| frame["choices"][0]["delta"]["content"].as_str())
        .collect();
    assert_eq!(text, whole(&hello())["choices"][0]["message"]["content"].as_str().unwrap());
    let (usage, frames) = frames.split_last().unwrap();
    assert_eq!((&usage["choices"], &usage["usage"]["total_tokens"]), (&json!([]), &json!(15)));
    assert_eq!(frames.last().unwrap()["choices"][0]["finish_reason"], "stop");
    assert!(frames.iter().all(|frame| frame["usage"].is_null()));
}

#[tokio::test]
async fn streams_a_tool_call_in_pieces_that_join() {
    let mut request = hello();
    request["tools"] = weather();
    request["tool_choice"] = json!("required");
    let frames = streamed(&request).await;
    assert!(!frames.iter().any(|frame| frame.contains("\"usage\"")));
    let arguments: String = frames
        .iter()
        .filter_map(|frame| serde_json::from_str::<Value>(frame).ok())
        .filter_map(|frame| {
            let call = &frame["choices"][0]["delta"]["tool_calls"][0];
            call["function"]["arguments"].as_str().map(str::to_owned)
        })
        .collect();
    assert!(serde_json::from_str::<Value>(&arguments).is_ok(), "{arguments}");
}

#[test]
fn refuses_what_is_no_request() {
    for body in ["", "[]", r#"{"messages":[]}"#, r#"{"messages":[{"role":"user"}],"max_tokens":0}"#]
    {
        let call = Outbound { body: body.into(), ..Outbound::default() };
        assert_eq!(answer(&call, Duration::ZERO).unwrap_err().status, 400, "{body}");
    }
}
