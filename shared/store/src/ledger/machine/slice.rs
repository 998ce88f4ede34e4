//! What a process does with its slice: writes down what it used, takes more, gives back the rest.
//!
//! Where several subjects have budgets, a slice is a lease in the guard of each of them, of the same
//! amount but for the moment in which it is changed: what is taken is taken of the others first, and
//! of the key last; what is given back, the other way round. So what a slice of a key has left when its
//! process dies is never more than the others have charged for it.

use super::{Change, Do, Guard, Hold, Holds, If, Late, Mark};
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
    /// What the slice holds before this flush.
    pub(crate) held: NanoUsd,
    /// This is its last: the rest goes back.
    pub(crate) last: bool,
    /// Whether the guard's budget has to have what is wanted,
    pub(crate) bounded: bool,
    /// and how much more than it has left may be held; negative where it is less.
    pub(crate) lift: NanoUsd,
    /// Meters of money of which the slice holds as much.
    pub(crate) purses: Vec<Purse>,
}

/// A meter of money that a slice holds something of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Purse {
    /// The meter's name.
    pub(crate) meter: String,
    /// When it was taken.
    pub(crate) at: Millis,
    /// The limit.
    pub(crate) max: i64,
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

/// The flush, on a guard that is in the slice's windows.
pub(crate) fn flush(flush: &Flush) -> Change {
    on(None, flush)
}

/// What to do after a try did not hold on `guard`.
pub(crate) fn flush_after(guard: &Guard, flush: &Flush) -> FlushStep {
    let Some(lease) = guard.leases.get(&flush.id) else {
        return match guard.late.get(&flush.id) {
            Some(late) => FlushStep::Lost(late.clone()),
            None if flush.last => FlushStep::Done,
            None => FlushStep::Gone,
        };
    };
    if lease.mark.is_some_and(|mark| mark.flush >= flush.mark.flush) {
        return FlushStep::Done;
    }
    if flush.is_short(guard) {
        return FlushStep::Short;
    }
    FlushStep::Try(on(Some(guard), flush))
}

/// The flush on a guard that was seen. What is of a window that is over weighs on nothing: of it only
/// the sum for ever grows.
fn on(guard: Option<&Guard>, flush: &Flush) -> Change {
    let more = flush.owed.saturating_add(flush.wanted);
    let left = flush.held.saturating_sub(flush.used);
    let mut conditions = vec![If::Flushed(flush.mark.flush - 1)];
    let mut effects = vec![Do::Total(flush.used)];
    if guard.is_none_or(|guard| guard.is_current(flush.window)) {
        conditions.push(If::Current(flush.window));
        if flush.wants_of_budget() {
            conditions.push(If::Left(more.saturating_sub(flush.lift)));
        }
        effects.push(Do::Spent(flush.used));
        effects.push(Do::Left(if flush.last { left } else { NanoUsd::ZERO.saturating_sub(more) }));
    } else {
        conditions.push(If::Past(flush.window));
    }
    if flush.last {
        effects.push(Do::Drop);
    } else {
        effects.push(Do::Grow(more.saturating_sub(flush.used)));
        effects.push(Do::Flush(flush.mark, flush.expires));
    }
    let used = flush.used.nanos();
    for purse in &flush.purses {
        let (meter, at) = (purse.meter.clone(), purse.at);
        if guard.is_some_and(|guard| !purse.counts(guard)) {
            // A meter is never gone; it is in a window of its own.
            conditions.push(If::Passed(meter, at));
            continue;
        }
        conditions.push(if flush.wanted > NanoUsd::ZERO {
            let most = purse.max.saturating_sub(more.nanos());
            If::Room { id: meter.clone(), since: Millis::new(0), at, most }
        } else {
            If::Counts(meter.clone(), at)
        });
        if flush.last {
            effects.push(Do::Count(meter, used.saturating_sub(flush.held.nanos()), used));
        } else {
            effects.push(Do::Count(meter.clone(), more.nanos(), used));
            effects.push(Do::Keep(meter, left.saturating_add(more).nanos()));
        }
    }
    Change::new(&flush.id, conditions, effects)
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
    let hold =
        |purse: &Purse| (purse.meter.clone(), Hold { amount: flush.used.nanos(), at: purse.at });
    let holds: Holds = flush.purses.iter().map(hold).collect();
    let late = Late { amount: flush.used, at: now, window: flush.window, mark: None, holds };
    change.effects.push(Do::ChargeOf(call.to_owned(), late));
    change
}

/// Changes the full charge of a slice to this; none if that is what it is.
pub(crate) fn recharge(guard: &Guard, id: &str, amount: NanoUsd) -> Option<Change> {
    let late = guard.late.get(id).filter(|late| late.amount != amount)?;
    let more = amount.saturating_sub(late.amount);
    let mut effects = vec![Do::Total(more), Do::Recharge(amount)];
    let mut conditions = vec![If::Charged(late.amount)];
    if guard.is_current(late.window) {
        effects.push(Do::Spent(more));
        effects.push(Do::Left(NanoUsd::ZERO.saturating_sub(more)));
        conditions.push(If::Current(late.window));
    } else {
        conditions.push(If::Past(late.window));
    }
    for (meter, hold) in &late.holds {
        let more = amount.nanos().saturating_sub(hold.amount);
        effects.push(Do::RechargeOf(meter.clone(), amount.nanos()));
        if guard.meters.get(meter).is_some_and(|counted| counted.counts(hold)) {
            conditions.push(If::Counts(meter.clone(), hold.at));
            effects.push(Do::Count(meter.clone(), more, more));
        } else {
            conditions.push(If::Passed(meter.clone(), hold.at));
        }
    }
    Some(Change::new(id, conditions, effects))
}

// === impl Flush ===

impl Flush {
    fn wants_of_budget(&self) -> bool {
        self.bounded && self.wanted > NanoUsd::ZERO
    }

    /// Whether what is wanted besides is not left.
    fn is_short(&self, guard: &Guard) -> bool {
        let more = self.owed.saturating_add(self.wanted);
        let left = guard.rem.saturating_add(self.lift);
        let of_budget = self.wants_of_budget() && guard.is_current(self.window) && left < more;
        let of_purse = |purse: &Purse| {
            let used = guard.meters.get(&purse.meter).map_or(0, |meter| meter.used);
            purse.counts(guard) && used > purse.max.saturating_sub(more.nanos())
        };
        of_budget || (self.wanted > NanoUsd::ZERO && self.purses.iter().any(of_purse))
    }
}

// === impl Purse ===

impl Purse {
    /// Whether what is held of it weighs on the window that its meter is in.
    fn counts(&self, guard: &Guard) -> bool {
        let hold = Hold { amount: 0, at: self.at };
        guard.meters.get(&self.meter).is_some_and(|meter| meter.counts(&hold))
    }
}
