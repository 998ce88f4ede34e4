//! Canonical events to the caller's bytes.
//!
//! The dialect knows one open block at a time, numbered from 0 without gaps, while canonical parts
//! may interleave (parallel tool calls). So one part is written as it comes, and the others wait
//! with what they have said until it has ended. A part that never says anything leaves no block.
//!
//! Google may sign a thought after the text that came of it. Such a signature waits for the part that
//! follows. Where none does it is left out: what a message ends with is what clients show (Claude
//! Code's result), and no message of the API's own ends so. Google asks for it back, and answers
//! without.

use std::{borrow::Cow, collections::VecDeque};

use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    Dialect, Fault, Stamp,
    canon::{Delta, Event, PartKind, Usage},
    dialect::{
        Signer,
        anthropic_messages::{
            citation, error,
            finish::{self, Held},
            response, tool_id, usage,
        },
    },
    frame::sse,
};

/// Canonical events to the caller's bytes.
#[derive(Debug)]
pub struct Encoder {
    stamp: Stamp,
    /// Blocks begun so far.
    blocks: u32,
    /// Parts not yet written to their end; the first is the one being written.
    parts: VecDeque<Waiting>,
    held: Held,
    usage: Option<Usage>,
    /// Nothing may follow.
    closed: bool,
}

/// A part, and what it has said but not written.
#[derive(Debug)]
struct Waiting {
    index: u32,
    kind: PartKind,
    deltas: Vec<Delta>,
    /// Its block has begun.
    begun: bool,
    ended: bool,
}

/// A `content_block_delta`.
#[derive(Debug, Serialize)]
struct Grows<'a> {
    r#type: &'static str,
    index: u32,
    delta: Piece<'a>,
}

/// Its delta.
#[derive(Debug, Serialize)]
#[serde(tag = "type")]
enum Piece<'a> {
    #[serde(rename = "text_delta")]
    Text { text: &'a str },
    #[serde(rename = "input_json_delta")]
    InputJson { partial_json: &'a str },
    #[serde(rename = "thinking_delta")]
    Thinking { thinking: &'a str },
    #[serde(rename = "signature_delta")]
    Signature { signature: &'a str },
    #[serde(rename = "citations_delta")]
    Citations { citation: Cow<'a, Value> },
}

// === impl Encoder ===

impl Encoder {
    pub(crate) fn new(stamp: Stamp) -> Self {
        Self {
            stamp,
            blocks: 0,
            parts: VecDeque::new(),
            held: Held::default(),
            usage: None,
            closed: false,
        }
    }

    pub(crate) fn event(&mut self, event: &Event, out: &mut Vec<u8>) {
        if self.closed {
            return;
        }
        match event {
            Event::Start { id, .. } => self.start(id.as_deref(), out),
            Event::PartStart { index, kind } => {
                self.held.call |= matches!(kind, PartKind::ToolCall { .. });
                self.held.refusal |= matches!(kind, PartKind::Refusal);
                self.parts.push_back(Waiting {
                    index: *index,
                    kind: kind.clone(),
                    deltas: Vec::new(),
                    begun: false,
                    ended: false,
                });
                self.advance(out);
            }
            Event::Delta { index, delta } => {
                let part = self.parts.iter_mut().find(|part| part.index == *index);
                part.into_iter().for_each(|part| part.deltas.push(delta.clone()));
                self.advance(out);
            }
            Event::PartEnd { index } => {
                if let Some(part) = self.parts.iter_mut().find(|part| part.index == *index) {
                    part.ended = true;
                }
                self.advance(out);
            }
            Event::Usage(usage) => self.usage = Some(usage.clone()),
            Event::Finish { finish, stop_sequence } => {
                let reason = finish::write(finish, self.held);
                self.finish(reason, &finish::sequence(stop_sequence.as_ref()), out);
            }
        }
    }

    pub(crate) fn error(&mut self, fault: &Fault, out: &mut Vec<u8>) {
        if !self.closed {
            self.closed = true;
            write(out, "error", &error::envelope(fault));
        }
    }

    fn start(&self, id: Option<&str>, out: &mut Vec<u8>) {
        let message = json!({
            "id": response::message_id(id, &self.stamp),
            "type": "message",
            "role": "assistant",
            "model": self.stamp.model,
            "content": [],
            "stop_reason": null,
            "stop_sequence": null,
            // What the prompt came to is told at the end, when it is known.
            "usage": usage::write(None),
        });
        write(out, "message_start", &json!({ "type": "message_start", "message": message }));
    }

    /// Writes what the first part has said, and goes on to the next for as long as one has ended.
    fn advance(&mut self, out: &mut Vec<u8>) {
        loop {
            let followed = self.parts.iter().skip(1).any(Waiting::says_something);
            let Some(part) = self.parts.front_mut() else { return };
            if !followed && self.blocks > 0 && part.only_signs() {
                return;
            }
            part.write(&mut self.blocks, out);
            if !part.ended {
                return;
            }
            self.parts.pop_front();
        }
    }

    fn finish(&mut self, reason: &str, sequence: &Value, out: &mut Vec<u8>) {
        self.closed = true;
        let delta = json!({
            "type": "message_delta",
            "delta": { "stop_reason": reason, "stop_sequence": sequence },
            "usage": usage::write(self.usage.as_ref()),
        });
        write(out, "message_delta", &delta);
        write(out, "message_stop", &json!({ "type": "message_stop" }));
    }
}

// === impl Waiting ===

impl Waiting {
    /// A thought of which nothing but the signature is known.
    fn only_signs(&self) -> bool {
        matches!(self.kind, PartKind::Reasoning)
            && !self.begun
            && self.deltas.iter().all(|delta| matches!(delta, Delta::Signature(_)))
    }

    /// Whether a block comes of it.
    fn says_something(&self) -> bool {
        matches!(
            self.kind,
            PartKind::ToolCall { .. }
                | PartKind::Opaque { dialect: Dialect::AnthropicMessages, .. }
        ) || self.deltas.iter().any(|delta| Piece::of(delta).is_some())
    }

    fn write(&mut self, blocks: &mut u32, out: &mut Vec<u8>) {
        let Self { kind, deltas, begun, ended, .. } = self;
        match kind {
            PartKind::ToolCall { id, name } if !*begun => {
                let id = tool_id::sanitise(id);
                let block = json!({ "type": "tool_use", "id": id, "name": name, "input": {} });
                begin(blocks, begun, &block, out);
            }
            PartKind::Opaque { dialect: Dialect::AnthropicMessages, value } if !*begun => {
                opaque(value, blocks, begun, out);
            }
            // Encrypted thoughts are a block without deltas: it is written once it is whole.
            PartKind::Reasoning if !*begun && redacted(deltas).is_some() => {
                if !*ended {
                    return;
                }
                let data = redacted(deltas).unwrap_or_default();
                let block = json!({ "type": "redacted_thinking", "data": data });
                begin(blocks, begun, &block, out);
                deltas.clear();
            }
            _ => {}
        }
        for delta in deltas.drain(..) {
            let Some(delta) = Piece::of(&delta) else { continue };
            if !*begun {
                begin(blocks, begun, &empty(kind), out);
            }
            write_piece(*blocks, delta, out);
        }
        if *ended && *begun {
            let stop = json!({ "type": "content_block_stop", "index": *blocks });
            write(out, "content_block_stop", &stop);
            *blocks += 1;
        }
    }
}

fn begin(blocks: &u32, begun: &mut bool, block: &Value, out: &mut Vec<u8>) {
    *begun = true;
    let start = json!({ "type": "content_block_start", "index": blocks, "content_block": block });
    write(out, "content_block_start", &start);
}

/// A server tool's call begins without its input, as the API writes it; anything else is whole.
fn opaque(value: &Value, blocks: &u32, begun: &mut bool, out: &mut Vec<u8>) {
    let input = value.get("input").filter(|_| value["type"] == "server_tool_use");
    let mut block = value.clone();
    if let (Some(_), Value::Object(fields)) = (input, &mut block) {
        fields.insert("input".into(), json!({}));
    }
    begin(blocks, begun, &block, out);
    if let Some(input) = input {
        write_piece(*blocks, Piece::InputJson { partial_json: &input.to_string() }, out);
    }
}

/// The block as it is before its first delta.
fn empty(kind: &PartKind) -> Value {
    match kind {
        PartKind::Reasoning => json!({ "type": "thinking", "thinking": "", "signature": "" }),
        _ => json!({ "type": "text", "text": "" }),
    }
}

/// The encrypted thoughts among the deltas, put together.
fn redacted(deltas: &[Delta]) -> Option<String> {
    deltas
        .iter()
        .filter_map(|delta| match delta {
            Delta::Redacted(data) => Some(data.as_str()),
            _ => None,
        })
        .fold(None, |all, data| Some(all.unwrap_or_default() + data))
}

fn write_piece(index: u32, delta: Piece<'_>, out: &mut Vec<u8>) {
    write(out, "content_block_delta", &Grows { r#type: "content_block_delta", index, delta });
}

fn write(out: &mut Vec<u8>, event: &str, data: &impl Serialize) {
    // Strings, numbers and maps with string keys: writing them to memory does not fail.
    sse::write(out, Some(event), &serde_json::to_vec(data).unwrap_or_default());
}

// === impl Piece ===

impl<'a> Piece<'a> {
    /// The delta as it is written; `None` where it says nothing here.
    fn of(delta: &'a Delta) -> Option<Self> {
        Some(match delta {
            Delta::Text(text) if !text.is_empty() => Self::Text { text },
            Delta::Arguments(json) if !json.is_empty() => Self::InputJson { partial_json: json },
            Delta::Reasoning(text) if !text.is_empty() => Self::Thinking { thinking: text },
            Delta::Signature(signature) if !signature.is_empty() => {
                Self::Signature { signature: Signer::Anthropic.tell(signature) }
            }
            Delta::Citation(citation) => Self::Citations { citation: citation::encode(citation)? },
            _ => return None,
        })
    }
}
