//! What the provider keeps of its answers.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use serde_json::Value;

use super::super::check::{invalid, list, text};
use crate::reject::Reject;

/// Conversations by the id of their last answer.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    kept: Mutex<HashMap<String, Vec<Value>>>,
}

// === impl Memory ===

impl Memory {
    pub(super) fn keep(&self, mut items: Vec<Value>, response: &Value) {
        items.extend(list(response, "output").iter().cloned());
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(text(response, "id").to_owned(), items);
    }

    pub(super) fn conversation(&self, id: &str) -> Result<Vec<Value>, Reject> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(id).cloned().ok_or_else(|| {
            invalid(format!("Previous response with id '{id}' not found."))
                .code("previous_response_not_found")
                .param("previous_response_id")
        })
    }

    /// Whether an item of this id is kept.
    pub(super) fn has(&self, id: &str) -> bool {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.values().flatten().any(|item| text(item, "id") == id)
    }
}
