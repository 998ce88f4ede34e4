//! A message, whole and streamed.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::{
    answer::{Answer, Finish, Piece, Usage, signature},
    ask::Ask,
    chunks::{bits, words},
    delivery::Frames,
    frame::event,
    ids::Ids,
};

/// The body of a whole answer.
pub(super) fn whole(ask: &Ask, answer: &Answer, ids: &Ids) -> Bytes {
    let content: Vec<Value> = answer.pieces.iter().map(|piece| block(piece, ids)).collect();
    let (stop_reason, stop_sequence) = stop(&answer.finish);
    let body = json!({
        "model": ask.model,
        "id": ids.letters("msg_01", 22),
        "type": "message",
        "role": "assistant",
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": stop_sequence,
        "usage": usage(answer.usage, answer.usage.output),
    });
    Bytes::from(body.to_string())
}

fn block(piece: &Piece, ids: &Ids) -> Value {
    match piece {
        Piece::Text(text) | Piece::Refusal(text) => json!({"type": "text", "text": text}),
        Piece::Thought(text) => {
            json!({"type": "thinking", "thinking": text, "signature": signature(text)})
        }
        Piece::Call(name, arguments) => json!({
            "type": "tool_use",
            "id": ids.letters("toolu_01", 22),
            "name": name,
            // Cut short by the cap, the arguments are no JSON: Anthropic answers an empty object.
            "input": serde_json::from_str(arguments).unwrap_or(json!({})),
        }),
    }
}

fn stop(finish: &Finish) -> (&'static str, Option<&str>) {
    match finish {
        Finish::Stop => ("end_turn", None),
        Finish::Sequence(sequence) => ("stop_sequence", Some(sequence)),
        Finish::Length => ("max_tokens", None),
        Finish::Tools => ("tool_use", None),
        Finish::Refusal => ("refusal", None),
    }
}

fn usage(usage: Usage, output: u64) -> Value {
    json!({
        "input_tokens": usage.fresh,
        "cache_creation_input_tokens": usage.cache_write,
        "cache_read_input_tokens": usage.cache_read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": usage.cache_write,
            "ephemeral_1h_input_tokens": 0,
        },
        "output_tokens": output,
        "service_tier": "standard",
    })
}

/// The events of a streamed answer.
pub(super) fn streamed(ask: &Ask, answer: &Answer, ids: &Ids) -> Frames {
    let start = json!({"type": "message_start", "message": {
        "model": ask.model,
        "id": ids.letters("msg_01", 22),
        "type": "message",
        "role": "assistant",
        "content": [],
        "stop_reason": null,
        "stop_sequence": null,
        "usage": usage(answer.usage, 1),
    }});
    let mut all = vec![event("message_start", &start)];
    for (index, piece) in answer.pieces.iter().enumerate() {
        all.push(event("content_block_start", &opening(index, piece, ids)));
        if index == 0 {
            all.push(event("ping", &json!({"type": "ping"})));
        }
        all.extend(deltas(piece).into_iter().map(|delta| {
            let value = json!({"type": "content_block_delta", "index": index, "delta": delta});
            event("content_block_delta", &value)
        }));
        let value = json!({"type": "content_block_stop", "index": index});
        all.push(event("content_block_stop", &value));
    }
    let (stop_reason, stop_sequence) = stop(&answer.finish);
    let delta = json!({
        "type": "message_delta",
        "delta": {"stop_reason": stop_reason, "stop_sequence": stop_sequence},
        "usage": {
            "input_tokens": answer.usage.fresh,
            "cache_creation_input_tokens": answer.usage.cache_write,
            "cache_read_input_tokens": answer.usage.cache_read,
            "output_tokens": answer.usage.output,
        },
    });
    all.push(event("message_delta", &delta));
    all.push(event("message_stop", &json!({"type": "message_stop"})));
    let error = json!({
        "type": "error",
        "error": {"details": null, "type": "overloaded_error", "message": "Overloaded"},
        "request_id": ids.letters("req_01", 22),
    });
    Frames { all, closing: 2, late: event("error", &error) }
}

fn opening(index: usize, piece: &Piece, ids: &Ids) -> Value {
    let block = match piece {
        Piece::Text(_) | Piece::Refusal(_) => json!({"type": "text", "text": ""}),
        Piece::Thought(_) => json!({"type": "thinking", "thinking": "", "signature": ""}),
        Piece::Call(name, _) => json!({
            "type": "tool_use", "id": ids.letters("toolu_01", 22), "name": name, "input": {},
        }),
    };
    json!({"type": "content_block_start", "index": index, "content_block": block})
}

fn deltas(piece: &Piece) -> Vec<Value> {
    match piece {
        Piece::Text(text) | Piece::Refusal(text) => words(text)
            .into_iter()
            .map(|word| json!({"type": "text_delta", "text": word}))
            .collect(),
        Piece::Thought(text) => words(text)
            .into_iter()
            .map(|word| json!({"type": "thinking_delta", "thinking": word}))
            .chain([json!({"type": "signature_delta", "signature": signature(text)})])
            .collect(),
        Piece::Call(_, arguments) => [""]
            .into_iter()
            .chain(bits(arguments, 5))
            .map(|bit| json!({"type": "input_json_delta", "partial_json": bit}))
            .collect(),
    }
}
