//! Streams, both ways: whole answers with a piece of content each, as server-sent events.

mod decode;
mod encode;

pub use decode::Decoder;
pub use encode::Encoder;
