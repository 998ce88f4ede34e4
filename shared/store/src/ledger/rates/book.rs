//! What a process remembers of a subject's allowances. No I/O.

use std::collections::{BTreeMap, HashMap};

use super::Rates;
use crate::{
    CallId, Measure, Millis, Reading, WindowId,
    ledger::{
        limit::Terms,
        machine::{Actual, Guard, Hold, Holds, Lease, Want},
    },
};

/// An allowance is for this many calls at first.
const CALLS: i64 = 20;
/// And for this many at most.
const MOST: i64 = 2_000;
/// Of what is left, this part may be taken beyond what is needed.
const SHARE: i64 = 4;
/// One that is used up within this time was too small.
const SHORT_MS: i64 = 1_000;
/// Allowances in use at a time: one for each set of limits that calls have.
const LIVE: usize = 16;

/// One subject's allowances.
#[derive(Debug, Default)]
pub(in crate::ledger) struct Allowances {
    live: Vec<Allowance>,
    pub(super) retired: Vec<Allowance>,
    /// Ids of allowances that are about to be taken. Whoever takes one may give up waiting for it.
    pub(super) opening: Vec<String>,
}

/// Something of each of a set of limits that this process holds.
#[derive(Debug)]
pub(super) struct Allowance {
    pub(super) serial: u64,
    pub(super) id: String,
    version: Option<i64>,
    /// The budget's window of its lease.
    pub(super) window: WindowId,
    parts: Vec<Part>,
    flights: HashMap<CallId, Flight>,
    since: Millis,
    fresh_until: Millis,
    pub(super) expires: Millis,
    /// For how many calls it is.
    calls: i64,
    /// The guard may hold less of it than stands here.
    pub(super) unsure: bool,
}

/// What is held of one limit.
#[derive(Debug)]
struct Part {
    terms: Terms,
    /// The meter's window.
    window: WindowId,
    hold: Hold,
    /// What calls under way have reserved of it.
    reserved: i64,
    /// What calls that have ended used.
    used: i64,
    /// What all others use and hold of the meter, when it was last seen.
    others: i64,
}

/// A call under way, and what it has reserved of each part.
#[derive(Debug)]
struct Flight {
    needs: Vec<i64>,
    expires: Millis,
}

// === impl Allowances ===

impl Allowances {
    pub(in crate::ledger) fn is_empty(&self) -> bool {
        self.live.is_empty() && self.retired.is_empty() && self.opening.is_empty()
    }

    /// Admits a call, where an allowance can; says which, and how the limits stand.
    pub(super) fn admit(&mut self, rates: Rates<'_>) -> Option<(u64, Vec<Reading>)> {
        let allowance = self.live.iter_mut().find(|allowance| allowance.serves(rates))?;
        if !allowance.flights.contains_key(rates.ask.call) {
            allowance.take_off(rates)?;
        }
        Some((allowance.serial, allowance.readings(rates)))
    }

    /// As much of each limit as is worth taking at once.
    pub(super) fn sized(&self, rates: Rates<'_>, mut wants: Vec<Want>) -> (Vec<Want>, i64) {
        let last = self.live.iter().find(|last| last.is_of(rates));
        let calls = last.map_or(CALLS, |last| last.next_calls(rates.ask.now));
        for (place, want) in wants.iter_mut().enumerate() {
            want.floor = want.need;
            let part = last.and_then(|last| last.parts.get(place));
            // What is left of a window that nobody has seen is not known: one call's need.
            let known = part.filter(|part| part.window.number() >= want.since.get());
            let share = known.map_or(0, |part| part.left() / SHARE);
            want.need = want.need.max(want.need.saturating_mul(calls).min(share));
        }
        (wants, calls)
    }

    /// A new one is used from now on.
    pub(super) fn open(&mut self, allowance: Allowance, rates: Rates<'_>) {
        let (old, live) =
            std::mem::take(&mut self.live).into_iter().partition(|old| old.is_of(rates));
        self.live = live;
        self.retired.extend::<Vec<_>>(old);
        if self.live.len() >= LIVE {
            self.retired.push(self.live.remove(0));
        }
        self.live.push(allowance);
    }

    /// Nothing is admitted from any of them any more.
    pub(in crate::ledger) fn retire(&mut self) {
        self.retired.append(&mut self.live);
    }

    /// Those that have been used for long enough retire.
    pub(super) fn retire_stale(&mut self, now: Millis) {
        let stale = |allowance: &Allowance| allowance.fresh_until <= now;
        let (old, live) = std::mem::take(&mut self.live).into_iter().partition(stale);
        self.live = live;
        self.retired.extend::<Vec<_>>(old);
    }

    pub(super) fn get(&mut self, serial: u64) -> Option<&mut Allowance> {
        let mut all = self.live.iter_mut().chain(&mut self.retired);
        all.find(|allowance| allowance.serial == serial)
    }

    /// A call lands; what it used, unless it was given back.
    pub(in crate::ledger) fn land(&mut self, serial: u64, call: &CallId, actual: Option<Actual>) {
        if let Some(allowance) = self.get(serial) {
            allowance.land(call, actual);
        }
    }

    /// A call goes on until `expires`.
    pub(in crate::ledger) fn renew(&mut self, serial: u64, call: &CallId, expires: Millis) {
        let flight = self.get(serial).and_then(|allowance| allowance.flights.get_mut(call));
        if let Some(flight) = flight {
            flight.expires = flight.expires.max(expires);
        }
    }
}

// === impl Allowance ===

impl Allowance {
    /// What a lease holds, as the guard was then.
    pub(super) fn new(
        (serial, id): (u64, String),
        (rates, calls): (Rates<'_>, i64),
        lease: &Lease,
        guard: &Guard,
        fresh_until: Millis,
    ) -> Self {
        let ask = rates.ask;
        let parts = rates.limits().map(|(_, limit)| {
            let terms = Terms::of(limit);
            let meter = guard.meters.get(&terms.meter).copied().unwrap_or_default();
            let nothing = Hold { amount: 0, at: ask.now };
            let hold = lease.holds.get(&terms.meter).copied().unwrap_or(nothing);
            let others = meter.used.saturating_sub(hold.amount);
            Part { terms, window: meter.window, hold, reserved: 0, used: 0, others }
        });
        Self {
            serial,
            id,
            version: rates.version(),
            window: lease.window,
            parts: parts.collect(),
            flights: HashMap::new(),
            since: ask.now,
            fresh_until,
            expires: lease.expires,
            calls,
            unsure: false,
        }
    }

    /// Whether it is of these limits.
    fn is_of(&self, rates: Rates<'_>) -> bool {
        let mut limits = rates.limits();
        let same = |part: &Part| limits.next().is_some_and(|(_, limit)| part.terms.are(limit));
        self.parts.iter().all(same) && limits.next().is_none()
    }

    /// Whether calls like this one are admitted from it now.
    fn serves(&self, rates: Rates<'_>) -> bool {
        let now = rates.ask.now;
        now < self.fresh_until
            && rates.version() == self.version
            && self.is_of(rates)
            && self.parts.iter().zip(rates.limits()).all(|(part, (_, limit))| {
                limit.need <= 0 || part.window.number() >= limit.since(now).get()
            })
    }

    fn take_off(&mut self, rates: Rates<'_>) -> Option<()> {
        let needs: Vec<i64> = rates.limits().map(|(_, limit)| limit.need.max(0)).collect();
        let short = |(part, need): (&Part, &i64)| *need > 0 && part.free() < *need;
        if self.parts.iter().zip(&needs).any(short) {
            return None;
        }
        for (part, need) in self.parts.iter_mut().zip(&needs) {
            part.reserved = part.reserved.saturating_add(*need);
        }
        let expires = rates.ask.now.after(rates.ask.lease);
        self.flights.insert(rates.ask.call.clone(), Flight { needs, expires });
        Some(())
    }

    fn land(&mut self, call: &CallId, actual: Option<Actual>) {
        let Some(flight) = self.flights.remove(call) else { return };
        for (part, need) in self.parts.iter_mut().zip(flight.needs) {
            part.reserved = part.reserved.saturating_sub(need);
            let used = actual.map_or(0, |actual| {
                actual.of_hold(&part.terms.meter, &Hold { amount: need, at: part.hold.at })
            });
            part.used = part.used.saturating_add(used);
        }
    }

    /// Calls whose leases ended before this are taken to have used what they had reserved.
    pub(super) fn land_crashed(&mut self, before: Millis) {
        let mut crashed = Vec::new();
        self.flights.retain(|_, flight| {
            let over = flight.expires < before;
            if over {
                crashed.push(std::mem::take(&mut flight.needs));
            }
            !over
        });
        for needs in crashed {
            for (part, need) in self.parts.iter_mut().zip(needs) {
                part.reserved = part.reserved.saturating_sub(need);
                if part.terms.measure != Measure::Parallel {
                    part.used = part.used.saturating_add(need);
                }
            }
        }
    }

    fn readings(&self, rates: Rates<'_>) -> Vec<Reading> {
        let parts = self.parts.iter().zip(rates.limits());
        let needed = parts.filter(|(_, (_, limit))| limit.need > 0);
        needed
            .map(|(part, (place, limit))| Reading {
                share: rates.share,
                limit: place,
                used: part.others.saturating_add(part.reserved).saturating_add(part.used),
                max: part.terms.max,
                resets_at: limit.resets_at(part.window),
            })
            .collect()
    }

    /// For how many calls the next one shall be.
    fn next_calls(&self, now: Millis) -> i64 {
        let short = now.since(self.since) < SHORT_MS;
        if short { self.calls.saturating_mul(2).min(MOST) } else { self.calls.max(2 * CALLS) / 2 }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.flights.is_empty()
    }

    /// What it holds, as the guard has it.
    pub(super) fn holds(&self) -> Holds {
        let held = self.parts.iter().filter(|part| part.hold.amount > 0);
        held.map(|part| (part.terms.meter.clone(), part.hold)).collect()
    }

    /// What was used of each meter.
    pub(super) fn used(&self) -> BTreeMap<String, i64> {
        self.parts.iter().map(|part| (part.terms.meter.clone(), part.used)).collect()
    }

    /// What its calls under way need, if it can spare something.
    pub(super) fn spare(&self) -> Option<Holds> {
        let spares = self.parts.iter().any(|part| part.free() > 0);
        spares.then(|| {
            let kept = |part: &Part| Hold { amount: part.kept(), at: part.hold.at };
            self.parts.iter().map(|part| (part.terms.meter.clone(), kept(part))).collect()
        })
    }

    /// It holds no more than this.
    pub(super) fn trimmed(&mut self, keep: &Holds) {
        for part in &mut self.parts {
            let kept = keep.get(&part.terms.meter).map_or(0, |hold| hold.amount);
            part.hold.amount = part.hold.amount.min(kept);
        }
        self.unsure = false;
    }
}

// === impl Part ===

impl Part {
    /// What its calls under way and those that have ended need.
    fn kept(&self) -> i64 {
        self.reserved.saturating_add(self.used).min(self.hold.amount)
    }

    fn free(&self) -> i64 {
        self.hold.amount.saturating_sub(self.reserved).saturating_sub(self.used)
    }

    /// What nobody used or holds of the limit, when it was last seen.
    fn left(&self) -> i64 {
        self.terms.max.saturating_sub(self.others).saturating_sub(self.hold.amount).max(0)
    }
}
