//! The calls that are not a chat: one file for each kind, over [`crate::corridor::Operation`].

mod compact;
mod completions;
mod embeddings;
mod form;
mod google_embeddings;
mod images;
mod json;
mod moderation;
mod rerank;
mod speech;
mod transcription;
mod usage;
mod watched;

pub(crate) use compact::Compact;
pub(crate) use completions::Completions;
pub(crate) use embeddings::Embeddings;
pub(crate) use google_embeddings::GoogleEmbeddings;
pub(crate) use images::Images;
pub(crate) use moderation::Moderation;
pub(crate) use rerank::Rerank;
pub(crate) use speech::Speech;
pub(crate) use transcription::Transcription;
