//! The items of an answer that is being streamed, as they are so far.

use serde_json::{Map, Value};

use super::super::output;
use crate::canon::Reasoning;

/// An item.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) id: String,
    pub(super) kind: ItemKind,
    /// Nothing of it is left to say.
    pub(super) done: bool,
}

/// What it is.
#[derive(Debug)]
pub(super) enum ItemKind {
    Message {
        content: Vec<Content>,
        status: &'static str,
    },
    Call {
        call_id: String,
        name: String,
        arguments: String,
    },
    Reasoning(Reasoning),
    /// A call of a custom tool: its input is told at its end.
    Custom(Value),
    /// Complete as written.
    Whole(Value),
}

/// A part of a message.
#[derive(Debug)]
pub(super) enum Content {
    Text { text: String, annotations: Vec<Value>, characters: u64 },
    Refusal(String),
}

// === impl Item ===

impl Item {
    /// The item as it is now.
    pub(super) fn value(&self, echo: &Map<String, Value>) -> Value {
        let status = if self.done { "completed" } else { "in_progress" };
        match &self.kind {
            ItemKind::Message { content, status: said } => {
                let content: Vec<Value> = content.iter().map(Content::value).collect();
                output::message(&self.id, if self.done { said } else { status }, &content)
            }
            ItemKind::Call { call_id, name, arguments } => {
                output::call(&self.id, status, (call_id, name, arguments), echo)
            }
            ItemKind::Reasoning(reasoning) => output::reasoning(&self.id, reasoning),
            ItemKind::Custom(value) => {
                let mut item = value.clone();
                if let Some(fields) = item.as_object_mut() {
                    fields.insert("id".into(), self.id.as_str().into());
                    if !self.done {
                        fields.insert("input".into(), "".into());
                        fields.insert("status".into(), status.into());
                    }
                }
                item
            }
            ItemKind::Whole(value) => value.clone(),
        }
    }
}

// === impl Content ===

impl Content {
    pub(super) fn value(&self) -> Value {
        match self {
            Self::Text { text, annotations, .. } => output::text(text, annotations),
            Self::Refusal(words) => output::refusal(words),
        }
    }
}
