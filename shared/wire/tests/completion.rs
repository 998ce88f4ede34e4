//! Legacy completions for models that chat.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use serde_json::{Value, json};
use sluice_wire::completion::{Chunks, chats, decode_request, encode_response};

fn read(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

#[test]
fn a_prompt_becomes_one_user_message() {
    let body = json!({"model": "m", "prompt": ["a", "b"], "max_tokens": 7, "n": 2, "stop": ["x"],
        "temperature": 0.5, "logprobs": null, "suffix": "", "user": "u"});
    let request = decode_request(body.to_string().as_bytes()).unwrap();
    let written = chats(&request, Some(99)).unwrap();
    assert_eq!(
        read(&written.bodies[0]),
        json!({"model": "m", "messages": [{"role": "user", "content": "a"}], "max_tokens": 7,
            "n": 2, "stop": ["x"], "temperature": 0.5, "user": "u"})
    );
    assert_eq!(read(&written.bodies[1])["messages"][0]["content"], "b");
    assert!(written.losses.is_empty());
}

#[test]
fn what_a_chat_cannot_say_is_named_or_refused() {
    let lost = |more: Value| {
        let mut body = json!({"model": "m", "prompt": "a"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let request = decode_request(body.to_string().as_bytes()).unwrap();
        chats(&request, None).map(|chats| {
            assert!(chats.losses.iter().all(|loss| loss.changes_meaning));
            chats.losses.iter().map(|loss| loss.field.to_string()).collect::<Vec<_>>()
        })
    };
    assert_eq!(lost(json!({"suffix": "end", "logprobs": 3})).unwrap(), ["suffix", "logprobs"]);
    assert_eq!(lost(json!({"n": 1, "best_of": 2})).unwrap(), ["best_of"]);
    assert_eq!(lost(json!({"echo": true})).unwrap(), Vec::<String>::new());
    for more in [json!({"prompt": [1, 2]}), json!({"prompt": ["a", "b"], "stream": true})] {
        assert_eq!(lost(more).unwrap_err().param.as_deref(), Some("prompt"));
    }
}

#[test]
fn chats_answers_become_one_completion() {
    let body = json!({"model": "m", "prompt": ["a ", "b "], "echo": true}).to_string();
    let request = decode_request(body.as_bytes()).unwrap();
    let chat = |text: &str| {
        json!({"id": "chatcmpl-7", "object": "chat.completion", "created": 5, "model": "m",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text},
                "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3,
                "prompt_tokens_details": {"cached_tokens": 1}}})
        .to_string()
    };
    let (one, two) = (chat("x"), chat("y"));
    let answer = encode_response(&request, &[one.as_bytes(), two.as_bytes()]).unwrap();
    assert_eq!(
        read(&answer),
        json!({"id": "cmpl-7", "object": "text_completion", "created": 5, "model": "m",
            "choices": [
                {"text": "a x", "index": 0, "logprobs": null, "finish_reason": "stop"},
                {"text": "b y", "index": 1, "logprobs": null, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 2, "completion_tokens": 4, "total_tokens": 6,
                "prompt_tokens_details": {"cached_tokens": 2}}})
    );
    assert_eq!(encode_response(&request, &[b"<html>"]).unwrap_err().status, 502);
}

#[test]
fn a_chat_s_stream_becomes_a_completion_s_wherever_it_is_cut() {
    let chunk = |delta: Value, finish: Value| {
        let chunk = json!({"id": "chatcmpl-7", "object": "chat.completion.chunk", "created": 5,
            "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]});
        format!("data: {chunk}\n\n")
    };
    let stream = [
        chunk(json!({"role": "assistant", "content": ""}), Value::Null),
        chunk(json!({"content": "hi"}), Value::Null),
        chunk(json!({}), json!("stop")),
        "data: [DONE]\n\n".to_owned(),
    ]
    .concat();
    let expected = |text: &str, finish: Value| {
        let chunk = json!({"id": "cmpl-7", "object": "text_completion", "created": 5, "model": "m",
            "choices": [{"text": text, "index": 0, "logprobs": null, "finish_reason": finish}]});
        format!("data: {chunk}\n\n")
    };
    let wanted =
        [expected("hi", Value::Null), expected("", json!("stop")), "data: [DONE]\n\n".to_owned()]
            .concat();
    for cut in 0..stream.len() {
        let (mut chunks, mut out) = (Chunks::default(), Vec::new());
        chunks.push(&stream.as_bytes()[..cut], &mut out).unwrap();
        chunks.push(&stream.as_bytes()[cut..], &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), wanted);
    }
    let both = stream.replace("\"index\":0", "\"index\":1") + &stream;
    let (mut chunks, mut out) = (Chunks::new(Some("prompt ".to_owned())), Vec::new());
    chunks.push(both.as_bytes(), &mut out).unwrap();
    assert_eq!(String::from_utf8(out).unwrap().matches("\"prompt \"").count(), 2);
    let (mut chunks, mut out) = (Chunks::new(Some("prompt ".to_owned())), Vec::new());
    chunks.push(stream.as_bytes(), &mut out).unwrap();
    assert!(String::from_utf8(out).unwrap().starts_with(&expected("prompt ", Value::Null)));
}
