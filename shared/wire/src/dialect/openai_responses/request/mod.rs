//! Requests, both ways.

mod content;
mod decode;
mod encode;
mod input;
mod items;
mod losses;
mod media;
mod settings;
mod tools;

pub(crate) use decode::decode;
pub(crate) use encode::encode;
pub(super) use tools::one as function;
