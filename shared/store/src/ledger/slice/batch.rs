//! Rows on their way to the database.

use std::sync::Arc;

use super::{Account, flush::with};
use crate::{NanoUsd, UsageRow};

/// Rows taken out of a slice. Until they are known to be written they go back when this is dropped:
/// whoever waits for a write may give up waiting at any time.
pub(super) struct Batch<'a> {
    account: &'a Account,
    serial: u64,
    pub(super) slice: String,
    /// The flush that they will be counted in.
    pub(super) flush: i64,
    pub(super) rows: Vec<Arc<UsageRow>>,
}

// === impl Batch ===

impl<'a> Batch<'a> {
    /// Takes what waits; `None` if there is no such slice any more.
    pub(super) fn take(account: &'a Account, serial: u64) -> Option<Self> {
        with(account, serial, |slice, _| {
            let rows = std::mem::take(&mut slice.rows);
            slice.dirty |= !rows.is_empty();
            Self { account, serial, slice: slice.id.clone(), flush: slice.flushed + 1, rows }
        })
    }

    /// They are written; returns what they add up to.
    pub(super) fn written(mut self) -> NanoUsd {
        std::mem::take(&mut self.rows).iter().map(|row| row.spend).sum()
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        let rows = std::mem::take(&mut self.rows);
        if rows.is_empty() {
            return;
        }
        // Some of them may be written. They are written again, under the same number.
        with(self.account, self.serial, |slice, _| slice.rows.splice(..0, rows).for_each(drop));
    }
}
