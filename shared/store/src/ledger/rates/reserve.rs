//! Admitting from an allowance, and taking one.

use std::sync::Arc;

use futures_util::future::join_all;

use super::{Rack, Rates, allowance_id, book::Allowance};
use crate::{
    Ask, CallId, Grant, Millis, NanoUsd, Reading, Refusal, StoreError, StoreErrorKind,
    ledger::{
        ask::Other,
        machine::{Actual, Over, Wish},
        rates::Allowances,
        shares::{share_wish, wants},
        slice::{FRESH_MS, LEASE_MS},
        strict::{Untaken, refusal, wish},
    },
    store::Inner,
};

/// What a call holds of an allowance. It is given back when this is dropped, unless it is kept.
pub(in crate::ledger) struct Rated {
    rack: Arc<Rack>,
    /// Whose: the place in [`Ask::others`], or none for the key's.
    pub(in crate::ledger) share: Option<usize>,
    call: CallId,
    serial: u64,
    readings: Vec<Reading>,
}

// === impl Rated ===

impl Rated {
    /// It is the call's; which allowance it is from, and how the limits stand.
    pub(in crate::ledger) fn keep(mut self) -> (u64, Vec<Reading>) {
        (std::mem::take(&mut self.serial), std::mem::take(&mut self.readings))
    }
}

impl Drop for Rated {
    fn drop(&mut self) {
        if self.serial != 0 {
            self.rack.allowances().land(self.serial, &self.call, None);
        }
    }
}

// === impl Inner ===

impl Inner {
    /// Takes what the call needs of all rates of all its subjects, from allowances or from the guards;
    /// or nothing of any.
    pub(in crate::ledger) async fn rate(
        &self,
        ask: &Ask<'_>,
    ) -> Result<Result<Vec<Rated>, Refusal>, StoreError> {
        let (mut all, mut missing) = (Vec::new(), Vec::new());
        for share in std::iter::once(None).chain((0..ask.others.len()).map(Some)) {
            let rates = Rates { ask, share };
            if rates.limits().next().is_none() {
                continue;
            }
            let Some(rack) = self.slices.rack_for(ask, share) else { continue };
            match admit(&rack, rates) {
                Some(rated) => all.push(rated),
                None => missing.push((rack, rates)),
            }
        }
        if missing.is_empty() {
            return Ok(Ok(all));
        }
        let each = missing.into_iter().map(|(rack, rates)| self.rate_from_guard(rack, rates));
        for rated in Box::pin(join_all(each)).await {
            match rated? {
                Ok(rated) => all.push(rated),
                Err(refusal) => return Ok(Err(refusal)),
            }
        }
        Ok(Ok(all))
    }

    async fn rate_from_guard(
        &self,
        rack: Arc<Rack>,
        rates: Rates<'_>,
    ) -> Result<Result<Rated, Refusal>, StoreError> {
        let _writing = rack.writing.lock().await;
        let mut gave_back = false;
        loop {
            // Whoever wrote before us may have taken enough for us as well.
            if let Some(rated) = admit(&rack, rates) {
                return Ok(Ok(rated));
            }
            let (untaken, wish) = match self.take_allowance(&rack, rates).await? {
                Ok(rated) => return Ok(Ok(rated)),
                Err(untaken) => untaken,
            };
            if !gave_back && matches!(untaken, Untaken::Over(_, Over::Limit(_))) {
                // What our own allowances can spare is ours to use.
                gave_back = true;
                self.flush_allowances(&rack, true).await?;
                continue;
            }
            return Ok(Err(refusal(rates.ask, &wish, rates.share, &rates.placed(untaken))));
        }
    }

    async fn take_allowance(
        &self,
        rack: &Arc<Rack>,
        rates: Rates<'_>,
    ) -> Result<Result<Rated, (Untaken, Wish)>, StoreError> {
        let ask = rates.ask;
        let fresh_until = ask.fresh(self.clock.now().plus(FRESH_MS));
        let (serial, row) = self.slices.mint(ask.key, ask.now);
        let mut wish = wish(ask, allowance_id(&row));
        if let Some(place) = rates.share {
            wish = Wish { id: wish.id.clone(), ..share_wish(ask, &wish, place) };
        }
        let wanted = wants(rates.limits().map(|(_, limit)| limit), ask.now);
        let (wants, calls) = rack.allowances().sized(rates, wanted);
        (wish.worst, wish.floor, wish.wants) = (NanoUsd::ZERO, NanoUsd::ZERO, wants);
        wish.expires = ask.now.plus(LEASE_MS);
        rack.allowances().opening.push(wish.id.clone());
        let taken = self.take_or_undo(&rack.holder, &wish).await;
        if !matches!(&taken, Err(error) if error.kind() == StoreErrorKind::Unreachable) {
            rack.allowances().opening.retain(|opening| *opening != wish.id);
        }
        let (lease, guard) = match taken? {
            Ok(taken) => taken,
            Err(untaken) => return Ok(Err((untaken, wish))),
        };
        let id = (serial, wish.id.clone());
        let taken = Allowance::new(id, (rates, calls), &lease, &guard, fresh_until);
        rack.allowances().open(taken, rates);
        // It is at least what this call needs.
        let gone = || StoreError::corrupt("UpdateItem", "an allowance does not admit its call");
        admit(rack, rates).map(Ok).ok_or_else(gone)
    }
}

fn admit(rack: &Arc<Rack>, rates: Rates<'_>) -> Option<Rated> {
    let (serial, readings) = rack.allowances().admit(rates)?;
    let (rack, call) = (Arc::clone(rack), rates.ask.call.clone());
    Some(Rated { rack, share: rates.share, call, serial, readings })
}

// === impl Rates ===

impl Rates<'_> {
    /// Why a lease was not taken, in places among all limits of the subject.
    fn placed(self, untaken: Untaken) -> Untaken {
        match untaken {
            Untaken::Over(guard, Over::Limit(place)) => {
                let place = self.limits().nth(place).map_or(place, |(place, _)| place);
                Untaken::Over(guard, Over::Limit(place))
            }
            other => other,
        }
    }
}

// === impl Slices ===

impl crate::ledger::Slices {
    /// A call that was admitted from allowances has ended.
    pub(in crate::ledger) fn land_rated(&self, grant: &Grant, actual: Option<Actual>) {
        self.of_rated(grant, |allowances, serial| allowances.land(serial, &grant.call, actual));
    }

    /// One goes on until `expires`.
    pub(in crate::ledger) fn renew_rated(&self, grant: &Grant, expires: Millis) {
        self.of_rated(grant, |allowances, serial| allowances.renew(serial, &grant.call, expires));
    }

    /// What was claimed of these has been used, or is given back.
    pub(in crate::ledger) fn land_others(
        &self,
        call: &CallId,
        others: &[Other],
        actual: Option<Actual>,
    ) {
        self.of_others(others, |allowances, serial| allowances.land(serial, call, actual));
    }

    /// What was claimed of these is held until `expires`.
    pub(in crate::ledger) fn renew_others(&self, call: &CallId, others: &[Other], expires: Millis) {
        self.of_others(others, |allowances, serial| allowances.renew(serial, call, expires));
    }

    fn of_rated(&self, grant: &Grant, what: impl Fn(&mut Allowances, u64)) {
        if grant.allowance != 0
            && let Some(account) = self.known(&grant.key)
        {
            what(&mut account.rack.allowances(), grant.allowance);
        }
        self.of_others(&grant.others, what);
    }

    fn of_others(&self, others: &[Other], what: impl Fn(&mut Allowances, u64)) {
        for other in others.iter().filter(|other| other.allowance != 0) {
            if let Some(rack) = self.known_rack(&other.subject) {
                what(&mut rack.allowances(), other.allowance);
            }
        }
    }
}
