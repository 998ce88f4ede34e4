//! Streams, both ways (`RawMessageStreamEvent`).

mod assemble;
mod decode;
mod encode;
mod event;

pub use decode::Decoder;
pub use encode::Encoder;

pub(super) use event::{Frame, corrupt, truncated};
