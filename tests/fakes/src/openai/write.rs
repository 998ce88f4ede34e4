//! A chat completion, whole and streamed.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::{
    answer::{Answer, Finish, Piece, Usage},
    ask::Ask,
    chunks::{bits, words},
    delivery::Frames,
    frame::data,
    ids::Ids,
};

/// How this server differs from OpenAI's own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    /// Thoughts are shown, as `reasoning_content` (vLLM, DeepSeek).
    pub(crate) shows_thoughts: bool,
    /// Usage comes in a last chunk.
    pub(crate) stream_usage: bool,
    /// Number of choices.
    pub(crate) choices: u64,
}

/// The fields that every chunk and every completion begins with.
struct Head {
    id: String,
    created: u64,
    model: String,
    tier: String,
}

// === impl Head ===

impl Head {
    fn new(ask: &Ask, ids: &Ids) -> Self {
        let model = if ask.model.is_empty() { "served-model" } else { &ask.model };
        let asked = ask.tier.clone().filter(|tier| tier != "auto");
        Self {
            id: ids.letters("chatcmpl-", 29),
            created: ids.created(),
            model: model.to_owned(),
            tier: asked.unwrap_or_else(|| "default".to_owned()),
        }
    }

    fn write(&self, object: &str) -> Map<String, Value> {
        let mut map = Map::new();
        map.insert("id".to_owned(), json!(self.id));
        map.insert("object".to_owned(), json!(object));
        map.insert("created".to_owned(), json!(self.created));
        map.insert("model".to_owned(), json!(self.model));
        map.insert("service_tier".to_owned(), json!(self.tier));
        map.insert("system_fingerprint".to_owned(), json!("fp_50906f2aac"));
        map
    }
}

/// The body of a whole answer.
pub(crate) fn whole(ask: &Ask, answer: &Answer, ids: &Ids, manner: Manner) -> Bytes {
    let mut body = Head::new(ask, ids).write("chat.completion");
    let choices = (0..manner.choices)
        .map(|index| {
            json!({
                "index": index,
                "message": message(answer, ids, manner),
                "logprobs": null,
                "finish_reason": finish(&answer.finish),
            })
        })
        .collect();
    body.insert("choices".to_owned(), Value::Array(choices));
    body.insert("usage".to_owned(), usage(answer.usage, manner));
    Bytes::from(Value::Object(body).to_string())
}

fn message(answer: &Answer, ids: &Ids, manner: Manner) -> Value {
    let mut content = None;
    let mut refusal = Value::Null;
    let mut thoughts = None;
    let mut calls = Vec::new();
    for piece in &answer.pieces {
        match piece {
            Piece::Text(text) => content.get_or_insert_with(String::new).push_str(text),
            Piece::Refusal(text) => refusal = json!(text),
            Piece::Thought(text) => thoughts = Some(text.clone()),
            Piece::Call(name, arguments) => calls.push(json!({
                "id": ids.letters("call_", 24),
                "type": "function",
                "function": {"name": name, "arguments": arguments},
            })),
        }
    }
    let mut message = json!({"role": "assistant", "content": content, "refusal": refusal});
    if let Value::Object(map) = &mut message {
        map.insert("annotations".to_owned(), json!([]));
        if !calls.is_empty() {
            map.insert("tool_calls".to_owned(), Value::Array(calls));
        }
        if let Some(thoughts) = thoughts.filter(|_| manner.shows_thoughts) {
            map.insert("reasoning_content".to_owned(), json!(thoughts));
        }
    }
    message
}

fn finish(finish: &Finish) -> &'static str {
    match finish {
        Finish::Stop | Finish::Sequence(_) | Finish::Refusal => "stop",
        Finish::Length => "length",
        Finish::Tools => "tool_calls",
    }
}

fn usage(usage: Usage, manner: Manner) -> Value {
    let output = usage.output * manner.choices;
    json!({
        "prompt_tokens": usage.input(),
        "completion_tokens": output,
        "total_tokens": usage.input() + output,
        "prompt_tokens_details": {"cached_tokens": usage.cache_read, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": usage.thought * manner.choices,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    })
}

/// The events of a streamed answer, `[DONE]` included.
pub(crate) fn streamed(ask: &Ask, answer: &Answer, ids: &Ids, manner: Manner) -> Frames {
    let head = Head::new(ask, ids);
    let chunk = |choices: Value, usage: Option<Value>| {
        let mut body = head.write("chat.completion.chunk");
        body.insert("choices".to_owned(), choices);
        match usage {
            Some(usage) => {
                body.insert("usage".to_owned(), usage);
            }
            None if manner.stream_usage => {
                body.insert("usage".to_owned(), Value::Null);
            }
            None => {}
        }
        data(&Value::Object(body).to_string())
    };
    let mut all = Vec::new();
    for index in 0..manner.choices {
        let step = |delta: Value, finish: Option<&str>| {
            let choice = json!({
                "index": index, "delta": delta, "logprobs": null, "finish_reason": finish,
            });
            chunk(json!([choice]), None)
        };
        let calls = answer.pieces.iter().any(|piece| matches!(piece, Piece::Call(..)));
        let opening = if calls { Value::Null } else { json!("") };
        all.push(step(json!({"role": "assistant", "content": opening, "refusal": null}), None));
        all.extend(deltas(answer, ids, manner).into_iter().map(|delta| step(delta, None)));
        all.push(step(json!({}), Some(finish(&answer.finish))));
    }
    let mut closing = 2;
    if manner.stream_usage {
        all.push(chunk(json!([]), Some(usage(answer.usage, manner))));
        closing = 3;
    }
    all.push(data("[DONE]"));
    let error = json!({"error": {
        "message": "The server had an error while processing your request. Sorry about that!",
        "type": "server_error", "param": null, "code": null,
    }});
    Frames { all, closing, late: data(&error.to_string()) }
}

fn deltas(answer: &Answer, ids: &Ids, manner: Manner) -> Vec<Value> {
    let mut deltas = Vec::new();
    let mut place = 0;
    for piece in &answer.pieces {
        match piece {
            Piece::Text(text) => {
                deltas.extend(words(text).into_iter().map(|word| json!({"content": word})));
            }
            Piece::Refusal(text) => {
                deltas.extend(words(text).into_iter().map(|word| json!({"refusal": word})));
            }
            Piece::Thought(text) if manner.shows_thoughts => deltas
                .extend(words(text).into_iter().map(|word| json!({"reasoning_content": word}))),
            Piece::Thought(_) => {}
            Piece::Call(name, arguments) => {
                deltas.push(json!({"tool_calls": [{
                    "index": place,
                    "id": ids.letters("call_", 24),
                    "type": "function",
                    "function": {"name": name, "arguments": ""},
                }]}));
                deltas.extend(bits(arguments, 5).into_iter().map(
                    |bit| json!({"tool_calls": [{"index": place, "function": {"arguments": bit}}]}),
                ));
                place += 1;
            }
        }
    }
    deltas
}
