//! Leases of rates: a process that lives long takes an allowance of a key's requests, tokens and slots,
//! and admits calls from it in memory.
//!
//! An allowance is a lease in the key's guard that holds something of each meter, and no money. It is
//! as much as some calls need, and never more than a part of what is left: near a limit it is what one
//! call needs, and the limit is kept to the last request. An allowance is used for seconds at most, and
//! not beyond the window of any of its meters; then it retires, gives back what its calls under way do
//! not need, and is closed with what they used when the last of them has ended.
//!
//! A process that dies leaves its allowances behind; when their leases end they count as used, and their
//! slots are free. Before a call is refused, what this process's own retired allowances can spare goes
//! back.

mod book;
mod reserve;
mod write;

pub(super) use book::Allowances;

use crate::{CallId, Limit, Measure};

/// What the ids of allowances begin with, in a guard.
const MARK: char = 'R';

// === impl Limit ===

impl Limit<'_> {
    /// Whether allowances are made of it. A budget of one model is money: its calls are accounted for
    /// one by one.
    pub(super) fn is_leased(&self) -> bool {
        self.measure != Measure::Money
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
