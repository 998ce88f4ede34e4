//! Accounts, read.

use std::collections::HashMap;

use super::{
    Ledger, LedgerMode, Spend,
    guard::{guard_key, read_guard},
    machine::Guard,
};
use crate::{
    KeyHash, NanoUsd, StoreError, Window, item::text, keys::read::batch_get, store::Inner,
};

// === impl Ledger ===

impl Ledger {
    pub(super) async fn accounts(
        &self,
        keys: &[(KeyHash, Window)],
    ) -> Result<Vec<Spend>, StoreError> {
        let mut unique: Vec<KeyHash> = keys.iter().map(|(hash, _)| *hash).collect();
        unique.sort_unstable();
        unique.dedup();
        // What this process has not written down yet is part of an account all the same. Nothing of
        // these keys is written down until they are read.
        let unwritten = self.inner.slices.stand_still(&unique).await;
        let items =
            batch_get(&self.inner, unique.iter().map(|key| guard_key(key)).collect()).await?;
        let guards: HashMap<&str, Guard> = items
            .iter()
            .filter_map(|item| Some((text(item, "gsi1sk")?, read_guard(item))))
            .collect();
        let found = |key: &KeyHash| guards.get(key.to_string().as_str());
        Ok(keys
            .iter()
            .map(|(key, window)| {
                found(key).map_or_else(Spend::default, |guard| {
                    account(guard, *window, unwritten.of(key, guard))
                })
            })
            .collect())
    }
}

// === impl Inner ===

impl Inner {
    /// Writes down what this process holds, before somebody reads the rows. If that fails they are
    /// a little out of date.
    pub(crate) async fn catch_up(&self) {
        if self.mode == LedgerMode::Batched
            && let Err(error) = self.flush_all(false).await
        {
            tracing::warn!(error = %error, "rows are read before the latest are written");
        }
    }
}

/// A guard that has not been asked since the window began still shows the one before.
fn account(guard: &Guard, window: Window, unwritten: NanoUsd) -> Spend {
    let total = guard.total.saturating_add(unwritten);
    if guard.window != Guard::RENAMED && guard.window < window.id {
        return Spend { total, ..Spend::default() };
    }
    Spend {
        spent: guard.spent.saturating_add(unwritten),
        reserved: guard.reserved().saturating_sub(unwritten).max(NanoUsd::ZERO),
        total,
    }
}
