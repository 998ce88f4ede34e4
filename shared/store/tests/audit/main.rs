//! The audit log, over the embedded engine: what it tells, and what nobody does to it unseen.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop"
)]

mod log;
mod tampering;
mod telling;
