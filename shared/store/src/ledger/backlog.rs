//! Settlements that the database would not take: they are tried again until it does.
//!
//! A call that holds a lease loses nothing if its process ends first: the lease is charged in full.
//! The backlog makes the charge exact where the process lives on, and it is all there is of a call
//! that holds none (`unasked.rs`).

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use super::Grant;
use crate::{StoreError, UsageRow, store::Inner};

/// Settlements that wait at most; beyond, the oldest is left to its lease.
const MOST: usize = 10_000;

/// Settlements that wait.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    waiting: Mutex<VecDeque<(Grant, Arc<UsageRow>)>>,
}

// === impl Backlog ===

impl Backlog {
    /// Keeps a settlement for later.
    pub(super) fn keep(&self, grant: Grant, row: Arc<UsageRow>) {
        let mut waiting = self.waiting();
        waiting.push_back((grant, row));
        if waiting.len() > MOST
            && let Some((grant, row)) = waiting.pop_front()
        {
            tracing::error!(
                call = %grant.call,
                cost.nanos = row.spend.nanos(),
                "too many settlements wait for the database; this one is left to its lease"
            );
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting().is_empty()
    }

    fn next(&self) -> Option<(Grant, Arc<UsageRow>)> {
        self.waiting().pop_front()
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, VecDeque<(Grant, Arc<UsageRow>)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Inner ===

impl Inner {
    /// Settles what waits, until the database refuses again.
    pub(super) async fn work_off(&self) -> Result<(), StoreError> {
        while let Some((grant, row)) = self.backlog.next() {
            let taken = Taken { backlog: &self.backlog, settlement: Some((grant, row)) };
            let Some((grant, row)) = taken.settlement.clone() else { return Ok(()) };
            self.settle_at_once(&grant, row).await?;
            taken.done();
        }
        Ok(())
    }
}

/// A settlement that is being tried. It waits again unless it is done: whoever tries it may give up
/// at any time.
struct Taken<'a> {
    backlog: &'a Backlog,
    settlement: Option<(Grant, Arc<UsageRow>)>,
}

// === impl Taken ===

impl Taken<'_> {
    fn done(mut self) {
        self.settlement = None;
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if let Some(settlement) = self.settlement.take() {
            self.backlog.waiting().push_front(settlement);
        }
    }
}
