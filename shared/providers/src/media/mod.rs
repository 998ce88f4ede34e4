//! Fetches pictures and documents that a caller only names by address, for providers that must be
//! given bytes.
//!
//! The address comes from a stranger, and the gateway stands inside a network: what it can reach,
//! the stranger must not. So a name is resolved here and every address it has is looked at
//! ([`guard`]); the connection goes to the addresses that were looked at and to no others; and a
//! redirect is walked by hand, each step from the beginning. What comes back is read up to a limit
//! and must be what it should be ([`sniff`]).
//!
//! Fetches go out directly, not through the providers' proxy, which would resolve names again.

mod fault;
mod fetch;
mod guard;
mod policy;
mod sniff;

pub use fetch::{Fetched, MediaFetcher};
pub use policy::MediaPolicy;
