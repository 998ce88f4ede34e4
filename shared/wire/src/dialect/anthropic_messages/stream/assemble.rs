//! Blocks that only this dialect knows, put together from their deltas.

use serde_json::{Map, Value, value::RawValue};

/// A block that grows: a server tool's call, a compaction, whatever comes.
#[derive(Debug)]
pub(super) struct Growing {
    block: Value,
    input: String,
}

// === impl Growing ===

impl Growing {
    /// From a `content_block_start`.
    pub(super) fn new(block: Value) -> Self {
        Self { block, input: String::new() }
    }

    /// More of a tool's input.
    pub(super) fn input(&mut self, json: &str) {
        self.input.push_str(json);
    }

    /// Any other delta: each text it carries goes on in the field of that name, anything else
    /// replaces it.
    pub(super) fn delta(&mut self, delta: &RawValue) {
        let (Value::Object(block), Ok(delta)) =
            (&mut self.block, serde_json::from_str::<Map<String, Value>>(delta.get()))
        else {
            return;
        };
        for (name, value) in delta {
            match (block.get_mut(&name), value) {
                _ if name == "type" => {}
                (Some(Value::String(text)), Value::String(more)) => text.push_str(&more),
                (_, value) => {
                    block.insert(name, value);
                }
            }
        }
    }

    /// The block, complete. An input that does not parse is kept as the text it is.
    pub(super) fn finish(mut self) -> Value {
        if let (false, Value::Object(block)) = (self.input.is_empty(), &mut self.block) {
            let input = serde_json::from_str(&self.input).unwrap_or(Value::String(self.input));
            block.insert("input".into(), input);
        }
        self.block
    }
}
