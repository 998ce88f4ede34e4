//! Tools a request offers, and how the model may use them.

use serde_json::Value;

use super::CachePoint;
use crate::Dialect;

/// A tool the model may call.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Tool {
    /// A function with a JSON schema, run by the caller.
    Function {
        /// Name the model uses.
        name: String,
        /// What it does.
        description: Option<String>,
        /// JSON schema of its arguments; an object schema without fields when the caller gave none.
        schema: Value,
        /// Ask the provider to hold the model to the schema.
        strict: Option<bool>,
        /// A cache marker after this tool.
        cache: Option<CachePoint>,
    },
    /// A tool the provider runs (web search, code execution...): only its own dialect knows it.
    Native {
        /// Whose.
        dialect: Dialect,
        /// The definition as written.
        value: Value,
    },
}

/// Whether and which tool must be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolChoice {
    /// The model decides.
    Auto,
    /// No tool.
    None,
    /// Some tool.
    Required,
    /// This tool.
    Named(String),
}
