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

/// Whether a body holds what this gateway sealed for another dialect's provider: then it must be
/// read and written again, for a provider of this dialect would refuse it.
#[must_use]
pub fn holds_sealed(body: &[u8]) -> bool {
    memchr::memmem::find(body, seal::MARK.as_bytes()).is_some()
}
