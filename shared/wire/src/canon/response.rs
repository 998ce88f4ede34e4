//! The canonical answer.

use serde_json::{Map, Value};

use super::{Part, Usage};

/// A whole answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Response {
    /// The provider's id for the answer.
    pub id: Option<String>,
    /// The model that answered, as the provider names it.
    pub model: Option<String>,
    /// What it said, in order.
    pub parts: Vec<Part>,
    /// Why it stopped.
    pub finish: Finish,
    /// The stop sequence that was hit.
    pub stop_sequence: Option<String>,
    /// What it used; `None` where the provider did not say.
    pub usage: Option<Usage>,
    /// Further top-level fields of the provider, for callers of the same dialect and for logs.
    pub extras: Map<String, Value>,
}

/// Why the model stopped.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Finish {
    /// It was done.
    #[default]
    Stop,
    /// It hit a stop sequence.
    StopSequence,
    /// It ran out of tokens (the caller's cap or the model's).
    Length,
    /// The context window is full.
    ContextWindow,
    /// It wants a tool run.
    ToolCalls,
    /// The provider's filter or guardrail cut it.
    ContentFilter,
    /// It declined (Anthropic's `refusal`).
    Refusal,
    /// It paused a long turn; the caller may send it back to go on (Anthropic's `pause_turn`).
    Pause,
    /// It wrote a call of a tool that is none (Bedrock's `malformed_tool_use`, Google's
    /// `MALFORMED_FUNCTION_CALL`).
    MalformedCall,
    /// It wrote something that is no answer (Bedrock's `malformed_model_output`, Google's
    /// `MALFORMED_RESPONSE`).
    MalformedOutput,
    /// Something this version does not know, in the provider's word.
    Other(String),
}
