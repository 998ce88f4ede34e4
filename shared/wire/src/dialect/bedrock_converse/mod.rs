//! Bedrock's Converse (Bedrock Runtime API reference).

pub mod error;
pub mod observe;
pub mod peek;
pub mod request;
pub mod response;
pub mod stream;
