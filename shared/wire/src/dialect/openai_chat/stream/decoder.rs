//! Upstream bytes to canonical events.

use serde_json::Value;

use super::{
    super::{
        error,
        finish::{self, Seen},
        response::{Piece, picture, pieces},
        usage,
    },
    audio::Audio,
    calls::Calls,
    chunk::{Block, Chunk, Content, DeltaFields, Function, Text},
    customs::Customs,
};
use crate::{
    Fault,
    canon::{Delta, Event, Finish, PartKind, Usage},
    dialect::{
        Signer,
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
    model: Option<String>,
    /// The number for the next part.
    next: u32,
    /// The part that text of some kind goes to.
    open: Option<Open>,
    calls: Calls,
    refused: bool,
    customs: Customs,
    audio: Audio,
    /// Why it ended; told once usage is known.
    finish: Option<String>,
    /// The sequence that ended it.
    stop_sequence: Option<String>,
    usage: Option<Usage>,
    done: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Open {
    index: u32,
    kind: Kind,
    /// Its reasoning came as `reasoning_content`: `thinking_blocks` repeat it.
    repeated: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Reasoning,
    Refusal,
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
            if frame.is_done() || serde_json::from_slice::<Chunk<'_>>(&frame.data).is_ok() {
                answer.frame(&frame, out)
            } else {
                Ok(())
            }
        })?;
        if answer.done { Ok(()) } else { answer.finish(out) }
    }

    pub(crate) fn usage(&self) -> Option<&Usage> {
        self.answer.usage.as_ref()
    }
}

// === impl Answer ===

impl Answer {
    fn frame(&mut self, frame: &Frame<'_>, out: &mut Vec<Event>) -> Result<(), Fault> {
        if self.done || frame.data.is_empty() {
            return Ok(());
        }
        if frame.is_done() {
            return self.finish(out);
        }
        let data = frame.data.as_ref();
        let chunk: Chunk<'_> = match serde_json::from_slice(data) {
            Ok(chunk) => chunk,
            Err(_) if frame.event == Some("error") => return Err(error::decode_event(data)),
            Err(cause) => {
                let fault = corrupt(data);
                let detail = format!("{cause}; {}", fault.detail.as_deref().unwrap_or_default());
                return Err(fault.with_detail(detail));
            }
        };
        let failed = chunk.error.is_some()
            || frame.event == Some("error")
            || Text::of(chunk.object.as_ref()) == Some("error");
        if failed {
            return Err(error::decode_event(data));
        }
        self.chunk(&chunk, out);
        Ok(())
    }

    fn chunk(&mut self, chunk: &Chunk<'_>, out: &mut Vec<Event>) {
        if let Some(used) = chunk.usage
            && let Some(used) = usage::decode(used.into())
        {
            self.usage = Some(used.served(chunk.service_tier.as_ref()));
        }
        let known = |field: &Option<Text<'_>>| Text::of(field.as_ref()).map(str::to_owned);
        if self.id.is_none() {
            self.id = known(&chunk.id);
        }
        if self.model.is_none() {
            self.model = known(&chunk.model);
        }
        // Asked for one answer; servers that send several send ours as the first.
        let ours = chunk.choices.iter().flatten().filter(|choice| choice.index.unwrap_or(0) == 0);
        for choice in ours {
            self.start(out);
            if let Some(delta) = &choice.delta {
                self.delta(delta, out);
            }
            if let Some(reason) = Text::of(choice.finish_reason.as_ref()) {
                self.finish = Some(reason.to_owned());
                let sequence = choice.stop_reason.as_ref().and_then(Value::as_str);
                self.stop_sequence = sequence.map(str::to_owned);
                self.close(out);
                self.calls.end_complete(out);
            }
        }
    }

    fn start(&mut self, out: &mut Vec<Event>) {
        if !self.started {
            self.started = true;
            out.push(Event::Start { id: self.id.clone(), model: self.model.clone() });
        }
    }

    fn delta(&mut self, delta: &DeltaFields<'_>, out: &mut Vec<Event>) {
        let text = Text::of(delta.reasoning_content.as_ref());
        if let Some(text) = text {
            self.reasoning(text, true, out);
        } else if let Some(reasoning) = &delta.reasoning {
            self.content(reasoning, Kind::Reasoning, out);
        }
        for block in delta.thinking_blocks.iter().flatten() {
            self.block(block, out);
        }
        if let Some(content) = &delta.content {
            self.content(content, Kind::Text, out);
        }
        for annotation in delta.annotations.iter().flatten() {
            let index = self.part(Kind::Text, out);
            out.push(Event::Delta { index, delta: Delta::Citation(annotation.clone()) });
        }
        for image in delta.images.iter().flatten().filter_map(picture) {
            self.close(out);
            self.calls.end_complete(out);
            let index = self.next;
            self.next += 1;
            out.push(Event::PartStart { index, kind: PartKind::Image(image) });
            out.push(Event::PartEnd { index });
        }
        if let Some(piece) = &delta.audio {
            self.audio.piece(piece);
        }
        if let Some(words) = Text::of(delta.refusal.as_ref()) {
            self.refused = true;
            let index = self.part(Kind::Refusal, out);
            out.push(Event::Delta { index, delta: Delta::Text(words.to_owned()) });
        }
        for call in delta.tool_calls.iter().flatten() {
            if let Some(custom) = &call.custom {
                self.close(out);
                self.customs.piece(call.index, Text::of(call.id.as_ref()), custom);
                continue;
            }
            let id = Text::of(call.id.as_ref());
            self.call(call.index, id, call.function.as_ref(), out);
        }
        if let Some(function) = &delta.function_call {
            self.call(Some(0), None, Some(function), out);
        }
    }

    fn call(
        &mut self,
        number: Option<u64>,
        id: Option<&str>,
        function: Option<&Function<'_>>,
        out: &mut Vec<Event>,
    ) {
        self.close(out);
        self.calls.piece(number, id, function, self.id.as_deref(), &mut self.next, out);
    }

    fn content(&mut self, content: &Content<'_>, kind: Kind, out: &mut Vec<Event>) {
        match content {
            Content::Text(text) if text.is_empty() => {}
            Content::Text(text) if kind == Kind::Text => self.text(text, out),
            Content::Text(text) => self.reasoning(text, true, out),
            Content::Parts(parts) => {
                for piece in pieces(parts) {
                    match piece {
                        Piece::Text(text) => self.text(&text, out),
                        Piece::Reasoning(text) => self.reasoning(&text, true, out),
                    }
                }
            }
        }
    }

    fn text(&mut self, text: &str, out: &mut Vec<Event>) {
        let index = self.part(Kind::Text, out);
        out.push(Event::Delta { index, delta: Delta::Text(text.to_owned()) });
    }

    fn reasoning(&mut self, text: &str, repeated: bool, out: &mut Vec<Event>) {
        let index = self.part(Kind::Reasoning, out);
        if let Some(open) = &mut self.open {
            open.repeated |= repeated;
        }
        out.push(Event::Delta { index, delta: Delta::Reasoning(text.to_owned()) });
    }

    /// A piece of LiteLLM's `thinking_blocks`: a signature, or encrypted reasoning, ends its part.
    fn block(&mut self, block: &Block<'_>, out: &mut Vec<Event>) {
        if let Some(data) = Text::of(block.data.as_ref()) {
            self.close(out);
            let index = self.part(Kind::Reasoning, out);
            out.push(Event::Delta { index, delta: Delta::Redacted(data.to_owned()) });
            self.close(out);
            return;
        }
        let repeated = self.open.is_some_and(|open| open.kind == Kind::Reasoning && open.repeated);
        if let Some(text) = Text::of(block.thinking.as_ref())
            && !repeated
        {
            self.reasoning(text, false, out);
        }
        if let Some(signature) = Text::of(block.signature.as_ref()) {
            let signature = Signer::Anthropic.name(signature.to_owned());
            let index = self.part(Kind::Reasoning, out);
            out.push(Event::Delta { index, delta: Delta::Signature(signature) });
            self.close(out);
        }
    }

    /// The open part of this kind, opened where it is not: parts of text follow each other.
    fn part(&mut self, kind: Kind, out: &mut Vec<Event>) -> u32 {
        if let Some(open) = self.open.filter(|open| open.kind == kind) {
            return open.index;
        }
        self.close(out);
        self.calls.end_complete(out);
        let index = self.next;
        self.next += 1;
        self.open = Some(Open { index, kind, repeated: false });
        let kind = match kind {
            Kind::Text => PartKind::Text,
            Kind::Reasoning => PartKind::Reasoning,
            Kind::Refusal => PartKind::Refusal,
        };
        out.push(Event::PartStart { index, kind });
        index
    }

    fn close(&mut self, out: &mut Vec<Event>) {
        if let Some(open) = self.open.take() {
            out.push(Event::PartEnd { index: open.index });
        }
    }

    /// The stream is at its end: tells the usage and why, if the provider did.
    fn finish(&mut self, out: &mut Vec<Event>) -> Result<(), Fault> {
        self.done = true;
        let Some(reason) = self.finish.take() else { return Err(truncated()) };
        self.close(out);
        if !self.calls.end(out) {
            return Err(corrupt(b"a tool call without a name"));
        }
        let tools = !self.calls.is_empty() || !self.customs.is_empty();
        self.customs.tell(&mut self.next, out);
        self.audio.tell(&mut self.next, out);
        if let Some(usage) = &self.usage {
            out.push(Event::Usage(usage.clone()));
        }
        let stop_sequence = self.stop_sequence.take();
        let finish = match reason.as_str() {
            "stop" if stop_sequence.is_some() => Finish::StopSequence,
            reason => finish::decode(reason, Seen { tools, refusal: self.refused }),
        };
        out.push(Event::Finish { finish, stop_sequence });
        Ok(())
    }
}
