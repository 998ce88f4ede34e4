//! The canonical request.

use serde_json::{Map, Value};

use super::{Part, Tool, ToolChoice};
use crate::Dialect;

/// A request to generate, whoever wrote it and whoever will answer it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Request {
    /// The name the caller asked for (a model group, until routing replaces it).
    pub model: String,
    /// Instructions that stand before the conversation.
    pub system: Vec<Part>,
    /// The conversation, oldest first.
    pub turns: Vec<Turn>,
    /// Tools on offer.
    pub tools: Vec<Tool>,
    /// How tools may be used; `None` where the caller did not say.
    pub tool_choice: Option<ToolChoice>,
    /// Whether several tools may be called at once; `None` where the caller did not say.
    pub parallel_tools: Option<bool>,
    /// Shape of the answer.
    pub format: Format,
    /// Sampling.
    pub sampling: Sampling,
    /// The most tokens to generate, reasoning included.
    pub max_output: Option<u64>,
    /// Reasoning asked for.
    pub thinking: Option<Thinking>,
    /// Number of answers; more than one only where the provider's dialect is the caller's.
    pub n: Option<u32>,
    /// The end user, as the caller names them.
    pub user: Option<String>,
    /// Caller's metadata (strings), where the dialect has it.
    pub metadata: Map<String, Value>,
    /// `service_tier` and its like, as written.
    pub service_tier: Option<String>,
    /// Stream the answer.
    pub stream: bool,
    /// The caller wants usage at the end of the stream (OpenAI asks; the others always get it).
    pub stream_usage: bool,
    /// What the canonical form has no field for.
    pub extras: Option<Extras>,
}

/// Top-level fields kept as they came, for the dialect that knows them.
#[derive(Debug, Clone, PartialEq)]
pub struct Extras {
    /// The dialect of the fields.
    pub dialect: Dialect,
    /// The fields.
    pub fields: Map<String, Value>,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Instructions in the middle of a conversation.
    System,
    /// The caller's side, tool results included.
    User,
    /// The model's side.
    Assistant,
}

/// One turn of the conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// Who speaks.
    pub role: Role,
    /// What they say.
    pub parts: Vec<Part>,
    /// OpenAI's participant `name`.
    pub name: Option<String>,
}

/// The shape the answer must have.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Format {
    /// Free text.
    #[default]
    Text,
    /// Some JSON object.
    JsonObject,
    /// JSON that fits a schema.
    JsonSchema {
        /// Name of the schema (OpenAI requires one).
        name: String,
        /// What it is for.
        description: Option<String>,
        /// The schema.
        schema: Value,
        /// Hold the model to it.
        strict: Option<bool>,
    },
}

/// Sampling parameters. Absent means the provider's default.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sampling {
    /// 0 to 2 (OpenAI) or 0 to 1 (Anthropic, Bedrock).
    pub temperature: Option<f64>,
    /// Nucleus mass.
    pub top_p: Option<f64>,
    /// Number of candidates (not in OpenAI's dialect).
    pub top_k: Option<u64>,
    /// Strings that end the answer.
    pub stop: Vec<String>,
    /// Best-effort determinism (OpenAI).
    pub seed: Option<i64>,
    /// OpenAI's.
    pub frequency_penalty: Option<f64>,
    /// OpenAI's.
    pub presence_penalty: Option<f64>,
}

/// Reasoning, as the caller asked for it.
#[derive(Debug, Clone, PartialEq)]
pub enum Thinking {
    /// Explicitly none.
    Off,
    /// A level (OpenAI's `reasoning_effort`).
    Effort(Effort),
    /// A budget in tokens (Anthropic's `thinking.budget_tokens`).
    Budget(u64),
    /// The model decides how much (Anthropic's `adaptive`), with a level where given.
    Adaptive(Option<Effort>),
}

/// Levels of reasoning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// OpenAI's `minimal`.
    Minimal,
    /// `low`.
    Low,
    /// `medium`.
    Medium,
    /// `high`.
    High,
    /// OpenAI's `xhigh`, Anthropic's `max`.
    Max,
}
