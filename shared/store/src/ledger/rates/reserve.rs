//! Admitting from an allowance, and taking one.

use std::sync::Arc;

use super::{allowance_id, book::Allowance};
use crate::{
    Ask, CallId, KeyHash, Reading, Refusal, StoreError, StoreErrorKind,
    ledger::{
        machine::{Actual, Over},
        shares::wants,
        slice::{Account, FRESH_MS, LEASE_MS},
        strict::{Untaken, refusal, wish},
    },
    store::Inner,
};

/// What a call holds of an allowance. It is given back when this is dropped, unless it is kept.
pub(in crate::ledger) struct Rated {
    account: Arc<Account>,
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
            self.account.allowances().land(self.serial, &self.call, None);
        }
    }
}

// === impl Inner ===

impl Inner {
    /// Takes what the call needs of all its limits from an allowance, or from the guard.
    pub(in crate::ledger) async fn rate(
        &self,
        ask: &Ask<'_>,
    ) -> Result<Result<Rated, Refusal>, StoreError> {
        let account = self.slices.account(ask.key);
        if let Some(rated) = admit(&account, ask) {
            return Ok(Ok(rated));
        }
        Box::pin(self.rate_from_guard(account, ask)).await
    }

    async fn rate_from_guard(
        &self,
        account: Arc<Account>,
        ask: &Ask<'_>,
    ) -> Result<Result<Rated, Refusal>, StoreError> {
        let _writing = account.writing().await;
        let mut gave_back = false;
        loop {
            // Whoever wrote before us may have taken enough for us as well.
            if let Some(rated) = admit(&account, ask) {
                return Ok(Ok(rated));
            }
            let (untaken, wish) = match self.take_allowance(&account, ask).await? {
                Ok(rated) => return Ok(Ok(rated)),
                Err(untaken) => untaken,
            };
            if !gave_back && matches!(untaken, Untaken::Over(_, Over::Limit(_))) {
                // What our own allowances can spare is ours to use.
                gave_back = true;
                self.flush_allowances(&account, true).await?;
                continue;
            }
            return Ok(Err(refusal(ask, &wish, None, &untaken)));
        }
    }

    async fn take_allowance(
        &self,
        account: &Arc<Account>,
        ask: &Ask<'_>,
    ) -> Result<Result<Rated, (Untaken, crate::ledger::machine::Wish)>, StoreError> {
        let fresh_until = self.clock.now().plus(FRESH_MS);
        let (serial, row) = self.slices.mint(ask.key, ask.now);
        let mut wish = wish(ask, allowance_id(&row));
        let (wants, calls) = account.allowances().sized(ask, wants(ask.limits, ask.now));
        (wish.worst, wish.floor, wish.wants) = (crate::NanoUsd::ZERO, crate::NanoUsd::ZERO, wants);
        wish.expires = ask.now.plus(LEASE_MS);
        account.allowances().opening.push(wish.id.clone());
        let taken = self.take_or_undo(ask.key, &wish).await;
        if !matches!(&taken, Err(error) if error.kind() == StoreErrorKind::Unreachable) {
            account.allowances().opening.retain(|opening| *opening != wish.id);
        }
        let (lease, guard) = match taken? {
            Ok(taken) => taken,
            Err(untaken) => return Ok(Err((untaken, wish))),
        };
        let taken =
            Allowance::new((serial, wish.id.clone()), (ask, calls), &lease, &guard, fresh_until);
        account.allowances().open(taken, ask.limits);
        // It is at least what this call needs.
        let gone = || StoreError::corrupt("UpdateItem", "an allowance does not admit its call");
        admit(account, ask).map(Ok).ok_or_else(gone)
    }
}

fn admit(account: &Arc<Account>, ask: &Ask<'_>) -> Option<Rated> {
    let (serial, readings) = account.allowances().admit(ask)?;
    let (account, call) = (Arc::clone(account), ask.call.clone());
    Some(Rated { account, call, serial, readings })
}

// === impl Slices ===

impl crate::ledger::Slices {
    /// A call that was admitted from an allowance has ended.
    pub(in crate::ledger) fn land_rated(
        &self,
        key: &KeyHash,
        (serial, call): (u64, &CallId),
        actual: Option<Actual>,
    ) {
        if serial != 0
            && let Some(account) = self.known(key)
        {
            account.allowances().land(serial, call, actual);
        }
    }
}
