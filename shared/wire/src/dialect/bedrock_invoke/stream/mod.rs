//! Streams, both ways (`ResponseStream`): Anthropic's events in `chunk` frames.

mod decode;
mod encode;

pub use decode::Decoder;
pub use encode::Encoder;
