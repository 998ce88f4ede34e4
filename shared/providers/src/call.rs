//! One call: what goes out, and what comes back.

use std::{fmt, pin::Pin};

use bytes::Bytes;
use futures_util::Stream;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use sluice_wire::Fault;

/// A request that is ready to be sent.
#[derive(Debug, Clone, Default)]
pub struct Outbound {
    /// The body, in the provider's dialect.
    pub body: Bytes,
    /// The body asks for a stream.
    pub stream: bool,
    /// Headers passed on from the caller, e.g. `anthropic-beta`. A `content-type` here takes the
    /// place of JSON's.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Where it goes.
    pub route: Route,
}

/// Which of a provider's routes a call goes to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Route {
    /// The chat route of the provider's row, or the operation of AWS that stands for it.
    #[default]
    Chat,
    /// The route that stands where the chat route does, by another name: `embeddings` instead of
    /// `chat/completions`. Over HTTP only.
    Beside(&'static str),
    /// A path below the base URL, with its query if it has one. Over HTTP only.
    Below {
        /// The method.
        method: Method,
        /// The path, with or without a leading slash, percent-encoded.
        path: String,
    },
    /// Another method of the model than the one that generates: Gemini's `countTokens`.
    Method(&'static str),
    /// The model itself, in a body of its own form: Bedrock's InvokeModel and
    /// InvokeModelWithResponseStream, SageMaker's InvokeEndpoint.
    Model,
    /// Bedrock's CountTokens.
    Tokens {
        /// The foundation model whose tokens are counted: the operation takes no inference profile.
        model: String,
    },
    /// Bedrock's ApplyGuardrail.
    Guardrail {
        /// Id or ARN.
        id: String,
        /// A number, or `DRAFT`.
        version: String,
    },
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
