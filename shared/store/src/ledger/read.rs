//! Accounts, read.

use super::{
    Ledger, Spend,
    guard::{Guard, guard_key},
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
        Ok(keys
            .iter()
            .map(|(hash, window)| {
                let name = hash.to_string();
                items
                    .iter()
                    .find(|item| text(item, "gsi1sk") == Some(&name))
                    .map_or_else(Spend::default, |item| account(&Guard::read(item), *window))
            })
            .collect())
    }
}

/// A guard that has not been asked since the window began still shows the one before.
fn account(guard: &Guard, window: Window) -> Spend {
    if guard.window < window.id {
        return Spend { total: guard.total, ..Spend::default() };
    }
    Spend { spent: guard.spent, reserved: guard.reserved(), total: guard.total }
}
