//! Accounts, read.

use std::collections::HashMap;

use super::{
    Ledger, Spend,
    guard::{guard_key, read_guard},
    machine::Guard,
};
use crate::{KeyHash, StoreError, Window, item::text, keys::read::batch_get};

// === impl Ledger ===

impl Ledger {
    pub(super) async fn accounts(
        &self,
        keys: &[(KeyHash, Window)],
    ) -> Result<Vec<Spend>, StoreError> {
        let mut unique: Vec<KeyHash> = keys.iter().map(|(hash, _)| *hash).collect();
        unique.sort_unstable();
        unique.dedup();
        let items = batch_get(&self.inner, unique.iter().map(guard_key).collect()).await?;
        let guards: HashMap<&str, Guard> = items
            .iter()
            .filter_map(|item| Some((text(item, "gsi1sk")?, read_guard(item))))
            .collect();
        let found = |key: &KeyHash| guards.get(key.to_string().as_str());
        Ok(keys
            .iter()
            .map(|(key, window)| found(key).map_or_else(Spend::default, |g| account(g, *window)))
            .collect())
    }
}

/// A guard that has not been asked since the window began still shows the one before.
fn account(guard: &Guard, window: Window) -> Spend {
    if guard.window != Guard::RENAMED && guard.window < window.id {
        return Spend { total: guard.total, ..Spend::default() };
    }
    Spend { spent: guard.spent, reserved: guard.reserved(), total: guard.total }
}
