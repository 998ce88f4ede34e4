//! What everybody has spent, read at once: for whoever watches over budgets.

use super::{
    Ledger, Span, Spend, Subject,
    guard::{guard_key, holder, read_guard},
    machine::Guard,
    read::{account, metered},
};
use crate::{
    Millis, NanoUsd, StoreError, Window,
    keys::read::{batch_get, index},
};

/// What a subject has spent.
#[derive(Debug, Clone)]
pub struct Purse {
    subject: Subject,
    guard: Guard,
}

// === impl Purse ===

impl Purse {
    /// Whose it is.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Whether anything was ever spent of it.
    pub fn is_touched(&self) -> bool {
        self.guard.total != NanoUsd::ZERO || !self.guard.meters.is_empty()
    }

    /// What a key has spent in a window of its own budget.
    pub fn own(&self, window: Window) -> Spend {
        account(&self.guard, window, NanoUsd::ZERO)
    }

    /// What was spent of any other budget: a key's further ones, those of other subjects, those of a
    /// model.
    pub fn of(&self, model: Option<&str>, span: Span<'_>, now: Millis) -> Spend {
        metered(&self.guard, model, span, now)
    }
}

// === impl Ledger ===

impl Ledger {
    /// What everybody has spent, as it is written down.
    ///
    /// # Errors
    /// The database's.
    pub async fn purses(&self) -> Result<Vec<Purse>, StoreError> {
        let holders = index(&self.inner, "gsi1", "GUARDS", true).await?;
        let holders = holders.iter().filter_map(holder);
        let items = batch_get(&self.inner, holders.map(|one| guard_key(&one)).collect()).await?;
        let purse = |item| Some(Purse { subject: holder(item)?, guard: read_guard(item) });
        Ok(items.iter().filter_map(purse).collect())
    }
}
