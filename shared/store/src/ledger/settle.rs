//! Settle: the row first, then the guard, each exactly once by the call's id.
//!
//! A crash between the two leaves a final row and a live lease: the sweep finds both and settles at
//! the row's amount. A settlement that comes after its lease was charged in full finds the charge
//! among the expired ones and corrects it.

use super::{
    Grant, Ledger,
    guard::{Guard, Lease},
    write::Written,
};
use crate::{CallId, KeyHash, NanoUsd, StoreError, StoreErrorKind, Usage, UsageRow};

/// Rounds against other writers.
const ROUNDS: usize = 16;

// === impl Ledger ===

impl Ledger {
    pub(super) async fn settle_strictly(
        &self,
        grant: &Grant,
        mut row: UsageRow,
    ) -> Result<NanoUsd, StoreError> {
        (row.call, row.key, row.window) = (grant.call.clone(), grant.key, grant.window);
        let usage = self.usage();
        let mut actual = row.spend;
        if !usage.write_final(&row).await? {
            // There is a final row: this is a repetition, and the row says what was settled.
            let written = usage.get(&grant.call).await?;
            actual = written.map_or(actual, |row| row.spend);
        }
        let lease = Lease { amount: grant.amount, expires: grant.expires, window: grant.window };
        Ok(self.finish(&grant.key, &grant.call, &lease, actual).await?.spent)
    }

    /// Takes a lease out of the guard, live or charged, at what the call cost.
    pub(super) async fn finish(
        &self,
        key: &KeyHash,
        call: &CallId,
        lease: &Lease,
        actual: NanoUsd,
    ) -> Result<Guard, StoreError> {
        let id = call.to_string();
        let mut written = self.close(key, &id, lease, actual).await?;
        for _ in 0..ROUNDS {
            let guard = match written {
                Written::Done(guard) => return Ok(guard),
                Written::Missing => {
                    return Err(StoreError::new("UpdateItem", StoreErrorKind::Corrupt));
                }
                Written::Refused(guard) => guard,
            };
            written = if let Some(live) = guard.live.get(&id) {
                if live.window == guard.window {
                    self.close(key, &id, live, actual).await?
                } else {
                    self.close_past(key, &id, guard.window, actual).await?
                }
            } else if let Some(charged) = guard.expired.get(&id) {
                self.correct(key, &id, charged, guard.window, actual).await?
            } else {
                // Settled before.
                return Ok(guard);
            };
        }
        Err(StoreError::new("UpdateItem", StoreErrorKind::Contended))
    }

    pub(super) fn usage(&self) -> Usage {
        Usage { inner: std::sync::Arc::clone(&self.inner) }
    }
}
