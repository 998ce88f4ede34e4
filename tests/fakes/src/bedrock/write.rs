//! A converse answer, whole and as an event stream.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::{
    answer::{Answer, Finish, Piece, Usage, signature},
    chunks::{bits, words},
    delivery::Frames,
    frame::{exception, message},
    ids::Ids,
};

/// The body of a whole answer.
pub(super) fn whole(answer: &Answer, ids: &Ids) -> Bytes {
    let content: Vec<Value> = answer.pieces.iter().map(|piece| block(piece, ids)).collect();
    let body = json!({
        "metrics": {"latencyMs": 12},
        "output": {"message": {"content": content, "role": "assistant"}},
        "stopReason": stop(&answer.finish),
        "usage": usage(answer.usage),
    });
    Bytes::from(body.to_string())
}

fn block(piece: &Piece, ids: &Ids) -> Value {
    match piece {
        Piece::Text(text) | Piece::Refusal(text) => json!({"text": text}),
        Piece::Thought(text) => json!({
            "reasoningContent": {"reasoningText": {"signature": signature(text), "text": text}},
        }),
        Piece::Call(name, arguments) => json!({"toolUse": {
            "input": serde_json::from_str(arguments).unwrap_or(json!({})),
            "name": name,
            "toolUseId": ids.letters("tooluse_", 22),
        }}),
    }
}

fn stop(finish: &Finish) -> &'static str {
    match finish {
        Finish::Stop => "end_turn",
        Finish::Sequence(_) => "stop_sequence",
        Finish::Length => "max_tokens",
        Finish::Tools => "tool_use",
        Finish::Refusal => "content_filtered",
    }
}

/// `inputTokens` are those that were neither read from nor written to the cache.
fn usage(usage: Usage) -> Value {
    json!({
        "cacheReadInputTokens": usage.cache_read,
        "cacheWriteInputTokens": usage.cache_write,
        "inputTokens": usage.fresh,
        "outputTokens": usage.output,
        "totalTokens": usage.input() + usage.output,
    })
}

/// The events of a streamed answer. Every one is padded (`p`), as Bedrock does.
pub(super) fn streamed(answer: &Answer, ids: &Ids) -> Frames {
    let mut all = vec![event("messageStart", &json!({"p": "abcdefghij", "role": "assistant"}))];
    for (index, piece) in answer.pieces.iter().enumerate() {
        // Text and thoughts begin with their first delta; only tool use is announced.
        if let Piece::Call(name, _) = piece {
            let id = ids.letters("tooluse_", 22);
            let start = json!({"toolUse": {"name": name, "toolUseId": id}});
            all.push(event(
                "contentBlockStart",
                &json!({"contentBlockIndex": index, "p": "abcd", "start": start}),
            ));
        }
        all.extend(deltas(piece).into_iter().map(|delta| {
            event(
                "contentBlockDelta",
                &json!({"contentBlockIndex": index, "delta": delta, "p": "abcdefgh"}),
            )
        }));
        all.push(event("contentBlockStop", &json!({"contentBlockIndex": index, "p": "abc"})));
    }
    all.push(event("messageStop", &json!({"p": "abcdefg", "stopReason": stop(&answer.finish)})));
    all.push(event(
        "metadata",
        &json!({"metrics": {"latencyMs": 12}, "p": "abcdef", "usage": usage(answer.usage)}),
    ));
    let error = json!({
        "message": "The model stream broke. Try again.",
        "originalMessage": "Overloaded",
        "originalStatusCode": 529,
    });
    Frames { all, closing: 2, late: exception("modelStreamErrorException", &error) }
}

fn event(name: &'static str, value: &Value) -> Bytes {
    message(name, "application/json", value.to_string())
}

fn deltas(piece: &Piece) -> Vec<Value> {
    match piece {
        Piece::Text(text) | Piece::Refusal(text) => {
            words(text).into_iter().map(|word| json!({"text": word})).collect()
        }
        Piece::Thought(text) => words(text)
            .into_iter()
            .map(|word| json!({"reasoningContent": {"text": word}}))
            .chain([json!({"reasoningContent": {"signature": signature(text)}})])
            .collect(),
        Piece::Call(_, arguments) => [""]
            .into_iter()
            .chain(bits(arguments, 5))
            .map(|bit| json!({"toolUse": {"input": bit}}))
            .collect(),
    }
}
