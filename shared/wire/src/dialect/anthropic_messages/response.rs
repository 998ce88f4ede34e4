//! Whole answers, both ways (`Message`).

use serde::Serialize;
use serde_json::{Map, Value, value::RawValue};

use super::{
    block::{self, Spare},
    citation, error,
    finish::{self, Held},
    read::{At, Object, object, value},
    usage,
    wire::{Block, Body},
};
use crate::{
    Dialect, Fault, FaultKind, Stamp,
    canon::{Finish, Part, Response},
};

#[derive(Debug, Serialize)]
struct Wire<'a> {
    id: String,
    r#type: &'static str,
    role: &'static str,
    model: &'a str,
    content: Vec<Block<'a>>,
    stop_reason: &'a str,
    stop_sequence: Value,
    usage: Map<String, Value>,
}

/// Reads a provider's answer.
pub(crate) fn decode(body: &[u8]) -> Result<Response, Fault> {
    let mut fields = unreadable(
        body,
        std::str::from_utf8(body)
            .map_err(|error| error.to_string())
            .and_then(|text| serde_json::from_str::<&RawValue>(text).map_err(|e| e.to_string()))
            .and_then(|raw| object(raw, &At::Body).map_err(|fault| fault.message.into_owned())),
    )?;
    // An error under a 200, as some compatible servers send it.
    if fields.string("type", &At::Body).ok().flatten().as_deref() == Some("error") {
        let fault = error::decode("anthropic", 200, &[], body.to_vec().into());
        return Err(fault);
    }
    unreadable(body, message(fields).map_err(|fault| fault.message.into_owned()))
}

fn message(mut fields: Object<'_>) -> Result<Response, Fault> {
    let at = At::Body;
    let id = fields.string("id", &at)?;
    let model = fields.string("model", &at)?;
    fields.take("role");
    // What only this dialect says of a block has no place in an answer.
    let mut spare = Spare::new();
    let content = fields.need("content", &at)?;
    let parts = block::content(content, &At::Field(&at, "content"), &mut spare)?;
    let finish = match fields.string("stop_reason", &at)? {
        Some(word) => finish::read(&word),
        None if Held::of(&parts).call => Finish::ToolCalls,
        None => Finish::Stop,
    };
    let stop_sequence = fields.string("stop_sequence", &at)?;
    let usage = match fields.take("usage") {
        // Something that is no usage is not the usage of nothing.
        Some(raw) => usage::read(raw.into()),
        None => None,
    };
    let mut extras = Map::new();
    for (name, raw) in fields.rest() {
        let value = value(raw, &At::Field(&at, &name))?;
        if !value.is_null() {
            extras.insert(name, value);
        }
    }
    Ok(Response { id, model, parts, finish, stop_sequence, usage, extras })
}

/// The provider's answer is not what the dialect says.
fn unreadable<T>(body: &[u8], result: Result<T, String>) -> Result<T, Fault> {
    result.map_err(|why| {
        Fault::new(FaultKind::Upstream, "The provider's answer could not be read.")
            .with_detail(format!("Anthropic message of {} bytes: {why}", body.len()))
    })
}

/// Writes an answer for a caller.
pub(crate) fn encode(response: &Response, stamp: &Stamp) -> Vec<u8> {
    let mut content: Vec<_> = response.parts.iter().filter_map(body).collect();
    settle(&mut content);
    let wire = Wire {
        id: message_id(response.id.as_deref(), stamp),
        r#type: "message",
        role: "assistant",
        model: &stamp.model,
        content,
        stop_reason: finish::write(&response.finish, Held::of(&response.parts)),
        stop_sequence: finish::sequence(response.stop_sequence.as_ref()),
        usage: usage::write(response.usage.as_ref()),
    };
    // Strings, numbers and maps with string keys: writing them to memory does not fail.
    serde_json::to_vec(&wire).unwrap_or_default()
}

/// A signature that came after the text stands before it: what a message ends with is what clients
/// show, and no message of the API's own ends with a thought that has text before it.
fn settle(content: &mut [Block<'_>]) {
    if let [
        ..,
        Block { body: Body::Text { .. }, .. },
        Block { body: Body::Thinking { thinking: "", .. }, .. },
    ] = content
    {
        let last = content.len() - 1;
        content.swap(last - 1, last);
    }
}

/// The provider's id where it is a message's, the gateway's otherwise.
pub(super) fn message_id(id: Option<&str>, stamp: &Stamp) -> String {
    match id {
        Some(id) if id.starts_with("msg_") => id.to_owned(),
        _ => format!("msg_{}", stamp.id),
    }
}

fn body(part: &Part) -> Option<Block<'_>> {
    let body = match part {
        Part::Text { text, citations } => match Body::text(text)? {
            Body::Text { text, .. } => Body::Text {
                text,
                citations: citations.iter().filter_map(citation::encode).collect(),
            },
            other => other,
        },
        Part::Refusal(text) => Body::text(text)?,
        Part::ToolCall(call) => Body::tool_use(call),
        Part::Reasoning(reasoning) => Body::reasoning(reasoning),
        Part::Opaque { dialect: Dialect::AnthropicMessages, value } => Body::Opaque(value),
        // An answer of this dialect has no such blocks: pictures and another dialect's own parts.
        _ => return None,
    };
    Some(Block { body, cache_control: None })
}
