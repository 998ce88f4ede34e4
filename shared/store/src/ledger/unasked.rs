//! Calls that nobody could be asked for: the database gave no answer, and the operator would rather
//! go on (`store_unavailable: fail_open`).
//!
//! Such a call holds nothing. When it settles it takes a lease of what it cost, whatever is left, and
//! settles that: so it is charged exactly once as well, and a budget may be passed by what was
//! admitted during the outage.

use super::{
    Ask, Grant,
    machine::{self, Actual, Wish},
    strict::{GRACE_MS, lease_id},
};
use crate::{NanoUsd, RowStatus, StoreError, UsageRow, store::Inner};

/// What settling a call that was not asked for needs besides its grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unasked {
    /// The budget in the key's record: a window that begins with this call begins with it.
    base: NanoUsd,
}

/// The grant of a call that was not asked for.
pub(super) fn unasked(ask: &Ask<'_>) -> Grant {
    Grant {
        call: ask.call.clone(),
        key: *ask.key,
        amount: ask.worst,
        window: ask.window.id,
        expires: ask.now.after(ask.lease),
        spent: NanoUsd::ZERO,
        readings: Vec::new(),
        slice: 0,
        allowance: 0,
        lease: Default::default(),
        others: Vec::new(),
        unasked: Some(Unasked { base: ask.base }),
    }
}

// === impl Inner ===

impl Inner {
    /// Charges a call that holds nothing. The order makes it safe to repeat: a final row tells that
    /// a lease was taken, and only a lease is ever charged.
    pub(super) async fn settle_unasked(
        &self,
        grant: &Grant,
        terms: Unasked,
        row: &UsageRow,
    ) -> Result<NanoUsd, StoreError> {
        let id = lease_id(&grant.call, &grant.key);
        let final_row = self.row(&grant.call).await?.filter(|row| row.status != RowStatus::Expired);
        if final_row.is_none() {
            let now = self.clock.now();
            let wish = Wish {
                id: id.clone(),
                version: None,
                max: None,
                base: terms.base,
                window: grant.window,
                worst: row.spend,
                floor: NanoUsd::ZERO,
                expires: now.plus(GRACE_MS),
                mark: None,
                crashed_before: now.plus(-GRACE_MS),
                wants: Vec::new(),
                forced: true,
            };
            if self.take(&grant.key, &wish).await?.is_err() {
                // The key is gone, and its account with it.
                return Ok(NanoUsd::ZERO);
            }
        }
        self.announce_correction(&grant.call).await?;
        let kept = self.write_final(row).await?;
        let actual = Actual::of(final_row.as_ref().or(kept.as_ref()).unwrap_or(row));
        let settled = self.close(&grant.key, None, |guard| machine::settle(guard, &id, actual));
        Ok(settled.await?.spent)
    }
}
