//! Who is calling: from the headers to a key record.

mod authenticate;
mod cache;
mod token;

pub use authenticate::Caller;
pub(crate) use authenticate::{authenticate, recheck};
pub(crate) use cache::KeyCache;
