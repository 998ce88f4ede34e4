//! Closing a lease: settled, given back, or charged in full.

use super::{Change, Do, Guard, If, Late, Lease};
use crate::{Millis, NanoUsd};

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
pub(crate) fn settle_known(id: &str, lease: &Lease, actual: NanoUsd) -> Change {
    settle_current(id, lease, actual)
}

/// Settles `id` at what it really cost, whatever has become of it.
pub(crate) fn settle(guard: &Guard, id: &str, actual: NanoUsd) -> Close {
    if let Some(lease) = guard.leases.get(id) {
        return Close::Try(if guard.is_current(lease.window) {
            settle_current(id, lease, actual)
        } else {
            // Its window is over: nothing of it weighs on this one.
            let conditions = vec![If::Held, If::Past(lease.window)];
            Change::new(id, conditions, vec![Do::Total(actual), Do::Drop])
        });
    }
    if let Some(late) = guard.late.get(id) {
        let more = actual.saturating_sub(late.amount);
        return Close::Try(correct(guard, id, late, more));
    }
    Close::Done
}

/// Gives back what `id` holds.
pub(crate) fn release(guard: &Guard, id: &str) -> Close {
    if let Some(lease) = guard.leases.get(id) {
        let (condition, effects) = if guard.is_current(lease.window) {
            (If::Current(lease.window), vec![Do::Left(lease.amount), Do::Drop])
        } else {
            (If::Past(lease.window), vec![Do::Drop])
        };
        return Close::Try(Change::new(id, vec![If::Held, condition], effects));
    }
    if guard.late.contains_key(id) { Close::Charged } else { Close::Done }
}

/// Charges an expired lease in full; it stays correctable.
pub(crate) fn expire(guard: &Guard, id: &str, now: Millis) -> Close {
    let Some(lease) = guard.leases.get(id) else { return Close::Done };
    let late = Late { amount: lease.amount, at: now, window: lease.window, mark: lease.mark };
    let mut effects = vec![Do::Total(lease.amount), Do::Drop, Do::Charge(late)];
    let condition = if guard.is_current(lease.window) {
        effects.push(Do::Spent(lease.amount));
        If::Current(lease.window)
    } else {
        If::Past(lease.window)
    };
    Close::Try(Change::new(id, vec![If::Held, condition], effects))
}

/// Lets a full charge stand for good.
pub(crate) fn forget(guard: &Guard, id: &str) -> Close {
    match guard.late.get(id) {
        Some(late) => Close::Try(Change::new(id, vec![If::Charged(late.amount)], vec![Do::Forget])),
        None => Close::Done,
    }
}

fn settle_current(id: &str, lease: &Lease, actual: NanoUsd) -> Change {
    Change::new(
        id,
        vec![If::Held, If::Current(lease.window)],
        vec![
            Do::Left(lease.amount.saturating_sub(actual)),
            Do::Spent(actual),
            Do::Total(actual),
            Do::Drop,
        ],
    )
}

fn correct(guard: &Guard, id: &str, late: &Late, more: NanoUsd) -> Change {
    let mut effects = vec![Do::Total(more), Do::Forget];
    let condition = if guard.is_current(late.window) {
        effects.push(Do::Spent(more));
        effects.push(Do::Left(NanoUsd::ZERO.saturating_sub(more)));
        If::Current(late.window)
    } else {
        If::Past(late.window)
    };
    Change::new(id, vec![If::Charged(late.amount), condition], effects)
}
