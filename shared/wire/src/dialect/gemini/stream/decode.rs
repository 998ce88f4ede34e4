//! Upstream bytes to canonical events.

use serde_json::{Map, Value};

use crate::{
    Dialect, Fault,
    canon::{Delta, Event, Finish, PartKind, Usage},
    dialect::{
        gemini::{
            call_id, error, finish, grounding,
            observe::is_blocked,
            reader,
            response::{Piece, picture, pieces},
            usage,
        },
        watched::{corrupt, truncated},
    },
    frame::sse::{Frame, Framer},
};

/// Upstream bytes to canonical events.
#[derive(Debug, Default)]
pub struct Decoder {
    framer: Framer,
    answer: Answer,
}

/// The answer so far.
#[derive(Debug, Default)]
struct Answer {
    started: bool,
    id: Option<String>,
    /// The number for the next part.
    next: u32,
    /// The part that goes on with the next chunk.
    open: Option<Open>,
    calls: usize,
    /// The text of the answer, by whose bytes sources are told.
    text: String,
    /// The characters of it before the open part.
    before: u64,
    /// Citations that have been told: a later chunk may repeat its sources.
    cited: Vec<grounding::Source>,
    /// Why it ended; told at the end, when usage is known.
    finish: Option<Finish>,
    usage: Option<Usage>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Open {
    index: u32,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Reasoning,
}

/// A part that is text of the answer.
fn says_text(part: &Value) -> bool {
    let said = part.get("text").and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    said && part.get("thought") != Some(&Value::Bool(true))
}

// === impl Decoder ===

impl Decoder {
    pub(crate) fn push(&mut self, bytes: &[u8], out: &mut Vec<Event>) -> Result<(), Fault> {
        let answer = &mut self.answer;
        self.framer.push(bytes, |frame| answer.frame(&frame, out))
    }

    pub(crate) fn end(&mut self, out: &mut Vec<Event>) -> Result<(), Fault> {
        let answer = &mut self.answer;
        self.framer.end(|frame| {
            // A frame cut short says nothing; that it was cut is told below.
            if serde_json::from_slice::<Value>(&frame.data).is_ok() {
                answer.frame(&frame, out)
            } else {
                Ok(())
            }
        })?;
        answer.end(out)
    }

    pub(crate) fn usage(&self) -> Option<&Usage> {
        self.answer.usage.as_ref()
    }
}

// === impl Answer ===

impl Answer {
    fn frame(&mut self, frame: &Frame<'_>, out: &mut Vec<Event>) -> Result<(), Fault> {
        if frame.data.is_empty() || frame.is_done() {
            return Ok(());
        }
        let Ok(mut chunk @ Value::Object(_)) = serde_json::from_slice::<Value>(&frame.data) else {
            return Err(corrupt(&frame.data));
        };
        if chunk.get("error").is_some() {
            return Err(error::in_stream(&frame.data));
        }
        if let Some(used) = reader::get(&chunk, "usageMetadata") {
            self.usage = Some(usage::decode(used));
        }
        self.start(&chunk, out);
        if chunk.get("promptFeedback").is_some_and(is_blocked) {
            self.finish = Some(Finish::ContentFilter);
        }
        let candidates = chunk.get_mut("candidates").and_then(Value::as_array_mut);
        // Asked for one answer; ours is the first.
        let ours = candidates.into_iter().flatten().find(|candidate| {
            candidate.get("index").and_then(Value::as_u64).unwrap_or_default() == 0
        });
        let Some(candidate) = ours else { return Ok(()) };
        let parts = candidate.get_mut("content").and_then(|content| content.get_mut("parts"));
        let mut list = match parts.map(Value::take) {
            Some(Value::Array(list)) => list,
            _ => Vec::new(),
        };
        let Some(told) = candidate.as_object() else { return Ok(()) };
        // What follows the last text ends its part.
        let end = list.iter().rposition(says_text).map_or(0, |last| last + 1);
        let rest = list.split_off(end);
        list.into_iter().for_each(|value| self.part(value, out));
        self.ground(told, out);
        rest.into_iter().for_each(|value| self.part(value, out));
        if let Some(word) = candidate.get("finishReason").and_then(Value::as_str) {
            self.finish = Some(finish::decode(word, self.calls > 0));
        }
        Ok(())
    }

    fn start(&mut self, chunk: &Value, out: &mut Vec<Event>) {
        if self.started {
            return;
        }
        self.started = true;
        let text = |key: &str| chunk.get(key).and_then(Value::as_str).map(str::to_owned);
        self.id = text("responseId");
        out.push(Event::Start { id: self.id.clone(), model: text("modelVersion") });
    }

    fn part(&mut self, value: Value, out: &mut Vec<Event>) {
        let goes_on = self.open.is_some_and(|open| open.kind == Kind::Text);
        for piece in pieces(value, goes_on) {
            self.piece(piece, out);
        }
    }

    /// Cites the sources that a chunk names, on the part that is open or on one of their own.
    fn ground(&mut self, candidate: &Map<String, Value>, out: &mut Vec<Event>) {
        let mut sources = grounding::read(candidate, &self.text);
        sources.retain(|source| !self.cited.iter().any(|told| told.says(source)));
        for source in sources {
            let before = match self.open {
                Some(Open { kind: Kind::Text, .. }) => self.before,
                _ => self.text.chars().count() as u64,
            };
            self.delta(Kind::Text, Delta::Citation(source.on_part(before)), out);
            self.cited.push(source);
        }
    }

    fn piece(&mut self, piece: Piece, out: &mut Vec<Event>) {
        match piece {
            Piece::Text(text) => {
                self.delta(Kind::Text, Delta::Text(text.clone()), out);
                self.text.push_str(&text);
            }
            Piece::Thought(text) => self.delta(Kind::Reasoning, Delta::Reasoning(text), out),
            Piece::Signature(signed) => {
                self.delta(Kind::Reasoning, Delta::Signature(signed), out);
                self.close(out);
            }
            Piece::Redacted(data) => {
                self.close(out);
                self.delta(Kind::Reasoning, Delta::Redacted(data), out);
                self.close(out);
            }
            Piece::Call { id, name, arguments } => {
                let id = id.unwrap_or_else(|| call_id::in_answer(self.id.as_deref(), self.calls));
                self.calls += 1;
                let index = self.begin(PartKind::ToolCall { id, name }, out);
                out.push(Event::Delta { index, delta: Delta::Arguments(arguments) });
                out.push(Event::PartEnd { index });
            }
            Piece::Other(value) => {
                let kind = match picture(&value) {
                    Some(image) => PartKind::Image(image),
                    None => PartKind::Opaque { dialect: Dialect::Gemini, value },
                };
                let index = self.begin(kind, out);
                out.push(Event::PartEnd { index });
            }
        }
    }

    /// Goes on with the open part, or opens one of this kind.
    fn delta(&mut self, kind: Kind, delta: Delta, out: &mut Vec<Event>) {
        let index = match self.open.filter(|open| open.kind == kind) {
            Some(open) => open.index,
            None => {
                let index = self.begin(
                    match kind {
                        Kind::Text => PartKind::Text,
                        Kind::Reasoning => PartKind::Reasoning,
                    },
                    out,
                );
                self.open = Some(Open { index, kind });
                self.before = self.text.chars().count() as u64;
                index
            }
        };
        out.push(Event::Delta { index, delta });
    }

    /// Opens a part after the one that was open.
    fn begin(&mut self, kind: PartKind, out: &mut Vec<Event>) -> u32 {
        self.close(out);
        let index = self.next;
        self.next = self.next.saturating_add(1);
        out.push(Event::PartStart { index, kind });
        index
    }

    fn close(&mut self, out: &mut Vec<Event>) {
        if let Some(open) = self.open.take() {
            out.push(Event::PartEnd { index: open.index });
        }
    }

    fn end(&mut self, out: &mut Vec<Event>) -> Result<(), Fault> {
        let Some(finish) = self.finish.take() else { return Err(truncated()) };
        self.close(out);
        out.extend(self.usage.clone().map(Event::Usage));
        // The finish may have come before the last call.
        let finish = match finish {
            Finish::Stop if self.calls > 0 => Finish::ToolCalls,
            finish => finish,
        };
        out.push(Event::Finish { finish, stop_sequence: None });
        Ok(())
    }
}
