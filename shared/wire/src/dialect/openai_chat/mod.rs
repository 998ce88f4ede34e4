//! OpenAI's chat completions (API reference, `POST /v1/chat/completions`), with the extensions that
//! LiteLLM and the compatible servers have made common: `reasoning_content`, `thinking_blocks`,
//! `thinking`, `cache_control`, `top_k`.

mod citation;
pub mod error;
pub(crate) mod field;
mod finish;
pub mod observe;
pub mod peek;
pub mod request;
pub mod response;
mod scan;
pub mod stream;
pub(crate) mod usage;

pub(in crate::dialect) use citation::{FILES, cites};
pub(in crate::dialect) use response::shows;
