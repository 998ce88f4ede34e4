//! Settling and giving back, in memory.

use std::sync::Arc;

use super::{ROWS, Slices};
use crate::{CallId, Grant, KeyHash, Millis, NanoUsd, StoreError, UsageRow, store::Inner};

/// Rows that wait to be written, beyond which whoever settles writes them himself.
const CROWD: usize = 2_000;

/// What became of a settlement in memory.
enum Landed {
    /// Done; what the key has spent in the window, and how many rows wait.
    Here(NanoUsd, usize),
    /// The call is not paid from a slice, or no more; its row.
    Elsewhere(Option<Arc<UsageRow>>),
}

// === impl Inner ===

impl Inner {
    pub(crate) async fn settle_in_slice(
        &self,
        grant: &Grant,
        row: Arc<UsageRow>,
    ) -> Result<NanoUsd, StoreError> {
        match self.slices.land(grant, Some(row)) {
            Landed::Here(spent, rows) => {
                if rows >= CROWD {
                    // Nobody drives the flushes, or the database is slow: take one's turn.
                    Box::pin(self.flush_key(&grant.key, false)).await?;
                } else if rows >= ROWS {
                    self.slices.bell.notify_one();
                }
                Ok(spent)
            }
            Landed::Elsewhere(row) => Box::pin(self.settle_charged(grant, row)).await,
        }
    }

    pub(crate) async fn release_in_slice(&self, grant: &Grant) -> Result<(), StoreError> {
        match self.slices.land(grant, None) {
            Landed::Here(..) => Ok(()),
            Landed::Elsewhere(_) => {
                Box::pin(self.flush_key(&grant.key, false)).await?;
                if Box::pin(self.is_charged(&grant.key, &grant.call)).await? {
                    return Box::pin(self.release_strictly(grant)).await;
                }
                Ok(())
            }
        }
    }

    /// The slice has let go of the call: it was settled before, or it was charged in full under its
    /// own id and is corrected now.
    async fn settle_charged(
        &self,
        grant: &Grant,
        row: Option<Arc<UsageRow>>,
    ) -> Result<NanoUsd, StoreError> {
        Box::pin(self.flush_key(&grant.key, false)).await?;
        if let Some(row) = row
            && self.is_charged(&grant.key, &grant.call).await?
        {
            return self.settle_strictly(grant, &row).await;
        }
        let guard = self.guard(&grant.key).await?;
        Ok(guard.map_or(NanoUsd::ZERO, |guard| guard.spent))
    }

    async fn is_charged(&self, key: &KeyHash, call: &CallId) -> Result<bool, StoreError> {
        let id = crate::ledger::strict::lease_id(call, key);
        Ok(self.guard(key).await?.is_some_and(|guard| guard.late.contains_key(&id)))
    }
}

// === impl Slices ===

impl Slices {
    /// The call goes on until `expires`.
    pub(crate) fn renew(&self, grant: &Grant, expires: Millis) {
        let Some(account) = self.known(&grant.key) else { return };
        let mut book = account.book();
        let flight = book.slice(grant.slice).and_then(|slice| slice.flights.get_mut(&grant.call));
        if let Some(flight) = flight {
            flight.expires = flight.expires.max(expires);
        }
    }

    /// The call lands with a row, or without one if it used nothing.
    fn land(&self, grant: &Grant, row: Option<Arc<UsageRow>>) -> Landed {
        let Some(account) = self.known(&grant.key) else {
            return Landed::Elsewhere(row);
        };
        let mut book = account.book();
        let Some(slice) = book.slice(grant.slice) else {
            return Landed::Elsewhere(row);
        };
        if !slice.land(&grant.call) {
            return Landed::Elsewhere(row);
        }
        if let Some(row) = row {
            slice.used = slice.used.saturating_add(row.spend);
            slice.rows.push(row);
        }
        Landed::Here(slice.spent(), slice.rows.len())
    }
}
