//! Streams, both ways.

mod decoder;
mod encoder;
mod event;
mod item;
mod place;

pub use decoder::Decoder;
pub use encoder::Encoder;
pub(super) use event::{Answered, Frame, Text};
