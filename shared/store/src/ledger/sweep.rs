//! Leases that nobody settled: charged in full until proven otherwise.

use super::{
    Ledger, SweepReport,
    guard::{Guard, Lease, guard_key},
    write::Written,
};
use crate::{
    CallId, KeyHash, Millis, RowStatus, StoreError, UsageRow,
    item::text,
    keys::read::{batch_get, index},
};

/// How much later than its expiry a lease is charged: clocks differ, and a settlement may be on
/// its way.
const GRACE_MS: i64 = 5_000;
/// How long a full charge stays correctable.
const CORRECTABLE_MS: i64 = 24 * 60 * 60 * 1000;

// === impl Ledger ===

impl Ledger {
    pub(super) async fn sweep_all(&self, now: Millis) -> Result<SweepReport, StoreError> {
        let mut report = SweepReport::default();
        let hashes: Vec<KeyHash> = index(&self.inner, "gsi1", "GUARDS", true)
            .await?
            .iter()
            .filter_map(|item| KeyHash::parse_hex(text(item, "gsi1sk")?).ok())
            .collect();
        report.guards = hashes.len();
        for item in batch_get(&self.inner, hashes.iter().map(guard_key).collect()).await? {
            let Some(Ok(hash)) = text(&item, "gsi1sk").map(KeyHash::parse_hex) else { continue };
            let guard = Guard::read(&item);
            report.expired += self.resolve_expired(&hash, &guard, now).await?;
            report.corrected += self.prune(&hash, &guard, now).await?;
        }
        Ok(report)
    }

    /// Settles or charges the guard's expired leases; says how many.
    pub(super) async fn resolve_expired(
        &self,
        key: &KeyHash,
        guard: &Guard,
        now: Millis,
    ) -> Result<usize, StoreError> {
        let mut resolved = 0;
        for (id, lease) in &guard.live {
            if lease.expires.plus(GRACE_MS) >= now {
                continue;
            }
            let Ok(call) = CallId::parse(id) else { continue };
            self.resolve(key, &call, lease, guard, now).await?;
            resolved += 1;
        }
        Ok(resolved)
    }

    async fn resolve(
        &self,
        key: &KeyHash,
        call: &CallId,
        lease: &Lease,
        guard: &Guard,
        now: Millis,
    ) -> Result<(), StoreError> {
        let usage = self.usage();
        let residue = UsageRow {
            call: call.clone(),
            key: *key,
            started: call.started(),
            ended: now,
            spend: lease.amount,
            window: lease.window,
            status: RowStatus::Expired,
            error: Some("nobody settled this call within its lease; charged in full".to_owned()),
            ..UsageRow::default()
        };
        if !usage.write_first(&residue).await? {
            let row = usage.get(call).await?;
            if let Some(row) = row.filter(|row| row.status != RowStatus::Expired) {
                // Its row was written and the process died before the guard was.
                self.finish(key, call, lease, row.spend).await?;
                return Ok(());
            }
        }
        // Whoever settles at this moment wins: then there is no such lease any more, and the row
        // is final or will be.
        let mut written = self.charge(key, &call.to_string(), lease, guard.window).await?;
        if let Written::Refused(now_guard) = &written
            && now_guard.live.contains_key(&call.to_string())
        {
            written = self.charge(key, &call.to_string(), lease, now_guard.window).await?;
        }
        drop(written);
        Ok(())
    }

    /// Forgets charges that are too old to be corrected, after a last look at their rows.
    async fn prune(&self, key: &KeyHash, guard: &Guard, now: Millis) -> Result<usize, StoreError> {
        let mut corrected = 0;
        for (id, lease) in &guard.expired {
            let Ok(call) = CallId::parse(id) else { continue };
            let row = self.usage().get(&call).await?;
            match row.filter(|row| row.status != RowStatus::Expired) {
                Some(row) => {
                    self.finish(key, &call, lease, row.spend).await?;
                    corrected += 1;
                }
                None if lease.expires.plus(CORRECTABLE_MS) < now => {
                    self.finish(key, &call, lease, lease.amount).await?;
                }
                None => {}
            }
        }
        Ok(corrected)
    }
}
