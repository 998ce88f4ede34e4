//! Limits besides the budget. Each has a meter: what is used or held of it, in a window of its own.
//!
//! A meter counts up, so that a limit need not be stored beside it: the condition of a reservation
//! is `used <= max - need`, and the maximum is the caller's, who has read it under the version that
//! the same condition checks.
//!
//! To which window a hold belongs is told by when it was taken: a window that is over began before,
//! the next one begins after. That holds whatever clocks say, because both are compared with the
//! meter: whoever takes a hold at `at` sees a window that began at `at` or before and is not over at
//! `at`, and whoever begins the next one begins it after the end of the last.

use std::collections::BTreeMap;

use super::{Do, Guard, If};
use crate::{Millis, UsageRow, WindowId, ledger::Measure};

/// What a meter counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Meter {
    /// The window that it is in.
    pub(crate) window: WindowId,
    /// Settled and held in the window.
    pub(crate) used: i64,
    /// Settled in the window.
    pub(crate) settled: i64,
}

/// What a lease holds of a meter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Hold {
    pub(crate) amount: i64,
    /// When it was taken.
    pub(crate) at: Millis,
}

/// Holds by the name of the meter.
pub(crate) type Holds = BTreeMap<String, Hold>;

/// What is wanted of a meter.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Want {
    /// The meter's name.
    pub(crate) id: String,
    /// What is wanted.
    pub(crate) need: i64,
    /// The least that is of use.
    pub(crate) floor: i64,
    /// The limit.
    pub(crate) max: i64,
    /// A window that began before this is over.
    pub(crate) since: Millis,
    /// The window that begins where the last is over.
    pub(crate) begin: WindowId,
    /// The instant it is.
    pub(crate) at: Millis,
}

/// What a call really used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Actual {
    pub(crate) cost: i64,
    pub(crate) input: i64,
    pub(crate) output: i64,
}

// === impl Meter ===

impl Meter {
    /// Whether a hold weighs on the window that the meter is in.
    pub(crate) fn counts(&self, hold: &Hold) -> bool {
        self.window.number() <= hold.at.get()
    }
}

// === impl Want ===

impl Want {
    /// Whether the window that the guard has is over; or there is none yet.
    fn begins(&self, guard: &Guard) -> bool {
        guard.meters.get(&self.id).is_none_or(|meter| meter.window.number() < self.since.get())
    }

    /// What is left in the window that it is now.
    fn left(&self, guard: &Guard) -> i64 {
        if self.begins(guard) {
            return self.max;
        }
        self.max.saturating_sub(guard.meters.get(&self.id).map_or(0, |meter| meter.used))
    }

    /// How much of what is wanted is left; `None` where that is of no use.
    pub(super) fn affordable(&self, guard: &Guard) -> Option<i64> {
        let left = self.left(guard);
        if left >= self.need {
            return Some(self.need);
        }
        (left >= self.floor.max(1)).then_some(left)
    }

    /// Takes `amount`, with nothing seen.
    pub(super) fn first_try(
        &self,
        amount: i64,
        conditions: &mut Vec<If>,
        effects: &mut Vec<Do>,
    ) -> Hold {
        self.take(amount, self.at, conditions, effects)
    }

    /// Takes `amount` of what `guard` has left.
    pub(super) fn after(
        &self,
        guard: &Guard,
        amount: i64,
        conditions: &mut Vec<If>,
        effects: &mut Vec<Do>,
    ) -> Hold {
        let seen = guard.meters.get(&self.id).map(|meter| meter.window);
        if self.begins(guard) {
            conditions.push(If::Metered(self.id.clone(), seen));
            effects.push(Do::Open(self.id.clone(), self.begin, amount));
            return Hold { amount, at: self.at };
        }
        // A window that begins in our future: another clock is ahead.
        let at = seen.map_or(self.at, |seen| self.at.max(Millis::new(seen.number())));
        self.take(amount, at, conditions, effects)
    }

    fn take(
        &self,
        amount: i64,
        at: Millis,
        conditions: &mut Vec<If>,
        effects: &mut Vec<Do>,
    ) -> Hold {
        let most = self.max.saturating_sub(amount);
        conditions.push(If::Room { id: self.id.clone(), since: self.since, at, most });
        effects.push(Do::Count(self.id.clone(), amount, 0));
        Hold { amount, at }
    }
}

// === impl Actual ===

impl Actual {
    /// What a row says.
    pub(crate) fn of(row: &UsageRow) -> Self {
        let count = |tokens: u64| i64::try_from(tokens).unwrap_or(i64::MAX);
        Self {
            cost: row.spend.nanos(),
            input: count(row.prompt_tokens.saturating_sub(row.cache_read_tokens)),
            output: count(row.completion_tokens),
        }
    }

    /// How much of a hold was used.
    pub(crate) fn of_hold(&self, id: &str, hold: &Hold) -> i64 {
        match Measure::of_meter(id) {
            Some(Measure::Money) => self.cost,
            Some(Measure::Tokens) => self.input.saturating_add(self.output),
            Some(Measure::InputTokens) => self.input,
            Some(Measure::OutputTokens) => self.output,
            Some(Measure::Parallel) => 0,
            Some(Measure::Requests) | None => hold.amount,
        }
    }
}

/// What becomes of holds that are let go: of each so much was used in the end, and so much is
/// already counted as settled (a full charge, or nothing).
pub(super) fn close(
    guard: &Guard,
    holds: &Holds,
    actual: impl Fn(&str, &Hold) -> (i64, i64),
    conditions: &mut Vec<If>,
    effects: &mut Vec<Do>,
) {
    for (id, hold) in holds {
        // A meter that begins later begins after this hold was taken.
        let Some(meter) = guard.meters.get(id) else { continue };
        if !meter.counts(hold) {
            conditions.push(If::Passed(id.clone(), hold.at));
            continue;
        }
        let (used, settled) = actual(id, hold);
        conditions.push(If::Counts(id.clone(), hold.at));
        effects.push(Do::Count(id.clone(), used, settled));
    }
}

/// As [`close`], with nothing seen: the windows are taken to be those of the holds.
pub(super) fn close_known(
    holds: &Holds,
    actual: impl Fn(&str, &Hold) -> (i64, i64),
    conditions: &mut Vec<If>,
    effects: &mut Vec<Do>,
) {
    for (id, hold) in holds {
        let (used, settled) = actual(id, hold);
        conditions.push(If::Counts(id.clone(), hold.at));
        effects.push(Do::Count(id.clone(), used, settled));
    }
}
