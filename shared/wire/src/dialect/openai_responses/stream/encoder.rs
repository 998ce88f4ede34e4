//! Canonical events to the caller's events, each with its number.
//!
//! Items may interleave as canonical parts do: every event names the item it speaks of. Parts of
//! text that follow each other are one message.

mod written;

use serde_json::{Value, json};

use super::{
    super::{
        error,
        finish::{self, Seen},
        output,
        response::{self, Shell},
        seal,
    },
    item::{Content, Item, ItemKind},
};
use crate::{
    Dialect, Fault, Stamp,
    canon::{Delta, Event, Finish, PartKind, Reasoning, Usage},
    frame::sse,
};

/// The event that tells of a citation.
const ANNOTATED: &str = "response.output_text.annotation.added";

/// Canonical events to the caller's bytes.
#[derive(Debug)]
pub struct Encoder {
    stamp: Stamp,
    id: String,
    sequence: u64,
    items: Vec<Item>,
    parts: Vec<Open>,
    /// The message that the next part of text joins.
    message: Option<usize>,
    seen: Seen,
    usage: Option<Usage>,
    answer: Option<Vec<u8>>,
    /// Nothing may follow.
    closed: bool,
}

/// A part that has begun: its item, and its place in it.
#[derive(Debug, Clone, Copy)]
struct Open {
    index: u32,
    item: usize,
    content: usize,
}

// === impl Encoder ===

impl Encoder {
    pub(crate) fn new(stamp: Stamp) -> Self {
        Self {
            id: response::id(None, &stamp),
            stamp,
            sequence: 0,
            items: Vec::new(),
            parts: Vec::new(),
            message: None,
            seen: Seen::default(),
            usage: None,
            answer: None,
            closed: false,
        }
    }

    pub(crate) fn event(&mut self, event: &Event, out: &mut Vec<u8>) {
        if self.closed {
            return;
        }
        match event {
            Event::Start { id, .. } => {
                self.id = response::id(id.as_deref(), &self.stamp);
                for name in ["response.created", "response.in_progress"] {
                    let response = self.response("in_progress", None, None);
                    self.write(name, [("response", response)], out);
                }
            }
            Event::PartStart { index, kind } => self.begin(*index, kind, out),
            Event::Delta { index, delta } => self.delta(*index, delta, out),
            Event::PartEnd { index } => self.end(*index, out),
            Event::Usage(usage) => self.usage = Some(usage.clone()),
            Event::Finish { finish, .. } => self.finish(finish, out),
        }
    }

    /// The response that failed, then the error that the SDKs throw.
    pub(crate) fn error(&mut self, fault: &Fault, out: &mut Vec<u8>) {
        if self.closed {
            return;
        }
        self.closed = true;
        let response = self.response("failed", None, Some(error::object(fault)));
        self.answer = serde_json::to_vec(&response).ok();
        self.write("response.failed", [("response", response)], out);
        let event = error::event(fault, self.sequence);
        self.sequence += 1;
        sse::write(out, Some("error"), event.to_string().as_bytes());
    }

    /// The whole answer, once it is complete.
    pub(crate) fn take_answer(&mut self) -> Option<Vec<u8>> {
        self.answer.take()
    }

    fn response(&self, status: &str, reason: Option<&str>, error: Option<Value>) -> Value {
        let output = self.items.iter().map(|item| item.value(&self.stamp.echo)).collect();
        let usage = self.usage.as_ref();
        let id = &self.id;
        let service_tier = Dialect::OpenAiResponses.tier(usage);
        Shell { id, status, reason, error, output, usage, service_tier }.write(&self.stamp)
    }

    fn begin(&mut self, index: u32, kind: &PartKind, out: &mut Vec<u8>) {
        let content = match kind {
            PartKind::Text => Content::text(),
            PartKind::Refusal => {
                self.seen.refusal = true;
                Content::Refusal(String::new())
            }
            PartKind::ToolCall { id, name } => {
                self.seen.calls = true;
                let (call_id, name) = (id.clone(), name.clone());
                let kind = ItemKind::Call { call_id, name, arguments: String::new() };
                return self.item(index, "fc", kind, out);
            }
            PartKind::Reasoning => {
                return self.item(index, "rs", ItemKind::Reasoning(Reasoning::default()), out);
            }
            PartKind::Opaque { dialect: Dialect::OpenAiResponses, value }
                if output::is_custom_call(value) =>
            {
                self.seen.calls = true;
                return self.item(index, "ctc", ItemKind::Custom(value.clone()), out);
            }
            PartKind::Opaque { dialect: Dialect::OpenAiResponses, value } => {
                return self.item(index, "it", ItemKind::Whole(value.clone()), out);
            }
            PartKind::Image(image) => {
                let id = output::id("ig", &self.stamp.id, self.items.len());
                let Some(item) = output::picture(&id, image) else { return };
                return self.item(index, "ig", ItemKind::Picture(item), out);
            }
            PartKind::Opaque { dialect, value } => {
                let id = output::id("rs", &self.stamp.id, self.items.len());
                let item = output::sealed(&id, &seal::part(*dialect, value));
                return self.item(index, "rs", ItemKind::Whole(item), out);
            }
        };
        let item = match self.message {
            Some(item) => item,
            None => {
                let kind = ItemKind::Message { content: Vec::new(), status: "completed" };
                let item = self.add("msg", kind, out);
                self.message = Some(item);
                item
            }
        };
        let Some(Item { kind: ItemKind::Message { content: all, .. }, .. }) =
            self.items.get_mut(item)
        else {
            return;
        };
        let (place, part) = (all.len(), content.value());
        all.push(content);
        let open = Open { index, item, content: place };
        self.parts.push(open);
        self.at(open, "response.content_part.added", [("part", part)], out);
    }

    /// An item that is a part by itself.
    fn item(&mut self, index: u32, prefix: &str, kind: ItemKind, out: &mut Vec<u8>) {
        self.leave_message(out);
        let item = self.add(prefix, kind, out);
        self.parts.push(Open { index, item, content: 0 });
    }

    /// The next part of text begins a message of its own.
    fn leave_message(&mut self, out: &mut Vec<u8>) {
        if let Some(item) = self.message.take()
            && !self.parts.iter().any(|open| open.item == item)
        {
            self.done(item, out);
        }
    }

    fn add(&mut self, prefix: &str, kind: ItemKind, out: &mut Vec<u8>) -> usize {
        let at = self.items.len();
        let id = output::id(prefix, &self.stamp.id, at);
        let item = Item { id, kind, done: false };
        let value = item.value(&self.stamp.echo);
        self.items.push(item);
        self.write(
            "response.output_item.added",
            [("output_index", at.into()), ("item", value)],
            out,
        );
        at
    }

    fn delta(&mut self, index: u32, delta: &Delta, out: &mut Vec<u8>) {
        let Some(open) = self.parts.iter().copied().find(|open| open.index == index) else {
            return;
        };
        let Some(item) = self.items.get_mut(open.item) else { return };
        match (&mut item.kind, delta) {
            (ItemKind::Message { content, .. }, delta) => {
                let Some(part) = content.get_mut(open.content) else { return };
                match (part, delta) {
                    (Content::Text { text, characters, .. }, Delta::Text(more)) => {
                        text.push_str(more);
                        *characters = characters.saturating_add(more.chars().count() as u64);
                        let fields = [("delta", more.as_str().into()), ("logprobs", json!([]))];
                        self.at(open, "response.output_text.delta", fields, out);
                    }
                    (part, Delta::Citation(cited)) => {
                        if let Some(added) = part.cite(cited) {
                            self.at(open, ANNOTATED, added, out);
                        }
                    }
                    (Content::Refusal(words), Delta::Text(more)) => {
                        words.push_str(more);
                        let fields = [("delta", more.as_str().into())];
                        self.at(open, "response.refusal.delta", fields, out);
                    }
                    _ => {}
                }
            }
            (ItemKind::Call { arguments, .. }, Delta::Arguments(more)) if !more.is_empty() => {
                arguments.push_str(more);
                let fields = [("delta", more.as_str().into())];
                self.of(open, "response.function_call_arguments.delta", fields, out);
            }
            (ItemKind::Reasoning(thought), Delta::Reasoning(more)) if !more.is_empty() => {
                let first = thought.text.is_empty();
                thought.text.push_str(more);
                if first {
                    let fields = [("summary_index", 0.into()), ("part", output::summary(""))];
                    self.of(open, "response.reasoning_summary_part.added", fields, out);
                }
                let fields = [("summary_index", 0.into()), ("delta", more.as_str().into())];
                self.of(open, "response.reasoning_summary_text.delta", fields, out);
            }
            (ItemKind::Reasoning(thought), Delta::Signature(more)) => {
                thought.signature.get_or_insert_default().push_str(more);
            }
            (ItemKind::Reasoning(thought), Delta::Redacted(more)) => {
                thought.redacted.get_or_insert_default().push_str(more);
            }
            _ => {}
        }
    }

    fn end(&mut self, index: u32, out: &mut Vec<u8>) {
        let Some(at) = self.parts.iter().position(|open| open.index == index) else { return };
        let open = self.parts.remove(at);
        if let Some(Item { kind: ItemKind::Message { content, .. }, .. }) =
            self.items.get_mut(open.item)
            && let Some(part) = content.get_mut(open.content)
        {
            for added in part.settle() {
                self.at(open, ANNOTATED, added, out);
            }
        }
        let Some(item) = self.items.get_mut(open.item) else { return };
        match &mut item.kind {
            ItemKind::Message { content, .. } => {
                let Some(part) = content.get(open.content) else { return };
                let (value, name, fields) = match part {
                    Content::Text { text, .. } => (
                        part.value(),
                        "response.output_text.done",
                        vec![("text", text.as_str().into()), ("logprobs", json!([]))],
                    ),
                    Content::Refusal(words) => (
                        part.value(),
                        "response.refusal.done",
                        vec![("refusal", words.as_str().into())],
                    ),
                };
                self.at(open, name, fields, out);
                self.at(open, "response.content_part.done", [("part", value)], out);
                // The message goes on for as long as nothing else has begun.
                if self.message != Some(open.item)
                    && !self.parts.iter().any(|other| other.item == open.item)
                {
                    self.done(open.item, out);
                }
            }
            ItemKind::Call { name, arguments, .. } => {
                let name = name.clone();
                // Clients parse the arguments, and nothing is not JSON.
                if arguments.trim_ascii().is_empty() {
                    arguments.clear();
                    arguments.push_str("{}");
                    let fields = [("delta", "{}".into())];
                    self.of(open, "response.function_call_arguments.delta", fields, out);
                }
                let Some(Item { kind: ItemKind::Call { arguments, .. }, .. }) =
                    self.items.get(open.item)
                else {
                    return;
                };
                let fields = [("name", name.into()), ("arguments", arguments.as_str().into())];
                self.of(open, "response.function_call_arguments.done", fields, out);
                self.done(open.item, out);
            }
            ItemKind::Reasoning(thought) => {
                if !thought.text.is_empty() {
                    let text: Value = thought.text.as_str().into();
                    let part = output::summary(&thought.text);
                    let fields = [("summary_index", 0.into()), ("text", text)];
                    self.of(open, "response.reasoning_summary_text.done", fields, out);
                    let fields = [("summary_index", 0.into()), ("part", part)];
                    self.of(open, "response.reasoning_summary_part.done", fields, out);
                }
                self.done(open.item, out);
            }
            ItemKind::Custom(value) => {
                let input = value.get("input").cloned().unwrap_or_default();
                let fields = [("delta", input.clone())];
                self.of(open, "response.custom_tool_call_input.delta", fields, out);
                let fields = [("input", input)];
                self.of(open, "response.custom_tool_call_input.done", fields, out);
                self.done(open.item, out);
            }
            ItemKind::Picture(_) => {
                self.of(open, "response.image_generation_call.completed", [], out);
                self.done(open.item, out);
            }
            ItemKind::Whole(_) => self.done(open.item, out),
        }
    }

    fn done(&mut self, item: usize, out: &mut Vec<u8>) {
        let Some(done) = self.items.get_mut(item).filter(|item| !item.done) else { return };
        done.done = true;
        let value = done.value(&self.stamp.echo);
        self.write(
            "response.output_item.done",
            [("output_index", item.into()), ("item", value)],
            out,
        );
    }

    fn finish(&mut self, finish: &Finish, out: &mut Vec<u8>) {
        let (status, reason) = finish::encode(finish, self.seen);
        if let Some(at) = self.message.take() {
            if let Some(Item { kind: ItemKind::Message { status: said, .. }, .. }) =
                self.items.get_mut(at)
            {
                *said = status;
            }
            self.done(at, out);
        }
        self.closed = true;
        let response = self.response(status, reason, None);
        self.answer = serde_json::to_vec(&response).ok();
        let name = if reason.is_some() { "response.incomplete" } else { "response.completed" };
        self.write(name, [("response", response)], out);
    }
}
