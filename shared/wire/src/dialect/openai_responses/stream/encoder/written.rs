//! Events as they are written: each with its number, and the place that it speaks of.

use serde_json::{Map, Value};

use super::{Encoder, Open};
use crate::frame::sse;

// === impl Encoder ===

impl Encoder {
    /// An event of a part of a message.
    pub(super) fn at(
        &mut self,
        open: Open,
        name: &str,
        fields: impl IntoIterator<Item = (&'static str, Value)>,
        out: &mut Vec<u8>,
    ) {
        let place = [("content_index", open.content.into())];
        self.of(open, name, place.into_iter().chain(fields), out);
    }

    /// An event of an item.
    pub(super) fn of(
        &mut self,
        open: Open,
        name: &str,
        fields: impl IntoIterator<Item = (&'static str, Value)>,
        out: &mut Vec<u8>,
    ) {
        let id = self.items.get(open.item).map(|item| item.id.clone()).unwrap_or_default();
        let place = [("item_id", id.into()), ("output_index", open.item.into())];
        self.write(name, place.into_iter().chain(fields), out);
    }

    /// An event of the answer.
    pub(super) fn write(
        &mut self,
        name: &str,
        fields: impl IntoIterator<Item = (&'static str, Value)>,
        out: &mut Vec<u8>,
    ) {
        let mut event = Map::new();
        event.insert("type".into(), name.into());
        event.insert("sequence_number".into(), self.sequence.into());
        self.sequence += 1;
        event.extend(fields.into_iter().map(|(name, value)| (name.to_owned(), value)));
        sse::write(out, Some(name), Value::Object(event).to_string().as_bytes());
    }
}
