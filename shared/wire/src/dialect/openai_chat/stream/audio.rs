//! Sound as it comes in pieces. Only this dialect knows it so, so that it is told whole, when the answer
//! has ended.

use serde_json::{Map, Value, json};

use crate::{
    Dialect,
    canon::{Event, PartKind},
};

/// The sound of one answer.
#[derive(Debug, Default)]
pub(super) struct Audio(Map<String, Value>);

// === impl Audio ===

impl Audio {
    /// Takes a piece: content and words go on, what else is told is told anew.
    pub(super) fn piece(&mut self, piece: &Value) {
        for (name, said) in piece.as_object().into_iter().flatten() {
            match (self.0.get_mut(name), said) {
                (_, Value::Null) => {}
                (Some(Value::String(all)), Value::String(more))
                    if matches!(name.as_str(), "data" | "transcript") =>
                {
                    all.push_str(more);
                }
                _ => {
                    self.0.insert(name.clone(), said.clone());
                }
            }
        }
    }

    /// Tells the sound, if there was any. `next` is the number for the next part.
    pub(super) fn tell(&mut self, next: &mut u32, out: &mut Vec<Event>) {
        if self.0.is_empty() {
            return;
        }
        let value = json!({"type": "audio", "audio": std::mem::take(&mut self.0)});
        let index = *next;
        *next += 1;
        let kind = PartKind::Opaque { dialect: Dialect::OpenAiChat, value };
        out.push(Event::PartStart { index, kind });
        out.push(Event::PartEnd { index });
    }
}
