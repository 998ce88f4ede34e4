//! Anthropic's messages (API reference, `POST /v1/messages`, version 2023-06-01).
//!
//! What the canonical form has no field for is kept in a request's extras under its path as the
//! API writes it (`container`, `thinking.display`, `tools.0.defer_loading`), so that it comes back
//! for a provider of this dialect and is named for one of another.

mod block;
mod citation;
pub mod error;
mod finish;
mod found;
pub(crate) mod model;
pub mod observe;
pub mod peek;
mod read;
pub mod request;
pub mod response;
mod source;
pub mod stream;
mod tool_id;
pub(crate) mod usage;
mod wire;

pub(in crate::dialect) use citation::encode as cited;

/// Whether an extra of this dialect only hints, so that another dialect may leave it out without
/// changing what was asked for. Claude Code sends several of these with every request.
pub(crate) fn is_hint(field: &str) -> bool {
    const HINTS: [&str; 9] = [
        "anthropic_beta",
        "anthropic_version",
        "betas",
        "cache_control",
        // Drops from the context what the model no longer needs.
        "context_management",
        "diagnostics",
        "speed",
        // A kind of thinking that the canonical form does not know.
        "thinking",
        "user_profile_id",
    ];
    // Under a tool, a block or a setting: how to load, cache, show or weigh it.
    const INSIDE: [&str; 6] =
        ["tools.", "tool_choice.", "system.", "messages.", "thinking.", "output_config."];
    HINTS.contains(&field) || INSIDE.iter().any(|prefix| field.starts_with(prefix))
}
