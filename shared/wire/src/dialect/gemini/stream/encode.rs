//! Canonical events to the caller's bytes.

use serde_json::{Map, Value, json};

use crate::{
    Fault, Stamp,
    canon::{Delta, Event, Finish, Part, PartKind, Reasoning, ToolCall, Usage},
    dialect::gemini::{
        error, finish,
        grounding::Grounding,
        response::{Written, part},
        usage,
    },
    frame::sse,
};

/// Canonical events to the caller's bytes.
///
/// Text goes out as it comes. A call is written whole, since Gemini's clients read it so, when its
/// arguments are complete.
#[derive(Debug)]
pub struct Encoder {
    stamp: Stamp,
    open: Vec<(u32, Open)>,
    written: Written,
    grounding: Grounding,
    /// Bytes of the texts that have ended.
    said: usize,
    usage: Option<Usage>,
}

/// A part that has begun.
#[derive(Debug)]
enum Open {
    /// With what is cited on it, told when the answer has ended.
    Text {
        text: String,
        cited: Vec<Value>,
    },
    Reasoning {
        signature: Option<String>,
        redacted: Option<String>,
    },
    Call(ToolCall),
    Other,
}

// === impl Encoder ===

impl Encoder {
    pub(crate) fn new(stamp: Stamp) -> Self {
        Self {
            stamp,
            open: Vec::new(),
            written: Written::default(),
            grounding: Grounding::default(),
            said: 0,
            usage: None,
        }
    }

    pub(crate) fn event(&mut self, event: &Event, out: &mut Vec<u8>) {
        match event {
            Event::Start { .. } => {}
            Event::PartStart { index, kind } => {
                let open = self.begin(kind);
                self.open.push((*index, open));
            }
            Event::Delta { index, delta } => self.delta(*index, delta),
            Event::PartEnd { index } => {
                if let Some(at) = self.open.iter().position(|(open, _)| open == index) {
                    let (_, open) = self.open.remove(at);
                    self.end(open);
                }
            }
            Event::Usage(used) => self.usage = Some(used.clone()),
            Event::Finish { finish, .. } => return self.finish(finish, out),
        }
        let parts = std::mem::take(&mut self.written.parts);
        if !parts.is_empty() {
            self.chunk(
                json!({"content": {"parts": parts, "role": "model"}, "index": 0}),
                None,
                out,
            );
        }
    }

    pub(crate) fn error(&mut self, fault: &Fault, out: &mut Vec<u8>) {
        sse::write(out, None, &error::envelope(fault));
    }

    fn begin(&mut self, kind: &PartKind) -> Open {
        match kind {
            PartKind::Text | PartKind::Refusal => {
                Open::Text { text: String::new(), cited: Vec::new() }
            }
            PartKind::Reasoning => {
                self.written.settle();
                Open::Reasoning { signature: None, redacted: None }
            }
            PartKind::ToolCall { id, name } => Open::Call(ToolCall {
                id: id.clone(),
                name: name.clone(),
                arguments: String::new(),
            }),
            PartKind::Image(image) => {
                part(&Part::Image(image.clone()), &mut self.written);
                Open::Other
            }
            PartKind::Opaque { dialect, value } => {
                part(&Part::Opaque { dialect: *dialect, value: value.clone() }, &mut self.written);
                Open::Other
            }
        }
    }

    fn delta(&mut self, index: u32, delta: &Delta) {
        let Some((_, open)) = self.open.iter_mut().find(|(at, _)| *at == index) else { return };
        match (open, delta) {
            (Open::Text { text, .. }, Delta::Text(more)) if !more.is_empty() => {
                text.push_str(more);
                self.written.push(json!({"text": more}));
            }
            (Open::Text { cited, .. }, Delta::Citation(value)) => cited.push(value.clone()),
            (Open::Call(call), Delta::Arguments(more)) => call.arguments.push_str(more),
            (Open::Reasoning { .. }, Delta::Reasoning(text)) if !text.is_empty() => {
                self.written.parts.push(json!({"text": text, "thought": true}));
            }
            (Open::Reasoning { signature, .. }, Delta::Signature(more)) => {
                signature.get_or_insert_default().push_str(more);
            }
            (Open::Reasoning { redacted, .. }, Delta::Redacted(more)) => {
                redacted.get_or_insert_default().push_str(more);
            }
            _ => {}
        }
    }

    fn end(&mut self, open: Open) {
        match open {
            Open::Reasoning { signature, redacted } => {
                if redacted.is_some() {
                    self.written.reasoning(&Reasoning { redacted, ..Reasoning::default() });
                }
                self.written.sign(signature);
            }
            Open::Call(call) => part(&Part::ToolCall(call), &mut self.written),
            Open::Text { text, cited } => {
                // Clients join the texts, and count the bytes of what they have joined.
                cited.iter().for_each(|cited| self.grounding.cite(cited, &text, 0, self.said));
                self.said = self.said.saturating_add(text.len());
            }
            Open::Other => {}
        }
    }

    fn finish(&mut self, finish: &Finish, out: &mut Vec<u8>) {
        self.written.settle();
        let mut parts = std::mem::take(&mut self.written.parts);
        if parts.is_empty() {
            parts.push(json!({"text": ""}));
        }
        let mut candidate = json!({
            "content": {"parts": parts, "role": "model"},
            "finishReason": finish::encode(finish),
            "index": 0,
        });
        let grounding = std::mem::take(&mut self.grounding).into_value();
        if let (Some(told), Some(fields)) = (grounding, candidate.as_object_mut()) {
            fields.insert("groundingMetadata".into(), told);
        }
        let used = self.usage.as_ref().map(usage::encode);
        self.chunk(candidate, used, out);
    }

    fn chunk(&self, candidate: Value, used: Option<Value>, out: &mut Vec<u8>) {
        let mut chunk = Map::new();
        chunk.insert("candidates".into(), Value::Array(vec![candidate]));
        if let Some(used) = used {
            chunk.insert("usageMetadata".into(), used);
        }
        chunk.insert("modelVersion".into(), self.stamp.model.as_str().into());
        chunk.insert("responseId".into(), self.stamp.id.as_str().into());
        sse::write(out, None, Value::Object(chunk).to_string().as_bytes());
    }
}
