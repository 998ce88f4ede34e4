//! Leases that nobody settled: charged in full until proven otherwise.
//!
//! The guard first, then the row: the note of the charge in the guard says which row there has to
//! be, so that whoever comes next can write it if this process dies in between.

use super::{
    SweepReport,
    guard::{guard_key, read_guard},
    machine::{self, Guard},
    slice::row_of,
    strict::{GRACE_MS, call_of},
};
use crate::{
    CallId, KeyHash, Millis, NanoUsd, RowStatus, StoreError, UsageRow, WindowId,
    item::text,
    keys::read::{batch_get, index},
    store::Inner,
};

/// How long a full charge stays correctable.
pub(super) const CORRECTABLE_MS: i64 = 24 * 60 * 60 * 1000;

// === impl Inner ===

impl Inner {
    pub(super) async fn sweep_all(&self, now: Millis) -> Result<SweepReport, StoreError> {
        let mut report = SweepReport::default();
        let hashes: Vec<KeyHash> = index(self, "gsi1", "GUARDS", true)
            .await?
            .iter()
            .filter_map(|item| KeyHash::parse_hex(text(item, "gsi1sk")?).ok())
            .collect();
        report.guards = hashes.len();
        for item in batch_get(self, hashes.iter().map(guard_key).collect()).await? {
            let Some(Ok(key)) = text(&item, "gsi1sk").map(KeyHash::parse_hex) else { continue };
            let guard = read_guard(&item);
            for (id, _) in guard.expired(now.plus(-GRACE_MS)) {
                report.expired += usize::from(self.resolve(&key, &guard, id).await?.is_some());
            }
            for (id, late) in &guard.late {
                if row_of(id, &key).is_some() {
                    report.corrected += usize::from(self.review_slice(&key, id, late, now).await?);
                    continue;
                }
                let Some(call) = call_of(id, &key) else { continue };
                report.corrected += usize::from(self.review(&key, &call, id, late, now).await?);
            }
        }
        Ok(report)
    }

    /// Settles or charges an expired lease; returns the guard after it, if there was one to close.
    pub(super) async fn resolve(
        &self,
        key: &KeyHash,
        guard: &Guard,
        id: &str,
    ) -> Result<Option<Guard>, StoreError> {
        if row_of(id, key).is_some() {
            let now = self.clock.now();
            let after = self.close(key, None, |guard| machine::expire(guard, id, now)).await?;
            self.account_for(key, id).await?;
            return Ok(Some(after));
        }
        let (Some(call), Some(lease)) = (call_of(id, key), guard.leases.get(id)) else {
            return Ok(None);
        };
        if let Some(row) = self.row(&call).await?
            && row.status != RowStatus::Expired
        {
            // Its row was written, and the process died before the guard was.
            let decide = |guard: &Guard| machine::settle(guard, id, row.spend);
            return self.close(key, None, decide).await.map(Some);
        }
        let now = self.clock.now();
        let after = self.close(key, None, |guard| machine::expire(guard, id, now)).await?;
        if let Some(late) = after.late.get(id) {
            self.write_first(&residue(&call, key, late.amount, lease.window, now)).await?;
        }
        Ok(Some(after))
    }

    /// Looks at a full charge again; says whether it was corrected.
    async fn review(
        &self,
        key: &KeyHash,
        call: &CallId,
        id: &str,
        late: &machine::Late,
        now: Millis,
    ) -> Result<bool, StoreError> {
        let row = self.row(call).await?;
        let settled = match row {
            Some(row) if row.status != RowStatus::Expired => Some(row.spend),
            Some(_) if late.at.plus(CORRECTABLE_MS) < now => {
                // From here on the row is final: a settlement that comes now finds that it is.
                let settled = self.seal(call).await?;
                if settled.is_none() {
                    self.close(key, None, |guard| machine::forget(guard, id)).await?;
                }
                settled
            }
            Some(_) => None,
            None => {
                let residue = residue(call, key, late.amount, late.window, late.at);
                self.write_first(&residue).await?;
                None
            }
        };
        let Some(actual) = settled else { return Ok(false) };
        self.close(key, None, |guard| machine::settle(guard, id, actual)).await?;
        Ok(true)
    }
}

/// The row of a call that was charged in full.
pub(super) fn residue(
    call: &CallId,
    key: &KeyHash,
    amount: NanoUsd,
    window: WindowId,
    at: Millis,
) -> UsageRow {
    UsageRow {
        call: call.clone(),
        key: *key,
        started: call.started(),
        ended: at,
        spend: amount,
        window,
        status: RowStatus::Expired,
        error: Some("nobody settled this call within its lease; charged in full".to_owned()),
        ..UsageRow::default()
    }
}
