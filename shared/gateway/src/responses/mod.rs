//! What OpenAI's responses keep: answers that their callers go on from, read and delete.
//!
//! The gateway keeps them itself, under the key that made them, so that a conversation goes on at
//! any provider and another key finds nothing. Where the provider keeps answers too and is asked
//! again, it is sent the id and not the conversation.

mod document;
mod items;
mod keep;
pub(crate) mod routes;
mod thread;

pub(crate) use keep::Keeper;
pub(crate) use thread::{Thread, conversation};

/// How long an answer is kept, in milliseconds: 30 days, as OpenAI keeps them.
const KEPT_MILLIS: i64 = 30 * 24 * 60 * 60 * 1000;
