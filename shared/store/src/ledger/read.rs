//! Accounts, read.

use std::collections::HashMap;

use super::{
    Ledger, LedgerMode, Limit, Measure, Span, Spend, Subject,
    guard::{guard_key, read_guard},
    machine::Guard,
};
use crate::{
    KeyHash, Millis, NanoUsd, StoreError, Window, item::text, keys::read::batch_get, store::Inner,
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

impl Ledger {
    /// What other subjects than keys have spent in the windows of their budgets, in the order asked
    /// for. What a budget counts is in a meter; the total is of all their calls.
    ///
    /// # Errors
    /// The database's.
    pub async fn balances(&self, asked: &[(Subject, Span<'_>)]) -> Result<Vec<Spend>, StoreError> {
        self.inner.catch_up().await;
        let mut unique: Vec<&Subject> = asked.iter().map(|(subject, _)| subject).collect();
        unique.sort_unstable();
        unique.dedup();
        let keys = unique.into_iter().map(|subject| guard_key(subject)).collect();
        let items = batch_get(&self.inner, keys).await?;
        let guards: HashMap<&str, Guard> = items
            .iter()
            .filter_map(|item| Some((text(item, "gsi1sk")?, read_guard(item))))
            .collect();
        let now = self.inner.clock.now();
        let of = |(subject, span): &(Subject, Span<'_>)| {
            Some(metered(guards.get(subject.to_string().as_str())?, None, *span, now))
        };
        Ok(asked.iter().map(|one| of(one).unwrap_or_default()).collect())
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

/// What a budget's meter shows, and what was spent in all.
pub(super) fn metered(guard: &Guard, model: Option<&str>, span: Span<'_>, now: Millis) -> Spend {
    let budget = Limit { measure: Measure::Money, model, span, max: i64::MAX, need: 0, floor: 0 };
    let meter = guard.meters.get(&budget.meter());
    let meter = meter.filter(|meter| meter.window.number() >= budget.since(now).get());
    let (used, settled) = meter.map_or((0, 0), |meter| (meter.used, meter.settled));
    Spend {
        spent: NanoUsd::from_nanos(settled),
        reserved: NanoUsd::from_nanos(used.saturating_sub(settled).max(0)),
        total: guard.total,
    }
}

/// A guard that has not been asked since the window began still shows the one before.
pub(super) fn account(guard: &Guard, window: Window, unwritten: NanoUsd) -> Spend {
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
