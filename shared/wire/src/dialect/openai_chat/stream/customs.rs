//! Calls of custom tools as they come in pieces. Only this dialect knows them, so that they are told
//! whole, when the answer has ended.

use serde_json::{Value, json};

use super::chunk::{Custom, Text};
use crate::{
    Dialect,
    canon::{Event, PartKind},
};

/// The calls of one answer.
#[derive(Debug, Default)]
pub(super) struct Customs(Vec<Open>);

#[derive(Debug, Default)]
struct Open {
    number: Option<u64>,
    id: String,
    name: String,
    input: String,
}

// === impl Customs ===

impl Customs {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes a piece of a call, by the server's number and id for it.
    pub(super) fn piece(&mut self, number: Option<u64>, id: Option<&str>, custom: &Custom<'_>) {
        let known = self.0.iter().rposition(|open| match (number, id) {
            (Some(_), _) => open.number == number,
            (None, Some(id)) => open.id == id,
            (None, None) => true,
        });
        let at = known.unwrap_or_else(|| {
            self.0.push(Open { number, ..Open::default() });
            self.0.len() - 1
        });
        let Some(open) = self.0.get_mut(at) else { return };
        for (field, said) in [(&mut open.id, id), (&mut open.name, Text::of(custom.name.as_ref()))]
        {
            if let (true, Some(said)) = (field.is_empty(), said) {
                said.clone_into(field);
            }
        }
        open.input.push_str(Text::of(custom.input.as_ref()).unwrap_or_default());
    }

    /// Tells the calls. `next` is the number for the next part.
    pub(super) fn tell(&mut self, next: &mut u32, out: &mut Vec<Event>) {
        for Open { id, name, input, .. } in std::mem::take(&mut self.0) {
            let value: Value =
                json!({"id": id, "type": "custom", "custom": {"name": name, "input": input}});
            let index = *next;
            *next += 1;
            let kind = PartKind::Opaque { dialect: Dialect::OpenAiChat, value };
            out.push(Event::PartStart { index, kind });
            out.push(Event::PartEnd { index });
        }
    }
}
