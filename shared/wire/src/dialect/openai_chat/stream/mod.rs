//! Streams, both ways.

mod audio;
mod calls;
mod chunk;
mod customs;
mod decoder;
mod encoder;

pub use decoder::Decoder;
pub use encoder::Encoder;
