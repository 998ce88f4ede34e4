//! An answer, whole and streamed.

use base64::Engine as _;
use bytes::Bytes;
use serde_json::{Value, json};

use crate::{
    answer::{Answer, Finish, Piece, Usage},
    ask::Ask,
    chunks::words,
    delivery::Frames,
};

/// How the signatures of this fake begin, so that they are told from others when they come back.
pub(super) const SIGNED: &[u8] = b"thought of the fake: ";

/// Writes one answer.
pub(super) struct Writer<'a> {
    pub(super) ask: &'a Ask,
    pub(super) answer: &'a Answer,
    pub(super) id: String,
    /// Thoughts are in the answer, and not only paid for.
    pub(super) shows_thoughts: bool,
}

// === impl Writer ===

impl Writer<'_> {
    /// The body of a whole answer.
    pub(super) fn whole(&self) -> Bytes {
        let parts: Vec<Value> = self.pieces().into_iter().flatten().collect();
        let body = self.chunk(&parts, Some(&self.answer.finish), &usage(self.answer.usage));
        Bytes::from(body.to_string())
    }

    /// The chunks of a streamed answer: as events, or as the elements of an array.
    pub(super) fn streamed(&self, events: bool) -> Frames {
        let mut so_far = self.answer.usage;
        (so_far.output, so_far.thought) = (0, 0);
        let mut chunks: Vec<Value> = self
            .pieces()
            .into_iter()
            .flat_map(cut)
            .map(|parts| self.chunk(&parts, None, &usage(so_far)))
            .collect();
        let refused = self.answer.finish == Finish::Refusal;
        let last = if refused { Vec::new() } else { vec![json!({"text": ""})] };
        chunks.push(self.chunk(&last, Some(&self.answer.finish), &usage(self.answer.usage)));
        let error = json!({"error": {"code": 503, "status": "UNAVAILABLE",
            "message": "The model is overloaded. Please try again later."}});
        if events {
            let frame = |value: &Value| Bytes::from(format!("data: {value}\r\n\r\n"));
            return Frames {
                all: chunks.iter().map(frame).collect(),
                closing: 1,
                late: frame(&error),
            };
        }
        let count = chunks.len();
        let element = |(at, value): (usize, &Value)| {
            let (head, tail) =
                (if at == 0 { "[" } else { ",\r\n" }, if at + 1 == count { "]" } else { "" });
            Bytes::from(format!("{head}{value}{tail}"))
        };
        let all = chunks.iter().enumerate().map(element).collect();
        Frames { all, closing: 1, late: Bytes::from(format!(",\r\n{error}]")) }
    }

    /// The parts of each piece. A thought's signature stands on what follows it.
    fn pieces(&self) -> Vec<Vec<Value>> {
        let mut signed = None;
        let mut out = Vec::new();
        for piece in &self.answer.pieces {
            let mut part = match piece {
                Piece::Thought(text) => {
                    signed = Some(signature(text));
                    if self.shows_thoughts {
                        out.push(vec![json!({"text": text, "thought": true})]);
                    }
                    continue;
                }
                // A prompt that is refused has no words in the answer.
                Piece::Refusal(_) => continue,
                Piece::Text(text) => json!({"text": text}),
                Piece::Call(name, arguments) => {
                    if signed.is_none() && self.ask.model.starts_with("gemini-3") && out.is_empty()
                    {
                        signed = Some(signature(name));
                    }
                    let args: Value = serde_json::from_str(arguments).unwrap_or(json!({}));
                    json!({"functionCall": {"name": name, "args": args}})
                }
            };
            if let (Some(signed), Some(fields)) = (signed.take(), part.as_object_mut()) {
                fields.insert("thoughtSignature".to_owned(), signed.into());
            }
            out.push(vec![part]);
        }
        out
    }

    fn chunk(&self, parts: &[Value], finish: Option<&Finish>, usage: &Value) -> Value {
        let mut candidate = json!({"content": {"parts": parts, "role": "model"}, "index": 0});
        if let (Some(finish), Some(fields)) = (finish, candidate.as_object_mut()) {
            let word = match finish {
                Finish::Stop | Finish::Sequence(_) | Finish::Tools => "STOP",
                Finish::Length => "MAX_TOKENS",
                Finish::Refusal => "SAFETY",
            };
            fields.insert("finishReason".to_owned(), word.into());
        }
        json!({
            "candidates": [candidate],
            "usageMetadata": usage,
            "modelVersion": self.ask.model,
            "responseId": self.id,
        })
    }
}

/// A part's chunks: text comes word by word, and its signature with the last.
fn cut(parts: Vec<Value>) -> Vec<Vec<Value>> {
    let [part] = parts.as_slice() else { return vec![parts] };
    let Some(text) = part.get("text").and_then(Value::as_str) else { return vec![parts] };
    let pieces = words(text);
    let count = pieces.len();
    pieces
        .into_iter()
        .enumerate()
        .map(|(at, word)| {
            let mut piece = part.clone();
            if let Some(fields) = piece.as_object_mut() {
                fields.insert("text".to_owned(), word.into());
                if at + 1 < count {
                    fields.remove("thoughtSignature");
                }
            }
            vec![piece]
        })
        .collect()
}

fn signature(thought: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode([SIGNED, thought.as_bytes()].concat())
}

/// What was read from the cache is part of the prompt; thoughts are no part of the candidates.
fn usage(usage: Usage) -> Value {
    let mut out = json!({
        "promptTokenCount": usage.input(),
        "candidatesTokenCount": usage.output - usage.thought,
        "totalTokenCount": usage.input() + usage.output,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": usage.input()}],
    });
    if let Some(fields) = out.as_object_mut() {
        if usage.cache_read > 0 {
            fields.insert("cachedContentTokenCount".to_owned(), usage.cache_read.into());
        }
        if usage.thought > 0 {
            fields.insert("thoughtsTokenCount".to_owned(), usage.thought.into());
        }
    }
    out
}
