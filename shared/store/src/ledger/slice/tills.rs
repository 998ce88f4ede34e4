//! What a slice holds in one guard: of the key's budget, of its other budgets, of those of others.

use super::book::Slice;
use crate::{
    Ask, Limit, Measure, Millis, NanoUsd, Reading, Subject, WindowId,
    ledger::{
        limit::Terms,
        machine::{self, Guard, Lease},
    },
};

/// What a slice holds in one guard.
#[derive(Debug)]
pub(super) struct Till {
    pub(super) holder: Subject,
    /// The lease.
    pub(super) id: String,
    pub(super) window: WindowId,
    /// Whether the guard's own budget holds,
    pub(super) bounded: bool,
    /// and how much more than the guard has left of it may be held.
    pub(super) lift: NanoUsd,
    purses: Vec<Purse>,
    /// What the guard says that it holds, of the budget and of each purse.
    pub(super) held: NanoUsd,
    /// What is left of the tightest of them, when the guard was last seen.
    pub(super) left: NanoUsd,
    /// Charged in full by somebody's sweep: nothing is written down here any more, and what the charge
    /// comes to is for the sweep to say.
    pub(super) lost: bool,
}

/// Another budget than the guard's own.
#[derive(Debug)]
struct Purse {
    terms: Terms,
    window: WindowId,
    at: Millis,
    /// What all others use and hold of the meter, when it was last seen.
    others: i64,
}

// === impl Till ===

impl Till {
    /// A lease that was taken for limits, as its guard was then.
    pub(super) fn new<'a>(
        (holder, id): (Subject, String),
        (bounded, lift): (bool, NanoUsd),
        limits: impl Iterator<Item = &'a Limit<'a>>,
        lease: &Lease,
        guard: &Guard,
    ) -> Self {
        let purse = |limit: &Limit<'_>| {
            let terms = Terms::of(limit);
            let hold = lease.holds.get(&terms.meter)?;
            let meter = guard.meters.get(&terms.meter)?;
            Some(Purse { terms, window: meter.window, at: hold.at, others: 0 })
        };
        let mut till = Self {
            holder,
            id,
            window: lease.window,
            bounded,
            lift,
            purses: limits.filter_map(purse).collect(),
            held: lease.amount,
            left: NanoUsd::ZERO,
            lost: false,
        };
        till.see(guard);
        till
    }

    /// Whether anything of it may be used up.
    pub(super) fn binds(&self) -> bool {
        self.bounded || self.purses.iter().any(|purse| purse.terms.max < i64::MAX)
    }

    /// As a flush has them.
    pub(super) fn purses(&self) -> Vec<machine::Purse> {
        let purse = |purse: &Purse| machine::Purse {
            meter: purse.terms.meter.clone(),
            at: purse.at,
            max: purse.terms.max,
        };
        self.purses.iter().map(purse).collect()
    }

    /// The guard has been seen.
    pub(super) fn see(&mut self, guard: &Guard) {
        let holds = guard.leases.get(&self.id).map(|lease| &lease.holds);
        for purse in &mut self.purses {
            let meter = guard.meters.get(&purse.terms.meter);
            let Some(meter) = meter.filter(|meter| meter.window == purse.window) else { continue };
            let own = holds.and_then(|holds| holds.get(&purse.terms.meter));
            purse.others = meter.used.saturating_sub(own.map_or(0, |hold| hold.amount));
        }
        let left = |purse: &Purse| {
            let used = guard.meters.get(&purse.terms.meter).map_or(0, |meter| meter.used);
            NanoUsd::from_nanos(purse.terms.max.saturating_sub(used))
        };
        let purses = self.purses.iter().map(left).min();
        let of_budget = match guard.is_current(self.window) {
            true => Some(guard.rem.saturating_add(self.lift)),
            // Of another window nothing is known.
            false => Some(self.left),
        };
        let of_budget = of_budget.filter(|_| self.bounded || purses.is_none());
        self.left = purses.into_iter().chain(of_budget).min().unwrap_or_default();
    }

    /// Whether the guard's own budget is as the ask has it.
    pub(super) fn is_bounded_as(&self, ask: &Ask<'_>) -> bool {
        (self.bounded, self.lift) == (ask.max.is_some(), ask.lift())
    }

    /// Whether it is of these limits, and of no other.
    fn is_of<'a>(&self, mut limits: impl Iterator<Item = &'a Limit<'a>>) -> bool {
        let same = |purse: &Purse| limits.next().is_some_and(|limit| purse.terms.are(limit));
        self.purses.iter().all(same) && limits.next().is_none()
    }

    fn is_in_windows<'a>(&self, limits: impl Iterator<Item = &'a Limit<'a>>, now: Millis) -> bool {
        let current =
            |(purse, limit): (&Purse, &Limit<'_>)| purse.window.number() >= limit.since(now).get();
        self.purses.iter().zip(limits).all(current)
    }
}

// === impl Slice ===

impl Slice {
    /// Whether it is of the budgets that this ask is held against.
    pub(super) fn is_of(&self, ask: &Ask<'_>) -> bool {
        let mut others = self.others.iter();
        let same = |(place, subject): (usize, &Subject)| {
            let till = others.next().filter(|till| till.holder == *subject);
            till.is_some_and(|till| till.is_of(budgets_of(ask, place)))
        };
        self.own.is_of(budgets(ask.limits)) && payers(ask).all(same) && others.next().is_none()
    }

    /// How the budgets of others stand that it pays for.
    pub(super) fn readings(&self, ask: &Ask<'_>) -> Vec<Reading> {
        let own = self.reserved.saturating_add(self.unwritten()).nanos();
        let of_till = |(till, (share, _)): (&Till, (usize, &Subject))| {
            let limits = ask.others.get(share).map_or(&[][..], |share| share.limits);
            let limits = limits.iter().enumerate();
            let budgets = limits.filter(|(_, limit)| limit.measure == Measure::Money);
            let reading = |((place, limit), purse): ((usize, &Limit<'_>), &Purse)| Reading {
                share: Some(share),
                limit: place,
                used: purse.others.saturating_add(own),
                max: limit.max,
                resets_at: limit.resets_at(purse.window),
            };
            budgets.zip(&till.purses).map(reading).collect::<Vec<_>>()
        };
        self.others.iter().zip(payers(ask)).flat_map(of_till).collect()
    }

    /// Whether none of their windows is over.
    pub(super) fn is_in_windows(&self, ask: &Ask<'_>) -> bool {
        let mut others = self.others.iter().zip(payers(ask));
        self.own.is_in_windows(budgets(ask.limits), ask.now)
            && others.all(|(till, (place, _))| till.is_in_windows(budgets_of(ask, place), ask.now))
    }
}

/// The limits of money.
pub(super) fn budgets<'a>(limits: &'a [Limit<'a>]) -> impl Iterator<Item = &'a Limit<'a>> {
    limits.iter().filter(|limit| limit.measure == Measure::Money)
}

/// The same of another subject, by its place.
pub(super) fn budgets_of<'a>(ask: &Ask<'a>, place: usize) -> impl Iterator<Item = &'a Limit<'a>> {
    budgets(ask.others.get(place).map_or(&[], |share| share.limits))
}

/// Who has a budget besides the key, and their places.
pub(super) fn payers<'a>(ask: &Ask<'a>) -> impl Iterator<Item = (usize, &'a Subject)> {
    let all = ask.others.iter().enumerate();
    all.filter(|(_, share)| budgets(share.limits).next().is_some())
        .map(|(place, share)| (place, share.subject))
}
