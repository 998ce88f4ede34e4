//! The strict books: each step is written before it is answered.
//!
//! Reserve: one write of each subject's guard, all at once. Settle: the usage row first, then the
//! guards, each exactly once by the call's id. A crash between the two leaves a final row and live
//! leases: the sweep finds both and settles at the row's amount. A settlement that comes after its
//! lease was charged in full finds the charge and corrects it.

use std::sync::Arc;

use futures_util::future::try_join_all;

use super::{
    Admission, Ask, Grant, Refusal, Subject,
    guard::{Holder, Written},
    machine::{self, Actual, Close, Guard, Lease, Over, Step, Wish},
    shares::{limits_of, money, reading, readings, wants},
};
use crate::{
    CallId, KeyHash, NanoUsd, RowStatus, StoreError, StoreErrorKind, UsageRow, store::Inner,
};

/// Rounds against other writers before giving up. Each means that another writer got further.
const ROUNDS: usize = 64;
/// How much later than its expiry a lease counts as crashed: clocks differ, and a settlement may be
/// on its way.
pub(super) const GRACE_MS: i64 = 5_000;

// === impl Inner ===

impl Inner {
    pub(super) async fn reserve_strictly(&self, ask: &Ask<'_>) -> Result<Admission, StoreError> {
        let wish = wish(ask, lease_id(ask.call, ask.key));
        if !ask.others.is_empty() {
            return self.reserve_together(ask, &wish).await;
        }
        let (lease, guard) = match self.take_or_undo(ask.key, &wish).await? {
            Ok(taken) => taken,
            Err(untaken) => return Ok(Admission::Refused(refusal(ask, &wish, None, &untaken))),
        };
        Ok(Admission::Granted(granted(ask, lease, &guard)))
    }

    /// Takes a lease. One that is not heard of is given back: the caller goes on without it, and it
    /// may have been written all the same. Should that fail as well, the lease is charged when it
    /// ends: nobody can tell then that there was no call.
    pub(super) async fn take_or_undo(
        &self,
        holder: &dyn Holder,
        wish: &Wish,
    ) -> Result<Result<(Lease, Arc<Guard>), Untaken>, StoreError> {
        let taken = self.take(holder, wish).await;
        if matches!(&taken, Err(error) if error.kind() == StoreErrorKind::Unreachable) {
            let _ = self.give_back(holder, &wish.id).await;
        }
        taken
    }

    /// Takes a lease; says with which guard it ended.
    pub(super) async fn take(
        &self,
        holder: &dyn Holder,
        wish: &Wish,
    ) -> Result<Result<(Lease, Arc<Guard>), Untaken>, StoreError> {
        let (mut change, mut lease) = machine::first_try(wish);
        for _ in 0..ROUNDS {
            let mut guard = match self.write(holder, &change).await? {
                Written::Done(guard) => return Ok(Ok((lease, guard))),
                // A key's guard is made with the key; all others when they are first needed.
                Written::Missing if holder.key().is_none() => {
                    self.make_guard(holder, wish.version.unwrap_or(0)).await?;
                    continue;
                }
                Written::Missing => return Ok(Err(Untaken::Missing)),
                Written::Refused(guard) => guard,
            };
            (change, lease) = loop {
                match machine::admit(&guard, wish) {
                    Step::Try(change, lease) => break (change, lease),
                    Step::Granted(lease) => return Ok(Ok((lease, guard))),
                    Step::Stale => return Ok(Err(Untaken::Stale)),
                    Step::Over(what) => return Ok(Err(Untaken::Over(guard, what))),
                    Step::Resolve(ids) => guard = self.resolve_some(holder, guard, &ids).await?,
                }
            };
        }
        Err(StoreError::new("UpdateItem", StoreErrorKind::Contended))
    }

    pub(super) async fn settle_strictly(
        &self,
        grant: &Grant,
        row: &UsageRow,
    ) -> Result<NanoUsd, StoreError> {
        if grant.expires <= self.clock.now().plus(GRACE_MS) {
            self.announce_correction(&grant.call).await?;
        }
        // A call that has a final row is being settled again: the row says at what.
        let kept = self.write_final(row).await?;
        let actual = Actual::of(kept.as_ref().unwrap_or(row));
        let id = lease_id(&grant.call, &grant.key);
        let lease = |amount, holds| Lease {
            amount,
            expires: grant.expires,
            window: grant.window,
            mark: None,
            holds,
        };
        let (amount, holds) = grant.lease.clone();
        let first = machine::settle_known(&id, &lease(amount, holds), actual);
        let settled =
            self.close(&grant.key, Some(first), |guard| machine::settle(guard, &id, actual));
        if grant.others.is_empty() {
            return Ok(settled.await?.spent);
        }
        let full = grant.call.to_string();
        let others = grant.holders().map(|(subject, holds)| {
            let lease =
                Lease { window: crate::WindowId::NONE, ..lease(NanoUsd::ZERO, holds.clone()) };
            let first = machine::settle_known(&full, &lease, actual);
            self.close(subject, Some(first), |guard| machine::settle(guard, &full, actual))
        });
        let (settled, others) = futures_util::future::join(settled, try_join_all(others)).await;
        others?;
        Ok(settled?.spent)
    }

    pub(super) async fn release_strictly(&self, grant: &Grant) -> Result<(), StoreError> {
        let id = lease_id(&grant.call, &grant.key);
        let full = grant.call.to_string();
        let others = grant.holders().map(|(subject, _)| self.let_go(subject, &full));
        let (back, others) =
            futures_util::future::join(self.give_back(&grant.key, &id), try_join_all(others)).await;
        others?;
        if back? {
            return Ok(());
        }
        // It has been charged, and its row can be seen: what corrects both is a settlement.
        let row = UsageRow {
            call: grant.call.clone(),
            key: grant.key,
            window: grant.window,
            started: grant.call.started(),
            ended: self.clock.now(),
            status: RowStatus::Failure,
            error: Some("given back after its lease had ended".to_owned()),
            ..UsageRow::default()
        };
        self.settle_strictly(grant, &row).await.map(|_| ())
    }

    /// Gives back what `id` holds; `false` if it has been charged in full.
    pub(super) async fn give_back(
        &self,
        holder: &dyn Holder,
        id: &str,
    ) -> Result<bool, StoreError> {
        let mut charged = false;
        self.close(holder, None, |guard| {
            let close = machine::release(guard, id);
            charged = close == Close::Charged;
            close
        })
        .await?;
        Ok(!charged)
    }

    /// The same for a subject without rows of its own: a charge is corrected at once.
    pub(super) async fn let_go(&self, subject: &Subject, id: &str) -> Result<(), StoreError> {
        if !self.give_back(subject, id).await? {
            self.close(subject, None, |guard| machine::settle(guard, id, Actual::default()))
                .await?;
        }
        Ok(())
    }

    /// Writes what `decide` makes of the guard until nothing is left to do; returns the guard then.
    pub(super) async fn close(
        &self,
        holder: &dyn Holder,
        first: Option<machine::Change>,
        mut decide: impl FnMut(&Guard) -> Close,
    ) -> Result<Arc<Guard>, StoreError> {
        let mut change = match first {
            Some(change) => change,
            None => {
                let guard = self.guard(holder).await?.ok_or_else(missing)?;
                match decide(&guard) {
                    Close::Try(change) => change,
                    Close::Done | Close::Charged => return Ok(Arc::new(guard)),
                }
            }
        };
        for _ in 0..ROUNDS {
            let guard = match self.write(holder, &change).await? {
                Written::Done(guard) => return Ok(guard),
                Written::Missing => return Err(missing()),
                Written::Refused(guard) => guard,
            };
            match decide(&guard) {
                Close::Try(next) => change = next,
                Close::Done | Close::Charged => return Ok(guard),
            }
        }
        Err(StoreError::new("UpdateItem", StoreErrorKind::Contended))
    }
}

/// Why no lease was taken.
#[derive(Debug)]
pub(super) enum Untaken {
    Over(Arc<Guard>, Over),
    Stale,
    Missing,
}

/// What an ask comes to as a lease under `id`.
pub(super) fn wish(ask: &Ask<'_>, id: String) -> Wish {
    Wish {
        id,
        version: Some(i64::try_from(ask.version).unwrap_or(i64::MAX)),
        max: ask.max,
        base: ask.base,
        window: ask.window.id,
        worst: ask.worst.max(NanoUsd::ZERO),
        floor: ask.floor,
        expires: ask.now.after(ask.lease),
        mark: None,
        crashed_before: ask.now.plus(-GRACE_MS),
        wants: wants(ask.limits, ask.now),
        forced: false,
    }
}

/// What a lease that was taken means to the caller.
pub(super) fn granted(ask: &Ask<'_>, lease: Lease, guard: &Guard) -> Grant {
    Grant {
        call: ask.call.clone(),
        key: *ask.key,
        amount: money(&lease.holds).map_or(lease.amount, |money| money.min(lease.amount)),
        window: lease.window,
        expires: lease.expires,
        spent: guard.spent.saturating_add(guard.reserved()),
        readings: readings(ask.limits, None, guard, ask.now),
        slice: 0,
        allowance: 0,
        lease: (lease.amount, lease.holds),
        others: Vec::new(),
        unasked: None,
    }
}

/// Why a lease was not taken, in the caller's words.
pub(super) fn refusal(
    ask: &Ask<'_>,
    wish: &Wish,
    share: Option<usize>,
    untaken: &Untaken,
) -> Refusal {
    match untaken {
        Untaken::Over(guard, Over::Budget) => {
            let (spent, reserved) = machine::over_budget(guard, wish);
            Refusal::OverBudget {
                spent,
                reserved,
                max: ask.max.unwrap_or(NanoUsd::ZERO),
                resets_at: ask.window.resets_at,
            }
        }
        Untaken::Over(guard, Over::Limit(place)) => {
            let limit = limits_of(ask, share).get(*place);
            limit.map_or(Refusal::Stale, |limit| {
                Refusal::OverLimit(reading(limit, (share, *place), guard, ask.now))
            })
        }
        Untaken::Over(guard, Over::Room) => Refusal::Full { share, calls: guard.leases.len() },
        Untaken::Stale => share.map_or(Refusal::Stale, Refusal::StaleShare),
        Untaken::Missing => Refusal::Missing,
    }
}

/// Under which id a call holds money: within a key's guard its ULID says enough.
pub(super) fn lease_id(call: &CallId, key: &KeyHash) -> String {
    if call.key_short() == key.short() { call.ulid() } else { call.to_string() }
}

/// The call that holds something under `id`.
pub(super) fn call_of(id: &str, holder: &dyn Holder) -> Option<CallId> {
    holder.key().and_then(|key| CallId::of_key(id, key)).or_else(|| CallId::parse(id).ok())
}

fn missing() -> StoreError {
    StoreError::corrupt("UpdateItem", "a subject that has calls under way has no guard")
}
