//! What a process remembers of a key's slices. No I/O.

use std::{collections::HashMap, sync::Arc};

use super::{FRESH_MS, MARGIN_MS, pending::Pending, tills::Till};
use crate::{Ask, CallId, Millis, NanoUsd, Subject, UsageRow, ledger::machine::Guard};

/// Slices of one key that pay at a time: one for each set of budgets that its calls are held against.
const LIVE: usize = 16;

/// One key's slices: those that pay, and those that still have something to write down.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) live: Vec<Slice>,
    pub(super) retired: Vec<Slice>,
    /// Leases that are about to be taken, and in whose guards. Whoever takes one may give up waiting
    /// for it.
    pub(super) opening: Vec<(Subject, String)>,
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
    /// What it holds in the key's guard,
    pub(super) own: Till,
    /// and in others'.
    pub(super) others: Vec<Till>,
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
    /// When a limit becomes another one: it pays no later.
    until: Option<Millis>,
    /// Reservations since the last flush.
    pub(super) asked: u64,
    /// Spent in the key's window, when its guard was last seen.
    pub(super) spent: NanoUsd,
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

// === impl Book ===

impl Book {
    pub(super) fn is_empty(&self) -> bool {
        self.live.is_empty() && self.retired.is_empty() && self.opening.is_empty()
    }

    /// No slice pays any more.
    pub(super) fn retire(&mut self) {
        self.retired.append(&mut self.live);
    }

    /// Those that are meant pay no more.
    pub(super) fn retire_some(&mut self, meant: impl Fn(&Slice) -> bool) {
        let (old, live) = std::mem::take(&mut self.live).into_iter().partition(meant);
        self.live = live;
        self.retired.extend::<Vec<_>>(old);
    }

    /// A new slice pays from now on, and no other that would pay the same calls.
    pub(super) fn open(&mut self, slice: Slice, ask: &Ask<'_>) {
        self.retire_some(|old| old.is_of(ask));
        if self.live.len() >= LIVE {
            self.retired.push(self.live.remove(0));
        }
        self.live.push(slice);
    }

    pub(super) fn is_live(&self, serial: u64) -> bool {
        self.live.iter().any(|slice| slice.serial == serial)
    }

    pub(super) fn slices(&mut self) -> impl Iterator<Item = &mut Slice> {
        self.live.iter_mut().chain(&mut self.retired)
    }

    pub(super) fn slice(&mut self, serial: u64) -> Option<&mut Slice> {
        self.slices().find(|slice| slice.serial == serial)
    }

    /// What was used of the guard's window, and is not in the guard.
    pub(super) fn unwritten(&mut self, guard: &Guard) -> NanoUsd {
        let counts = |slice: &&mut Slice| !slice.lost && guard.is_current(slice.own.window);
        self.slices().filter(counts).map(|slice| slice.unwritten()).sum()
    }
}

// === impl Slice ===

impl Slice {
    /// What was taken for an ask, as the key's guard was then.
    pub(super) fn new(
        serial: u64,
        ask: &Ask<'_>,
        (own, others): (Till, Vec<Till>),
        expires: Millis,
        guard: &Guard,
        asked_at: Millis,
    ) -> Self {
        Self {
            serial,
            id: own.id.clone(),
            version: i64::try_from(ask.version).unwrap_or(i64::MAX),
            limited: own.binds() || others.iter().any(Till::binds),
            own,
            others,
            reserved: NanoUsd::ZERO,
            used: NanoUsd::ZERO,
            flights: HashMap::new(),
            rows: Vec::new(),
            pending: None,
            dirty: false,
            flushed: 0,
            since: ask.now.min(ask.call.started()).plus(-MARGIN_MS),
            expires,
            fresh_until: ask.fresh(asked_at.plus(FRESH_MS)),
            until: ask.until,
            asked: 0,
            spent: guard.spent,
            lost: false,
        }
    }

    /// Whether it can pay for this ask without a look at the guard.
    pub(super) fn serves(&self, ask: &Ask<'_>) -> bool {
        ask.now < self.fresh_until && self.continues(ask)
    }

    /// Whether it is the right one, once it has been renewed.
    pub(super) fn continues(&self, ask: &Ask<'_>) -> bool {
        i64::try_from(ask.version) == Ok(self.version)
            && ask.window.id <= self.own.window
            && self.own.is_bounded_as(ask)
            && !self.is_over(ask.now)
            && ask.call.started() >= self.since
            && self.is_of(ask)
            && self.is_in_windows(ask)
    }

    /// Whether a limit has become another one since it was taken.
    pub(super) fn is_over(&self, now: Millis) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    /// What it holds in each guard, by its place.
    pub(super) fn tills(&self) -> impl Iterator<Item = &Till> {
        std::iter::once(&self.own).chain(&self.others)
    }

    pub(super) fn till(&mut self, place: usize) -> Option<&mut Till> {
        std::iter::once(&mut self.own).chain(&mut self.others).nth(place)
    }

    /// What is not spoken for.
    pub(super) fn free(&self) -> NanoUsd {
        let bound = self.tills().filter(|till| till.binds()).map(|till| till.held).min();
        let held = bound.unwrap_or(self.own.held);
        held.saturating_sub(self.reserved).saturating_sub(self.unwritten())
    }

    /// What is left of the tightest budget, when it was last seen.
    pub(super) fn left(&self) -> NanoUsd {
        self.tills().map(|till| till.left).min().unwrap_or_default()
    }

    /// What was used and is not in the guard, as far as is known.
    pub(super) fn unwritten(&self) -> NanoUsd {
        let pending = self.pending.as_ref().map_or(NanoUsd::ZERO, |pending| {
            // A call that is being charged in full still counts as reserved.
            if pending.charges.is_some() { NanoUsd::ZERO } else { pending.used }
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

    /// A call whose lease has ended, unless it is being charged already.
    pub(super) fn crashed(&self, before: Millis) -> Option<CallId> {
        let mut flights = self.flights.iter();
        let crashed = flights.find(|(_, flight)| flight.expires < before && !flight.leaving);
        crashed.map(|(call, _)| call.clone())
    }

    /// The key's guard has been seen.
    pub(super) fn see(&mut self, guard: &Guard, asked_at: Millis) {
        if guard.is_current(self.own.window) {
            self.spent = guard.spent;
        }
        let fresh = asked_at.plus(FRESH_MS);
        self.fresh_until = self.until.map_or(fresh, |until| until.min(fresh));
    }
}
