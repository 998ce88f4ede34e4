//! Roll-ups: what the rows of an hour add up to, kept once the hour is over.
//!
//! A roll-up is never added to. It is computed anew from the rows of its hour and put in the place of
//! the one before, so nothing can be counted twice or lost by a retry, a crash or two processes at
//! once: the same rows give the same sheet. Calls write nothing for it.
//!
//! What makes a kept sheet true is when it was computed:
//! - rows of an hour are written within [`late::FRESH_MS`] of its end. Whoever writes one later, or
//!   takes one away by settling a call that was charged in full, *first* says so in a mark (`late.rs`);
//! - a sheet is computed no sooner than [`SETTLED_MS`] after the hour's end, or after the mark: by then
//!   what was being written is there, in the index as well;
//! - until then, and while there is a mark, the hour is read from its rows.
//!
//! A sheet has one [`Cell`] for each combination of key, user, team, organisation, customer, tags, model,
//! deployment, provider and kind of call. Every sum that is asked for (by day and key, by team and model, by
//! provider ...) is a sum of cells, so no two of them can disagree.

mod cell;
mod fold;
mod histogram;
mod late;
mod read;
mod roll;
mod sheet;
mod verify;

use std::sync::Arc;

use crate::{Keys, Millis, StoreError, store::Inner};

pub use cell::{Cell, Kind, Tally};
pub use histogram::Histogram;
pub use roll::RollReport;
pub use verify::{Books, Difference};

/// Milliseconds of an hour.
pub(crate) const HOUR_MS: i64 = 60 * 60 * 1000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// How long after an hour, or after a mark, its rows are all there.
const SETTLED_MS: i64 = 120_000;
/// How far back the first roll of a database goes: it has no older rows.
const FIRST_MS: i64 = DAY_MS;

/// The roll-ups.
#[derive(Debug, Clone)]
pub struct Rollups {
    pub(crate) inner: Arc<Inner>,
}

/// What the calls of an hour add up to. A call belongs to the hour in which it ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Hour {
    /// When it began.
    pub start: Millis,
    /// Its sums, each with what they are sums of.
    pub cells: Vec<Cell>,
}

// === impl Rollups ===

impl Rollups {
    /// The hours that overlap with the time from `from` to `to`, oldest first; those without calls are
    /// left out. Hours that are not rolled up yet are added up from their rows.
    ///
    /// # Errors
    /// The database's.
    pub async fn hours(&self, from: Millis, to: Millis) -> Result<Vec<Hour>, StoreError> {
        self.inner.catch_up().await;
        self.inner.hours(from, to).await
    }

    /// Rolls up the hours that are over, and again those whose rows changed since. Doing so twice, or
    /// in two processes, is harmless.
    ///
    /// # Errors
    /// The database's; what was rolled up stays so.
    pub async fn roll(&self, now: Millis) -> Result<RollReport, StoreError> {
        self.inner.roll_all(now).await
    }

    /// Compares every key's account and every roll-up with the rows.
    ///
    /// Rows of calls that end meanwhile may be seen in one and not yet in the other: on a gateway that
    /// serves, ask again before a difference is believed.
    ///
    /// # Errors
    /// The database's.
    pub async fn verify(&self) -> Result<Books, StoreError> {
        self.inner.catch_up().await;
        let keys = Keys { inner: Arc::clone(&self.inner) };
        self.inner.verify_books(&keys).await
    }

    /// Rolls hours up anew, whatever is kept of them.
    ///
    /// # Errors
    /// The database's.
    pub async fn repair(&self, hours: &[Millis]) -> Result<(), StoreError> {
        let now = self.inner.clock.now();
        for hour in hours {
            self.inner.roll_again(*hour, now).await?;
        }
        Ok(())
    }
}

/// The hour that an instant lies in.
pub(crate) fn hour_of(at: Millis) -> Millis {
    at.plus(-at.get().rem_euclid(HOUR_MS))
}
