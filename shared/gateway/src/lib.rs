//! The gateway: what happens to a request between the socket and the provider.
//!
//! One corridor ([`corridor`]), each door one module with one job: authenticate, decode,
//! authorise, route, admit, call, encode, settle, record. [`http`] turns it into routes that run
//! unchanged on Lambda, in a container and on a laptop; [`admin`] manages keys and reads spend.
//!
//! Not its job: how a dialect is written (`sluice-wire`), how a provider is reached
//! (`sluice-providers`), how money is counted under concurrency (`sluice-store`).
//!
//! Invariants: a call that was admitted is settled, whatever becomes of its caller; nothing is
//! retried once the first byte has left; every refusal is rendered in the caller's dialect and
//! carries the call's id.

pub mod admin;
mod alerts;
pub mod app;
pub mod config;
pub mod corridor;
mod history;
pub mod http;
pub mod identity;
mod openapi;
mod operations;
mod orphans;
mod passage;
mod pattern;
pub mod pricing;
mod prompts;
mod quotes;
mod random;
pub mod registry;
mod responses;
mod rotation;
pub mod telemetry;
pub mod tokens;
mod uses;
mod vault;
mod warnings;

pub use alerts::Watched;
pub use app::{App, AppParts, Departure, StartError};
pub use identity::{Peer, Seal};
pub use orphans::Orphans;
pub use random::{NoRandomness, Randomness, SystemRandomness};
pub use rotation::Rotated;
pub use vault::{KEY_BYTES, KeyPlace};
