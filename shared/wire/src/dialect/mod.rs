//! The dialects, and the one place that chooses between them.
//!
//! Each dialect is a module of small files: `request` (both ways), `response` (both ways),
//! `stream` (decoder, encoder), `observe` (usage on the verbatim path), `error` (both ways).

pub mod anthropic_messages;
pub mod bedrock_converse;
pub mod bedrock_invoke;
pub mod custom;
pub mod gemini;
pub mod openai_chat;
pub mod openai_responses;

mod citation;
mod counts;
mod data_url;
mod foreign;
mod glance;
mod narrow;
mod peek;
mod place;
mod rename;
mod signed;
mod stream;
mod tier;
mod untold;
mod watched;

use bytes::Bytes;

pub(crate) use citation::{Citation, Place};
pub(crate) use counts::Counts;
pub(crate) use foreign::{
    WEB_SEARCH, losses as foreign_losses, own as own_fields, search_options, search_tool,
    web_search, wished_search,
};
pub use glance::Glance;
pub use peek::{Edits, Peek};
pub(crate) use rename::Rename;
pub(crate) use signed::{Pieces, Signer};
pub use stream::{Observer, StreamDecoder, StreamEncoder};
pub(crate) use untold::Untold;

use crate::{
    Fault, Loss,
    canon::{Media, Request, Response},
};

/// A way of writing requests and answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// `POST /v1/chat/completions` (OpenAI API reference, "Chat").
    OpenAiChat,
    /// `POST /v1/responses` (OpenAI API reference, "Responses").
    OpenAiResponses,
    /// `POST /v1/messages` (Anthropic API reference, "Messages", version 2023-06-01).
    AnthropicMessages,
    /// `POST /model/{id}/converse` and `/converse-stream` (Bedrock Runtime API reference).
    BedrockConverse,
    /// `POST /model/{id}/invoke` and `/invoke-with-response-stream` (Bedrock Runtime API reference).
    BedrockInvoke,
    /// `POST /v1beta/models/{id}:generateContent` and `:streamGenerateContent` (Gemini API and
    /// Vertex AI references).
    Gemini,
}

/// What the caller's request line says that its body may not.
#[derive(Debug, Clone, Copy, Default)]
pub struct Line<'a> {
    /// The model, where the path names it (Bedrock, Gemini).
    pub model: Option<&'a str>,
    /// Streaming, where the path says so (Bedrock, Gemini).
    pub stream: Option<bool>,
}

/// What a provider of OpenAI's chat takes beyond what OpenAI does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Habits {
    /// Anthropic's cache markers (`cache_control`) on parts of messages and on tools.
    pub cache_markers: bool,
    /// Its own thoughts back, unsigned, as `reasoning_content`.
    pub thoughts: bool,
}

/// For whom a request is encoded.
#[derive(Debug, Clone, Copy, Default)]
pub struct Target<'a> {
    /// The model id the provider knows.
    pub model: &'a str,
    /// The most output tokens the model has, for dialects that require a cap (Anthropic).
    pub max_output: Option<u64>,
    /// OpenAI reasoning models take `max_completion_tokens`; old compatible servers `max_tokens`.
    pub max_completion_tokens: bool,
    /// What it takes beyond OpenAI's own fields, for the dialect of OpenAI's chat.
    pub habits: Habits,
}

/// Identity the gateway gives to an answer that it writes itself.
#[derive(Debug, Clone, Default)]
pub struct Stamp {
    /// Id to use where the provider's is of another dialect's form (no prefix).
    pub id: String,
    /// The model group the caller asked for.
    pub model: String,
    /// Unix seconds.
    pub created: u64,
    /// The caller asked for usage in the stream (OpenAI's `stream_options.include_usage`).
    pub stream_usage: bool,
    /// What the answer repeats of the request (OpenAI's responses; see
    /// [`openai_responses::response::echo`]).
    pub echo: serde_json::Map<String, serde_json::Value>,
    /// The caller's custom tools ([`custom::names`]): calls of functions that stand for them are told
    /// as calls of them.
    pub custom_tools: Vec<String>,
}

/// An encoded request, with what it could not carry.
#[derive(Debug)]
pub struct Encoded {
    /// The body.
    pub body: Vec<u8>,
    /// What was left out.
    pub losses: Vec<Loss>,
}

/// A rendered error: status and body in the caller's dialect, and headers the dialect wants.
#[derive(Debug)]
pub struct ErrorReply {
    /// HTTP status.
    pub status: u16,
    /// Dialect's own headers (`x-amzn-errortype`), lower case.
    pub headers: Vec<(&'static str, String)>,
    /// JSON body.
    pub body: Vec<u8>,
}

// === impl Dialect ===

impl Dialect {
    /// Every dialect there is. Tables and tests that must know all of them go by this list; a test
    /// holds it against the enumeration.
    pub const ALL: &'static [Self] = &[
        Self::OpenAiChat,
        Self::OpenAiResponses,
        Self::AnthropicMessages,
        Self::BedrockConverse,
        Self::BedrockInvoke,
        Self::Gemini,
    ];

    /// Its name in documents and fixtures: the module's.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenAiChat => "openai_chat",
            Self::OpenAiResponses => "openai_responses",
            Self::AnthropicMessages => "anthropic_messages",
            Self::BedrockConverse => "bedrock_converse",
            Self::BedrockInvoke => "bedrock_invoke",
            Self::Gemini => "gemini",
        }
    }

    /// Whether its providers must be given the bytes of such content: they fetch no addresses.
    #[must_use]
    pub fn takes_bytes_only(self, media: Media) -> bool {
        match self {
            // A picture may be an address here; a file may not.
            Self::OpenAiChat => media == Media::Document,
            Self::OpenAiResponses | Self::AnthropicMessages => false,
            // Google fetches some addresses, from some places, for some models.
            Self::BedrockConverse | Self::BedrockInvoke | Self::Gemini => true,
        }
    }

    /// Content type of a streamed answer.
    #[must_use]
    pub fn stream_content_type(self) -> &'static str {
        match self {
            Self::OpenAiChat | Self::OpenAiResponses | Self::AnthropicMessages | Self::Gemini => {
                "text/event-stream; charset=utf-8"
            }
            Self::BedrockConverse | Self::BedrockInvoke => "application/vnd.amazon.eventstream",
        }
    }

    /// Reads a caller's request.
    ///
    /// # Errors
    /// A fault of the caller, naming the parameter, for what the dialect does not allow.
    pub fn decode_request(self, body: &[u8], line: Line<'_>) -> Result<Request, Fault> {
        match self {
            Self::OpenAiChat => openai_chat::request::decode(body),
            Self::OpenAiResponses => openai_responses::request::decode(body),
            Self::AnthropicMessages => anthropic_messages::request::decode(body),
            Self::BedrockConverse => bedrock_converse::request::decode(body, line),
            Self::BedrockInvoke => bedrock_invoke::request::decode(body, line),
            Self::Gemini => gemini::request::decode(body, line),
        }
    }

    /// Writes a request for a provider.
    ///
    /// # Errors
    /// A fault of the caller for what this dialect cannot say at all.
    pub fn encode_request(self, request: &Request, target: Target<'_>) -> Result<Encoded, Fault> {
        let (request, told) = custom::spelled(request, self);
        let request = &*narrow::narrow(&request, self);
        let request = &*openai_responses::namespace::spread(request, self);
        let mut encoded = match self {
            Self::OpenAiChat => openai_chat::request::encode(request, target),
            Self::OpenAiResponses => openai_responses::request::encode(request, target),
            Self::AnthropicMessages => anthropic_messages::request::encode(request, target),
            Self::BedrockConverse => bedrock_converse::request::encode(request, target),
            Self::BedrockInvoke => bedrock_invoke::request::encode(request, target),
            Self::Gemini => gemini::request::encode(request, target),
        }?;
        encoded.losses.extend(told);
        Ok(encoded)
    }

    /// Reads a provider's whole answer.
    ///
    /// # Errors
    /// A fault of the provider when the body is not what the dialect says.
    pub fn decode_response(self, body: &[u8]) -> Result<Response, Fault> {
        match self {
            Self::OpenAiChat => openai_chat::response::decode(body),
            Self::OpenAiResponses => openai_responses::response::decode(body),
            Self::AnthropicMessages => anthropic_messages::response::decode(body),
            Self::BedrockConverse => bedrock_converse::response::decode(body),
            Self::BedrockInvoke => bedrock_invoke::response::decode(body),
            Self::Gemini => gemini::response::decode(body),
        }
    }

    /// Writes a whole answer for a caller.
    #[must_use]
    pub fn encode_response(self, response: &Response, stamp: &Stamp) -> Vec<u8> {
        let response = &*custom::told(response, self, stamp);
        match self {
            Self::OpenAiChat => openai_chat::response::encode(response, stamp),
            Self::OpenAiResponses => openai_responses::response::encode(response, stamp),
            Self::AnthropicMessages => anthropic_messages::response::encode(response, stamp),
            Self::BedrockConverse => bedrock_converse::response::encode(response, stamp),
            Self::BedrockInvoke => bedrock_invoke::response::encode(response, stamp),
            Self::Gemini => gemini::response::encode(response, stamp),
        }
    }

    /// Reads a provider's error answer (status not 2xx) by class: context window, content policy,
    /// authentication, rate limit, overload...
    #[must_use]
    pub fn decode_error(
        self,
        provider: &str,
        status: u16,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Fault {
        match self {
            Self::OpenAiChat => openai_chat::error::decode(provider, status, headers, body),
            Self::OpenAiResponses => {
                openai_responses::error::decode(provider, status, headers, body)
            }
            Self::AnthropicMessages => {
                anthropic_messages::error::decode(provider, status, headers, body)
            }
            Self::BedrockConverse | Self::BedrockInvoke => {
                bedrock_converse::error::decode(provider, status, headers, body)
            }
            Self::Gemini => gemini::error::decode(provider, status, headers, body),
        }
    }

    /// Writes an error answer for a caller.
    #[must_use]
    pub fn encode_error(self, fault: &Fault, request_id: &str) -> ErrorReply {
        match self {
            Self::OpenAiChat => openai_chat::error::encode(fault),
            Self::OpenAiResponses => openai_responses::error::encode(fault),
            Self::AnthropicMessages => anthropic_messages::error::encode(fault, request_id),
            Self::BedrockConverse | Self::BedrockInvoke => bedrock_converse::error::encode(fault),
            Self::Gemini => gemini::error::encode(fault),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The compiler counts arms, not lists: this reads the enumeration itself.
    #[test]
    fn the_list_of_dialects_has_every_one_of_them() {
        let source = include_str!("mod.rs");
        let from = source.find("pub enum Dialect {").unwrap();
        let body = &source[from..from + source[from..].find("\n}").unwrap()];
        let variants = body.lines().skip(1).filter(|line| {
            let line = line.trim();
            line.ends_with(',') && line.starts_with(|first: char| first.is_ascii_uppercase())
        });
        assert_eq!(variants.count(), Dialect::ALL.len());
        for dialect in Dialect::ALL {
            let same = Dialect::ALL.iter().filter(|other| other.name() == dialect.name());
            assert_eq!(same.count(), 1, "{}", dialect.name());
        }
    }
}
