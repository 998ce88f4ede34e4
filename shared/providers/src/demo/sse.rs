//! The demo's answer as a stream of server-sent events, a word at a time.

use std::{collections::VecDeque, time::Duration};

use bytes::Bytes;
use futures_util::stream;
use serde_json::{Value, json};

use super::{
    reply::{Content, Reply},
    request::Request,
};
use crate::ByteStream;

/// All frames of a reply.
pub(super) fn frames(request: &Request, reply: &Reply) -> VecDeque<Bytes> {
    let usage = request.wants_stream_usage();
    let chunk = |choices: Value, told: Value| {
        let mut chunk = json!({
            "id": reply.id(),
            "object": "chat.completion.chunk",
            "created": 0,
            "model": request.model,
            "choices": choices,
        });
        if usage && let Some(chunk) = chunk.as_object_mut() {
            chunk.insert("usage".to_owned(), told);
        }
        Bytes::from(format!("data: {chunk}\n\n"))
    };
    let mut frames = VecDeque::new();
    for index in 0..request.choices() {
        let mut delta = |delta: Value, finish: Option<&str>| {
            let choice = json!([{"index": index, "delta": delta, "finish_reason": finish}]);
            frames.push_back(chunk(choice, Value::Null));
        };
        delta(json!({"role": "assistant", "content": ""}), None);
        match &reply.content {
            Content::Text(text) => {
                for word in text.split_inclusive(' ') {
                    delta(json!({"content": word}), None);
                }
            }
            Content::Call { name, arguments } => {
                let head = json!({"name": name, "arguments": ""});
                delta(
                    json!({"tool_calls": [{
                        "index": 0, "id": reply.call_id(), "type": "function", "function": head,
                    }]}),
                    None,
                );
                for part in arguments.split_inclusive(' ') {
                    let function = json!({"arguments": part});
                    delta(json!({"tool_calls": [{"index": 0, "function": function}]}), None);
                }
            }
        }
        delta(json!({}), Some(reply.finish));
    }
    if usage {
        frames.push_back(chunk(json!([]), reply.usage()));
    }
    frames.push_back(Bytes::from_static(b"data: [DONE]\n\n"));
    frames
}

/// The frames, `pace` apart.
pub(super) fn paced(frames: VecDeque<Bytes>, pace: Duration) -> ByteStream {
    // However many choices there are, the answer does not take longer than a person waits.
    const WHOLE: Duration = Duration::from_millis(600);
    let count = u32::try_from(frames.len()).unwrap_or(u32::MAX).max(1);
    let pace = pace.min(WHOLE / count);
    Box::pin(stream::unfold((frames, false), move |(mut frames, begun)| async move {
        let frame = frames.pop_front()?;
        if begun && !pace.is_zero() {
            tokio::time::sleep(pace).await;
        }
        Some((Ok(frame), (frames, true)))
    }))
}
