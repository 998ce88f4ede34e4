//! Canonical events to the caller's bytes.

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

use crate::{
    Dialect, Fault, Stamp,
    canon::{Delta, Event, Finish, PartKind, Usage},
    dialect::{
        Signer,
        bedrock_converse::{citation, error, finish, media, response::blob, usage},
    },
    frame::event_stream::{write_event, write_exception},
};

/// Canonical events to the caller's bytes.
///
/// Blocks on the wire follow each other, while canonical parts may interleave: one part is written
/// as it comes, and the others wait for it to end.
#[derive(Debug)]
pub struct Encoder {
    current: Option<Block>,
    waiting: VecDeque<Waiting>,
    /// Index of the next block on the wire: parts that write nothing take none.
    next: u32,
    usage: Option<Usage>,
}

/// The part that is being written.
#[derive(Debug)]
struct Block {
    part: u32,
    wire: u32,
    /// A tool call, of which no arguments have been written yet.
    wants_arguments: bool,
    /// Something has been written, so the block must be closed.
    begun: bool,
}

/// A part that waits for its turn.
#[derive(Debug)]
struct Waiting {
    part: u32,
    kind: PartKind,
    deltas: Vec<Delta>,
    ended: bool,
}

// === impl Encoder ===

impl Encoder {
    /// The stamp is not needed: a Converse stream has neither id nor model.
    pub(crate) fn new(_stamp: Stamp) -> Self {
        Self { current: None, waiting: VecDeque::new(), next: 0, usage: None }
    }

    pub(crate) fn event(&mut self, event: &Event, out: &mut Vec<u8>) {
        match event {
            Event::Start { .. } => emit(out, "messageStart", &json!({"role": "assistant"})),
            Event::PartStart { index, kind } if self.current.is_none() => {
                self.begin(*index, kind, out);
            }
            Event::PartStart { index, kind } => self.waiting.push_back(Waiting {
                part: *index,
                kind: kind.clone(),
                deltas: Vec::new(),
                ended: false,
            }),
            Event::Delta { index, delta } => self.delta(*index, delta, out),
            Event::PartEnd { index } => self.part_end(*index, out),
            Event::Usage(usage) => self.usage = Some(usage.clone()),
            Event::Finish { finish, stop_sequence } => {
                self.finish(finish, stop_sequence.as_deref(), out);
            }
        }
    }

    pub(crate) fn error(&mut self, fault: &Fault, out: &mut Vec<u8>) {
        let (name, payload) = error::encode_in_stream(fault);
        write_exception(out, name, payload);
    }

    fn begin(&mut self, part: u32, kind: &PartKind, out: &mut Vec<u8>) {
        let wire = self.next;
        let mut block = Block { part, wire, wants_arguments: false, begun: false };
        match kind {
            PartKind::ToolCall { id, name } => {
                block.begun = true;
                block.wants_arguments = true;
                let start = json!({"toolUse": {"toolUseId": id, "name": name}});
                emit(out, "contentBlockStart", &json!({"start": start, "contentBlockIndex": wire}));
            }
            PartKind::Image(_) | PartKind::Opaque { .. } => {
                if let Some((start, delta)) = whole(kind).as_ref().and_then(split) {
                    block.begun = true;
                    emit(
                        out,
                        "contentBlockStart",
                        &json!({"start": start, "contentBlockIndex": wire}),
                    );
                    emit(
                        out,
                        "contentBlockDelta",
                        &json!({"delta": delta, "contentBlockIndex": wire}),
                    );
                }
            }
            PartKind::Text | PartKind::Reasoning | PartKind::Refusal => {}
        }
        self.current = Some(block);
    }

    fn delta(&mut self, part: u32, delta: &Delta, out: &mut Vec<u8>) {
        match &mut self.current {
            Some(block) if block.part == part => block.delta(delta, out),
            _ => {
                if let Some(waiting) = self.waiting.iter_mut().find(|waiting| waiting.part == part)
                {
                    waiting.deltas.push(delta.clone());
                }
            }
        }
    }

    fn part_end(&mut self, part: u32, out: &mut Vec<u8>) {
        if self.current.as_ref().is_some_and(|block| block.part == part) {
            self.close(out);
            self.advance(out);
        } else if let Some(waiting) = self.waiting.iter_mut().find(|waiting| waiting.part == part) {
            waiting.ended = true;
        }
    }

    /// Lets the parts that wait have their turn, until one of them is not complete.
    fn advance(&mut self, out: &mut Vec<u8>) {
        while self.current.is_none() {
            let Some(waiting) = self.waiting.pop_front() else { return };
            self.begin(waiting.part, &waiting.kind, out);
            for delta in &waiting.deltas {
                self.delta(waiting.part, delta, out);
            }
            if waiting.ended {
                self.close(out);
            }
        }
    }

    fn close(&mut self, out: &mut Vec<u8>) {
        let Some(mut block) = self.current.take() else { return };
        if block.wants_arguments {
            // Clients parse what they have joined, and nothing is not JSON.
            block.delta(&Delta::Arguments("{}".to_owned()), out);
        }
        if block.begun {
            emit(out, "contentBlockStop", &json!({"contentBlockIndex": block.wire}));
            self.next = self.next.saturating_add(1);
        }
    }

    fn finish(&mut self, finish: &Finish, stop_sequence: Option<&str>, out: &mut Vec<u8>) {
        let mut stop = Map::new();
        stop.insert("stopReason".to_owned(), finish::encode(finish).into());
        if let Some(sequence) = stop_sequence {
            let fields = json!({"stop_sequence": sequence});
            stop.insert("additionalModelResponseFields".to_owned(), fields);
        }
        emit(out, "messageStop", &Value::Object(stop));
        let usage = usage::encode(self.usage.as_ref());
        // There is no clock here, and the shape requires the number.
        let mut metadata = json!({"usage": usage, "metrics": {"latencyMs": 0}});
        if let (Some(tier), Some(fields)) =
            (usage::served(self.usage.as_ref()), metadata.as_object_mut())
        {
            fields.insert("serviceTier".to_owned(), tier);
        }
        emit(out, "metadata", &metadata);
    }
}

fn emit(out: &mut Vec<u8>, event_type: &'static str, payload: &Value) {
    write_event(out, event_type, payload.to_string().into_bytes());
}

/// A part that comes whole as Converse's block: its own, or a picture.
fn whole(kind: &PartKind) -> Option<Value> {
    match kind {
        PartKind::Opaque { dialect: Dialect::BedrockConverse, value } => Some(value.clone()),
        PartKind::Image(image) => {
            let image = media::encode_image(image, "output").ok()?;
            Some(json!({ "image": image }))
        }
        _ => None,
    }
}

/// A gathered block as the start and the one delta it came from.
fn split(value: &Value) -> Option<(Value, Value)> {
    let (member, block) = value.as_object()?.iter().next()?;
    let block = block.as_object()?;
    let moved = match member.as_str() {
        "toolResult" => "content",
        "image" => "source",
        _ => return None,
    };
    let rest: Map<String, Value> = block
        .iter()
        .filter(|(key, _)| *key != moved)
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    let delta = match (member.as_str(), block.get(moved).cloned()) {
        ("toolResult", content) => json!({"toolResult": content.unwrap_or_else(|| json!([]))}),
        (_, source) => json!({"image": {"source": source?}}),
    };
    Some((json!({ member: rest }), delta))
}

// === impl Block ===

impl Block {
    fn delta(&mut self, delta: &Delta, out: &mut Vec<u8>) {
        let delta = match delta {
            Delta::Text(text) => json!({"text": text}),
            Delta::Arguments(more) => {
                self.wants_arguments &= more.is_empty();
                json!({"toolUse": {"input": more}})
            }
            Delta::Reasoning(text) => json!({"reasoningContent": {"text": text}}),
            Delta::Signature(signature) => {
                let signature = Signer::Anthropic.tell(signature);
                json!({"reasoningContent": {"signature": signature}})
            }
            Delta::Redacted(data) => {
                json!({"reasoningContent": {"redactedContent": blob(data)}})
            }
            Delta::Citation(citation) => match citation::encode(citation) {
                Some(citation) => json!({"citation": citation}),
                None => return,
            },
        };
        self.begun = true;
        emit(out, "contentBlockDelta", &json!({"delta": delta, "contentBlockIndex": self.wire}));
    }
}
