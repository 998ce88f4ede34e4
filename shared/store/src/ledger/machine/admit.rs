//! Taking a lease.

use super::{Change, Do, Guard, If, Lease, Mark};
use crate::{Millis, NanoUsd, WindowId};

/// What a caller wants to hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Wish {
    /// The lease's id.
    pub(crate) id: String,
    /// The version of the record that the caller has read.
    pub(crate) version: i64,
    /// The budget in that record.
    pub(crate) max: Option<NanoUsd>,
    /// The window that the caller thinks it is.
    pub(crate) window: WindowId,
    /// What is wanted.
    pub(crate) worst: NanoUsd,
    /// The least that is of use.
    pub(crate) floor: NanoUsd,
    /// When the lease shall end.
    pub(crate) expires: Millis,
    /// For a slice.
    pub(crate) mark: Option<Mark>,
    /// Leases that ended before this are crashed.
    pub(crate) crashed_before: Millis,
}

/// What to do, having seen a guard.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    /// Try this change; if it holds, this is the lease.
    Try(Change, Lease),
    /// The lease is there: an earlier try did it, and its answer was lost.
    Granted(Lease),
    /// The record has changed since it was read.
    Stale,
    /// Too little is left, but these leases have expired: resolve them first.
    Resolve(Vec<String>),
    /// Too little is left.
    Over,
}

/// The usual case, with nothing seen: the guard is in the wish's window and enough is left.
pub(crate) fn first_try(wish: &Wish) -> (Change, Lease) {
    take(wish, wish.window, wish.worst)
}

/// What to do after a change did not hold on `guard`.
pub(crate) fn admit(guard: &Guard, wish: &Wish) -> Step {
    if let Some(lease) = guard.leases.get(&wish.id) {
        return Step::Granted(*lease);
    }
    if let Some(late) = guard.late.get(&wish.id) {
        // It was taken so long ago that it has been charged; settling corrects that.
        return Step::Granted(Lease {
            amount: late.amount,
            expires: late.at,
            window: late.window,
            mark: late.mark,
        });
    }
    if guard.version != wish.version {
        return Step::Stale;
    }
    if guard.window != Guard::RENAMED && wish.window > guard.window {
        let limit = wish.max.unwrap_or(NanoUsd::ZERO);
        let Some(amount) = affordable(wish, limit) else { return Step::Over };
        let lease = Lease { window: wish.window, ..lease(wish, amount) };
        let conditions = vec![If::Version(wish.version), If::Window(guard.window), If::Free];
        let left = limit.saturating_sub(amount);
        let effects = vec![Do::Begin(wish.window, left), Do::Hold(lease)];
        return Step::Try(Change::new(&wish.id, conditions, effects), lease);
    }
    let Some(amount) = affordable(wish, guard.rem) else {
        return match crashed(guard, wish) {
            crashed if crashed.is_empty() => Step::Over,
            crashed => Step::Resolve(crashed),
        };
    };
    if amount < wish.worst {
        let crashed = crashed(guard, wish);
        if !crashed.is_empty() {
            return Step::Resolve(crashed);
        }
    }
    if guard.window == Guard::RENAMED {
        let (mut change, lease) = take(wish, wish.window, amount);
        change.conditions.retain(|condition| !matches!(condition, If::Window(_)));
        change.conditions.push(If::Window(Guard::RENAMED));
        change.effects.push(Do::Name(wish.window));
        return Step::Try(change, lease);
    }
    // A guard that is ahead knows better: another process's clock has seen the next window.
    let (change, lease) = take(wish, guard.window, amount);
    Step::Try(change, lease)
}

/// Whether a guard refuses a wish even in the window to come.
pub(crate) fn over_budget(guard: &Guard, wish: &Wish) -> (NanoUsd, NanoUsd) {
    if guard.window != Guard::RENAMED && wish.window > guard.window {
        return (NanoUsd::ZERO, NanoUsd::ZERO);
    }
    (guard.spent, guard.reserved())
}

fn take(wish: &Wish, window: WindowId, amount: NanoUsd) -> (Change, Lease) {
    let lease = Lease { window, ..lease(wish, amount) };
    let mut conditions = vec![If::Version(wish.version), If::Window(window), If::Free];
    // What costs nothing is admitted whatever is left.
    if wish.max.is_some() && wish.worst > NanoUsd::ZERO {
        conditions.push(If::Left(amount));
    }
    let effects = vec![Do::Left(NanoUsd::ZERO.saturating_sub(amount)), Do::Hold(lease)];
    (Change::new(&wish.id, conditions, effects), lease)
}

fn lease(wish: &Wish, amount: NanoUsd) -> Lease {
    Lease { amount, expires: wish.expires, window: wish.window, mark: wish.mark }
}

/// How much of what is wanted `left` pays for; `None` where that is of no use.
fn affordable(wish: &Wish, left: NanoUsd) -> Option<NanoUsd> {
    if wish.max.is_none() || wish.worst <= NanoUsd::ZERO || left >= wish.worst {
        return Some(wish.worst);
    }
    let least = wish.floor.max(NanoUsd::from_nanos(1));
    (left >= least).then_some(left)
}

/// Expired leases whose money counts now.
fn crashed(guard: &Guard, wish: &Wish) -> Vec<String> {
    guard
        .expired(wish.crashed_before)
        .filter(|(_, lease)| guard.is_current(lease.window))
        .map(|(id, _)| id.clone())
        .collect()
}
