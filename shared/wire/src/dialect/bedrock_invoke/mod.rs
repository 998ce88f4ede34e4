//! Bedrock's InvokeModel (Bedrock Runtime API reference: InvokeModel, InvokeModelWithResponseStream;
//! user guide, "Inference request parameters and response fields for foundation models").
//!
//! The body is the model family's own. Of the families only Anthropic's is read and written here: its
//! messages without `model` and `stream`, with an `anthropic_version`. Any other family's body passes
//! unread, which only a Bedrock deployment can answer. A stream is an AWS event stream of `chunk`
//! frames, each of which holds one event of the family in base64; the last one carries the counts that
//! Bedrock itself keeps (`amazon-bedrock-invocationMetrics`). Errors are those of Converse.

mod cap;
mod chunk;
mod family;
mod headers;
pub mod observe;
pub mod peek;
pub mod request;
pub mod response;
pub mod stream;
mod usage;
mod wrap;

pub use family::{speaks_anthropic, takes_anthropic};
pub use headers::usage_in_headers;
pub use request::{betas, unwrap};
pub(crate) use wrap::Wrap;
