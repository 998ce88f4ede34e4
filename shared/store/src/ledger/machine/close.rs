//! Closing a lease: settled, given back, or charged in full.

use std::collections::BTreeMap;

use super::{
    Actual, Change, Do, Guard, Hold, Holds, If, Late, Lease,
    meter::{close, close_known},
};
use crate::{Millis, NanoUsd, ledger::Measure};

/// What to do, having seen a guard.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Close {
    /// Try this change.
    Try(Change),
    /// It was closed before; nothing is left to do.
    Done,
    /// It was charged in full, with a row: it has to be settled with one.
    Charged,
}

/// Settles a lease that the caller holds, with nothing seen.
pub(crate) fn settle_known(id: &str, lease: &Lease, actual: impl Into<Actual>) -> Change {
    let actual = actual.into();
    let (mut conditions, mut effects) = of_budget(lease, actual);
    close_known(&lease.holds, |id, hold| settled(id, hold, actual), &mut conditions, &mut effects);
    Change::new(id, conditions, effects)
}

/// Settles `id` at what it really cost, whatever has become of it.
pub(crate) fn settle(guard: &Guard, id: &str, actual: impl Into<Actual>) -> Close {
    let actual = actual.into();
    settle_each(guard, id, actual, |id, hold| actual.of_hold(id, hold))
}

/// Closes a lease that many calls were admitted from, and that holds no money: of each meter so much
/// was used.
pub(crate) fn close_used(guard: &Guard, id: &str, used: &BTreeMap<String, i64>) -> Close {
    let of = |meter: &str, _: &Hold| used.get(meter).copied().unwrap_or(0);
    settle_each(guard, id, Actual::default(), of)
}

/// The same, with nothing seen.
pub(crate) fn close_used_known(id: &str, lease: &Lease, used: &BTreeMap<String, i64>) -> Change {
    let (mut conditions, mut effects) = of_budget(lease, Actual::default());
    let of = |meter: &str, hold: &Hold| {
        let used = used.get(meter).copied().unwrap_or(0);
        (used.saturating_sub(hold.amount), used)
    };
    close_known(&lease.holds, of, &mut conditions, &mut effects);
    Change::new(id, conditions, effects)
}

/// All that a lease holds, as used; a slot is free again.
pub(crate) fn all_used(holds: &Holds) -> BTreeMap<String, i64> {
    let used = |id: &str, hold: &Hold| if is_slot(id) { 0 } else { hold.amount };
    holds.iter().map(|(id, hold)| (id.clone(), used(id, hold))).collect()
}

fn is_slot(id: &str) -> bool {
    Measure::of_meter(id) == Some(Measure::Parallel)
}

/// The same, where of each meter is told what was used.
fn settle_each(
    guard: &Guard,
    id: &str,
    actual: Actual,
    used: impl Fn(&str, &Hold) -> i64,
) -> Close {
    if let Some(lease) = guard.leases.get(id) {
        let (mut conditions, mut effects) = if guard.is_current(lease.window) {
            of_budget(lease, actual)
        } else {
            // Its window is over: nothing of it weighs on this one.
            let cost = NanoUsd::from_nanos(actual.cost);
            (vec![If::Held, If::Past(lease.window)], vec![Do::Total(cost), Do::Drop])
        };
        let used = |id: &str, hold: &Hold| {
            let used = used(id, hold);
            (used.saturating_sub(hold.amount), used)
        };
        close(guard, &lease.holds, used, &mut conditions, &mut effects);
        return Close::Try(Change::new(id, conditions, effects));
    }
    if let Some(late) = guard.late.get(id) {
        let more = NanoUsd::from_nanos(actual.cost).saturating_sub(late.amount);
        let (mut conditions, mut effects) = correct(guard, late, more);
        let more = |id: &str, hold: &Hold| {
            let more = used(id, hold).saturating_sub(hold.amount);
            (more, more)
        };
        close(guard, &late.holds, more, &mut conditions, &mut effects);
        return Close::Try(Change::new(id, conditions, effects));
    }
    Close::Done
}

/// Gives back what `id` holds.
pub(crate) fn release(guard: &Guard, id: &str) -> Close {
    if let Some(lease) = guard.leases.get(id) {
        let (condition, mut effects) = if guard.is_current(lease.window) {
            (If::Current(lease.window), vec![Do::Left(lease.amount), Do::Drop])
        } else {
            (If::Past(lease.window), vec![Do::Drop])
        };
        let mut conditions = vec![If::Held, condition];
        let back = |_: &str, hold: &Hold| (-hold.amount, 0);
        close(guard, &lease.holds, back, &mut conditions, &mut effects);
        return Close::Try(Change::new(id, conditions, effects));
    }
    if guard.late.contains_key(id) { Close::Charged } else { Close::Done }
}

/// Charges an expired lease in full; it stays correctable. A slot is no charge: it is free again.
pub(crate) fn expire(guard: &Guard, id: &str, now: Millis) -> Close {
    let Some(lease) = guard.leases.get(id) else { return Close::Done };
    let holds = lease.holds.iter().filter(|(id, _)| !is_slot(id));
    let late = Late {
        amount: lease.amount,
        at: now,
        window: lease.window,
        mark: lease.mark,
        holds: holds.map(|(id, hold)| (id.clone(), *hold)).collect(),
    };
    let mut effects = vec![Do::Total(lease.amount), Do::Drop, Do::Charge(late)];
    let condition = if guard.is_current(lease.window) {
        effects.push(Do::Spent(lease.amount));
        If::Current(lease.window)
    } else {
        If::Past(lease.window)
    };
    let mut conditions = vec![If::Held, condition];
    let charged =
        |id: &str, hold: &Hold| if is_slot(id) { (-hold.amount, 0) } else { (0, hold.amount) };
    close(guard, &lease.holds, charged, &mut conditions, &mut effects);
    Close::Try(Change::new(id, conditions, effects))
}

/// Lets a full charge stand for good.
pub(crate) fn forget(guard: &Guard, id: &str) -> Close {
    match guard.late.get(id) {
        Some(late) => Close::Try(Change::new(id, vec![If::Charged(late.amount)], vec![Do::Forget])),
        None => Close::Done,
    }
}

/// Of each meter only so much is held on; the rest is given back.
pub(crate) fn trim(guard: &Guard, id: &str, keep: &Holds) -> Close {
    let Some(lease) = guard.leases.get(id) else { return Close::Done };
    let (mut conditions, mut effects) = (vec![If::Held], Vec::new());
    let mut rest = Holds::new();
    for (meter, hold) in &lease.holds {
        let kept = keep.get(meter).map_or(0, |keep| keep.amount).min(hold.amount);
        if kept < hold.amount {
            conditions.push(If::Holds(meter.clone(), hold.amount));
            effects.push(Do::Keep(meter.clone(), kept));
            rest.insert(meter.clone(), Hold { amount: hold.amount - kept, at: hold.at });
        }
    }
    if rest.is_empty() {
        return Close::Done;
    }
    close(guard, &rest, |_, hold| (-hold.amount, 0), &mut conditions, &mut effects);
    Close::Try(Change::new(id, conditions, effects))
}

/// A call that is under way holds on: its lease lasts until `expires`.
pub(crate) fn renew(id: &str, expires: Millis) -> Change {
    Change::new(id, vec![If::Held], vec![Do::Until(expires)])
}

fn settled(id: &str, hold: &Hold, actual: Actual) -> (i64, i64) {
    let used = actual.of_hold(id, hold);
    (used.saturating_sub(hold.amount), used)
}

fn of_budget(lease: &Lease, actual: Actual) -> (Vec<If>, Vec<Do>) {
    let cost = NanoUsd::from_nanos(actual.cost);
    (
        vec![If::Held, If::Current(lease.window)],
        vec![
            Do::Left(lease.amount.saturating_sub(cost)),
            Do::Spent(cost),
            Do::Total(cost),
            Do::Drop,
        ],
    )
}

fn correct(guard: &Guard, late: &Late, more: NanoUsd) -> (Vec<If>, Vec<Do>) {
    let mut effects = vec![Do::Total(more), Do::Forget];
    let condition = if guard.is_current(late.window) {
        effects.push(Do::Spent(more));
        effects.push(Do::Left(NanoUsd::ZERO.saturating_sub(more)));
        If::Current(late.window)
    } else {
        If::Past(late.window)
    };
    (vec![If::Charged(late.amount), condition], effects)
}

// === impl Actual ===

impl From<NanoUsd> for Actual {
    fn from(cost: NanoUsd) -> Self {
        Self { cost: cost.nanos(), ..Self::default() }
    }
}
