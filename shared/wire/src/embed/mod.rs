//! Embeddings: text in, vectors out. One form in the middle, one file for each provider's shape.
//!
//! Callers write OpenAI's shape ([`openai`]) or Cohere's ([`caller`]); what a provider takes is said in the others' files.

pub mod caller;
mod cohere;
mod gemini;
mod list;
mod nova;
pub mod openai;
mod read;
mod shape;
mod titan;
mod vertex;

use serde_json::{Map, Value};

pub use shape::{Bodies, Shape};

/// Tokens of a picture at most, where a model counts these.
const PICTURE: usize = 5_000;

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

impl Request {
    /// Inputs that are pictures.
    #[must_use]
    pub fn pictures(&self) -> u64 {
        let pictures = self.inputs.iter().filter(|input| input.picture().is_some());
        u64::try_from(pictures.count()).unwrap_or(u64::MAX)
    }
}

// === impl Input ===

impl Input {
    /// Media type and base64 of a picture that is written as a data URL.
    #[must_use]
    pub fn picture(&self) -> Option<(&str, &str)> {
        let Self::Text(text) = self else { return None };
        let (kind, base64) = text.strip_prefix("data:")?.split_once(";base64,")?;
        kind.starts_with("image/").then_some((kind, base64))
    }

    /// A few tokens of structure are added around each input.
    fn most_tokens(&self) -> u64 {
        let own = match self {
            Self::Text(_) if self.picture().is_some() => PICTURE,
            Self::Text(text) => text.len(),
            Self::Tokens(tokens) => tokens.len(),
        };
        u64::try_from(own).unwrap_or(u64::MAX).saturating_add(16)
    }
}
