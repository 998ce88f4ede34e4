//! Streams, both ways.
//!
//! The order on the wire: `messageStart`, then block by block `contentBlockStart` (not for text and
//! reasoning), `contentBlockDelta`, `contentBlockStop`, then `messageStop` with the stop reason and,
//! after it, `metadata` with the usage.

mod decode;
mod encode;
mod event;

pub use decode::Decoder;
pub use encode::Encoder;
