//! Who is calling: from the headers to a key record.

mod authenticate;
mod cache;
mod people;
mod token;

pub use authenticate::Caller;
pub(crate) use authenticate::{authenticate, authenticate_anew, recheck};
pub(crate) use cache::KeyCache;
pub(crate) use people::{Party, People};
