//! Giving allowances back.

use std::sync::Arc;

use crate::{
    Millis, StoreError,
    ledger::{
        machine::{self, Close, Lease},
        slice::{Account, LEASE_MS},
        strict::GRACE_MS,
    },
    store::Inner,
};

// === impl Inner ===

impl Inner {
    /// Closes allowances of which no call is under way, and gives back what the others can spare. With
    /// `all`, none of them is used any more. For who holds the account's lock for writing.
    pub(in crate::ledger) async fn flush_allowances(
        &self,
        account: &Arc<Account>,
        all: bool,
    ) -> Result<(), StoreError> {
        // Nobody else is at it: whoever was about to take these is gone.
        while let Some(id) = { account.allowances().opening.last().cloned() } {
            self.give_back(&account.key, &id).await?;
            account.allowances().opening.retain(|opening| *opening != id);
        }
        let now = self.clock.now();
        let serials: Vec<u64> = {
            let mut allowances = account.allowances();
            if all {
                allowances.retire();
            }
            allowances.retire_stale(now);
            let retired = allowances.retired.iter_mut().map(|allowance| {
                allowance.land_crashed(now.plus(-GRACE_MS));
                allowance.serial
            });
            retired.collect()
        };
        for serial in serials {
            self.flush_allowance(account, serial, now).await?;
        }
        Ok(())
    }

    async fn flush_allowance(
        &self,
        account: &Arc<Account>,
        serial: u64,
        now: Millis,
    ) -> Result<(), StoreError> {
        let todo = account.allowances().get(serial).map(|allowance| {
            let (id, spare) = (allowance.id.clone(), allowance.spare());
            let known = !allowance.unsure;
            allowance.unsure |= spare.is_some();
            let lease = Lease {
                expires: allowance.expires,
                window: allowance.window,
                holds: allowance.holds(),
                ..Lease::default()
            };
            (id, (lease, known), spare, allowance.is_idle().then(|| allowance.used()))
        });
        let Some((id, (lease, known), spare, used)) = todo else { return Ok(()) };
        if let Some(used) = used {
            let first = known.then(|| machine::close_used_known(&id, &lease, &used));
            let close = |guard: &machine::Guard| machine::close_used(guard, &id, &used);
            self.close(&account.key, first, close).await?;
            account.allowances().retired.retain(|allowance| allowance.serial != serial);
            return Ok(());
        }
        if let Some(keep) = spare {
            self.close(&account.key, None, |guard| machine::trim(guard, &id, &keep)).await?;
            if let Some(allowance) = account.allowances().get(serial) {
                allowance.trimmed(&keep);
            }
        }
        if lease.expires.since(now) < LEASE_MS / 2 {
            let expires = now.plus(LEASE_MS);
            self.write(&account.key, &machine::renew(&id, expires)).await?;
            if let Some(allowance) = account.allowances().get(serial) {
                allowance.expires = expires;
            }
        }
        Ok(())
    }

    /// An allowance whose process is gone counts as used.
    pub(in crate::ledger) async fn close_lost_allowance(
        &self,
        key: &dyn crate::ledger::guard::Holder,
        id: &str,
    ) -> Result<Arc<machine::Guard>, StoreError> {
        self.close(key, None, |guard| match guard.leases.get(id) {
            Some(lease) => machine::close_used(guard, id, &machine::all_used(&lease.holds)),
            None => Close::Done,
        })
        .await
    }
}
