//! OpenAI's chat completions (API reference, `POST /v1/chat/completions`).

pub mod error;
pub mod observe;
pub mod peek;
pub mod request;
pub mod response;
pub mod stream;
