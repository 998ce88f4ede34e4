//! A response, whole and streamed.

use serde_json::{Map, Value, json};

use crate::{
    answer::{Answer, Finish, Piece, Usage, signature},
    chunks::{bits, words},
    delivery::Frames,
    frame::event,
    ids::Ids,
};

/// How thoughts are told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    /// As a summary.
    summary: bool,
    /// In full (open-weight models).
    full: bool,
    /// Encrypted.
    encrypted: bool,
}

/// A response with the events that tell it.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) response: Value,
    events: Vec<Value>,
    failed: Value,
}

/// What the reasoning item of this id has encrypted in it.
pub(super) fn encrypted(id: &str) -> String {
    format!("gAAAAA{}", signature(id))
}

// === impl Manner ===

impl Manner {
    pub(super) fn of(body: &Value) -> Self {
        let include = body.get("include").and_then(Value::as_array);
        Self {
            summary: body.pointer("/reasoning/summary").is_some_and(Value::is_string),
            full: body.get("model").and_then(Value::as_str).is_some_and(|m| m.contains("gpt-oss")),
            encrypted: include
                .is_some_and(|all| all.iter().any(|one| one == "reasoning.encrypted_content")),
        }
    }
}

/// Writes an answer.
pub(super) fn written(body: &Value, answer: &Answer, ids: &Ids, manner: Manner) -> Written {
    let head = Head { id: ids.hex("resp_"), created: ids.created(), repeated: repeated(body) };
    let mut events = Events { sequence: 0, all: Vec::new() };
    let begun = head.response("in_progress", &[], None);
    events.push("response.created", json!({"response": begun}));
    events.push("response.in_progress", json!({"response": begun}));
    let incomplete = answer.finish == Finish::Length;
    let mut output = Vec::new();
    for piece in &answer.pieces {
        let item = match piece {
            Piece::Thought(text) => thought(text, output.len(), ids, manner, &mut events),
            Piece::Text(text) => message(text, output.len(), ids, incomplete, &mut events),
            Piece::Refusal(words) => refusal(words, output.len(), ids, &mut events),
            Piece::Call(name, arguments) => call(name, arguments, output.len(), ids, &mut events),
        };
        output.push(item);
    }
    let status = if incomplete { "incomplete" } else { "completed" };
    let response = head.response(status, &output, Some(answer.usage));
    events.push(&format!("response.{status}"), json!({"response": response}));
    Written { failed: head.failed(), response, events: events.all }
}

// === impl Written ===

impl Written {
    pub(super) fn frames(&self) -> Frames {
        let frame = |value: &Value| {
            event(value.get("type").and_then(Value::as_str).unwrap_or_default(), value)
        };
        let late =
            json!({"type": "response.failed", "sequence_number": 99, "response": self.failed});
        Frames { all: self.events.iter().map(frame).collect(), closing: 1, late: frame(&late) }
    }
}

/// Events with their numbers.
struct Events {
    sequence: u64,
    all: Vec<Value>,
}

impl Events {
    fn push(&mut self, name: &str, fields: Value) {
        let mut event = Map::new();
        event.insert("type".to_owned(), json!(name));
        event.insert("sequence_number".to_owned(), json!(self.sequence));
        self.sequence += 1;
        if let Value::Object(fields) = fields {
            event.extend(fields);
        }
        self.all.push(Value::Object(event));
    }
}

/// What every response of a call has in common.
struct Head {
    id: String,
    created: u64,
    repeated: Map<String, Value>,
}

impl Head {
    fn response(&self, status: &str, output: &[Value], usage: Option<Usage>) -> Value {
        let reason = (status == "incomplete").then(|| json!({"reason": "max_output_tokens"}));
        let mut body = Map::new();
        body.insert("id".to_owned(), json!(self.id));
        body.insert("object".to_owned(), json!("response"));
        body.insert("created_at".to_owned(), json!(self.created));
        body.insert("status".to_owned(), json!(status));
        body.insert("background".to_owned(), json!(false));
        body.insert("error".to_owned(), Value::Null);
        body.insert("incomplete_details".to_owned(), json!(reason));
        body.extend(self.repeated.clone());
        body.insert("output".to_owned(), json!(output));
        body.insert("usage".to_owned(), json!(usage.map(used)));
        Value::Object(body)
    }

    fn failed(&self) -> Value {
        let mut response = self.response("failed", &[], None);
        if let Some(fields) = response.as_object_mut() {
            let message =
                "The server had an error while processing your request. Sorry about that!";
            fields.insert("error".to_owned(), json!({"code": "server_error", "message": message}));
        }
        response
    }
}

fn used(usage: Usage) -> Value {
    json!({
        "input_tokens": usage.input(),
        "input_tokens_details": {"cached_tokens": usage.cache_read},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.thought},
        "total_tokens": usage.input() + usage.output,
    })
}

fn repeated(body: &Value) -> Map<String, Value> {
    let or = |name: &str, default: Value| body.get(name).cloned().unwrap_or(default);
    let fields = json!({
        "instructions": or("instructions", Value::Null),
        "max_output_tokens": or("max_output_tokens", Value::Null),
        "model": or("model", Value::Null),
        "parallel_tool_calls": or("parallel_tool_calls", json!(true)),
        "previous_response_id": or("previous_response_id", Value::Null),
        "reasoning": or("reasoning", json!({"effort": null, "summary": null})),
        "service_tier": "default",
        "store": or("store", json!(true)),
        "temperature": or("temperature", json!(1.0)),
        "text": or("text", json!({"format": {"type": "text"}})),
        "tool_choice": or("tool_choice", json!("auto")),
        "tools": or("tools", json!([])),
        "top_p": or("top_p", json!(1.0)),
        "truncation": or("truncation", json!("disabled")),
        "user": or("user", Value::Null),
        "metadata": or("metadata", json!({})),
    });
    match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

fn thought(text: &str, at: usize, ids: &Ids, manner: Manner, events: &mut Events) -> Value {
    let id = ids.hex("rs_");
    let mut item = json!({"id": id, "type": "reasoning", "summary": []});
    events.push("response.output_item.added", json!({"output_index": at, "item": item}));
    let place = |name: &str, more: Value| {
        let mut fields = json!({"item_id": id, "output_index": at, name: 0});
        if let (Some(fields), Value::Object(more)) = (fields.as_object_mut(), more) {
            fields.extend(more);
        }
        fields
    };
    if manner.full {
        for word in words(text) {
            let fields = place("content_index", json!({"delta": word}));
            events.push("response.reasoning_text.delta", fields);
        }
        events.push("response.reasoning_text.done", place("content_index", json!({"text": text})));
        set(&mut item, "content", json!([{"type": "reasoning_text", "text": text}]));
    } else if manner.summary {
        let part = |text: &str| json!({"part": {"type": "summary_text", "text": text}});
        let index = "summary_index";
        events.push("response.reasoning_summary_part.added", place(index, part("")));
        for word in words(text) {
            let fields = place(index, json!({"delta": word}));
            events.push("response.reasoning_summary_text.delta", fields);
        }
        let fields = place(index, json!({"text": text}));
        events.push("response.reasoning_summary_text.done", fields);
        events.push("response.reasoning_summary_part.done", place(index, part(text)));
        set(&mut item, "summary", json!([{"type": "summary_text", "text": text}]));
    }
    if manner.encrypted {
        set(&mut item, "encrypted_content", json!(encrypted(&id)));
    }
    events.push("response.output_item.done", json!({"output_index": at, "item": item}));
    item
}

fn set(item: &mut Value, name: &str, value: Value) {
    if let Some(fields) = item.as_object_mut() {
        fields.insert(name.to_owned(), value);
    }
}

fn said(id: &str, status: &str, content: &[&Value]) -> Value {
    json!({
        "id": id, "type": "message", "status": status, "content": content, "role": "assistant",
    })
}

fn message(text: &str, at: usize, ids: &Ids, incomplete: bool, events: &mut Events) -> Value {
    let id = ids.hex("msg_");
    let part = |text: &str| json!({"type": "output_text", "annotations": [], "logprobs": [], "text": text});
    let item = said(&id, "in_progress", &[]);
    events.push("response.output_item.added", json!({"output_index": at, "item": item}));
    events.push(
        "response.content_part.added",
        json!({"item_id": id, "output_index": at, "content_index": 0, "part": part("")}),
    );
    for word in words(text) {
        events.push(
            "response.output_text.delta",
            json!({
                "item_id": id, "output_index": at, "content_index": 0, "delta": word,
                "logprobs": [], "obfuscation": "kZx",
            }),
        );
    }
    events.push(
        "response.output_text.done",
        json!({
            "item_id": id, "output_index": at, "content_index": 0, "text": text, "logprobs": [],
        }),
    );
    events.push(
        "response.content_part.done",
        json!({"item_id": id, "output_index": at, "content_index": 0, "part": part(text)}),
    );
    let status = if incomplete { "incomplete" } else { "completed" };
    let item = said(&id, status, &[&part(text)]);
    events.push("response.output_item.done", json!({"output_index": at, "item": item}));
    item
}

fn refusal(text: &str, at: usize, ids: &Ids, events: &mut Events) -> Value {
    let id = ids.hex("msg_");
    let part = |text: &str| json!({"type": "refusal", "refusal": text});
    let item = said(&id, "in_progress", &[]);
    events.push("response.output_item.added", json!({"output_index": at, "item": item}));
    let place = |more: Value| {
        let mut fields = json!({"item_id": id, "output_index": at, "content_index": 0});
        if let (Some(fields), Value::Object(more)) = (fields.as_object_mut(), more) {
            fields.extend(more);
        }
        fields
    };
    events.push("response.content_part.added", place(json!({"part": part("")})));
    for word in words(text) {
        events.push("response.refusal.delta", place(json!({"delta": word})));
    }
    events.push("response.refusal.done", place(json!({"refusal": text})));
    events.push("response.content_part.done", place(json!({"part": part(text)})));
    let item = said(&id, "completed", &[&part(text)]);
    events.push("response.output_item.done", json!({"output_index": at, "item": item}));
    item
}

fn call(name: &str, arguments: &str, at: usize, ids: &Ids, events: &mut Events) -> Value {
    let id = ids.hex("fc_");
    let call_id = ids.letters("call_", 24);
    let item = |status: &str, arguments: &str| {
        json!({
            "id": id, "type": "function_call", "status": status, "arguments": arguments,
            "call_id": call_id, "name": name,
        })
    };
    let begun = item("in_progress", "");
    events.push("response.output_item.added", json!({"output_index": at, "item": begun}));
    for bit in bits(arguments, 5) {
        events.push(
            "response.function_call_arguments.delta",
            json!({"item_id": id, "output_index": at, "delta": bit}),
        );
    }
    events.push(
        "response.function_call_arguments.done",
        json!({"item_id": id, "output_index": at, "arguments": arguments}),
    );
    let done = item("completed", arguments);
    events.push("response.output_item.done", json!({"output_index": at, "item": done}));
    done
}
