//! Requests, both ways.
//!
//! Reading, a request is taken apart field by field; what no field of the canonical form is for
//! stays in its extras. Writing, what the dialect cannot say is a [`crate::Loss`].

mod assistant;
pub(in crate::dialect) mod content;
mod decode;
mod encode;
mod losses;
mod marker;
pub(in crate::dialect) mod media;
mod messages;
mod tools;
mod turns;

pub(crate) use decode::decode;
pub(crate) use encode::encode;
pub(in crate::dialect) use turns::arguments;
