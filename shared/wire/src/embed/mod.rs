//! Embeddings: text in, vectors out. One form in the middle, one file for each provider's shape.
//!
//! Callers write OpenAI's shape ([`openai`]); what a provider takes is said in the others' files.

pub mod openai;

use serde_json::{Map, Value};

/// What is to be embedded, and how.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Request {
    /// The model asked for.
    pub model: String,
    /// One vector each.
    pub inputs: Vec<Input>,
    /// Length of the vectors.
    pub dimensions: Option<u64>,
    /// How the caller reads vectors.
    pub encoding: Encoding,
    /// The caller's own user.
    pub user: Option<String>,
    /// Fields that are not OpenAI's (`input_type`, `truncate` ...), as they were written.
    pub extras: Map<String, Value>,
}

/// One thing to embed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Text, or a picture as a data URL where the model takes pictures.
    Text(String),
    /// Tokens of the model's own tokenizer.
    Tokens(Vec<u64>),
}

/// How vectors are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// A list of numbers.
    #[default]
    Float,
    /// Base64 of 32-bit floats, little-endian.
    Base64,
}

/// The vectors, in the order of the inputs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Response {
    /// One for each input.
    pub vectors: Vec<Vec<f64>>,
    /// Tokens of all inputs, where the provider counted them.
    pub tokens: Option<u64>,
}

// === impl Request ===

impl Request {
    /// Tokens of the inputs at most: every tokenizer in use maps at least one byte to a token.
    #[must_use]
    pub fn most_tokens(&self) -> u64 {
        self.inputs.iter().fold(0, |sum: u64, input| sum.saturating_add(input.most_tokens()))
    }
}

// === impl Input ===

impl Input {
    /// A few tokens of structure are added around each input.
    fn most_tokens(&self) -> u64 {
        let own = match self {
            Self::Text(text) => text.len(),
            Self::Tokens(tokens) => tokens.len(),
        };
        u64::try_from(own).unwrap_or(u64::MAX).saturating_add(16)
    }
}
