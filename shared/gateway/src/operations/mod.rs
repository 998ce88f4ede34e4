//! The calls that are not a chat: one file for each kind, over [`crate::corridor::Operation`].

mod embeddings;
mod json;

pub(crate) use embeddings::Embeddings;
