//! What a process does with its slice: writes down what it used, takes more, gives back the rest.

use super::{Change, Do, Guard, Holds, If, Late, Mark};
use crate::{Millis, NanoUsd, WindowId};

/// One flush of a slice. It is numbered, so that it happens once however often it is tried.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Flush {
    /// The slice's lease.
    pub(crate) id: String,
    /// The window that the slice is of.
    pub(crate) window: WindowId,
    /// This flush; the guard has the one before.
    pub(crate) mark: Mark,
    /// What was used since the one before, and has its rows written.
    pub(crate) used: NanoUsd,
    /// What is needed besides, come what may: calls cost more than they had reserved.
    pub(crate) owed: NanoUsd,
    /// What is wanted besides, if so much is left.
    pub(crate) wanted: NanoUsd,
    /// How long the slice shall last.
    pub(crate) expires: Millis,
    /// What the slice holds before this flush, where this is its last: the rest goes back.
    pub(crate) last: Option<NanoUsd>,
}

/// What to do after a flush did not hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum FlushStep {
    /// Try this.
    Try(Change),
    /// It is in the guard: an earlier try did it.
    Done,
    /// What was wanted is not left; without it the flush holds.
    Short,
    /// The slice had expired and was charged in full.
    Lost(Late),
    /// There is nothing of the slice any more.
    Gone,
}

/// The flush, on a guard that is in the slice's window.
pub(crate) fn flush(flush: &Flush) -> Change {
    let more = flush.owed.saturating_add(flush.wanted);
    let mut conditions = vec![If::Flushed(flush.mark.flush - 1), If::Current(flush.window)];
    if flush.wanted > NanoUsd::ZERO {
        conditions.push(If::Left(more));
    }
    let mut effects = vec![Do::Spent(flush.used), Do::Total(flush.used)];
    match flush.last {
        Some(held) => {
            effects.push(Do::Left(held.saturating_sub(flush.used)));
            effects.push(Do::Drop);
        }
        None => {
            effects.push(Do::Left(NanoUsd::ZERO.saturating_sub(more)));
            effects.push(Do::Grow(more.saturating_sub(flush.used)));
            effects.push(Do::Flush(flush.mark, flush.expires));
        }
    }
    Change::new(&flush.id, conditions, effects)
}

/// What to do after a try did not hold on `guard`.
pub(crate) fn flush_after(guard: &Guard, flush: &Flush) -> FlushStep {
    let Some(lease) = guard.leases.get(&flush.id) else {
        return match guard.late.get(&flush.id) {
            Some(late) => FlushStep::Lost(late.clone()),
            None if flush.last.is_some() => FlushStep::Done,
            None => FlushStep::Gone,
        };
    };
    if lease.mark.is_some_and(|mark| mark.flush >= flush.mark.flush) {
        return FlushStep::Done;
    }
    if guard.is_current(flush.window) {
        let more = flush.owed.saturating_add(flush.wanted);
        if flush.wanted > NanoUsd::ZERO && guard.rem < more {
            return FlushStep::Short;
        }
        return FlushStep::Try(self::flush(flush));
    }
    // The window is over: the slice weighs on nothing, and only the sum for ever grows.
    let conditions = vec![If::Flushed(flush.mark.flush - 1), If::Past(flush.window)];
    let mut effects = vec![Do::Total(flush.used)];
    match flush.last {
        Some(_) => effects.push(Do::Drop),
        None => {
            effects.push(Do::Grow(flush.owed.saturating_sub(flush.used)));
            effects.push(Do::Flush(flush.mark, flush.expires));
        }
    }
    FlushStep::Try(Change::new(&flush.id, conditions, effects))
}

/// Charges one call of the slice in full, under its own id: nobody settled it within its lease. The
/// flush is one that used what the call had reserved, and it is the call's charge that stays
/// correctable.
pub(crate) fn split(flush: &Flush, call: &str, now: Millis) -> Change {
    charged(self::flush(flush), flush, call, now)
}

/// As [`flush_after`], for [`split`].
pub(crate) fn split_after(guard: &Guard, flush: &Flush, call: &str, now: Millis) -> FlushStep {
    match flush_after(guard, flush) {
        FlushStep::Try(change) => FlushStep::Try(charged(change, flush, call, now)),
        other => other,
    }
}

fn charged(mut change: Change, flush: &Flush, call: &str, now: Millis) -> Change {
    let late =
        Late { amount: flush.used, at: now, window: flush.window, mark: None, holds: Holds::new() };
    change.effects.push(Do::ChargeOf(call.to_owned(), late));
    change
}

/// Raises the full charge of a slice to what its rows add up to.
pub(crate) fn recharge(guard: &Guard, id: &str, amount: NanoUsd) -> Option<Change> {
    let late = guard.late.get(id).filter(|late| late.amount < amount)?;
    let more = amount.saturating_sub(late.amount);
    let mut effects = vec![Do::Total(more), Do::Recharge(amount)];
    let condition = if guard.is_current(late.window) {
        effects.push(Do::Spent(more));
        effects.push(Do::Left(NanoUsd::ZERO.saturating_sub(more)));
        If::Current(late.window)
    } else {
        If::Past(late.window)
    };
    Some(Change::new(id, vec![If::Charged(late.amount), condition], effects))
}
