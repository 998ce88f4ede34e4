//! Giving allowances back.

use std::sync::Arc;

use crate::{
    Millis, StoreError,
    ledger::{
        machine::{self, Close, Lease},
        rates::Rack,
        slice::LEASE_MS,
        strict::GRACE_MS,
    },
    store::Inner,
};

// === impl Inner ===

impl Inner {
    /// Closes allowances of which no call is under way, and gives back what the others can spare. With
    /// `all`, none of them is used any more. For who holds
    /// the rack's lock for writing.
    pub(in crate::ledger) async fn flush_allowances(
        &self,
        rack: &Rack,
        all: bool,
    ) -> Result<(), StoreError> {
        // Nobody else is at it: whoever was about to take these is gone.
        while let Some(id) = { rack.allowances().opening.last().cloned() } {
            self.give_back(&rack.holder, &id).await?;
            rack.allowances().opening.retain(|opening| *opening != id);
        }
        let now = self.clock.now();
        let serials: Vec<u64> = {
            let mut allowances = rack.allowances();
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
            self.flush_allowance(rack, serial, now).await?;
        }
        Ok(())
    }

    async fn flush_allowance(
        &self,
        rack: &Rack,
        serial: u64,
        now: Millis,
    ) -> Result<(), StoreError> {
        let todo = rack.allowances().get(serial).map(|allowance| {
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
            self.close(&rack.holder, first, close).await?;
            rack.allowances().retired.retain(|allowance| allowance.serial != serial);
            return Ok(());
        }
        if let Some(keep) = spare {
            self.close(&rack.holder, None, |guard| machine::trim(guard, &id, &keep)).await?;
            if let Some(allowance) = rack.allowances().get(serial) {
                allowance.trimmed(&keep);
            }
        }
        if lease.expires.since(now) < LEASE_MS / 2 {
            let expires = now.plus(LEASE_MS);
            self.write(&rack.holder, &machine::renew(&id, expires)).await?;
            if let Some(allowance) = rack.allowances().get(serial) {
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
