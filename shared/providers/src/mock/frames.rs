//! A chat completion as the stream that it would have been, a word at a time.

use bytes::Bytes;
use futures_util::stream::iter;
use serde_json::{Map, Value, json};
use sluice_wire::Fault;

use crate::ByteStream;

/// The frames of a document; where it `breaks`, the first words and then the fault.
pub(super) fn stream(document: &Value, breaks: Option<Fault>) -> ByteStream {
    let mut chunks = Vec::new();
    for choice in document.get("choices").and_then(Value::as_array).into_iter().flatten() {
        let index = choice.get("index").cloned().unwrap_or(json!(0));
        let said = |delta: Value, finish: Value| json!({"choices": [{"index": index, "delta": delta, "finish_reason": finish}]});
        for delta in deltas(choice.get("message").unwrap_or(&Value::Null)) {
            chunks.push(said(delta, Value::Null));
        }
        let finish = choice.get("finish_reason").cloned().unwrap_or(json!("stop"));
        chunks.push(said(json!({}), finish));
    }
    chunks.push(json!({"choices": [], "usage": document.get("usage")}));
    let frame = |chunk: Value| Bytes::from(format!("data: {}\n\n", with_identity(chunk, document)));
    let frames = chunks.into_iter().map(frame);
    match breaks {
        Some(fault) => {
            Box::pin(iter(frames.take(2).map(Ok).chain([Err(fault)]).collect::<Vec<_>>()))
        }
        None => {
            let end = Bytes::from_static(b"data: [DONE]\n\n");
            Box::pin(iter(frames.chain([end]).map(Ok).collect::<Vec<_>>()))
        }
    }
}

/// What a message says, piece by piece.
fn deltas(message: &Value) -> Vec<Value> {
    let mut deltas = vec![json!({"role": "assistant", "content": ""})];
    let text = message.get("content").and_then(Value::as_str).unwrap_or_default();
    deltas.extend(text.split_inclusive(' ').map(|word| json!({"content": word})));
    let calls = message.get("tool_calls").and_then(Value::as_array);
    for (index, call) in calls.into_iter().flatten().enumerate() {
        let mut call = call.clone();
        if let Some(call) = call.as_object_mut() {
            call.insert("index".to_owned(), json!(index));
            call.entry("type").or_insert(json!("function"));
        }
        deltas.push(json!({"tool_calls": [call]}));
    }
    deltas
}

/// Every chunk says whose it is.
fn with_identity(chunk: Value, document: &Value) -> Value {
    let mut all = Map::new();
    for name in ["id", "created", "model"] {
        all.extend(document.get(name).map(|value| (name.to_owned(), value.clone())));
    }
    all.insert("object".to_owned(), json!("chat.completion.chunk"));
    if let Value::Object(fields) = chunk {
        all.extend(fields);
    }
    Value::Object(all)
}
