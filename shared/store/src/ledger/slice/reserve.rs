//! Reserving: from the slice where it can pay, else from the guard.

use std::sync::Arc;

use super::{
    Account, LEASE_MS, MARGIN_MS, Slices,
    book::{Book, Slice},
    flush::Outcome,
    slice_id,
    tills::{Till, budgets, budgets_of, payers},
};
use crate::{
    Admission, Ask, Grant, Millis, NanoUsd, Refusal, StoreError, StoreErrorKind, Subject, Window,
    ledger::{
        ask::Other,
        machine::{Guard, Mark, Over},
        rates::Rated,
        strict::{GRACE_MS, Untaken, refusal, wish},
    },
    store::Inner,
};

/// Rounds against other writers and one's own callers.
pub(super) const ROUNDS: usize = 64;
/// A slice is this many calls, or this part of what is left.
const CALLS: i64 = 20;
const PART: i64 = 100;
/// Of what is left, this part may be taken beyond what is needed. Closer to the end of a budget a
/// slice is exactly what its calls need.
const SHARE: i64 = 4;

// === impl Inner ===

impl Inner {
    pub(crate) async fn reserve_in_slice(&self, ask: &Ask<'_>) -> Result<Admission, StoreError> {
        if ask.limits.is_empty() && ask.others.is_empty() {
            return self.pay_from_slice(ask).await;
        }
        let rated = match self.rate(ask).await? {
            Ok(rated) => rated,
            Err(refusal) => return Ok(Admission::Refused(refusal)),
        };
        let shared = budgets(ask.limits).next().is_some() || payers(ask).next().is_some();
        let admission = match self.slices.admit(ask) {
            Some(grant) => Admission::Granted(grant),
            None if shared => Box::pin(self.pay_together(ask)).await?,
            None => Box::pin(self.reserve_from_guard(ask)).await?,
        };
        Ok(with_rates(admission, ask, rated))
    }

    /// The same, where no slice shall pay.
    pub(crate) async fn reserve_beside_slices(
        &self,
        ask: &Ask<'_>,
    ) -> Result<Admission, StoreError> {
        let rated = match self.rate(ask).await? {
            Ok(rated) => rated,
            Err(refusal) => return Ok(Admission::Refused(refusal)),
        };
        let admission = Box::pin(self.pay_alone(ask)).await?;
        Ok(with_rates(admission, ask, rated))
    }

    async fn pay_from_slice(&self, ask: &Ask<'_>) -> Result<Admission, StoreError> {
        if let Some(grant) = self.slices.admit(ask) {
            return Ok(Admission::Granted(grant));
        }
        Box::pin(self.reserve_from_guard(ask)).await
    }

    async fn reserve_from_guard(&self, ask: &Ask<'_>) -> Result<Admission, StoreError> {
        let account = self.slices.account(ask.key);
        let _writing = account.rack.writing.lock().await;
        let mut gave_back = false;
        for _ in 0..ROUNDS {
            // Whoever wrote before us may have taken enough for us as well.
            if let Some(grant) = admit(&mut account.book(), ask) {
                return Ok(Admission::Granted(grant));
            }
            let guard = match self.widen(&account, ask).await? {
                Widened::Wider => continue,
                Widened::Grant(grant) => return Ok(Admission::Granted(grant)),
                Widened::No(refusal) => return Ok(Admission::Refused(refusal)),
                Widened::Over(guard) => guard,
            };
            if !gave_back {
                // What our own retired slices still hold is ours to use.
                gave_back = true;
                self.flush_account(&account, false).await?;
                continue;
            }
            return Ok(Admission::Refused(over(&mut account.book(), &guard, ask)));
        }
        Err(StoreError::new("UpdateItem", StoreErrorKind::Contended))
    }

    /// Takes more from the guard.
    async fn widen(&self, account: &Arc<Account>, ask: &Ask<'_>) -> Result<Widened, StoreError> {
        let serial = {
            let mut book = account.book();
            let usable = book.live.iter().find(|slice| slice.continues(ask));
            let serial = usable.map(|slice| slice.serial);
            if serial.is_none() {
                book.retire_some(|old| old.is_of(ask));
            }
            serial
        };
        let Some(serial) = serial else { return self.open(account, ask).await };
        let wanted = account.book().slice(serial).map_or(NanoUsd::ZERO, |slice| wanted(slice, ask));
        match self.widen_slice(account, serial, wanted).await? {
            Outcome::Done(guard) => self.after(account, serial, ask, guard, false).await,
            Outcome::Short(guard) => self.after(account, serial, ask, guard, true).await,
            Outcome::Ended => Ok(Widened::Wider),
        }
    }

    /// The guard has been asked; what does it mean for the ask?
    async fn after(
        &self,
        account: &Arc<Account>,
        serial: u64,
        ask: &Ask<'_>,
        guard: Arc<Guard>,
        short: bool,
    ) -> Result<Widened, StoreError> {
        if i64::try_from(ask.version) != Ok(guard.version) {
            account.book().retire();
            return Ok(Widened::No(Refusal::Stale));
        }
        if !short {
            return Ok(Widened::Wider);
        }
        // Not all that was wanted is left; perhaps what is needed is.
        let need = account.book().slice(serial).map_or(NanoUsd::ZERO, |slice| needed(slice, ask));
        let left = guard.rem.saturating_add(ask.lift());
        if left >= need {
            self.widen_slice(account, serial, need).await?;
            return Ok(Widened::Wider);
        }
        let crashed: Vec<String> = guard
            .expired(ask.now.plus(-GRACE_MS))
            .filter(|(_, lease)| guard.is_current(lease.window))
            .map(|(id, _)| id.clone())
            .collect();
        if !crashed.is_empty() {
            self.resolve_some(ask.key, guard, &crashed).await?;
            return Ok(Widened::Wider);
        }
        let free = account.book().slice(serial).map_or(NanoUsd::ZERO, |slice| slice.free());
        let reach = free.saturating_add(left.max(NanoUsd::ZERO));
        if reach < ask.floor.max(NanoUsd::from_nanos(1)) {
            return Ok(Widened::Over(guard));
        }
        if left > NanoUsd::ZERO
            && !matches!(self.widen_slice(account, serial, left).await?, Outcome::Done(_))
        {
            return Ok(Widened::Wider);
        }
        Ok(take_rest(&mut account.book(), serial, ask).map_or(Widened::Wider, Widened::Grant))
    }

    /// Takes a new slice: at first just what this call needs.
    async fn open(&self, account: &Arc<Account>, ask: &Ask<'_>) -> Result<Widened, StoreError> {
        let asked_at = self.clock.now();
        let (serial, row) = self.slices.mint(ask.key, ask.now);
        let since = ask.now.min(ask.call.started()).plus(-MARGIN_MS);
        let mut wish = wish(ask, slice_id(&row));
        wish.wants = Vec::new();
        wish.expires = ask.now.plus(LEASE_MS);
        wish.mark = Some(Mark { flush: 0, since });
        let opening = (Subject::Key(*ask.key), wish.id.clone());
        account.book().opening.push(opening.clone());
        let taken = self.take_or_undo(ask.key, &wish).await;
        if !matches!(&taken, Err(error) if error.kind() == StoreErrorKind::Unreachable) {
            account.book().opening.retain(|other| *other != opening);
        }
        let (lease, guard) = match taken? {
            Ok(taken) => taken,
            Err(Untaken::Over(guard, Over::Budget)) => return Ok(Widened::Over(guard)),
            Err(untaken) => return Ok(Widened::No(refusal(ask, &wish, None, &untaken))),
        };
        let none = std::iter::empty();
        let bounded = (ask.max.is_some(), ask.lift());
        let own = Till::new(opening, bounded, none, &lease, &guard);
        let slice = Slice::new(serial, ask, (own, Vec::new()), lease.expires, &guard, asked_at);
        let amount = lease.amount;
        Ok(Widened::Grant(open(&mut account.book(), slice, ask, amount)))
    }
}

/// A new slice pays from now on; at first this call.
pub(super) fn open(book: &mut Book, mut slice: Slice, ask: &Ask<'_>, amount: NanoUsd) -> Grant {
    let grant = pay(&mut slice, ask, amount);
    book.open(slice, ask);
    grant
}

/// What was taken of rates is the grant's, if there is one.
fn with_rates(admission: Admission, ask: &Ask<'_>, rated: Vec<Rated>) -> Admission {
    match admission {
        Admission::Granted(mut grant) => {
            rated.into_iter().for_each(|rated| keep(&mut grant, ask, rated));
            Admission::Granted(grant)
        }
        refused @ Admission::Refused(_) => refused,
    }
}

/// What was taken of a subject's rates is the grant's.
fn keep(grant: &mut Grant, ask: &Ask<'_>, rated: Rated) {
    let share = rated.share;
    let (serial, readings) = rated.keep();
    grant.readings.extend(readings);
    let Some(place) = share else {
        grant.allowance = serial;
        return;
    };
    let Some(subject) = ask.others.get(place).map(|share| share.subject) else { return };
    match grant.others.iter_mut().find(|other| other.subject == *subject) {
        Some(other) => other.allowance = serial,
        None => {
            let subject = subject.clone();
            grant.others.push(Other { subject, holds: None, allowance: serial });
        }
    }
}

/// What asking the guard led to.
enum Widened {
    /// There may be enough now.
    Wider,
    /// It was enough for this call.
    Grant(Grant),
    /// Not while this key's record is what it is.
    No(Refusal),
    /// Too little is left.
    Over(Arc<Guard>),
}

// === impl Slices ===

impl Slices {
    /// Reserves without I/O, where a slice can pay.
    fn admit(&self, ask: &Ask<'_>) -> Option<Grant> {
        let account = self.known(ask.key)?;
        admit(&mut account.book(), ask)
    }
}

pub(super) fn admit(book: &mut Book, ask: &Ask<'_>) -> Option<Grant> {
    let under_way = book.live.iter().find_map(|slice| {
        let flight = slice.flights.get(ask.call).filter(|flight| !flight.leaving)?;
        Some(grant(slice, ask, flight.amount, flight.expires))
    });
    if under_way.is_some() {
        return under_way;
    }
    let slice = book.live.iter_mut().find(|slice| slice.serves(ask))?;
    let worst = most(ask);
    if slice.limited && worst > NanoUsd::ZERO && slice.free() < worst {
        return None;
    }
    Some(pay(slice, ask, worst))
}

/// What the call costs at most, for all of its budgets.
pub(super) fn most(ask: &Ask<'_>) -> NanoUsd {
    let theirs = payers(ask).flat_map(|(place, _)| budgets_of(ask, place));
    let needs = budgets(ask.limits).chain(theirs).map(|limit| NanoUsd::from_nanos(limit.need));
    needs.fold(ask.worst, NanoUsd::max).max(NanoUsd::ZERO)
}

/// Grants what is left in the slice, if that is of use.
fn take_rest(book: &mut Book, serial: u64, ask: &Ask<'_>) -> Option<Grant> {
    let slice = book.live.iter_mut().find(|slice| slice.serial == serial)?;
    let amount = slice.free().min(ask.worst);
    let least = ask.floor.max(NanoUsd::from_nanos(1));
    (amount >= least && slice.serves(ask)).then(|| pay(slice, ask, amount))
}

fn pay(slice: &mut Slice, ask: &Ask<'_>, amount: NanoUsd) -> Grant {
    let expires = ask.now.after(ask.lease);
    slice.admit(ask.call, amount, expires);
    grant(slice, ask, amount, expires)
}

fn grant(slice: &Slice, ask: &Ask<'_>, amount: NanoUsd, expires: Millis) -> Grant {
    let other = |till: &Till| Other {
        subject: till.holder.clone(),
        holds: Some(Default::default()),
        allowance: 0,
    };
    Grant {
        call: ask.call.clone(),
        key: *ask.key,
        amount,
        window: slice.own.window,
        expires,
        spent: slice.spent().saturating_add(slice.reserved),
        readings: slice.readings(ask),
        slice: slice.serial,
        allowance: 0,
        lease: (NanoUsd::ZERO, Default::default()),
        others: slice.others.iter().map(other).collect(),
        unasked: None,
    }
}

/// What the ask needs beyond what is free.
pub(super) fn needed(slice: &Slice, ask: &Ask<'_>) -> NanoUsd {
    if !slice.limited {
        return NanoUsd::ZERO;
    }
    most(ask).saturating_sub(slice.free()).max(NanoUsd::ZERO)
}

/// What is worth taking at once.
pub(super) fn wanted(slice: &Slice, ask: &Ask<'_>) -> NanoUsd {
    let need = needed(slice, ask);
    if need == NanoUsd::ZERO {
        return need;
    }
    let left = slice.left().nanos();
    let plenty = most(ask).saturating_mul(CALLS).max(NanoUsd::from_nanos(left / PART));
    let share = NanoUsd::from_nanos(left / SHARE);
    if plenty <= share { plenty.max(need) } else { need }
}

fn over(book: &mut Book, guard: &Guard, ask: &Ask<'_>) -> Refusal {
    let Window { id, resets_at } = ask.window;
    let (mut spent, mut reserved) = (NanoUsd::ZERO, NanoUsd::ZERO);
    if guard.window == Guard::RENAMED || id <= guard.window {
        let unwritten = book.unwritten(guard);
        spent = guard.spent.saturating_add(unwritten);
        reserved = guard.reserved().saturating_sub(unwritten).max(NanoUsd::ZERO);
    }
    Refusal::OverBudget { spent, reserved, max: ask.max.unwrap_or(NanoUsd::ZERO), resets_at }
}
