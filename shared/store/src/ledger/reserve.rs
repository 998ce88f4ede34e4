//! Reserve: one conditional write in the steady state.

use super::{
    Admission, Ask, Grant, Ledger, Refusal,
    guard::{Guard, Lease},
    write::Written,
};
use crate::{NanoUsd, StoreError, StoreErrorKind, WindowId};

/// Rounds against other writers, expired leases and windows before giving up.
const ROUNDS: usize = 64;

// === impl Ledger ===

impl Ledger {
    pub(super) async fn admit(&self, ask: &Ask<'_>) -> Result<Admission, StoreError> {
        let version = i64::try_from(ask.version).unwrap_or(i64::MAX);
        let id = ask.call.to_string();
        let mut window = ask.window.id;
        let mut want = ask.worst;
        for _ in 0..ROUNDS {
            let lease = Lease { amount: want, expires: ask.now.after(ask.lease), window };
            let guard = match self.take(ask, version, &id, &lease).await? {
                Written::Done(_) => return Ok(granted(ask, &lease)),
                Written::Missing => return Ok(Admission::Refused(Refusal::Missing)),
                Written::Refused(guard) => guard,
            };
            if let Some(lease) = guard.live.get(&id) {
                // This very reservation was written before, and its answer was lost.
                return Ok(granted(ask, lease));
            }
            if guard.version != version {
                return Ok(Admission::Refused(Refusal::Stale));
            }
            if guard.window != window {
                window = self.turn(ask, version, &guard).await?;
                want = ask.worst;
                continue;
            }
            if self.resolve_expired(ask.key, &guard, ask.now).await? > 0 {
                want = ask.worst;
                continue;
            }
            let left = guard.rem.max(NanoUsd::ZERO);
            if left < ask.floor || left <= NanoUsd::ZERO && ask.floor > NanoUsd::ZERO {
                return Ok(Admission::Refused(over_budget(ask, &guard)));
            }
            if left >= want {
                // It was enough a moment ago, and is again.
                continue;
            }
            want = left;
        }
        Err(StoreError::new("UpdateItem", StoreErrorKind::Contended))
    }

    /// The guard stands in another window than the caller: who is right?
    async fn turn(
        &self,
        ask: &Ask<'_>,
        version: i64,
        guard: &Guard,
    ) -> Result<WindowId, StoreError> {
        if guard.window_version < version {
            // The record was changed since the window was set: its length may be another one.
            // What was spent stays spent.
            let carries = guard.window_version != 0;
            if carries {
                self.move_window(ask.key, version, guard.window, ask.window.id).await?;
                return Ok(ask.window.id);
            }
        } else if guard.window > ask.window.id {
            // Another process's clock is ahead of ours by a moment.
            return Ok(guard.window);
        }
        let limit = ask.max.unwrap_or(NanoUsd::ZERO);
        self.new_window(ask.key, version, guard, ask.window.id, limit).await?;
        Ok(ask.window.id)
    }
}

fn granted(ask: &Ask<'_>, lease: &Lease) -> Admission {
    Admission::Granted(Grant {
        call: ask.call.clone(),
        key: *ask.key,
        amount: lease.amount,
        window: lease.window,
        expires: lease.expires,
    })
}

fn over_budget(ask: &Ask<'_>, guard: &Guard) -> Refusal {
    Refusal::OverBudget {
        spent: guard.spent,
        reserved: guard.reserved(),
        max: ask.max.unwrap_or(NanoUsd::ZERO),
        resets_at: ask.window.resets_at,
    }
}
