//! The calls that are not a chat: one file for each kind, over [`crate::corridor::Operation`].

mod embeddings;
mod json;
mod moderation;
mod rerank;

pub(crate) use embeddings::Embeddings;
pub(crate) use moderation::Moderation;
pub(crate) use rerank::Rerank;
