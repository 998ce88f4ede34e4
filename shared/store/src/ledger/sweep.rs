//! Leases that nobody settled: charged in full until proven otherwise.
//!
//! The guard first, then the row: the note of the charge in the guard says which row there has to
//! be, so that whoever comes next can write it if this process dies in between. It is the key whose
//! rows they are; the guards of other subjects follow the row.

use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::{
    Subject, SweepReport,
    guard::{Holder, guard_key, holder, read_guard},
    machine::{self, Actual, Close, Guard},
    rates::is_allowance,
    slice::{row_of, slice_behind},
    strict::{GRACE_MS, call_of},
};
use crate::{
    CallId, KeyHash, KeyRecord, Millis, NanoUsd, RowStatus, StoreError, TeamRecord, UsageRow,
    WindowId,
    keys::read::{batch_get, index},
    records::from_item,
    store::Inner,
};

/// How long a full charge stays correctable.
pub(super) const CORRECTABLE_MS: i64 = 24 * 60 * 60 * 1000;
/// Full charges of calls that one guard keeps correctable: each is some 60 bytes of an item that every
/// call writes. Beyond, the oldest stand for good.
const CORRECTABLE: usize = 64;

/// Guards that are put in order at the same time.
const GUARDS: usize = 4;
/// Leases of one guard that are looked into at the same time: as many as one write closes.
const LEASES: usize = 25;
/// Expired leases that one caller resolves who found them in his way.
const IN_THE_WAY: usize = 100;

// === impl Inner ===

impl Inner {
    pub(super) async fn sweep_all(&self, now: Millis) -> Result<SweepReport, StoreError> {
        let holders: Vec<Subject> =
            index(self, "gsi1", "GUARDS", true).await?.iter().filter_map(holder).collect();
        let guards = holders.len();
        let keys = holders.iter().map(|holder| guard_key(holder)).collect();
        let items = batch_get(self, keys).await?;
        let mut each = Vec::with_capacity(items.len());
        for item in &items {
            if let Some(holder) = holder(item) {
                each.push(self.sweep_guard(holder, read_guard(item), now));
            }
        }
        let swept = stream::iter(each).buffer_unordered(GUARDS);
        let sum = |mut sum: SweepReport, one: SweepReport| {
            sum.expired += one.expired;
            sum.corrected += one.corrected;
            async move { Ok(sum) }
        };
        swept.try_fold(SweepReport { guards, ..SweepReport::default() }, sum).await
    }

    async fn sweep_guard(
        &self,
        holder: Subject,
        guard: Guard,
        now: Millis,
    ) -> Result<SweepReport, StoreError> {
        let (holder, guard): (&dyn Holder, _) = (&holder, &guard);
        let mut report = SweepReport::default();
        let expired: Vec<String> =
            guard.expired(now.plus(-GRACE_MS)).map(|(id, _)| id.clone()).collect();
        for ids in expired.chunks(IN_THE_WAY) {
            report.expired += self.resolve_each(holder, guard, ids).await?;
            if let Some(after) = self.guard(holder).await? {
                self.relieve(holder, &after).await?;
            }
        }
        let mut each = Vec::with_capacity(guard.late.len());
        for (id, late) in &guard.late {
            let over = late.at.plus(CORRECTABLE_MS) < now;
            each.push(self.review(holder, guard, id, late, over));
        }
        report.corrected = count(each).await?;
        Ok(report)
    }

    /// Resolves expired leases that are in a caller's way, or some of them where they are many; returns
    /// the guard after that.
    pub(super) async fn resolve_some(
        &self,
        holder: &dyn Holder,
        guard: Arc<Guard>,
        ids: &[String],
    ) -> Result<Arc<Guard>, StoreError> {
        let some = ids.get(..IN_THE_WAY).unwrap_or(ids);
        self.resolve_each(holder, &guard, some).await?;
        let Some(after) = self.guard(holder).await? else { return Ok(guard) };
        self.relieve(holder, &after).await?;
        Ok(Arc::new(after))
    }

    /// Resolves these at the same time, so that they are written together; says how many there were.
    async fn resolve_each(
        &self,
        holder: &dyn Holder,
        guard: &Guard,
        ids: &[String],
    ) -> Result<usize, StoreError> {
        let mut each = Vec::with_capacity(ids.len());
        for id in ids {
            each.push(self.resolve(holder, guard, id));
        }
        count(each).await
    }

    /// Settles or charges an expired lease; `false` if it is nobody's.
    async fn resolve(
        &self,
        holder: &dyn Holder,
        guard: &Guard,
        id: &str,
    ) -> Result<bool, StoreError> {
        let now = self.clock.now();
        if is_allowance(id) {
            self.close_lost_allowance(holder, id).await?;
            return Ok(true);
        }
        if let Some(key) = slice_of(id, holder) {
            self.close(key, None, |guard| machine::expire(guard, id, now)).await?;
            self.account_for(key, id).await?;
            return Ok(true);
        }
        if slice_behind(id).is_some() {
            self.close_seen(holder, guard, |guard| machine::expire(guard, id, now)).await?;
            self.review_till(holder, id).await?;
            return Ok(true);
        }
        let (Some(call), Some(lease)) = (call_of(id, holder), guard.leases.get(id)) else {
            return Ok(false);
        };
        if let Some(row) = self.row(&call).await?
            && row.status != RowStatus::Expired
        {
            // Its row was written, and the process died before the guard was.
            let actual = used(holder, &row);
            self.close_seen(holder, guard, |guard| machine::settle(guard, id, actual)).await?;
            return Ok(true);
        }
        let after = self.close_seen(holder, guard, |guard| machine::expire(guard, id, now)).await?;
        if let (Some(key), Some(late)) = (holder.key(), after.late.get(id)) {
            let row = self.residue(&call, key, late.amount, lease.window, now).await?;
            self.write_first(&row).await?;
        }
        Ok(true)
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
        let mut each = Vec::with_capacity(most);
        for (id, late) in calls.into_iter().take(most) {
            each.push(self.review(holder, guard, id, late, true));
        }
        count(each).await.map(|_| ())
    }

    /// Looks at a full charge again, which stands if its time is `over`; says whether it was corrected.
    async fn review(
        &self,
        holder: &dyn Holder,
        guard: &Guard,
        id: &str,
        late: &machine::Late,
        over: bool,
    ) -> Result<bool, StoreError> {
        if let Some(key) = slice_of(id, holder) {
            return self.review_slice(key, id, over).await;
        }
        if slice_behind(id).is_some() {
            return self.review_till(holder, id).await;
        }
        let Some(call) = call_of(id, holder) else { return Ok(false) };
        let settled = match self.row(&call).await? {
            Some(row) if row.status != RowStatus::Expired => Some(used(holder, &row)),
            Some(row) if over => {
                // From here on the row is final: a settlement that comes now finds that it is.
                let settled = self.seal(&call).await?;
                if settled.is_none() && holder.key().is_some() {
                    self.close_seen(holder, guard, |guard| machine::forget(guard, id)).await?;
                }
                // Another subject may have held another amount: it follows the row.
                let sealed = holder.key().is_none().then_some(row);
                settled.or(sealed).map(|row| used(holder, &row))
            }
            Some(_) => None,
            None => {
                if let Some(key) = holder.key() {
                    let row = self.residue(&call, key, late.amount, late.window, late.at).await?;
                    self.write_first(&row).await?;
                } else if over {
                    self.close_seen(holder, guard, |guard| machine::forget(guard, id)).await?;
                }
                None
            }
        };
        let Some(actual) = settled else { return Ok(false) };
        self.close_seen(holder, guard, |guard| machine::settle(guard, id, actual)).await?;
        Ok(true)
    }

    /// The row of a call that was charged in full. Its lease does not say whose the key is: the key's
    /// record does, so that the charge is in the sums of its user, team and organisation.
    pub(super) async fn residue(
        &self,
        call: &CallId,
        key: &KeyHash,
        amount: NanoUsd,
        window: WindowId,
        at: Millis,
    ) -> Result<UsageRow, StoreError> {
        let record = self.key_record(key).await?;
        let organization_id = match &record {
            Some(record) => self.organisation_of(record).await?,
            None => None,
        };
        let (key_alias, user_id, team_id) =
            record.map(|record| (record.alias, record.user_id, record.team_id)).unwrap_or_default();
        Ok(UsageRow {
            call: call.clone(),
            key: *key,
            key_alias,
            user_id,
            team_id,
            organization_id,
            started: call.started(),
            ended: at,
            spend: amount,
            window,
            status: RowStatus::Expired,
            error: Some("nobody settled this call within its lease; charged in full".to_owned()),
            ..UsageRow::default()
        })
    }

    /// The organisation of a key, as it is now.
    async fn organisation_of(&self, record: &KeyRecord) -> Result<Option<String>, StoreError> {
        let team = match &record.team_id {
            Some(team) => self.item(TeamRecord::at(team).key()).await?,
            None => None,
        };
        let team = team.as_ref().map(from_item::<TeamRecord>).transpose()?;
        Ok(record.organisation(team.as_ref()).map(ToOwned::to_owned))
    }

    /// Closes what `guard` was seen to hold.
    async fn close_seen(
        &self,
        holder: &dyn Holder,
        guard: &Guard,
        decide: impl FnMut(&Guard) -> Close + Clone,
    ) -> Result<Arc<Guard>, StoreError> {
        let first = match decide.clone()(guard) {
            Close::Try(first) => Some(first),
            // It may have been seen before it was there.
            Close::Done | Close::Charged => None,
        };
        self.close(holder, first, decide).await
    }
}

/// What a call used of a subject: nothing of one that did not serve it.
fn used(holder: &dyn Holder, row: &UsageRow) -> Actual {
    if holder.serves(row) { Actual::of(row) } else { Actual::default() }
}

/// Does these, some at a time; how many of them did something.
async fn count(
    each: Vec<impl Future<Output = Result<bool, StoreError>>>,
) -> Result<usize, StoreError> {
    let done = stream::iter(each).buffer_unordered(LEASES);
    done.try_fold(0, |sum, one| async move { Ok(sum + usize::from(one)) }).await
}

/// The key whose slice a lease is, if it is one.
fn slice_of<'a>(id: &str, holder: &'a dyn Holder) -> Option<&'a KeyHash> {
    holder.key().filter(|key| row_of(id, key).is_some())
}
