//! Upstream bytes to canonical events.

use std::mem;

use serde_json::Value;

use super::{
    assemble::Growing,
    event::{Frame, Piece, Tail, corrupt, truncated},
};
use crate::{
    Dialect, Fault,
    canon::{Delta, Event, Finish, PartKind, Usage},
    dialect::{
        Pieces, Signer,
        anthropic_messages::{error, finish, usage::Meter},
    },
    frame::sse::{self, Framer},
};

/// Upstream bytes to canonical events.
#[derive(Debug, Default)]
pub struct Decoder {
    framer: Framer,
    state: State,
}

#[derive(Debug, Default)]
struct State {
    started: bool,
    done: bool,
    meter: Meter,
    /// Blocks that have begun and not ended.
    open: Vec<Block>,
    /// The number for the next part. Some servers number every block 0.
    next: u32,
    tail: Tail,
}

/// A block: its number on the wire, and its part's.
#[derive(Debug)]
struct Block {
    wire: u32,
    part: u32,
    open: Open,
}

/// What an open block is.
#[derive(Debug)]
enum Open {
    Text,
    Reasoning {
        signature: Pieces,
    },
    /// With the input that its start named, used where no delta follows.
    Tool {
        input: Option<Value>,
    },
    Opaque(Growing),
}

// === impl Decoder ===

impl Decoder {
    pub(crate) fn push(&mut self, bytes: &[u8], out: &mut Vec<Event>) -> Result<(), Fault> {
        let state = &mut self.state;
        self.framer.push(bytes, |frame| state.frame(&frame, out))
    }

    pub(crate) fn end(&mut self, out: &mut Vec<Event>) -> Result<(), Fault> {
        let state = &mut self.state;
        // A last frame that cannot be read has been cut.
        let last = self.framer.end(|frame| state.frame(&frame, out));
        if self.state.done { Ok(()) } else { Err(cut_or(last)) }
    }

    pub(crate) fn usage(&self) -> Option<&Usage> {
        self.state.meter.usage()
    }
}

/// The provider's own error if the last frame was one, truncation otherwise.
fn cut_or(last: Result<(), Fault>) -> Fault {
    last.err().filter(|fault| fault.upstream.is_some()).unwrap_or_else(truncated)
}

// === impl State ===

impl State {
    fn frame(&mut self, frame: &sse::Frame<'_>, out: &mut Vec<Event>) -> Result<(), Fault> {
        if self.done || frame.data.trim_ascii().is_empty() || frame.is_done() {
            return Ok(());
        }
        let event = Frame::read(frame)?;
        match &*event.r#type {
            "message_start" => self.message_start(&event, out),
            "content_block_start" => self.block_start(event, out),
            "content_block_delta" => self.block_delta(&event, out),
            "content_block_stop" => self.block_stop(index(&event)?, out),
            "message_delta" => {
                let tail = event.tail()?;
                self.tail.stop_reason = tail.stop_reason.or(self.tail.stop_reason.take());
                self.tail.stop_sequence = tail.stop_sequence.or(self.tail.stop_sequence.take());
                if let Some(usage) = event.usage {
                    self.meter.merge(usage);
                }
                Ok(())
            }
            "message_stop" => {
                self.message_stop(out);
                Ok(())
            }
            "error" => Err(error::decode("anthropic", 200, &[], frame.data.to_vec().into())),
            // `ping`, and whatever comes.
            _ => Ok(()),
        }
    }

    fn message_start(&mut self, event: &Frame<'_>, out: &mut Vec<Event>) -> Result<(), Fault> {
        if self.started {
            return Err(corrupt("a second message_start"));
        }
        let head = event.head()?;
        if let Some(usage) = head.usage {
            self.meter.merge(usage);
        }
        self.started = true;
        out.push(Event::Start { id: head.id, model: head.model });
        Ok(())
    }

    fn block_start(&mut self, event: Frame<'_>, out: &mut Vec<Event>) -> Result<(), Fault> {
        let wire = index(&event)?;
        if !self.started {
            return Err(corrupt("content before message_start"));
        }
        if self.open.iter().any(|block| block.wire == wire) {
            return Err(corrupt("a block that is open starts again"));
        }
        let index = self.next;
        let block =
            event.content_block.ok_or_else(|| corrupt("content_block_start without a block"))?;
        let text = |name: &str| block.get(name).and_then(Value::as_str).unwrap_or_default();
        let open = match text("type") {
            "text" => {
                out.push(Event::PartStart { index, kind: PartKind::Text });
                piece(index, Delta::Text, text("text"), out);
                let citations = block.get("citations").and_then(Value::as_array);
                for citation in citations.into_iter().flatten() {
                    let delta = Delta::Citation(citation.clone());
                    out.push(Event::Delta { index, delta });
                }
                Open::Text
            }
            "tool_use" => {
                let kind = PartKind::ToolCall { id: text("id").into(), name: text("name").into() };
                out.push(Event::PartStart { index, kind });
                Open::Tool { input: block.get("input").filter(|input| input.is_object()).cloned() }
            }
            "thinking" => {
                out.push(Event::PartStart { index, kind: PartKind::Reasoning });
                piece(index, Delta::Reasoning, text("thinking"), out);
                let mut signature = Pieces::default();
                signed(&mut signature, index, text("signature"), out);
                Open::Reasoning { signature }
            }
            "redacted_thinking" => {
                out.push(Event::PartStart { index, kind: PartKind::Reasoning });
                piece(index, Delta::Redacted, text("data"), out);
                Open::Reasoning { signature: Pieces::default() }
            }
            _ => Open::Opaque(Growing::new(block)),
        };
        self.next = index.saturating_add(1);
        self.open.push(Block { wire, part: index, open });
        Ok(())
    }

    fn block_delta(&mut self, event: &Frame<'_>, out: &mut Vec<Event>) -> Result<(), Fault> {
        let wire = index(event)?;
        let Block { part: index, open, .. } = self
            .open
            .iter_mut()
            .find(|block| block.wire == wire)
            .ok_or_else(|| corrupt("a delta of a block that is not open"))?;
        let index = *index;
        let delta = event.piece()?;
        match (open, &*delta.r#type) {
            (Open::Opaque(growing), "input_json_delta") => {
                growing.input(delta.partial_json.as_deref().unwrap_or_default());
            }
            (Open::Opaque(growing), _) => {
                if let Some(raw) = event.delta {
                    growing.delta(raw);
                }
            }
            (Open::Text, "citations_delta") => {
                if let Some(citation) = delta.citation {
                    out.push(Event::Delta { index, delta: Delta::Citation(citation) });
                }
            }
            (Open::Tool { input }, "input_json_delta") => {
                let more = delta.partial_json.unwrap_or_default();
                if !more.is_empty() {
                    *input = None;
                }
                piece(index, Delta::Arguments, &more, out);
            }
            (open, _) => known(open, index, &delta, out),
        }
        Ok(())
    }

    fn block_stop(&mut self, wire: u32, out: &mut Vec<Event>) -> Result<(), Fault> {
        let at = self
            .open
            .iter()
            .position(|block| block.wire == wire)
            .ok_or_else(|| corrupt("the end of a block that is not open"))?;
        let block = self.open.remove(at);
        close(block.part, block.open, out);
        Ok(())
    }

    fn message_stop(&mut self, out: &mut Vec<Event>) {
        for block in mem::take(&mut self.open) {
            close(block.part, block.open, out);
        }
        if !mem::replace(&mut self.started, true) {
            out.push(Event::Start { id: None, model: None });
        }
        if let Some(usage) = self.meter.usage() {
            out.push(Event::Usage(usage.clone()));
        }
        let Tail { stop_reason, stop_sequence } = mem::take(&mut self.tail);
        let finish = stop_reason.map_or(Finish::Stop, |word| finish::read(&word));
        out.push(Event::Finish { finish, stop_sequence });
        self.done = true;
    }
}

/// Deltas of text, thinking and signatures; a delta of another kind than its block is not known.
fn known(open: &mut Open, index: u32, delta: &Piece<'_>, out: &mut Vec<Event>) {
    match (open, &*delta.r#type) {
        (Open::Text, "text_delta") => {
            piece(index, Delta::Text, delta.text.as_deref().unwrap_or_default(), out);
        }
        (Open::Reasoning { .. }, "thinking_delta") => {
            piece(index, Delta::Reasoning, delta.thinking.as_deref().unwrap_or_default(), out);
        }
        (Open::Reasoning { signature }, "signature_delta") => {
            signed(signature, index, delta.signature.as_deref().unwrap_or_default(), out);
        }
        _ => {}
    }
}

fn close(index: u32, open: Open, out: &mut Vec<Event>) {
    match open {
        // No delta came: a call without arguments, or one whose start told them whole.
        Open::Tool { input: Some(input) } => {
            piece(index, Delta::Arguments, &input.to_string(), out);
        }
        Open::Opaque(growing) => {
            let kind =
                PartKind::Opaque { dialect: Dialect::AnthropicMessages, value: growing.finish() };
            out.push(Event::PartStart { index, kind });
        }
        Open::Text | Open::Reasoning { .. } | Open::Tool { input: None } => {}
    }
    out.push(Event::PartEnd { index });
}

fn piece(index: u32, delta: fn(String) -> Delta, text: &str, out: &mut Vec<Event>) {
    if !text.is_empty() {
        out.push(Event::Delta { index, delta: delta(text.to_owned()) });
    }
}

fn signed(signature: &mut Pieces, index: u32, more: &str, out: &mut Vec<Event>) {
    if !more.is_empty() {
        let more = signature.name(Signer::Anthropic, more.to_owned());
        out.push(Event::Delta { index, delta: Delta::Signature(more) });
    }
}

fn index(event: &Frame<'_>) -> Result<u32, Fault> {
    event.index.ok_or_else(|| corrupt(format!("{} without index", event.r#type)))
}
