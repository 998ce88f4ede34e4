//! Who is calling: from the headers to a key record, by a virtual key or by a token of an authority
//! that the configuration trusts.

mod authenticate;
mod aws;
mod cache;
mod customer;
mod jwt;
mod kept;
mod mtls;
mod named;
mod organisation;
mod origin;
mod people;
pub(crate) mod routes;
mod seen;
mod tag;
mod token;
mod who;

pub use authenticate::Caller;
pub(crate) use authenticate::{authenticate, authenticate_anew, recheck};
pub(crate) use aws::Aws;
pub(crate) use cache::{CustomerCache, KeyCache, TagCache};
pub(crate) use customer::{
    Customer, allowance as customer_allowance, budget_of as customer_budget,
};
pub use jwt::Algorithm;
pub(crate) use jwt::Jwt;
pub(crate) use kept::Kept;
pub(crate) use named::Named;
pub(crate) use organisation::{Organisation, unknown as unknown_organisation};
pub(crate) use origin::origin;
pub use origin::{Peer, Seal};
pub(crate) use people::{Party, People, of_member, with_budget};
pub(crate) use seen::Seen;
pub(crate) use token::presented;
