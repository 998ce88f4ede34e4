//! Dispatch for streams: decoders, encoders and observers are stateful and pure.

use serde_json::{Map, Value};

use super::{
    Dialect, Rename, Stamp, anthropic_messages, bedrock_converse, bedrock_invoke, gemini,
    openai_chat, openai_responses,
};
use crate::{
    Fault,
    canon::{Event, Usage},
};

/// Upstream bytes to canonical events.
#[derive(Debug)]
pub enum StreamDecoder {
    /// See [`openai_chat`].
    OpenAiChat(openai_chat::stream::Decoder),
    /// See [`openai_responses`].
    OpenAiResponses(openai_responses::stream::Decoder),
    /// See [`anthropic_messages`].
    AnthropicMessages(anthropic_messages::stream::Decoder),
    /// See [`bedrock_converse`].
    BedrockConverse(bedrock_converse::stream::Decoder),
    /// See [`bedrock_invoke`].
    BedrockInvoke(bedrock_invoke::stream::Decoder),
    /// See [`gemini`].
    Gemini(gemini::stream::Decoder),
}

/// Canonical events to the caller's bytes.
#[derive(Debug)]
pub enum StreamEncoder {
    /// See [`openai_chat`].
    OpenAiChat(openai_chat::stream::Encoder),
    /// See [`openai_responses`].
    OpenAiResponses(openai_responses::stream::Encoder),
    /// See [`anthropic_messages`].
    AnthropicMessages(anthropic_messages::stream::Encoder),
    /// See [`bedrock_converse`].
    BedrockConverse(bedrock_converse::stream::Encoder),
    /// See [`bedrock_invoke`].
    BedrockInvoke(bedrock_invoke::stream::Encoder),
    /// See [`gemini`].
    Gemini(gemini::stream::Encoder),
}

/// Upstream bytes to the same bytes, watched.
#[derive(Debug)]
pub enum Observer {
    /// See [`openai_chat`].
    OpenAiChat(openai_chat::observe::Observer),
    /// See [`openai_responses`].
    OpenAiResponses(openai_responses::observe::Observer),
    /// See [`anthropic_messages`].
    AnthropicMessages(anthropic_messages::observe::Observer),
    /// See [`bedrock_converse`].
    BedrockConverse(bedrock_converse::observe::Observer),
    /// See [`bedrock_invoke`].
    BedrockInvoke(bedrock_invoke::observe::Observer),
    /// See [`gemini`].
    Gemini(gemini::observe::Observer),
}

macro_rules! each {
    ($self:ident, $inner:ident => $call:expr) => {
        match $self {
            Self::OpenAiChat($inner) => $call,
            Self::OpenAiResponses($inner) => $call,
            Self::AnthropicMessages($inner) => $call,
            Self::BedrockConverse($inner) => $call,
            Self::BedrockInvoke($inner) => $call,
            Self::Gemini($inner) => $call,
        }
    };
}

// === impl StreamDecoder ===

impl StreamDecoder {
    /// A decoder for one stream.
    #[must_use]
    pub fn new(dialect: Dialect) -> Self {
        match dialect {
            Dialect::OpenAiChat => Self::OpenAiChat(Default::default()),
            Dialect::OpenAiResponses => Self::OpenAiResponses(Default::default()),
            Dialect::AnthropicMessages => Self::AnthropicMessages(Default::default()),
            Dialect::BedrockConverse => Self::BedrockConverse(Default::default()),
            Dialect::BedrockInvoke => Self::BedrockInvoke(Default::default()),
            Dialect::Gemini => Self::Gemini(Default::default()),
        }
    }

    /// Takes bytes as they arrive, cut anywhere; appends the events they complete.
    ///
    /// # Errors
    /// The provider's error event, or a corrupt frame. Nothing may be pushed after an error.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<Event>) -> Result<(), Fault> {
        each!(self, inner => inner.push(bytes, out))
    }

    /// The upstream has ended. Appends what was held back.
    ///
    /// # Errors
    /// [`crate::FaultKind::Truncated`] when the terminal frame has not been seen.
    pub fn end(&mut self, out: &mut Vec<Event>) -> Result<(), Fault> {
        each!(self, inner => inner.end(out))
    }

    /// The usage seen so far, complete or not (Anthropic tells the input at the start).
    #[must_use]
    pub fn usage(&self) -> Option<&Usage> {
        each!(self, inner => inner.usage())
    }
}

// === impl StreamEncoder ===

impl StreamEncoder {
    /// An encoder for one stream.
    #[must_use]
    pub fn new(dialect: Dialect, stamp: Stamp) -> Self {
        match dialect {
            Dialect::OpenAiChat => Self::OpenAiChat(openai_chat::stream::Encoder::new(stamp)),
            Dialect::OpenAiResponses => {
                Self::OpenAiResponses(openai_responses::stream::Encoder::new(stamp))
            }
            Dialect::AnthropicMessages => {
                Self::AnthropicMessages(anthropic_messages::stream::Encoder::new(stamp))
            }
            Dialect::BedrockConverse => {
                Self::BedrockConverse(bedrock_converse::stream::Encoder::new(stamp))
            }
            Dialect::BedrockInvoke => {
                Self::BedrockInvoke(bedrock_invoke::stream::Encoder::new(stamp))
            }
            Dialect::Gemini => Self::Gemini(gemini::stream::Encoder::new(stamp)),
        }
    }

    /// Writes one event (it may be held back until a later one, and it may write several frames).
    pub fn event(&mut self, event: &Event, out: &mut Vec<u8>) {
        each!(self, inner => inner.event(event, out));
    }

    /// Writes an error in the middle of the stream; nothing may follow.
    pub fn error(&mut self, fault: &Fault, out: &mut Vec<u8>) {
        each!(self, inner => inner.error(fault, out));
    }

    /// The whole answer as a caller without a stream would have had it, once it is complete, where
    /// the dialect keeps answers (OpenAI's responses). Told once.
    pub fn take_answer(&mut self) -> Option<Vec<u8>> {
        match self {
            Self::OpenAiResponses(inner) => inner.take_answer(),
            _ => None,
        }
    }
}

// === impl Observer ===

impl Observer {
    /// An observer for one stream. With `hide_usage` the frame that carries nothing but usage is
    /// not forwarded (the gateway asked for it, the caller did not: OpenAI only).
    #[must_use]
    pub fn new(dialect: Dialect, hide_usage: bool) -> Self {
        match dialect {
            Dialect::OpenAiChat => {
                Self::OpenAiChat(openai_chat::observe::Observer::new(hide_usage))
            }
            Dialect::OpenAiResponses => Self::OpenAiResponses(Default::default()),
            Dialect::AnthropicMessages => Self::AnthropicMessages(Default::default()),
            Dialect::BedrockConverse => Self::BedrockConverse(Default::default()),
            Dialect::BedrockInvoke => Self::BedrockInvoke(Default::default()),
            Dialect::Gemini => Self::Gemini(Default::default()),
        }
    }

    /// Writes `model` where the provider named its own (dialects that name it in the stream).
    #[must_use]
    pub fn renaming(mut self, model: &str) -> Self {
        match &mut self {
            Self::OpenAiChat(inner) => inner.rename(Rename::to(model)),
            Self::OpenAiResponses(inner) => inner.rename(Rename::to(model)),
            Self::AnthropicMessages(inner) => inner.rename(Rename::to(model)),
            Self::BedrockConverse(_) | Self::BedrockInvoke(_) | Self::Gemini(_) => {}
        }
        self
    }

    /// Has an answer repeat what the caller's request said (OpenAI's responses).
    #[must_use]
    pub fn telling(mut self, echo: &Map<String, Value>) -> Self {
        if let Self::OpenAiResponses(inner) = &mut self {
            inner.tell(echo.clone());
        }
        self
    }

    /// Forwards bytes to `out` in whole frames, byte for byte, watching for usage, errors and the end.
    ///
    /// # Errors
    /// A corrupt frame. A provider's own error event is forwarded, and told by [`Self::fault`].
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        each!(self, inner => inner.push(bytes, out))
    }

    /// The upstream has ended.
    ///
    /// # Errors
    /// [`crate::FaultKind::Truncated`] when the terminal frame has not been seen.
    pub fn end(&mut self, out: &mut Vec<u8>) -> Result<(), Fault> {
        each!(self, inner => inner.end(out))
    }

    /// Usage seen so far.
    #[must_use]
    pub fn usage(&self) -> Option<&Usage> {
        each!(self, inner => inner.usage())
    }

    /// The error event the provider sent inside the stream, if any (it has been forwarded).
    #[must_use]
    pub fn fault(&self) -> Option<&Fault> {
        each!(self, inner => inner.fault())
    }

    /// As [`StreamEncoder::take_answer`], of what was forwarded.
    pub fn take_answer(&mut self) -> Option<Vec<u8>> {
        match self {
            Self::OpenAiResponses(inner) => inner.take_answer(),
            _ => None,
        }
    }

    /// Bytes of generated text seen (for an estimate when usage never came).
    #[must_use]
    pub fn text_bytes(&self) -> u64 {
        each!(self, inner => inner.text_bytes())
    }
}
