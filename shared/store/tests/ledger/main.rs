//! The ledger against a real engine, in both modes.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, outside test functions")]

mod batched;
mod books;
mod claims;
mod costs;
mod hours;
mod limits;
mod outage;
mod race;
mod rates;
mod rollups;
mod shared;
mod strict;
