//! Bedrock's Converse (Bedrock Runtime API reference: Converse, ConverseStream, data types).
//!
//! The model id stands in the path and never in the body; bytes are base64 in JSON; a stream is an
//! AWS event stream whose usage comes *after* the stop reason. Content blocks are unions: an object
//! with exactly one member.
//!
//! What this version does not model (video, audio, guard content, search results, server tools) is
//! kept as an opaque part or as extras, so that it survives from Converse to Converse.

mod caps;
mod citation;
mod content;
mod finish;
mod found;
mod media;
mod reader;
pub(crate) mod usage;

pub mod error;
pub mod observe;
pub mod peek;
pub mod request;
pub mod response;
pub mod stream;

pub(in crate::dialect) use citation::cites;
pub(in crate::dialect) use media::{shows, shows_document};
pub(in crate::dialect) use response::keeps;
