//! The ledger: money is reserved before a call and settled after it.
//!
//! Per key one *guard* (`machine.rs`) decides, in one conditional write: budget, window, version of
//! the key's record, and a lease under the call's id. What a call cost is the inverse, exactly once
//! by that id, with a usage row. Nobody runs a job to make this true: a window begins when the first
//! call of it comes, an expired lease is resolved by whoever meets it, and `sweep` only sees to
//! what nobody meets.
//!
//! What can go wrong, and what then holds:
//! - *an answer is lost*: the client tries again, and the lease's id makes that harmless;
//! - *a process dies*: its leases end, and are charged in full until proven otherwise, in rows of
//!   their own;
//! - *a settlement comes late*: the charge is corrected, for a day;
//! - *a call costs more than it reserved*: it is charged what it cost, and the budget may be passed
//!   by that much. The estimate is the caller's.
//!
//! Two ways of keeping the books: `strict.rs` writes each step before it answers, for a process that
//! may be frozen at any time; `slice.rs` pays from a slice of the budget in memory, for one that
//! lives long. Both on the same guard, at the same time if need be.

#[cfg(test)]
mod agreement;
mod ask;
mod backlog;
mod claim;
mod desk;
mod expression;
mod guard;
mod limit;
mod machine;
mod opening;
mod purse;
mod rates;
mod read;
mod renew;
mod shares;
mod slice;
mod strict;
mod subject;
mod sweep;
mod unasked;
mod verify;

use std::{future::Future, sync::Arc};

use serde_json::Value;

use crate::{
    Deed, KeyHash, Millis, NanoUsd, StoreError, UsageRow, Window, audit::Change, store::Inner,
};

pub use ask::{Admission, Ask, Grant, LedgerMode, Refusal, Spend, SweepReport};
pub(crate) use backlog::Backlog;
pub use claim::Claim;
pub(crate) use desk::Desks;
pub(crate) use guard::{guard_key, holder, new_guard, read_guard};
pub use limit::{Limit, Measure, Reading, Share, Span};
use machine::Actual;
pub(crate) use machine::Guard;
pub use purse::Purse;
pub(crate) use slice::Slices;
pub use subject::Subject;
pub(crate) use verify::Account;

/// The ledger of all keys.
#[derive(Debug, Clone)]
pub struct Ledger {
    pub(crate) inner: Arc<Inner>,
}

// === impl Ledger ===

impl Ledger {
    /// Admits a call: reserves its worst case, or what is left if that is at least the floor, and
    /// what it needs of all other limits.
    ///
    /// # Errors
    /// The database's; whether something was reserved is then not known, and the lease sees to it.
    pub async fn reserve(&self, ask: &Ask<'_>) -> Result<Admission, StoreError> {
        match self.inner.mode {
            LedgerMode::Batched if ask.others.iter().all(|share| share.version.is_none()) => {
                self.inner.reserve_in_slice(ask).await
            }
            // Boxed, so that a call that is paid from memory does not carry the room for this.
            LedgerMode::Strict | LedgerMode::Batched => {
                Box::pin(self.inner.reserve_strictly(ask)).await
            }
        }
    }

    /// The same for a call that is charged to who serves it as well: its own reservation and its
    /// settlement are written before they are answered, in either mode. See [`Self::claim`].
    ///
    /// # Errors
    /// As [`Self::reserve`].
    pub async fn reserve_alone(&self, ask: &Ask<'_>) -> Result<Admission, StoreError> {
        match self.inner.mode {
            LedgerMode::Batched if ask.others.iter().all(|share| share.version.is_none()) => {
                Box::pin(self.inner.reserve_beside_slices(ask)).await
            }
            LedgerMode::Strict | LedgerMode::Batched => {
                Box::pin(self.inner.reserve_strictly(ask)).await
            }
        }
    }

    /// Settles a call at `row.spend`, exactly once; returns what the key has spent in its window.
    ///
    /// # Errors
    /// The database's; settling again is harmless.
    pub async fn settle(
        &self,
        grant: &Grant,
        row: impl Into<Arc<UsageRow>>,
    ) -> Result<NanoUsd, StoreError> {
        let spent = self.inner.settle_at_once(grant, of_grant(row.into(), grant)).await?;
        // The database takes settlements again, if it ever did not.
        if !self.inner.backlog.is_empty()
            && let Err(error) = Box::pin(self.inner.work_off()).await
        {
            tracing::warn!(error = %error, "an earlier settlement is still refused");
        }
        Ok(spent)
    }

    /// Keeps a settlement that the database would not take, to try it again: with the next one, about
    /// every second, and before the process ends.
    pub fn settle_later(&self, grant: &Grant, row: impl Into<Arc<UsageRow>>) {
        self.inner.backlog.keep(grant.clone(), of_grant(row.into(), grant));
    }

    /// Admits a call that the database could not be asked for. It is charged when it settles; until
    /// then it weighs on nothing, so limits may be passed by it.
    pub fn admit_unasked(&self, ask: &Ask<'_>) -> Grant {
        unasked::unasked(ask)
    }

    /// Corrects a key's account by `row.spend`, at once and with that row; `None` where the key's
    /// record has changed since it was read. The audit log has its row of it, from `before` on, before
    /// the account is corrected: a crash in between leaves a row too many there, never one too few.
    ///
    /// # Errors
    /// The database's; correcting again under the same call is harmless.
    pub async fn correct(
        &self,
        deed: &Deed,
        ask: &Ask<'_>,
        row: UsageRow,
        before: NanoUsd,
    ) -> Result<Option<NanoUsd>, StoreError> {
        match self.inner.reserve_strictly(ask).await? {
            Admission::Granted(grant) => {
                let spend = [before, before.saturating_add(row.spend)];
                let spend = spend.map(|spend| Value::Number(spend.to_json_number()));
                let change = Change::number("KEYS", ask.key.to_string(), "spend", spend);
                self.inner.note(deed, change).await?;
                let row = of_grant(Arc::new(row), &grant);
                self.inner.settle_strictly(&grant, &row).await.map(Some)
            }
            Admission::Refused(_) => Ok(None),
        }
    }

    /// A call is still under way: it holds on until `expires`. Worth it when half of a lease is over.
    ///
    /// # Errors
    /// The database's; the lease then ends when it would have ended.
    pub async fn renew(&self, grant: &Grant, expires: Millis) -> Result<(), StoreError> {
        if grant.unasked.is_some() {
            return Ok(());
        }
        self.inner.slices.renew_rated(grant, expires);
        if grant.slice == 0 {
            return Box::pin(self.inner.renew_strictly(grant, expires)).await;
        }
        self.inner.slices.renew(grant, expires);
        Ok(())
    }

    /// Gives back what was reserved for a call that used nothing and leaves no row.
    ///
    /// # Errors
    /// The database's; releasing again is harmless.
    pub async fn release(&self, grant: &Grant) -> Result<(), StoreError> {
        if grant.unasked.is_some() {
            return Ok(());
        }
        self.inner.slices.land_rated(grant, None);
        if grant.slice == 0 {
            return Box::pin(self.inner.release_strictly(grant)).await;
        }
        self.inner.release_in_slice(grant).await
    }

    /// A key's account in a window.
    ///
    /// # Errors
    /// The database's.
    pub async fn spend(&self, key: &KeyHash, window: Window) -> Result<Spend, StoreError> {
        Ok(self.spends(&[(*key, window)]).await?.into_iter().next().unwrap_or_default())
    }

    /// Many keys' accounts, in the order asked for.
    ///
    /// # Errors
    /// The database's.
    pub async fn spends(&self, keys: &[(KeyHash, Window)]) -> Result<Vec<Spend>, StoreError> {
        self.accounts(keys).await
    }

    /// Charges leases that have expired, and corrects charges whose settlement has been written.
    ///
    /// # Errors
    /// The database's; what was done stays done.
    pub async fn sweep(&self, now: Millis) -> Result<SweepReport, StoreError> {
        self.inner.sweep_all(now).await
    }

    /// Forgets what this process holds for a key: its next call asks the database.
    pub fn invalidate(&self, key: &KeyHash) {
        self.inner.slices.invalidate(key);
    }

    /// Writes what this process still holds, and returns what it has not used.
    ///
    /// # Errors
    /// The database's; flushing again is harmless.
    pub async fn flush(&self) -> Result<(), StoreError> {
        let worked_off = self.inner.work_off().await;
        self.inner.flush_all(true).await?;
        worked_off
    }

    /// Writes what was used, about every second, until `stop` is ready.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        self.inner.run_ledger(stop).await;
    }
}

// === impl Inner ===

impl Inner {
    async fn settle_at_once(
        &self,
        grant: &Grant,
        row: Arc<UsageRow>,
    ) -> Result<NanoUsd, StoreError> {
        self.slices.land_rated(grant, Some(Actual::of(&row)));
        match (grant.unasked, grant.slice) {
            (Some(terms), _) => Box::pin(self.settle_unasked(grant, terms, &row)).await,
            (None, 0) => Box::pin(self.settle_strictly(grant, &row)).await,
            (None, _) => self.settle_in_slice(grant, row).await,
        }
    }
}

/// The row as that of the granted call, whatever it said of itself.
fn of_grant(mut row: Arc<UsageRow>, grant: &Grant) -> Arc<UsageRow> {
    if row.call != grant.call || row.key != grant.key || row.window != grant.window {
        let row = Arc::make_mut(&mut row);
        (row.call, row.key, row.window) = (grant.call.clone(), grant.key, grant.window);
    }
    row
}
