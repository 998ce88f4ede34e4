//! What a key's rows say of its account.
//!
//! A row and the account are two writes, so at any instant some of what rows say is not in the account
//! yet, or the other way round. The guard itself tells which: it holds a lease or the note of a full charge
//! for each. What remains has to be equal to the nano-dollar.

use super::{machine::Guard, strict::lease_id};
use crate::{
    KeyHash, NanoUsd, UsageRow, WindowId,
    item::{Item, number, text},
};

/// A key's account, and what its rows add up to so far.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) key: KeyHash,
    pub(crate) guard: Guard,
    /// What the rows say of the window that the guard is in.
    pub(crate) spent: NanoUsd,
    /// What they say in all.
    pub(crate) total: NanoUsd,
}

// === impl Account ===

impl Account {
    pub(crate) fn new(key: KeyHash, guard: Guard) -> Self {
        let mut account = Self { key, guard, spent: NanoUsd::ZERO, total: NanoUsd::ZERO };
        // A full charge is in the account whatever its rows say by now.
        let charged: Vec<_> =
            account.guard.late.values().map(|late| (late.window, late.amount)).collect();
        charged.into_iter().for_each(|(window, amount)| account.count(window, amount));
        account
    }

    /// Adds a row of the key, as it is stored, unless the account does not have it yet.
    pub(crate) fn add(&mut self, item: &Item, row: &UsageRow) {
        let id = lease_id(&row.call, &self.key);
        let slice = text(item, "sl").zip(number(item, "fn"));
        let uncounted = slice.is_some_and(|(slice, flush)| {
            let held = self.guard.leases.get(slice).map(|lease| lease.mark);
            let mark = held.or_else(|| self.guard.late.get(slice).map(|late| late.mark)).flatten();
            mark.is_some_and(|mark| mark.flush < flush)
        });
        let under_way = self.guard.leases.contains_key(&id)
            || self.guard.late.contains_key(&id)
            // What is left of a slice that was charged in full.
            || self.guard.late.contains_key(&format!("S{id}"));
        if !uncounted && !under_way {
            self.count(row.window, row.spend);
        }
    }

    /// Whether the guard says by itself in which window it is.
    pub(crate) fn has_window(&self) -> bool {
        self.guard.window != Guard::RENAMED
    }

    fn count(&mut self, window: WindowId, amount: NanoUsd) {
        self.total = self.total.saturating_add(amount);
        if self.guard.is_current(window) {
            self.spent = self.spent.saturating_add(amount);
        }
    }
}
