//! Requests, both ways (`MessageCreateParams`).

mod decode;
mod encode;
mod format;
mod loss;
mod output;
mod part;
mod thinking;
mod tool;
mod turns;

pub(crate) use decode::decode;
pub(super) use decode::{max_tokens, messages, model, stream};
pub(crate) use encode::encode;
pub(crate) use format::adapt as adapt_schema;
