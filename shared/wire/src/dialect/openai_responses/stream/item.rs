//! The items of an answer that is being streamed, as they are so far.

use serde_json::{Map, Value};

use super::super::{annotation, output};
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
    /// A picture: its content is told at its end.
    Picture(Value),
    /// Complete as written.
    Whole(Value),
}

/// A part of a message.
#[derive(Debug)]
pub(super) enum Content {
    /// Text. Citations that support all of it wait for its end in `cited`.
    Text {
        text: String,
        characters: u64,
        annotations: Vec<Value>,
        cited: Vec<Value>,
    },
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
            ItemKind::Picture(value) => {
                let mut item = value.clone();
                if let (Some(fields), false) = (item.as_object_mut(), self.done) {
                    fields.insert("result".into(), Value::Null);
                    fields.insert("status".into(), status.into());
                }
                item
            }
            ItemKind::Whole(value) => value.clone(),
        }
    }
}

/// What an event tells of an annotation: its number and itself.
pub(super) type Added = [(&'static str, Value); 2];

// === impl Content ===

impl Content {
    /// Text of which nothing has been said.
    pub(super) const fn text() -> Self {
        Self::Text {
            text: String::new(),
            characters: 0,
            annotations: Vec::new(),
            cited: Vec::new(),
        }
    }

    /// Cites; `None` where that waits for the end of the text, or cannot be said.
    pub(super) fn cite(&mut self, value: &Value) -> Option<Added> {
        let Self::Text { cited, .. } = self else { return None };
        if annotation::is_placed(value) {
            return self.annotate(value);
        }
        cited.push(value.clone());
        None
    }

    /// The text has ended: the citations that waited for that.
    pub(super) fn settle(&mut self) -> Vec<Added> {
        let Self::Text { cited, .. } = self else { return Vec::new() };
        let waited = std::mem::take(cited);
        waited.iter().filter_map(|value| self.annotate(value)).collect()
    }

    fn annotate(&mut self, value: &Value) -> Option<Added> {
        let Self::Text { annotations, characters, .. } = self else { return None };
        let said = annotation::encode(value, *characters)?;
        let number = annotations.len();
        annotations.push(said.clone());
        Some([("annotation_index", number.into()), ("annotation", said)])
    }

    pub(super) fn value(&self) -> Value {
        match self {
            Self::Text { text, annotations, .. } => output::text(text, annotations),
            Self::Refusal(words) => output::refusal(words),
        }
    }
}
