//! Leases of rates: a process that lives long takes an allowance of a subject's requests, tokens and
//! slots, and admits calls from it in memory.
//!
//! An allowance is a lease in the subject's guard that holds something of each meter, and no money. It is
//! as much as some calls need, and never more than a part of what is left: near a limit it is what one
//! call needs, and the limit is kept to the last request. An allowance is used for seconds at most, and
//! not beyond the window of any of its meters; then it retires, gives back what its calls under way do
//! not need, and is closed with what they used when the last of them has ended. That of a user or a team
//! serves the calls of all their keys.
//!
//! A process that dies leaves its allowances behind; when their leases end they count as used, and their
//! slots are free. Before a call is refused, what this process's own retired allowances can spare goes
//! back.

mod book;
mod reserve;
mod write;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(super) use book::Allowances;
pub(super) use reserve::Rated;

use super::{Ask, Limit, Measure, Subject, shares::limits_of};
use crate::CallId;

/// What the ids of allowances begin with, in a guard.
const MARK: char = 'R';

/// What this process holds of one subject's rates.
#[derive(Debug)]
pub(super) struct Rack {
    pub(super) holder: Subject,
    allowances: Mutex<Allowances>,
    /// Held while something of the subject is written down: one at a time.
    pub(super) writing: Arc<tokio::sync::Mutex<()>>,
}

/// What a call needs of one subject's rates.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rates<'a> {
    pub(super) ask: &'a Ask<'a>,
    /// Whose: the place in [`Ask::others`], or none for the key's.
    pub(super) share: Option<usize>,
}

// === impl Rack ===

impl Rack {
    pub(super) fn new(holder: Subject) -> Self {
        Self { holder, allowances: Mutex::default(), writing: Arc::default() }
    }

    pub(super) fn allowances(&self) -> MutexGuard<'_, Allowances> {
        self.allowances.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Rates ===

impl<'a> Rates<'a> {
    /// The limits, and their places among all of the subject. Budgets are not among them: money is
    /// accounted for call by call.
    fn limits(self) -> impl Iterator<Item = (usize, &'a Limit<'a>)> {
        let limits = limits_of(self.ask, self.share).iter().enumerate();
        limits.filter(|(_, limit)| limit.measure != Measure::Money)
    }

    /// The version of the record that the caller has read.
    fn version(self) -> Option<i64> {
        let of_key = self.share.is_none().then_some(self.ask.version);
        of_key.map(|version| i64::try_from(version).unwrap_or(i64::MAX))
    }
}

/// The id under which an allowance is held in the guard.
fn allowance_id(row: &CallId) -> String {
    format!("{MARK}{}", row.ulid())
}

/// Whether a lease is an allowance.
pub(super) fn is_allowance(id: &str) -> bool {
    id.starts_with(MARK)
}
