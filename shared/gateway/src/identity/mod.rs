//! Who is calling: from the headers to a key record.

mod authenticate;
mod cache;
mod customer;
mod kept;
mod people;
pub(crate) mod routes;
mod seen;
mod token;

pub use authenticate::Caller;
pub(crate) use authenticate::{authenticate, authenticate_anew, opens, recheck};
pub(crate) use cache::{CustomerCache, KeyCache};
pub(crate) use customer::Customer;
pub(crate) use people::{Party, People};
pub(crate) use seen::Seen;
