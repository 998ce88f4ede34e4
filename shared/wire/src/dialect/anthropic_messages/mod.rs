//! Anthropic's messages (API reference, `POST /v1/messages`, version 2023-06-01).
//!
//! What the canonical form has no field for is kept in a request's extras under its path as the
//! API writes it (`container`, `thinking.display`, `tools.0.defer_loading`), so that it comes back
//! for a provider of this dialect and is named for one of another.

mod block;
pub mod error;
mod finish;
mod model;
pub mod observe;
pub mod peek;
mod read;
pub mod request;
pub mod response;
mod source;
pub mod stream;
mod tool_id;
mod usage;
mod wire;
