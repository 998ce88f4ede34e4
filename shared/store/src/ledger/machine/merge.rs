//! Changes that several callers of one process want of one guard at the same time, as one change.
//!
//! It holds if they hold one after the other, those that take before those that give back: what it
//! asks for is the sum of what they take, and what one gives back is not yet there for another. So it
//! may be refused where an order of them would have been admitted; then they are written in another
//! company, or alone.

use std::collections::BTreeMap;

use super::{Change, Do, Guard, If};
use crate::NanoUsd;

/// At most so many: an expression has 4 KB, and each change takes some 100 bytes of it.
const MOST: usize = 25;

/// Changes that are written together, each about a lease of its own.
#[derive(Debug)]
pub(crate) struct Merged {
    /// The first of them says what all of them say of the guard itself.
    changes: Vec<Change>,
    /// What is taken of each meter,
    taken: BTreeMap<String, i64>,
    /// and of the budget.
    spoken_for: NanoUsd,
}

// === impl Merged ===

impl Merged {
    /// Begins with one change; none if it is of a kind that is written alone.
    pub(crate) fn new(first: &Change) -> Option<Self> {
        let common = first.conditions.iter().all(is_common) && first.effects.iter().all(is_usual);
        let (taken, spoken_for) = (taken(first), spoken_for(first));
        let merged = Self { changes: vec![first.clone()], taken, spoken_for };
        common.then_some(merged)
    }

    /// The changes, as an expression is made of them.
    pub(crate) fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Takes this one as well; `false` if they do not go together, or not on this guard.
    pub(crate) fn add(&mut self, change: &Change, on: Option<&Guard>) -> bool {
        let Some(first) = self.changes.first() else { return false };
        if self.changes.len() >= MOST || self.changes.iter().any(|known| known.id == change.id) {
            return false;
        }
        let (mut first, mut own) = (first.clone(), Change::new(&change.id, Vec::new(), Vec::new()));
        if self.join(&mut first, &mut own, change).is_none()
            || on.is_some_and(|guard| !first.holds(guard) || !own.holds(guard))
        {
            return false;
        }
        if let Some(place) = self.changes.first_mut() {
            *place = first;
        }
        self.changes.push(own);
        for (meter, amount) in taken(change) {
            let sum = self.taken.entry(meter).or_default();
            *sum = sum.saturating_add(amount);
        }
        self.spoken_for = self.spoken_for.saturating_add(spoken_for(change));
        true
    }

    /// How many take a lease.
    fn takers(&self) -> i64 {
        let takes = |change: &&Change| change.conditions.contains(&If::Free);
        i64::try_from(self.changes.iter().filter(takes).count()).unwrap_or(i64::MAX)
    }

    fn join(&self, first: &mut Change, own: &mut Change, change: &Change) -> Option<()> {
        for condition in &change.conditions {
            match condition {
                If::Free | If::Held | If::Charged(_) => own.conditions.push(condition.clone()),
                shared => self.demand(&mut first.conditions, shared)?,
            }
        }
        for effect in &change.effects {
            match effect {
                Do::Hold(_) | Do::Drop | Do::Until(_) | Do::Charge(_) | Do::Forget => {
                    own.effects.push(effect.clone());
                }
                shared => add(&mut first.effects, shared)?,
            }
        }
        Some(())
    }

    /// One more condition on the guard itself.
    fn demand(&self, conditions: &mut Vec<If>, more: &If) -> Option<()> {
        for known in conditions.iter_mut() {
            match (known, more) {
                (If::Version(known), If::Version(more)) => return (known == more).then_some(()),
                (If::Window(known), If::Window(more))
                | (If::Current(known), If::Current(more))
                | (If::Past(known), If::Past(more)) => return (known == more).then_some(()),
                (If::Left(known), If::Left(more)) => {
                    *known = (*known).max(more.saturating_add(self.spoken_for));
                    return Some(());
                }
                (If::Fewer(known), If::Fewer(more)) => {
                    *known = (*known).min(more.saturating_sub(self.takers()));
                    return Some(());
                }
                (If::Counts(meter, known), If::Counts(id, more)) if meter == id => {
                    *known = (*known).min(*more);
                    return Some(());
                }
                (If::Passed(meter, known), If::Passed(id, more)) if meter == id => {
                    *known = (*known).max(*more);
                    return Some(());
                }
                (
                    If::Room { id: meter, since: from, at: to, most: known },
                    If::Room { id, since, at, most },
                ) if meter == id => {
                    let before = self.taken.get(id).copied().unwrap_or(0);
                    (*from, *to) = ((*from).max(*since), (*to).min(*at));
                    *known = (*known).min(most.saturating_sub(before));
                    // Clocks that far apart see no window in common; and no range is empty.
                    return (*from <= *to).then_some(());
                }
                _ => {}
            }
        }
        conditions.push(match more {
            If::Room { id, since, at, most } => {
                let before = self.taken.get(id).copied().unwrap_or(0);
                let (id, most) = (id.clone(), most.saturating_sub(before));
                If::Room { id, since: *since, at: *at, most }
            }
            If::Fewer(most) => If::Fewer(most.saturating_sub(self.takers())),
            If::Left(amount) => If::Left(amount.saturating_add(self.spoken_for)),
            more if is_common(more) => more.clone(),
            _ => return None,
        });
        Some(())
    }
}

/// One more effect on the guard itself.
fn add(effects: &mut Vec<Do>, more: &Do) -> Option<()> {
    let sum = |known: &mut NanoUsd, more: NanoUsd| *known = known.saturating_add(more);
    for known in effects.iter_mut() {
        match (known, more) {
            (Do::Left(known), Do::Left(more))
            | (Do::Spent(known), Do::Spent(more))
            | (Do::Total(known), Do::Total(more)) => {
                sum(known, *more);
                return Some(());
            }
            (Do::Count(meter, used, settled), Do::Count(id, more, of_it)) if meter == id => {
                *used = used.saturating_add(*more);
                *settled = settled.saturating_add(*of_it);
                return Some(());
            }
            _ => {}
        }
    }
    is_usual(more).then(|| effects.push(more.clone()))
}

/// What a change takes of meters, under a condition that there is room.
fn taken(change: &Change) -> BTreeMap<String, i64> {
    let has_room = |meter: &String| {
        change.conditions.iter().any(|known| matches!(known, If::Room { id, .. } if id == meter))
    };
    let counts = change.effects.iter().filter_map(|effect| match effect {
        Do::Count(meter, used, _) if has_room(meter) => Some((meter.clone(), (*used).max(0))),
        _ => None,
    });
    counts.collect()
}

/// What a reservation takes of the budget.
fn spoken_for(change: &Change) -> NanoUsd {
    let takes = change.conditions.contains(&If::Free);
    let amount = change.effects.iter().find_map(|effect| match effect {
        Do::Left(more) if takes => Some(NanoUsd::ZERO.saturating_sub(*more)),
        _ => None,
    });
    amount.unwrap_or_default().max(NanoUsd::ZERO)
}

/// Conditions of reservations, renewals, settlements and full charges.
fn is_common(condition: &If) -> bool {
    match condition {
        If::Version(_)
        | If::Window(_)
        | If::Current(_)
        | If::Past(_)
        | If::Left(_)
        | If::Free
        | If::Held
        | If::Room { .. }
        | If::Counts(..)
        | If::Passed(..)
        | If::Charged(_)
        | If::Fewer(_) => true,
        If::Flushed(_) | If::Metered(..) | If::Holds(..) => false,
    }
}

/// Effects of the same.
fn is_usual(effect: &Do) -> bool {
    match effect {
        Do::Left(_)
        | Do::Spent(_)
        | Do::Total(_)
        | Do::Hold(_)
        | Do::Drop
        | Do::Count(..)
        | Do::Until(_)
        | Do::Charge(_)
        | Do::Forget => true,
        Do::Begin(..)
        | Do::Name(_)
        | Do::Recharge(_)
        | Do::RechargeOf(..)
        | Do::Grow(_)
        | Do::Flush(..)
        | Do::ChargeOf(..)
        | Do::Open(..)
        | Do::Keep(..) => false,
    }
}
