//! What a process remembers of a key's slices. No I/O.

use std::{collections::HashMap, sync::Arc};

use super::{FRESH_MS, LEASE_MS, MARGIN_MS};
use crate::{
    Ask, CallId, Millis, NanoUsd, UsageRow, WindowId,
    ledger::machine::{Flush, Guard, Mark},
};

/// One key's slices: the one that pays, and those that still have something to write down.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) live: Option<Slice>,
    pub(super) retired: Vec<Slice>,
    /// Ids of slices that are about to be taken. Whoever takes one may give up waiting for it.
    pub(super) opening: Vec<String>,
}

/// Money that this process holds.
#[derive(Debug)]
pub(super) struct Slice {
    pub(super) serial: u64,
    pub(super) id: String,
    /// The record's version that it was taken with.
    pub(super) version: i64,
    /// Whether there is a budget at all.
    pub(super) limited: bool,
    pub(super) window: WindowId,
    /// What the guard says that it holds.
    pub(super) held: NanoUsd,
    /// What calls under way have reserved of it.
    pub(super) reserved: NanoUsd,
    /// What was used and is not in the guard yet.
    pub(super) used: NanoUsd,
    pub(super) flights: HashMap<CallId, Flight>,
    /// Rows that are not written yet; they add up to `used`, but for what `pending` has.
    pub(super) rows: Vec<Arc<UsageRow>>,
    /// A flush that may be in the guard or not.
    pub(super) pending: Option<Pending>,
    /// Whether rows of the next flush may have been written already.
    pub(super) dirty: bool,
    /// The last flush in the guard.
    pub(super) flushed: i64,
    pub(super) since: Millis,
    pub(super) expires: Millis,
    pub(super) fresh_until: Millis,
    /// Reservations since the last flush.
    pub(super) asked: u64,
    /// The guard as it was last seen.
    pub(super) spent: NanoUsd,
    pub(super) left: NanoUsd,
    /// Charged in full by somebody's sweep, while this process was slow.
    pub(super) lost: bool,
}

/// A call under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flight {
    pub(super) amount: NanoUsd,
    pub(super) expires: Millis,
    /// It is being charged in full.
    pub(super) leaving: bool,
}

/// A flush on its way, and the call that it charges in full, if it is for that.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    pub(super) flush: Flush,
    pub(super) charges: Option<CallId>,
}

// === impl Book ===

impl Book {
    pub(super) fn is_empty(&self) -> bool {
        self.live.is_none() && self.retired.is_empty() && self.opening.is_empty()
    }

    /// The slice pays no more.
    pub(super) fn retire(&mut self) {
        self.retired.extend(self.live.take());
    }

    pub(super) fn slices(&mut self) -> impl Iterator<Item = &mut Slice> {
        self.live.iter_mut().chain(&mut self.retired)
    }

    pub(super) fn slice(&mut self, serial: u64) -> Option<&mut Slice> {
        self.slices().find(|slice| slice.serial == serial)
    }

    /// What was used of the guard's window, and is not in the guard.
    pub(super) fn unwritten(&mut self, guard: &Guard) -> NanoUsd {
        let counts = |slice: &&mut Slice| !slice.lost && guard.is_current(slice.window);
        self.slices().filter(counts).map(|slice| slice.unwritten()).sum()
    }
}

// === impl Slice ===

impl Slice {
    /// Whether it can pay for this ask without a look at the guard.
    pub(super) fn serves(&self, ask: &Ask<'_>) -> bool {
        i64::try_from(ask.version) == Ok(self.version)
            && ask.window.id <= self.window
            && ask.now < self.fresh_until
            && ask.call.started() >= self.since
    }

    /// What is not spoken for.
    pub(super) fn free(&self) -> NanoUsd {
        self.held.saturating_sub(self.reserved).saturating_sub(self.unwritten())
    }

    /// What was used and is not in the guard, as far as is known.
    pub(super) fn unwritten(&self) -> NanoUsd {
        let pending = self.pending.as_ref().map_or(NanoUsd::ZERO, |pending| {
            // A call that is being charged in full still counts as reserved.
            if pending.charges.is_some() { NanoUsd::ZERO } else { pending.flush.used }
        });
        self.used.saturating_add(pending)
    }

    /// Spent in the window, as far as this process knows.
    pub(super) fn spent(&self) -> NanoUsd {
        self.spent.saturating_add(self.unwritten())
    }

    /// A call takes off.
    pub(super) fn admit(&mut self, call: &CallId, amount: NanoUsd, expires: Millis) {
        self.asked += 1;
        self.reserved = self.reserved.saturating_add(amount);
        self.flights.insert(call.clone(), Flight { amount, expires, leaving: false });
    }

    /// A call lands; `false` if it is not, or no more, paid from here.
    pub(super) fn land(&mut self, call: &CallId) -> bool {
        if self.flights.get(call).is_none_or(|flight| flight.leaving) {
            return false;
        }
        if let Some(flight) = self.flights.remove(call) {
            self.reserved = self.reserved.saturating_sub(flight.amount);
        }
        true
    }

    /// Before this no call arrived whose row may still have to be written. Calls are admitted some
    /// time after they arrived, hence the margin.
    fn since(&self, now: Millis) -> Millis {
        let calls = self.flights.keys().chain(self.rows.iter().map(|row| &row.call));
        calls.map(CallId::started).min().unwrap_or(now).min(now).plus(-MARGIN_MS)
    }

    /// Plans a flush of what was `used` with its rows written. A slice that pays no more keeps just
    /// what its calls still need; one that has no calls either is given back.
    pub(super) fn plan(&mut self, used: NanoUsd, wanted: NanoUsd, paying: bool, now: Millis) {
        let need = self.unwritten().saturating_add(self.reserved);
        let owed = need.saturating_sub(self.held);
        self.used = self.used.saturating_sub(used);
        let done = self.flights.is_empty() && self.rows.is_empty() && self.used == NanoUsd::ZERO;
        let last = !paying && done;
        self.pending = Some(Pending {
            flush: Flush {
                id: self.id.clone(),
                window: self.window,
                mark: Mark { flush: self.flushed + 1, since: self.since(now) },
                used,
                owed: match (last, paying) {
                    (true, _) => NanoUsd::ZERO,
                    (false, true) => owed.max(NanoUsd::ZERO),
                    (false, false) => owed,
                },
                wanted: if paying { wanted } else { NanoUsd::ZERO },
                expires: now.plus(LEASE_MS),
                last: last.then_some(self.held),
            },
            charges: None,
        });
    }

    /// Plans the full charge of a call that nobody settled within its lease.
    pub(super) fn plan_charge(&mut self, call: &CallId, paying: bool, now: Millis) {
        let Some(flight) = self.flights.get_mut(call) else { return };
        flight.leaving = true;
        let amount = flight.amount;
        self.plan(NanoUsd::ZERO, NanoUsd::ZERO, paying, now);
        if let Some(pending) = &mut self.pending {
            (pending.flush.used, pending.charges) = (amount, Some(call.clone()));
        }
    }

    /// A call whose lease has ended, unless it is being charged already.
    pub(super) fn crashed(&self, before: Millis) -> Option<CallId> {
        let mut flights = self.flights.iter();
        let crashed = flights.find(|(_, flight)| flight.expires < before && !flight.leaving);
        crashed.map(|(call, _)| call.clone())
    }

    /// The guard has been seen.
    pub(super) fn see(&mut self, guard: &Guard, asked_at: Millis) {
        if guard.is_current(self.window) {
            (self.spent, self.left) = (guard.spent, guard.rem);
        }
        self.fresh_until = asked_at.plus(FRESH_MS);
    }

    /// The pending flush is in the guard.
    pub(super) fn flushed(&mut self) {
        let Some(Pending { flush, charges }) = self.pending.take() else { return };
        let more = flush.owed.saturating_add(flush.wanted);
        self.held = self.held.saturating_add(more).saturating_sub(flush.used);
        (self.flushed, self.since) = (flush.mark.flush, flush.mark.since);
        (self.expires, self.asked) = (flush.expires, 0);
        if let Some(flight) = charges.and_then(|call| self.flights.remove(&call)) {
            self.reserved = self.reserved.saturating_sub(flight.amount);
        }
    }
}
