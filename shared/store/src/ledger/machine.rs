//! The machine: all that can happen to a guard, without I/O and without a clock.
//!
//! A guard is the one item in which a subject's limits are decided. Every step is a [`Change`]: conditions
//! and effects that hold together or not at all. The driver writes a change as one conditional
//! `UpdateItem`; the tests apply the same change to a [`Guard`] in memory, which is how every
//! interleaving of callers, crashes and sweeps is tried (`tests.rs`).
//!
//! Laws, for the window that a guard is in:
//! - `rem` = limit - `spent` - what its current leases hold (the record's limit, 0 where there is none:
//!   what holds for a while instead of it is the caller's to add when it asks);
//! - `spent` = the sum of the window's usage rows, once nobody is in the middle of something;
//! - a lease is taken once and closed once, by its id: repeating a change fails its condition.
//! - a meter's `used` = what was settled in its window and what current leases hold of it.

mod admit;
mod change;
mod close;
mod guard;
mod merge;
mod meter;
mod slice;

pub(crate) use admit::{Over, Step, Wish, admit, first_try, over_budget};
pub(crate) use change::{Change, Do, If};
pub(crate) use close::{
    Close, all_used, close_used, close_used_known, expire, forget, release, renew, settle,
    settle_known, trim,
};
pub(crate) use guard::{Guard, Late, Lease, Mark};
pub(crate) use merge::Merged;
pub(crate) use meter::{Actual, Hold, Holds, Meter, Want};
pub(crate) use slice::{Flush, FlushStep, Purse, flush, flush_after, recharge, split, split_after};

#[cfg(test)]
mod tests;
