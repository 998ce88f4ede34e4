//! Upstream bytes to canonical events.

use serde_json::Value;

use super::{
    super::{
        annotation, error,
        finish::{self, Seen},
        output, response,
    },
    event::{Answered, Frame, Text, corrupt, truncated},
    place::{Place, Places, Voice},
};
use crate::{
    Dialect, Fault,
    canon::{Delta, Event, Part, PartKind, Usage},
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
    places: Places,
    seen: Seen,
    usage: Option<Usage>,
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
        if self.state.done {
            return Ok(());
        }
        Err(last.err().filter(|fault| fault.upstream.is_some()).unwrap_or_else(truncated))
    }

    pub(crate) fn usage(&self) -> Option<&Usage> {
        self.state.usage.as_ref()
    }
}

// === impl State ===

impl State {
    fn frame(&mut self, frame: &sse::Frame<'_>, out: &mut Vec<Event>) -> Result<(), Fault> {
        if self.done || frame.data.trim_ascii().is_empty() || frame.is_done() {
            return Ok(());
        }
        let event = Frame::read(frame)?;
        if event.is_error() {
            return Err(error::decode_event(&frame.data));
        }
        let kind = event.r#type.as_ref();
        if matches!(kind, "response.created" | "response.in_progress" | "response.queued") {
            return self.start(&event, out);
        }
        if !kind.starts_with("response.") {
            // `keepalive`, and whatever comes.
            return Ok(());
        }
        self.start(&event, out)?;
        let item = event.output_index.unwrap_or(0);
        let content = Place::Content(item, event.content_index.unwrap_or(0));
        match kind {
            "response.output_item.added" => self.item_added(item, &event, out)?,
            "response.content_part.added" => {
                self.part_added(content, &Frame::value(event.part)?, out);
            }
            "response.output_text.delta" => {
                if let Some(text) = Text::of(event.delta.as_ref()) {
                    self.places.begin(content, PartKind::Text, out);
                    self.places.delta(content, Delta::Text(text.to_owned()), out);
                }
            }
            "response.output_text.done" => {
                if let Some(text) = Text::of(event.text.as_ref()) {
                    self.places.whole(content, Delta::Text(text.to_owned()), out);
                }
            }
            "response.output_text.annotation.added" => {
                if let Some(cited) = event.annotation {
                    let delta = Delta::Citation(annotation::decode(cited));
                    self.places.delta(content, delta, out);
                }
            }
            "response.refusal.delta" => {
                if let Some(words) = Text::of(event.delta.as_ref()) {
                    self.seen.refusal = true;
                    self.places.begin(content, PartKind::Refusal, out);
                    self.places.delta(content, Delta::Text(words.to_owned()), out);
                }
            }
            "response.refusal.done" => {
                if let Some(words) = Text::of(event.refusal.as_ref()) {
                    self.places.whole(content, Delta::Text(words.to_owned()), out);
                }
            }
            "response.content_part.done" => self.places.end(content, out),
            "response.function_call_arguments.delta" => {
                if let Some(more) = Text::of(event.delta.as_ref()) {
                    self.places.delta(Place::Item(item), Delta::Arguments(more.to_owned()), out);
                }
            }
            "response.function_call_arguments.done" => {
                if let Some(all) = Text::of(event.arguments.as_ref()) {
                    self.places.whole(Place::Item(item), Delta::Arguments(all.to_owned()), out);
                }
            }
            "response.reasoning_summary_text.delta" => {
                let part = event.summary_index.unwrap_or(0);
                self.think(item, Voice::Summary, part, event.delta.as_ref(), out);
            }
            "response.reasoning_text.delta" => {
                let part = event.content_index.unwrap_or(0);
                self.think(item, Voice::Full, part, event.delta.as_ref(), out);
            }
            "response.output_item.done" => self.item_done(item, Frame::value(event.item)?, out),
            "response.completed" | "response.incomplete" => self.finish(kind, &event, out)?,
            "response.failed" => {
                self.used(&event);
                return Err(error::failed(&event.response()));
            }
            // Progress of tools that the provider runs: their items tell the rest.
            _ => {}
        }
        Ok(())
    }

    fn start(&mut self, event: &Frame<'_>, out: &mut Vec<Event>) -> Result<(), Fault> {
        if !self.started {
            self.started = true;
            let head = event.answered()?;
            out.push(Event::Start { id: head.id, model: head.model });
        }
        Ok(())
    }

    fn item_added(
        &mut self,
        at: u64,
        event: &Frame<'_>,
        out: &mut Vec<Event>,
    ) -> Result<(), Fault> {
        let item = Frame::value(event.item)?;
        let word = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default();
        match word("type") {
            "function_call" => {
                self.seen.calls = true;
                let id = if word("call_id").is_empty() { word("id") } else { word("call_id") };
                if word("name").is_empty() {
                    return Err(corrupt("a function call without a name"));
                }
                let kind = PartKind::ToolCall { id: id.to_owned(), name: word("name").to_owned() };
                self.places.begin(Place::Item(at), kind, out);
            }
            "reasoning" => self.places.begin(Place::Item(at), PartKind::Reasoning, out),
            // A message begins with its parts; other items are told whole when they are done.
            _ => {}
        }
        Ok(())
    }

    fn part_added(&mut self, place: Place, part: &Value, out: &mut Vec<Event>) {
        match part.get("type").and_then(Value::as_str) {
            Some("output_text") => self.places.begin(place, PartKind::Text, out),
            Some("refusal") => {
                self.seen.refusal = true;
                self.places.begin(place, PartKind::Refusal, out);
            }
            _ => {}
        }
    }

    fn think(
        &mut self,
        item: u64,
        voice: Voice,
        part: u64,
        text: Option<&Text<'_>>,
        out: &mut Vec<Event>,
    ) {
        if let Some(text) = Text::of(text) {
            self.places.begin(Place::Item(item), PartKind::Reasoning, out);
            self.places.think(Place::Item(item), voice, part, text, out);
        }
    }

    /// The item as it is in the end: what its events left out is in it.
    fn item_done(&mut self, at: u64, mut item: Value, out: &mut Vec<Event>) {
        let place = Place::Item(at);
        match item.get("type").and_then(Value::as_str) {
            Some("message") => {
                self.places.end_message(at, out);
            }
            Some("function_call") => {
                if let Some(Value::String(all)) = item.get_mut("arguments").map(Value::take)
                    && !all.is_empty()
                {
                    self.places.whole(place, Delta::Arguments(all), out);
                }
                self.places.end(place, out);
            }
            Some("reasoning") => {
                self.places.begin(place, PartKind::Reasoning, out);
                match response::reasoning(&item) {
                    Part::Reasoning(thought) => {
                        if !thought.text.is_empty() {
                            self.places.whole(place, Delta::Reasoning(thought.text), out);
                        }
                        let rest = thought.signature.map(Delta::Signature);
                        for delta in rest.into_iter().chain(thought.redacted.map(Delta::Redacted)) {
                            self.places.delta(place, delta, out);
                        }
                        self.places.end(place, out);
                    }
                    _ => self.places.end(place, out),
                }
            }
            _ => {
                self.seen.calls |= output::is_custom_call(&item);
                let kind = match output::pictured(&item) {
                    Some(image) => PartKind::Image(image),
                    None => PartKind::Opaque { dialect: Dialect::OpenAiResponses, value: item },
                };
                self.places.complete(kind, out);
            }
        }
    }

    fn used(&mut self, event: &Frame<'_>) {
        if let Some(usage) = event.answered().ok().and_then(Answered::used) {
            self.usage = Some(usage);
        }
    }

    fn finish(&mut self, kind: &str, event: &Frame<'_>, out: &mut Vec<Event>) -> Result<(), Fault> {
        self.done = true;
        self.places.end_all(out);
        self.used(event);
        if let Some(usage) = &self.usage {
            out.push(Event::Usage(usage.clone()));
        }
        let details = event.answered()?.incomplete_details;
        let status = kind.strip_prefix("response.").unwrap_or(kind);
        let finish = finish::decode(status, details.as_ref(), self.seen);
        out.push(Event::Finish { finish, stop_sequence: None });
        Ok(())
    }
}
