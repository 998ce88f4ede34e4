//! Requests, both ways.

mod calls;
mod config;
mod contents;
mod decode;
mod encode;
mod loss;
mod parts;
mod results;
mod thinking;
mod tools;
mod turns;

pub(super) use turns::arguments;

pub(crate) use decode::decode;
pub(crate) use encode::encode;

use crate::Fault;

/// The path names no model.
pub(super) fn no_model() -> Fault {
    Fault::invalid("* model: is not specified", "model")
}
