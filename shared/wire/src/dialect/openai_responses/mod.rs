//! OpenAI's responses (API reference, `POST /v1/responses`).
//!
//! An answer is a list of items: messages, function calls, reasoning, and whatever a tool that the
//! provider runs has left behind. Reasoning items have a place for what only the provider can read
//! (`encrypted_content`); the signatures of other dialects travel there and come back whole.

mod annotation;
pub mod error;
mod finish;
pub(crate) mod namespace;
pub mod observe;
mod output;
pub mod peek;
pub mod request;
pub mod response;
pub(crate) mod seal;
pub mod stream;
pub(crate) mod usage;

pub(in crate::dialect) use annotation::cites;
pub(in crate::dialect) use output::shows;
use serde_json::Value;

/// Whether an extra of this dialect only hints, so that another dialect may leave it out without
/// changing what was asked for.
pub(crate) fn is_hint(field: &str) -> bool {
    const HINTS: [&str; 15] = [
        "client_metadata",
        "context_management",
        // What is to be shown of the answer.
        "include",
        // Of tools that the provider runs: those are named themselves.
        "max_tool_calls",
        "previous_response_id",
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_retention",
        // What is left of it beside the effort: how to sum it up.
        "reasoning",
        "safety_identifier",
        "store",
        "stream_options",
        // What is left of it beside the format: how wordy to be.
        "text",
        "top_logprobs",
        "truncation",
    ];
    HINTS.contains(&field)
}

/// Whether an extra of this dialect asks for what the answer of any provider is told with: thoughts that
/// are shown are its summary, and what signs them is sealed in `encrypted_content`.
pub(crate) fn is_answered(field: &str, value: &Value) -> bool {
    match (field, value) {
        ("include", Value::Array(list)) => {
            list.iter().all(|entry| entry == "reasoning.encrypted_content")
        }
        ("reasoning", Value::Object(fields)) => fields.iter().all(|(name, value)| {
            matches!(name.as_str(), "summary" | "generate_summary")
                && (value == "auto" || value == "detailed")
        }),
        _ => false,
    }
}

/// Whether a body holds what this gateway sealed for another dialect's provider: then it must be
/// read and written again, for a provider of this dialect would refuse it.
#[must_use]
pub fn holds_sealed(body: &[u8]) -> bool {
    memchr::memmem::find(body, seal::MARK.as_bytes()).is_some()
}
