//! Canonical events to the caller's chunks.

use serde_json::{Value, json};

use super::super::{
    citation, error,
    finish::{self, Seen},
    response, usage,
};
use crate::{
    Dialect, Fault, Stamp,
    canon::{Delta, Event, Finish, PartKind, Usage},
    dialect::Signer,
    frame::sse,
};

/// Canonical events to the caller's bytes.
#[derive(Debug)]
pub struct Encoder {
    stamp: Stamp,
    /// What every chunk begins with, up to its choices.
    head: Vec<u8>,
    parts: Vec<Part>,
    calls: u64,
    /// Characters of the text so far, which annotations count by.
    characters: u64,
    seen: Seen,
    usage: Option<Usage>,
}

/// A part that has begun.
#[derive(Debug)]
struct Part {
    index: u32,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// With the citations that support all of it, and so wait for its end.
    Text {
        start: u64,
        cited: Vec<Value>,
    },
    Refusal,
    Reasoning {
        text: String,
        signature: String,
    },
    Call {
        number: u64,
        empty: bool,
    },
    Opaque,
}

// === impl Encoder ===

impl Encoder {
    pub(crate) fn new(stamp: Stamp) -> Self {
        Self {
            head: head(None, &stamp),
            stamp,
            parts: Vec::new(),
            calls: 0,
            characters: 0,
            seen: Seen::default(),
            usage: None,
        }
    }

    pub(crate) fn event(&mut self, event: &Event, out: &mut Vec<u8>) {
        match event {
            Event::Start { id, .. } => {
                self.head = head(id.as_deref(), &self.stamp);
                self.delta(out, |out| {
                    out.extend_from_slice(br#"{"role":"assistant","content":""}"#);
                });
            }
            Event::PartStart { index, kind } => self.begin(*index, kind, out),
            Event::Delta { index, delta } => self.part_delta(*index, delta, out),
            Event::PartEnd { index } => self.part_end(*index, out),
            Event::Usage(usage) => self.usage = Some(usage.clone()),
            Event::Finish { finish, stop_sequence } => {
                self.finish(finish, stop_sequence.as_deref(), out);
            }
        }
    }

    pub(crate) fn error(&mut self, fault: &Fault, out: &mut Vec<u8>) {
        sse::write(out, None, &error::envelope(fault));
    }

    fn begin(&mut self, index: u32, kind: &PartKind, out: &mut Vec<u8>) {
        let kind = match kind {
            PartKind::Text => Kind::Text { start: self.characters, cited: Vec::new() },
            PartKind::Refusal => {
                self.seen.refusal = true;
                Kind::Refusal
            }
            PartKind::Reasoning => {
                Kind::Reasoning { text: String::new(), signature: String::new() }
            }
            PartKind::ToolCall { id, name } => {
                self.seen.tools = true;
                let number = self.calls;
                self.calls += 1;
                self.value(
                    out,
                    &json!({"tool_calls": [{
                        "index": number,
                        "id": id,
                        "type": "function",
                        "function": {"name": name, "arguments": ""},
                    }]}),
                );
                Kind::Call { number, empty: true }
            }
            PartKind::Image(image) => {
                if let Some(image) = response::shown(image) {
                    self.value(out, &json!({"images": [image]}));
                }
                Kind::Opaque
            }
            PartKind::Opaque { dialect: Dialect::OpenAiChat, value } if is_call(value) => {
                self.seen.tools = true;
                let mut call = value.clone();
                if let Some(call) = call.as_object_mut() {
                    call.insert("index".to_owned(), self.calls.into());
                }
                self.calls += 1;
                self.value(out, &json!({"tool_calls": [call]}));
                Kind::Opaque
            }
            PartKind::Opaque { dialect, value } => {
                self.opaque(*dialect, value, out);
                Kind::Opaque
            }
        };
        self.parts.push(Part { index, kind });
    }

    fn opaque(&self, dialect: Dialect, value: &Value, out: &mut Vec<u8>) {
        let delta = match value.get("audio").filter(|_| dialect == Dialect::OpenAiChat) {
            Some(audio) => json!({"audio": audio}),
            None => json!({"provider_specific_fields": {"content_blocks": [value]}}),
        };
        self.value(out, &delta);
    }

    fn part_delta(&mut self, index: u32, delta: &Delta, out: &mut Vec<u8>) {
        let Some(at) = self.parts.iter().rposition(|part| part.index == index) else { return };
        let Some(part) = self.parts.get_mut(at) else { return };
        match (&mut part.kind, delta) {
            (Kind::Text { .. }, Delta::Text(text)) => {
                self.characters = self.characters.saturating_add(text.chars().count() as u64);
                self.text(out, b"content", text);
            }
            (Kind::Text { start, cited }, Delta::Citation(value)) => {
                let start = *start;
                let placed = citation::is_placed(value);
                if !placed {
                    cited.push(value.clone());
                }
                if let Some(said) = citation::specific(value) {
                    self.value(out, &json!({"provider_specific_fields": {"citation": said}}));
                }
                if placed {
                    self.annotate(std::slice::from_ref(value), start, out);
                }
            }
            (Kind::Refusal, Delta::Text(words)) => self.text(out, b"refusal", words),
            (Kind::Reasoning { text, .. }, Delta::Reasoning(more)) => {
                text.push_str(more);
                self.text(out, b"reasoning_content", more);
            }
            (Kind::Reasoning { signature, .. }, Delta::Signature(more)) => signature.push_str(more),
            (Kind::Reasoning { .. }, Delta::Redacted(data)) => {
                let block = json!({"type": "redacted_thinking", "data": data});
                self.value(out, &json!({"thinking_blocks": [block]}));
            }
            (Kind::Call { number, empty }, Delta::Arguments(more)) if !more.is_empty() => {
                *empty = false;
                let number = *number;
                self.arguments(out, number, more);
            }
            _ => {}
        }
    }

    /// Cites on the text that begins after `start` characters and has come to its present end.
    fn annotate(&self, cited: &[Value], start: u64, out: &mut Vec<u8>) {
        let characters = self.characters.saturating_sub(start);
        for value in cited {
            if let Some(annotation) = citation::annotation(value, start, characters) {
                self.value(out, &json!({"annotations": [annotation]}));
            }
        }
    }

    fn part_end(&mut self, index: u32, out: &mut Vec<u8>) {
        let Some(at) = self.parts.iter().rposition(|part| part.index == index) else { return };
        let part = self.parts.swap_remove(at);
        match part.kind {
            Kind::Text { start, cited } => self.annotate(&cited, start, out),
            // The text has gone out as deltas; whoever hands the block back needs it whole.
            Kind::Reasoning { text, signature } if !signature.is_empty() => {
                let signature = Signer::Anthropic.tell(&signature);
                let block = json!({"type": "thinking", "thinking": text, "signature": signature});
                self.value(out, &json!({"thinking_blocks": [block]}));
            }
            // Clients parse the arguments, and nothing is not JSON.
            Kind::Call { number, empty: true } => self.arguments(out, number, "{}"),
            _ => {}
        }
    }

    fn finish(&self, finish: &Finish, sequence: Option<&str>, out: &mut Vec<u8>) {
        let reason = finish::encode(finish, self.seen);
        self.chunk(out, |out| {
            out.extend_from_slice(br#"[{"index":0,"delta":{},"logprobs":null,"finish_reason":""#);
            out.extend_from_slice(reason.as_bytes());
            out.push(b'"');
            if let Some(sequence) = sequence {
                out.extend_from_slice(br#","stop_reason":"#);
                write_json(out, sequence);
            }
            out.extend_from_slice(b"}]");
            self.no_usage(out);
            self.tier(out);
        });
        if let Some(used) = self.usage.as_ref().filter(|_| self.stamp.stream_usage) {
            self.chunk(out, |out| {
                out.extend_from_slice(br#"[],"usage":"#);
                write_json(out, &usage::encode(used));
                self.tier(out);
            });
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
    }

    /// A chunk whose delta is one string.
    fn text(&self, out: &mut Vec<u8>, field: &[u8], text: &str) {
        self.delta(out, |out| {
            out.extend_from_slice(b"{\"");
            out.extend_from_slice(field);
            out.extend_from_slice(b"\":");
            write_json(out, text);
            out.push(b'}');
        });
    }

    fn arguments(&self, out: &mut Vec<u8>, number: u64, text: &str) {
        self.delta(out, |out| {
            out.extend_from_slice(br#"{"tool_calls":[{"index":"#);
            write_json(out, &number);
            out.extend_from_slice(br#","function":{"arguments":"#);
            write_json(out, text);
            out.extend_from_slice(b"}}]}");
        });
    }

    fn value(&self, out: &mut Vec<u8>, delta: &Value) {
        self.delta(out, |out| write_json(out, delta));
    }

    fn delta(&self, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
        self.chunk(out, |out| {
            out.extend_from_slice(br#"[{"index":0,"delta":"#);
            write(out);
            out.extend_from_slice(br#","logprobs":null,"finish_reason":null}]"#);
            self.no_usage(out);
        });
    }

    /// The level of service, at the end, where it is known.
    fn tier(&self, out: &mut Vec<u8>) {
        if let Some(tier) = Dialect::OpenAiChat.tier(self.usage.as_ref()) {
            out.extend_from_slice(br#","service_tier":"#);
            write_json(out, tier);
        }
    }

    /// Callers who asked for usage see the field in every chunk.
    fn no_usage(&self, out: &mut Vec<u8>) {
        if self.stamp.stream_usage {
            out.extend_from_slice(br#","usage":null"#);
        }
    }

    fn chunk(&self, out: &mut Vec<u8>, choices: impl FnOnce(&mut Vec<u8>)) {
        out.extend_from_slice(&self.head);
        choices(out);
        out.extend_from_slice(b"}\n\n");
    }
}

/// A call of a tool that is no function, complete as written.
fn is_call(value: &Value) -> bool {
    value.get("type").is_some_and(|kind| kind == "custom")
}

fn head(id: Option<&str>, stamp: &Stamp) -> Vec<u8> {
    let mut head = br#"data: {"id":"#.to_vec();
    write_json(&mut head, &response::id(id, stamp));
    head.extend_from_slice(br#","object":"chat.completion.chunk","created":"#);
    write_json(&mut head, &stamp.created);
    head.extend_from_slice(br#","model":"#);
    write_json(&mut head, &stamp.model);
    head.extend_from_slice(br#","choices":"#);
    head
}

fn write_json<T: serde::Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    // Strings, numbers and trees of them always serialise, and a vector takes all that is written.
    let _ = serde_json::to_writer(out, value);
}
