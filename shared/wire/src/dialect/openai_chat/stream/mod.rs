//! Streams, both ways.

mod calls;
mod chunk;
mod decoder;
mod encoder;

pub use decoder::Decoder;
pub use encoder::Encoder;
