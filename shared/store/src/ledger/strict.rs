//! The strict books: each step is written before it is answered.
//!
//! Reserve: one write of the guard. Settle: the usage row first, then the guard, each exactly once
//! by the call's id. A crash between the two leaves a final row and a live lease: the sweep finds
//! both and settles at the row's amount. A settlement that comes after its lease was charged in full
//! finds the charge and corrects it.

use super::{
    Admission, Ask, Grant, Refusal,
    guard::Written,
    machine::{self, Close, Guard, Lease, Step, Wish},
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
        Ok(match self.take_or_undo(ask.key, &wish).await? {
            Ok((lease, _)) => Admission::Granted(Grant {
                call: ask.call.clone(),
                key: *ask.key,
                amount: lease.amount,
                window: lease.window,
                expires: lease.expires,
                slice: 0,
            }),
            Err(Untaken::Over(guard)) => {
                let (spent, reserved) = machine::over_budget(&guard, &wish);
                Admission::Refused(Refusal::OverBudget {
                    spent,
                    reserved,
                    max: ask.max.unwrap_or(NanoUsd::ZERO),
                    resets_at: ask.window.resets_at,
                })
            }
            Err(Untaken::Stale) => Admission::Refused(Refusal::Stale),
            Err(Untaken::Missing) => Admission::Refused(Refusal::Missing),
        })
    }

    /// Takes a lease. One that is not heard of is given back: the caller goes on without it, and it
    /// may have been written all the same. Should that fail as well, the lease is charged when it
    /// ends: nobody can tell then that there was no call.
    pub(super) async fn take_or_undo(
        &self,
        key: &KeyHash,
        wish: &Wish,
    ) -> Result<Result<(Lease, Guard), Untaken>, StoreError> {
        let taken = self.take(key, wish).await;
        if matches!(&taken, Err(error) if error.kind() == StoreErrorKind::Unreachable) {
            let _ = self.give_back(key, &wish.id).await;
        }
        taken
    }

    /// Takes a lease; says with which guard it ended.
    async fn take(
        &self,
        key: &KeyHash,
        wish: &Wish,
    ) -> Result<Result<(Lease, Guard), Untaken>, StoreError> {
        let (mut change, mut lease) = machine::first_try(wish);
        for _ in 0..ROUNDS {
            let mut guard = match self.write(key, &change).await? {
                Written::Done(guard) => return Ok(Ok((lease, guard))),
                Written::Missing => return Ok(Err(Untaken::Missing)),
                Written::Refused(guard) => guard,
            };
            (change, lease) = loop {
                match machine::admit(&guard, wish) {
                    Step::Try(change, lease) => break (change, lease),
                    Step::Granted(lease) => return Ok(Ok((lease, guard))),
                    Step::Stale => return Ok(Err(Untaken::Stale)),
                    Step::Over => return Ok(Err(Untaken::Over(guard))),
                    Step::Resolve(ids) => {
                        for id in ids {
                            if let Some(after) = self.resolve(key, &guard, &id).await? {
                                guard = after;
                            }
                        }
                    }
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
        // A call that has a final row is being settled again: the row says at what.
        let actual = self.write_final(row).await?.unwrap_or(row.spend);
        let id = lease_id(&grant.call, &grant.key);
        let lease = Lease {
            amount: grant.amount,
            expires: grant.expires,
            window: grant.window,
            mark: None,
        };
        let first = machine::settle_known(&id, &lease, actual);
        let guard = self
            .close(&grant.key, Some(first), |guard| machine::settle(guard, &id, actual))
            .await?;
        Ok(guard.spent)
    }

    pub(super) async fn release_strictly(&self, grant: &Grant) -> Result<(), StoreError> {
        let id = lease_id(&grant.call, &grant.key);
        if self.give_back(&grant.key, &id).await? {
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
    pub(super) async fn give_back(&self, key: &KeyHash, id: &str) -> Result<bool, StoreError> {
        let mut charged = false;
        self.close(key, None, |guard| {
            let close = machine::release(guard, id);
            charged = close == Close::Charged;
            close
        })
        .await?;
        Ok(!charged)
    }

    /// Writes what `decide` makes of the guard until nothing is left to do; returns the guard then.
    pub(super) async fn close(
        &self,
        key: &KeyHash,
        first: Option<machine::Change>,
        mut decide: impl FnMut(&Guard) -> Close,
    ) -> Result<Guard, StoreError> {
        let mut change = match first {
            Some(change) => change,
            None => {
                let guard = self.guard(key).await?.ok_or_else(missing)?;
                match decide(&guard) {
                    Close::Try(change) => change,
                    Close::Done | Close::Charged => return Ok(guard),
                }
            }
        };
        for _ in 0..ROUNDS {
            let guard = match self.write(key, &change).await? {
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
    Over(Guard),
    Stale,
    Missing,
}

/// What an ask comes to as a lease under `id`.
pub(super) fn wish(ask: &Ask<'_>, id: String) -> Wish {
    Wish {
        id,
        version: i64::try_from(ask.version).unwrap_or(i64::MAX),
        max: ask.max,
        window: ask.window.id,
        worst: ask.worst.max(NanoUsd::ZERO),
        floor: ask.floor,
        expires: ask.now.after(ask.lease),
        mark: None,
        crashed_before: ask.now.plus(-GRACE_MS),
    }
}

/// Under which id a call holds money: within a key's guard its ULID says enough.
pub(super) fn lease_id(call: &CallId, key: &KeyHash) -> String {
    if call.key_short() == key.short() { call.ulid() } else { call.to_string() }
}

/// The call that holds money under `id`.
pub(super) fn call_of(id: &str, key: &KeyHash) -> Option<CallId> {
    CallId::of_key(id, key).or_else(|| CallId::parse(id).ok())
}

fn missing() -> StoreError {
    StoreError::corrupt("UpdateItem", "a key that has calls under way has no guard")
}
