//! The document of a kept answer: what was given, and what was answered.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sluice_wire::{Fault, FaultKind};

/// Both sides of one turn.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Document {
    /// The items that the caller gave, each with an id.
    pub(super) input: Vec<Value>,
    /// The answer as the caller had it.
    pub(super) response: Value,
}

// === impl Document ===

impl Document {
    pub(super) fn read(text: &str) -> Result<Self, Fault> {
        serde_json::from_str(text).map_err(|error| {
            Fault::new(FaultKind::Internal, "A kept answer cannot be read.")
                .with_detail(error.to_string())
        })
    }

    /// What the turn adds to a conversation.
    pub(super) fn into_items(self) -> impl Iterator<Item = Value> {
        let mut response = self.response;
        let output = match response.get_mut("output").map(Value::take) {
            Some(Value::Array(output)) => output,
            _ => Vec::new(),
        };
        self.input.into_iter().chain(output)
    }
}
