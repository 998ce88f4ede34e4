//! Bytes to frames and back. A framer takes bytes cut anywhere and yields whole frames.

pub mod event_stream;
pub mod sse;
