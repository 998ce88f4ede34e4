//! Leases that nobody settled: charged in full until proven otherwise.
//!
//! The guard first, then the row: the note of the charge in the guard says which row there has to
//! be, so that whoever comes next can write it if this process dies in between. It is the key whose
//! rows they are; the guards of other subjects follow the row.

use std::sync::Arc;

use super::{
    Subject, SweepReport,
    guard::{Holder, guard_key, holder, read_guard},
    machine::{self, Actual, Guard},
    rates::is_allowance,
    slice::row_of,
    strict::{GRACE_MS, call_of},
};
use crate::{
    CallId, KeyHash, Millis, NanoUsd, RowStatus, StoreError, UsageRow, WindowId,
    keys::read::{batch_get, index},
    store::Inner,
};

/// How long a full charge stays correctable.
pub(super) const CORRECTABLE_MS: i64 = 24 * 60 * 60 * 1000;
/// Full charges of calls that one guard keeps correctable: each is some 60 bytes of an item that every
/// call writes. Beyond, the oldest stand for good.
const CORRECTABLE: usize = 64;

// === impl Inner ===

impl Inner {
    pub(super) async fn sweep_all(&self, now: Millis) -> Result<SweepReport, StoreError> {
        let mut report = SweepReport::default();
        let holders: Vec<Subject> =
            index(self, "gsi1", "GUARDS", true).await?.iter().filter_map(holder).collect();
        report.guards = holders.len();
        let keys = holders.iter().map(|holder| guard_key(holder)).collect();
        for item in batch_get(self, keys).await? {
            let Some(holder) = holder(&item) else { continue };
            let guard = read_guard(&item);
            for (id, _) in guard.expired(now.plus(-GRACE_MS)) {
                report.expired += usize::from(self.resolve(&holder, &guard, id).await?.is_some());
            }
            for (id, late) in &guard.late {
                let over = late.at.plus(CORRECTABLE_MS) < now;
                report.corrected += usize::from(self.review(&holder, id, late, over).await?);
            }
        }
        Ok(report)
    }

    /// Settles or charges an expired lease; returns the guard after it, if there was one to close.
    pub(super) async fn resolve(
        &self,
        holder: &dyn Holder,
        guard: &Guard,
        id: &str,
    ) -> Result<Option<Arc<Guard>>, StoreError> {
        let now = self.clock.now();
        if is_allowance(id) {
            return self.close_lost_allowance(holder, id).await.map(Some);
        }
        if let Some(key) = slice_of(id, holder) {
            let after = self.close(key, None, |guard| machine::expire(guard, id, now)).await?;
            self.account_for(key, id).await?;
            return Ok(Some(after));
        }
        let (Some(call), Some(lease)) = (call_of(id, holder), guard.leases.get(id)) else {
            return Ok(None);
        };
        if let Some(row) = self.row(&call).await?
            && row.status != RowStatus::Expired
        {
            // Its row was written, and the process died before the guard was.
            let actual = Actual::of(&row);
            let decide = |guard: &Guard| machine::settle(guard, id, actual);
            return self.close(holder, None, decide).await.map(Some);
        }
        let after = self.close(holder, None, |guard| machine::expire(guard, id, now)).await?;
        if let (Some(key), Some(late)) = (holder.key(), after.late.get(id)) {
            self.write_first(&residue(&call, key, late.amount, lease.window, now)).await?;
        }
        self.relieve(holder, &after).await?;
        Ok(Some(after))
    }

    /// Lets the oldest of too many full charges stand.
    pub(super) async fn relieve(
        &self,
        holder: &dyn Holder,
        guard: &Guard,
    ) -> Result<(), StoreError> {
        let mut calls: Vec<_> = guard.late.iter().filter(|(_, late)| late.mark.is_none()).collect();
        calls.sort_unstable_by_key(|(_, late)| late.at);
        let most = calls.len().saturating_sub(CORRECTABLE);
        for (id, late) in calls.into_iter().take(most) {
            self.review(holder, id, late, true).await?;
        }
        Ok(())
    }

    /// Looks at a full charge again, which stands if its time is `over`; says whether it was corrected.
    async fn review(
        &self,
        holder: &dyn Holder,
        id: &str,
        late: &machine::Late,
        over: bool,
    ) -> Result<bool, StoreError> {
        if let Some(key) = slice_of(id, holder) {
            return self.review_slice(key, id, over).await;
        }
        let Some(call) = call_of(id, holder) else { return Ok(false) };
        let settled = match self.row(&call).await? {
            Some(row) if row.status != RowStatus::Expired => Some(Actual::of(&row)),
            Some(row) if over => {
                // From here on the row is final: a settlement that comes now finds that it is.
                let settled = self.seal(&call).await?;
                if settled.is_none() && holder.key().is_some() {
                    self.close(holder, None, |guard| machine::forget(guard, id)).await?;
                }
                // Another subject may have held another amount: it follows the row.
                let sealed = holder.key().is_none().then_some(row);
                settled.or(sealed).map(|row| Actual::of(&row))
            }
            Some(_) => None,
            None => {
                if let Some(key) = holder.key() {
                    let residue = residue(&call, key, late.amount, late.window, late.at);
                    self.write_first(&residue).await?;
                } else if over {
                    self.close(holder, None, |guard| machine::forget(guard, id)).await?;
                }
                None
            }
        };
        let Some(actual) = settled else { return Ok(false) };
        self.close(holder, None, |guard| machine::settle(guard, id, actual)).await?;
        Ok(true)
    }
}

/// The key whose slice a lease is, if it is one.
fn slice_of<'a>(id: &str, holder: &'a dyn Holder) -> Option<&'a KeyHash> {
    holder.key().filter(|key| row_of(id, key).is_some())
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
