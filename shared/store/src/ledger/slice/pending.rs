//! What is about to be written down of a slice. No I/O.

use super::{LEASE_MS, MARGIN_MS, book::Slice, tills::Till};
use crate::{
    CallId, Millis, NanoUsd, Subject,
    ledger::machine::{Flush, Guard, Mark},
};

/// A flush on its way.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    pub(super) mark: Mark,
    pub(super) used: NanoUsd,
    pub(super) expires: Millis,
    /// As it is in each guard that does not have it yet, by the place of the till.
    pub(super) flushes: Vec<(usize, Flush)>,
    /// The call that it charges in full, if it is for that.
    pub(super) charges: Option<CallId>,
    /// The slice holds nothing any more when it is done.
    pub(super) last: bool,
}

/// The place of the key's till.
pub(super) const OWN: usize = 0;

// === impl Pending ===

impl Pending {
    /// Whether more is held than before in any guard that does not have it yet.
    pub(super) fn grows(&self) -> bool {
        self.flushes
            .iter()
            .any(|(_, flush)| flush.owed.saturating_add(flush.wanted) > NanoUsd::ZERO)
    }
}

// === impl Slice ===

impl Slice {
    /// Before this no call arrived whose row may still have to be written. Calls are admitted some
    /// time after they arrived, hence the margin.
    fn since(&self, now: Millis) -> Millis {
        let calls = self.flights.keys().chain(self.rows.iter().map(|row| &row.call));
        calls.map(CallId::started).min().unwrap_or(now).min(now).plus(-MARGIN_MS)
    }

    /// Plans a flush of what was `used` with its rows written. A slice that pays no more keeps just
    /// what its calls still need; one that has no calls either is given back.
    pub(super) fn plan(&mut self, used: NanoUsd, wanted: NanoUsd, paying: bool, now: Millis) {
        let need = self.unwritten().saturating_add(self.reserved);
        self.used = self.used.saturating_sub(used);
        let done = self.flights.is_empty() && self.rows.is_empty() && self.used == NanoUsd::ZERO;
        let last = !paying && done;
        let mark = Mark { flush: self.flushed + 1, since: self.since(now) };
        let expires = now.plus(LEASE_MS);
        let flush = |till: &Till| {
            let owed = need.saturating_sub(till.held);
            Flush {
                id: till.id.clone(),
                window: till.window,
                mark,
                used,
                owed: match (last, paying) {
                    (true, _) => NanoUsd::ZERO,
                    (false, true) => owed.max(NanoUsd::ZERO),
                    (false, false) => owed,
                },
                wanted: if paying { wanted } else { NanoUsd::ZERO },
                expires,
                held: till.held,
                last,
                bounded: till.bounded,
                lift: till.lift,
                purses: till.purses(),
            }
        };
        let flushes = self.tills().enumerate().filter(|(_, till)| !till.lost);
        let flushes = flushes.map(|(place, till)| (place, flush(till))).collect();
        self.pending = Some(Pending { mark, used, expires, flushes, charges: None, last });
    }

    /// Plans the full charge of a call that nobody settled within its lease.
    pub(super) fn plan_charge(&mut self, call: &CallId, paying: bool, now: Millis) {
        let Some(flight) = self.flights.get_mut(call) else { return };
        flight.leaving = true;
        let amount = flight.amount;
        self.plan(NanoUsd::ZERO, NanoUsd::ZERO, paying, now);
        if let Some(pending) = &mut self.pending {
            (pending.used, pending.charges) = (amount, Some(call.clone()));
            pending.flushes.iter_mut().for_each(|(_, flush)| flush.used = amount);
        }
    }

    /// The pending flush is in one guard, as it stands there now.
    pub(super) fn flushed_in(&mut self, place: usize, guard: &Guard) {
        let Some(pending) = &mut self.pending else { return };
        let Some(at) = pending.flushes.iter().position(|(own, _)| *own == place) else { return };
        let (_, flush) = pending.flushes.remove(at);
        if let Some(till) = self.till(place) {
            let more = flush.owed.saturating_add(flush.wanted);
            till.held = till.held.saturating_add(more).saturating_sub(flush.used);
            till.see(guard);
        }
    }

    /// The pending flush as it is for one guard, and whose.
    pub(super) fn flush_in(&mut self, place: usize) -> Option<(Subject, Flush)> {
        let flushes = &self.pending.as_ref()?.flushes;
        let flush = flushes.iter().find(|(own, _)| *own == place)?.1.clone();
        Some((self.till(place)?.holder.clone(), flush))
    }

    /// What was wanted besides is not left in one guard,
    pub(super) fn want_nothing_in(&mut self, place: usize) {
        let flushes = self.pending.iter_mut().flat_map(|pending| &mut pending.flushes);
        let flush = flushes.filter(|(own, _)| *own == place);
        flush.for_each(|(_, flush)| flush.wanted = NanoUsd::ZERO);
    }

    /// and is not asked for in those that are still to be asked.
    pub(super) fn want_nothing(&mut self) {
        let flushes = self.pending.iter_mut().flat_map(|pending| &mut pending.flushes);
        flushes.for_each(|(_, flush)| flush.wanted = NanoUsd::ZERO);
    }

    /// What it held in one guard was charged in full.
    pub(super) fn lose_in(&mut self, place: usize) {
        if let Some(pending) = &mut self.pending {
            pending.flushes.retain(|(own, _)| *own != place);
        }
        if let Some(till) = self.till(place) {
            till.lost = true;
        }
    }

    /// The pending flush is in all guards.
    pub(super) fn flushed(&mut self) {
        let Some(pending) = self.pending.take() else { return };
        (self.flushed, self.since) = (pending.mark.flush, pending.mark.since);
        (self.expires, self.asked) = (pending.expires, 0);
        if let Some(flight) = pending.charges.and_then(|call| self.flights.remove(&call)) {
            self.reserved = self.reserved.saturating_sub(flight.amount);
        }
    }
}
