//! One call: what goes out, and what comes back.

use std::{fmt, pin::Pin};

use bytes::Bytes;
use futures_util::Stream;
use http::{HeaderMap, HeaderName, HeaderValue};
use sluice_wire::Fault;

/// A request that is ready to be sent.
#[derive(Debug, Clone, Default)]
pub struct Outbound {
    /// The body, in the provider's dialect.
    pub body: Bytes,
    /// The body asks for a stream.
    pub stream: bool,
    /// Headers passed on from the caller, e.g. `anthropic-beta`.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

/// A provider's answer with a status of 2xx.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The provider's headers.
    pub headers: HeaderMap,
    /// The body, in the provider's dialect.
    pub body: AnswerBody,
}

/// The body of an [`Answer`].
pub enum AnswerBody {
    /// All of it. A provider that ignores `stream` answers a stream's request with this too.
    Whole(Bytes),
    /// As it arrives. The first chunk has arrived already.
    Stream(ByteStream),
}

/// Chunks as they arrive, cut anywhere. An `Err` is the last item; an end without one means that
/// the provider closed the body properly, not that its dialect's terminal frame was there.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, Fault>> + Send>>;

// === impl AnswerBody ===

impl fmt::Debug for AnswerBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(bytes) => write!(f, "Whole({} bytes)", bytes.len()),
            Self::Stream(_) => f.write_str("Stream"),
        }
    }
}
