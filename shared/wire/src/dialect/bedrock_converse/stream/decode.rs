//! Upstream bytes to canonical events.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::event::{BlockDelta, BlockStart, BlockStop, Delta as Piece, MessageStop, Metadata};
use crate::{
    Dialect, Fault, FaultKind,
    canon::{Delta, Event, Finish, PartKind, Usage},
    dialect::{
        Pieces, Signer,
        bedrock_converse::{error, finish, media, observe::truncated, reader::At, usage},
    },
    frame::event_stream::{Frame, Framer, Kind},
};

/// Upstream bytes to canonical events.
#[derive(Debug, Default)]
pub struct Decoder {
    framer: Framer,
    started: bool,
    /// Blocks that have begun and not ended, by their index on the wire.
    open: Vec<Block>,
    /// Index of the next part. Blocks are numbered as they open: an empty text block, of which only
    /// the stop is sent, leaves no gap.
    next: u32,
    /// The stop reason, held until the usage that follows it.
    stop: Option<(Finish, Option<String>)>,
    finished: bool,
    usage: Option<Usage>,
}

#[derive(Debug)]
struct Block {
    wire: u32,
    index: u32,
    shape: Shape,
}

#[derive(Debug)]
enum Shape {
    Text,
    ToolCall,
    Reasoning {
        signature: Pieces,
    },
    /// Of a kind that only Converse knows: gathered whole, told when it is complete.
    Gathered {
        member: &'static str,
        block: Map<String, Value>,
    },
}

// === impl Decoder ===

impl Decoder {
    pub(crate) fn push(&mut self, bytes: &[u8], out: &mut Vec<Event>) -> Result<(), Fault> {
        self.framer.push(bytes);
        while let Some(frame) = self.framer.next_frame()? {
            self.frame(&frame, out)?;
        }
        Ok(())
    }

    pub(crate) fn end(&mut self, out: &mut Vec<Event>) -> Result<(), Fault> {
        if !self.framer.is_empty() {
            return if self.finished { Ok(()) } else { Err(truncated()) };
        }
        match (self.finished, &self.stop) {
            (true, _) => Ok(()),
            (false, Some(_)) => {
                self.finish(out);
                Ok(())
            }
            (false, None) => Err(truncated()),
        }
    }

    pub(crate) fn usage(&self) -> Option<&Usage> {
        self.usage.as_ref()
    }

    fn frame(&mut self, frame: &Frame, out: &mut Vec<Event>) -> Result<(), Fault> {
        if self.finished {
            return Ok(());
        }
        match frame.kind() {
            Kind::Event("messageStart") => self.start(out),
            Kind::Event("contentBlockStart") => self.block_start(read(frame)?, out)?,
            Kind::Event("contentBlockDelta") => self.block_delta(read(frame)?, out)?,
            Kind::Event("contentBlockStop") => {
                let stop: BlockStop = read(frame)?;
                self.block_stop(stop.content_block_index, out);
            }
            Kind::Event("messageStop") => self.message_stop(&read(frame)?, out),
            Kind::Event("metadata") => {
                let metadata: Metadata = read(frame)?;
                let usage = metadata.usage.and_then(|usage| usage::decode(&usage));
                let tier = usage::tier(metadata.tier.as_ref());
                self.usage = usage.map(|usage| usage.served(tier));
                if self.stop.is_some() {
                    self.finish(out);
                }
            }
            Kind::Exception(code) => return Err(error::in_stream(code, frame.payload_bytes())),
            Kind::Error { code, message } => {
                return Err(error::stream_fault(code, message, Bytes::new()));
            }
            // Later versions may send more.
            Kind::Event(_) | Kind::Unknown => {}
        }
        Ok(())
    }

    fn start(&mut self, out: &mut Vec<Event>) {
        if !self.started {
            self.started = true;
            out.push(Event::Start { id: None, model: None });
        }
    }

    fn block_start(&mut self, event: BlockStart, out: &mut Vec<Event>) -> Result<(), Fault> {
        let wire = event.content_block_index;
        // Text and reasoning open with their first delta, which says which of the two it is.
        let Some(start) = event.start else { return Ok(()) };
        if let Some(tool) = start.tool_use {
            let kind = PartKind::ToolCall { id: tool.tool_use_id, name: tool.name };
            self.open(wire, Shape::ToolCall, Some(kind), out)?;
        } else if let Some(result) = start.tool_result {
            self.open(wire, gathered("toolResult", result), None, out)?;
        } else if let Some(image) = start.image {
            self.open(wire, gathered("image", image), None, out)?;
        }
        Ok(())
    }

    /// Opens a block; a gathered one has no `kind` yet and is told later.
    fn open(
        &mut self,
        wire: u32,
        shape: Shape,
        kind: Option<PartKind>,
        out: &mut Vec<Event>,
    ) -> Result<(), Fault> {
        if self.open.iter().any(|block| block.wire == wire) {
            return Err(corrupt(format!("block {wire} starts twice")));
        }
        self.start(out);
        let index = self.next;
        self.next = self.next.saturating_add(1);
        if let Some(kind) = kind {
            out.push(Event::PartStart { index, kind });
        }
        self.open.push(Block { wire, index, shape });
        Ok(())
    }

    fn block_delta(&mut self, event: BlockDelta<'_>, out: &mut Vec<Event>) -> Result<(), Fault> {
        let wire = event.content_block_index;
        if !self.open.iter().any(|block| block.wire == wire) {
            let piece = &event.delta;
            if piece.text.is_some() || piece.citation.is_some() {
                self.open(wire, Shape::Text, Some(PartKind::Text), out)?;
            } else if piece.reasoning_content.is_some() {
                let shape = Shape::Reasoning { signature: Pieces::default() };
                self.open(wire, shape, Some(PartKind::Reasoning), out)?;
            } else if piece.tool_use.is_some() {
                return Err(corrupt(format!("block {wire} goes on before it starts")));
            }
        }
        // A piece of a kind that this version does not know opens nothing and is passed over.
        match self.open.iter_mut().find(|block| block.wire == wire) {
            Some(block) => block.extend(event.delta, out),
            None => Ok(()),
        }
    }

    fn block_stop(&mut self, wire: u32, out: &mut Vec<Event>) {
        if let Some(at) = self.open.iter().position(|block| block.wire == wire) {
            self.open.remove(at).close(out);
        }
    }

    fn message_stop(&mut self, stop: &MessageStop, out: &mut Vec<Event>) {
        self.start(out);
        for block in self.open.drain(..) {
            block.close(out);
        }
        let sequence = stop
            .additional_model_response_fields
            .as_ref()
            .and_then(|fields| fields.get("stop_sequence"))
            .and_then(Value::as_str)
            .map(str::to_owned);
        self.stop = Some((finish::decode(&stop.stop_reason), sequence));
        if self.usage.is_some() {
            self.finish(out);
        }
    }

    fn finish(&mut self, out: &mut Vec<Event>) {
        if let Some((finish, stop_sequence)) = self.stop.take() {
            out.extend(self.usage.clone().map(Event::Usage));
            out.push(Event::Finish { finish, stop_sequence });
            self.finished = true;
        }
    }
}

fn gathered(member: &'static str, start: Value) -> Shape {
    let block = match start {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    Shape::Gathered { member, block }
}

fn read<'a, T: Deserialize<'a>>(frame: &'a Frame) -> Result<T, Fault> {
    serde_json::from_slice(frame.payload()).map_err(|error| corrupt(error.to_string()))
}

fn corrupt(detail: String) -> Fault {
    Fault::new(FaultKind::Upstream, "The provider sent a stream event that is not Converse's.")
        .with_status(502)
        .with_detail(detail)
}

// === impl Block ===

impl Block {
    fn extend(&mut self, piece: Piece<'_>, out: &mut Vec<Event>) -> Result<(), Fault> {
        let index = self.index;
        let mut push = |delta| out.push(Event::Delta { index, delta });
        match (&mut self.shape, piece) {
            (Shape::Text, Piece { text: Some(text), .. }) => push(Delta::Text(text.into_owned())),
            (Shape::Text, Piece { citation: Some(citation), .. }) => {
                push(Delta::Citation(citation));
            }
            (Shape::ToolCall, Piece { tool_use: Some(tool), .. }) => {
                push(Delta::Arguments(tool.input.into_owned()));
            }
            (
                Shape::Reasoning { signature: pieces },
                Piece { reasoning_content: Some(thought), .. },
            ) => {
                if let Some(text) = thought.text {
                    push(Delta::Reasoning(text.into_owned()));
                }
                if let Some(signature) = thought.signature {
                    let signature = pieces.name(Signer::Anthropic, signature.into_owned());
                    push(Delta::Signature(signature));
                }
                if let Some(redacted) = thought.redacted_content {
                    push(Delta::Redacted(redacted.into_owned()));
                }
            }
            (
                Shape::Gathered { block, .. },
                Piece { tool_result: Some(Value::Array(more)), .. },
            ) => {
                if let Some(content) =
                    block.entry("content").or_insert_with(|| json!([])).as_array_mut()
                {
                    content.extend(more);
                }
            }
            (Shape::Gathered { block, .. }, Piece { image: Some(Value::Object(more)), .. }) => {
                block.extend(more);
            }
            (_, Piece { text: None, tool_use: None, reasoning_content: None, .. }) => {}
            _ => return Err(corrupt(format!("block {} changes its kind", self.wire))),
        }
        Ok(())
    }

    fn close(self, out: &mut Vec<Event>) {
        let index = self.index;
        if let Shape::Gathered { member, block } = self.shape {
            let block = Value::Object(block);
            let image = match member {
                "image" => media::decode_image(block.clone(), At::root(member)).ok(),
                _ => None,
            };
            let kind = match image {
                Some(image) => PartKind::Image(image),
                None => PartKind::Opaque {
                    dialect: Dialect::BedrockConverse,
                    value: json!({ member: block }),
                },
            };
            out.push(Event::PartStart { index, kind });
        }
        out.push(Event::PartEnd { index });
    }
}
