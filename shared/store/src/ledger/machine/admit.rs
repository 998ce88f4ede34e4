//! Taking a lease.

use super::{Change, Do, Guard, Holds, If, Lease, Mark, Want};
use crate::{Millis, NanoUsd, WindowId};

/// Bytes of a guard that leases may take. An item has 400 KB at most
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html>), and leases of
/// several shapes may be in one.
const ROOM: usize = 300_000;
/// Bytes of a lease besides its id, and of what it holds of a meter besides the meter's name.
const LEASE: usize = 40;
const HOLD: usize = 24;

/// What a caller wants to hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Wish {
    /// The lease's id.
    pub(crate) id: String,
    /// The version of the record that the caller has read; `None` for a subject without one.
    pub(crate) version: Option<i64>,
    /// The budget as it is now.
    pub(crate) max: Option<NanoUsd>,
    /// The budget in that record: what the guard counts down from.
    pub(crate) base: NanoUsd,
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
    /// What is wanted of other limits. All or nothing, the budget included; what needs nothing is
    /// admitted whatever is left.
    pub(crate) wants: Vec<Want>,
    /// It was used already: it is taken whatever is left of the budget.
    pub(crate) forced: bool,
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
    Over(Over),
}

/// What too little is left of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Over {
    /// The budget.
    Budget,
    /// Another limit, by its place among the wants.
    Limit(usize),
    /// The guard's own room: it holds as many leases as fit into an item.
    Room,
}

/// A change in the making.
struct Taking {
    conditions: Vec<If>,
    effects: Vec<Do>,
    amount: NanoUsd,
    window: WindowId,
}

/// The usual case, with nothing seen: the guard is in the wish's windows and enough is left.
pub(crate) fn first_try(wish: &Wish) -> (Change, Lease) {
    let mut taking = take(wish, wish.window, wish.worst);
    let mut holds = Holds::new();
    for want in wish.wants.iter().filter(|want| want.need > 0) {
        let hold = want.first_try(want.need, &mut taking.conditions, &mut taking.effects);
        holds.insert(want.id.clone(), hold);
    }
    taking.finish(wish, holds)
}

/// What to do after a change did not hold on `guard`.
pub(crate) fn admit(guard: &Guard, wish: &Wish) -> Step {
    if let Some(lease) = guard.leases.get(&wish.id) {
        return Step::Granted(lease.clone());
    }
    if let Some(late) = guard.late.get(&wish.id) {
        // It was taken so long ago that it has been charged; settling corrects that.
        return Step::Granted(Lease {
            amount: late.amount,
            expires: late.at,
            window: late.window,
            mark: late.mark,
            holds: late.holds.clone(),
        });
    }
    if wish.version.is_some_and(|version| version != guard.version) {
        return Step::Stale;
    }
    if wish.most_leases().is_some_and(|most| !If::Fewer(most).holds(&wish.id, guard)) {
        let crashed: Vec<String> =
            guard.expired(wish.crashed_before).map(|(id, _)| id.clone()).collect();
        return match crashed.is_empty() {
            true => Step::Over(Over::Room),
            false => Step::Resolve(crashed),
        };
    }
    let mut taking = match of_budget(guard, wish) {
        Ok(taking) => taking,
        Err(crashed) if crashed.is_empty() => return Step::Over(Over::Budget),
        Err(crashed) => return Step::Resolve(crashed),
    };
    let mut holds = Holds::new();
    for (place, want) in wish.wants.iter().enumerate().filter(|(_, want)| want.need > 0) {
        let amount = want.affordable(guard);
        if amount != Some(want.need) {
            let crashed = holding(guard, wish, &want.id);
            if !crashed.is_empty() {
                return Step::Resolve(crashed);
            }
        }
        let Some(amount) = amount else { return Step::Over(Over::Limit(place)) };
        let hold = want.after(guard, amount, &mut taking.conditions, &mut taking.effects);
        holds.insert(want.id.clone(), hold);
    }
    let (change, lease) = taking.finish(wish, holds);
    Step::Try(change, lease)
}

/// Whether a guard refuses a wish even in the window to come.
pub(crate) fn over_budget(guard: &Guard, wish: &Wish) -> (NanoUsd, NanoUsd) {
    if guard.window != Guard::RENAMED && wish.window > guard.window {
        return (NanoUsd::ZERO, NanoUsd::ZERO);
    }
    (guard.spent, guard.reserved())
}

/// The budget's part; where too little is left, the crashed leases that are in its way.
fn of_budget(guard: &Guard, wish: &Wish) -> Result<Taking, Vec<String>> {
    if guard.window != Guard::RENAMED && wish.window > guard.window {
        let amount = affordable(wish, wish.base).ok_or_else(Vec::new)?;
        let conditions = usual(wish, guard.window);
        let effects = vec![Do::Begin(wish.window, wish.base.saturating_sub(amount))];
        return Ok(Taking { conditions, effects, amount, window: wish.window });
    }
    let amount = affordable(wish, guard.rem);
    if amount.is_none_or(|amount| amount < wish.worst) {
        let crashed = crashed(guard, wish);
        if !crashed.is_empty() {
            return Err(crashed);
        }
    }
    let amount = amount.ok_or_else(Vec::new)?;
    if guard.window == Guard::RENAMED {
        let mut taking = take(wish, wish.window, amount);
        taking.conditions.retain(|condition| !matches!(condition, If::Window(_)));
        taking.conditions.push(If::Window(Guard::RENAMED));
        taking.effects.push(Do::Name(wish.window));
        return Ok(taking);
    }
    // A guard that is ahead knows better: another process's clock has seen the next window.
    Ok(take(wish, guard.window, amount))
}

fn take(wish: &Wish, window: WindowId, amount: NanoUsd) -> Taking {
    let mut conditions = usual(wish, window);
    // What costs nothing is admitted whatever is left.
    if wish.is_bounded() {
        conditions.push(If::Left(amount.saturating_sub(wish.lift())));
    }
    let effects = vec![Do::Left(NanoUsd::ZERO.saturating_sub(amount))];
    Taking { conditions, effects, amount, window }
}

fn usual(wish: &Wish, window: WindowId) -> Vec<If> {
    let version = wish.version.map(If::Version).into_iter();
    let few = wish.most_leases().map(If::Fewer);
    version.chain([If::Window(window), If::Free]).chain(few).collect()
}

/// How much of what is wanted is paid for by what a guard has `left`; `None` where that is of no use.
fn affordable(wish: &Wish, left: NanoUsd) -> Option<NanoUsd> {
    let left = left.saturating_add(wish.lift());
    if !wish.is_bounded() || left >= wish.worst {
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

/// Expired leases that hold something of a meter's window.
fn holding(guard: &Guard, wish: &Wish, meter: &str) -> Vec<String> {
    let Some(counted) = guard.meters.get(meter) else { return Vec::new() };
    guard
        .expired(wish.crashed_before)
        .filter(|(_, lease)| lease.holds.get(meter).is_some_and(|hold| counted.counts(hold)))
        .map(|(id, _)| id.clone())
        .collect()
}

// === impl Wish ===

impl Wish {
    /// So many leases like this one a guard may hold; `None` for one that has to be taken.
    fn most_leases(&self) -> Option<i64> {
        let holds = self.wants.iter().filter(|want| want.need > 0);
        let bytes = holds.fold(self.id.len() + LEASE, |sum, want| sum + want.id.len() + HOLD);
        (!self.forced).then(|| i64::try_from(ROOM / bytes).unwrap_or(i64::MAX))
    }

    /// What may be held beyond what the guard has left; negative where it is less.
    fn lift(&self) -> NanoUsd {
        self.max.map_or(NanoUsd::ZERO, |max| max.saturating_sub(self.base))
    }

    /// Whether the budget has to have what is wanted.
    fn is_bounded(&self) -> bool {
        self.max.is_some() && self.worst > NanoUsd::ZERO && !self.forced
    }
}

// === impl Taking ===

impl Taking {
    fn finish(mut self, wish: &Wish, holds: Holds) -> (Change, Lease) {
        let lease = Lease {
            amount: self.amount,
            expires: wish.expires,
            window: self.window,
            mark: wish.mark,
            holds,
        };
        self.effects.push(Do::Hold(lease.clone()));
        (Change::new(&wish.id, self.conditions, self.effects), lease)
    }
}
