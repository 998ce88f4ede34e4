//! Anthropic's messages (API reference, `POST /v1/messages`, version 2023-06-01).

pub mod error;
pub mod observe;
pub mod peek;
pub mod request;
pub mod response;
pub mod stream;
