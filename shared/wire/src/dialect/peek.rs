//! The verbatim path: read the few fields the gateway decides on, change the few that must change,
//! and leave every other byte alone.

use super::{
    Dialect, Line, anthropic_messages, bedrock_converse, bedrock_invoke, gemini, openai_chat,
    openai_responses,
};
use crate::Fault;

/// What the gateway needs to know of a request before it decides.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Peek {
    /// The model asked for.
    pub model: String,
    /// Stream the answer.
    pub stream: bool,
    /// The caller's cap on output tokens.
    pub max_output: Option<u64>,
    /// The caller asked for usage in the stream (always true where the dialect always tells it).
    pub stream_usage: bool,
    /// Number of answers asked for (at least 1).
    pub n: u32,
}

/// What must change in a body that is forwarded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edits<'a> {
    /// The provider's model id (dialects that name the model in the body).
    pub model: Option<&'a str>,
    /// A lower cap on output tokens.
    pub max_output: Option<u64>,
    /// Ask the provider for usage in the stream.
    pub include_usage: bool,
    /// Top-level fields that are the gateway's own and not the provider's.
    pub remove: &'a [&'a str],
}

impl Dialect {
    /// Reads the few fields that matter, and checks that the body is a request at all: JSON, an
    /// object, with a model and at least one message of the right type.
    ///
    /// # Errors
    /// A fault of the caller that names the parameter.
    pub fn peek(self, body: &[u8], line: Line<'_>) -> Result<Peek, Fault> {
        match self {
            Self::OpenAiChat => openai_chat::peek::peek(body),
            Self::OpenAiResponses => openai_responses::peek::peek(body),
            Self::AnthropicMessages => anthropic_messages::peek::peek(body),
            Self::BedrockConverse => bedrock_converse::peek::peek(body, line),
            Self::BedrockInvoke => bedrock_invoke::peek::peek(body, line),
            Self::Gemini => gemini::peek::peek(body, line),
        }
    }

    /// The same body with `edits` applied; every other byte as it was.
    ///
    /// # Errors
    /// A fault of the caller when the body is not a JSON object.
    pub fn patch(self, body: &[u8], edits: &Edits<'_>) -> Result<Vec<u8>, Fault> {
        match self {
            Self::OpenAiChat => openai_chat::peek::patch(body, edits),
            Self::OpenAiResponses => openai_responses::peek::patch(body, edits),
            Self::AnthropicMessages => anthropic_messages::peek::patch(body, edits),
            Self::BedrockConverse => bedrock_converse::peek::patch(body, edits),
            Self::BedrockInvoke => bedrock_invoke::peek::patch(body, edits),
            Self::Gemini => gemini::peek::patch(body, edits),
        }
    }
}
