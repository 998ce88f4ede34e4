//! Reranking: a query and documents in, the documents' relevance out.
//!
//! Callers write Cohere's shape, which Jina's is a sibling of ([`request`]); the answer goes back in
//! Cohere's. Compatible providers get the caller's bytes; the others a [`Shape`].

mod request;
mod response;
mod shape;

pub use request::decode as decode_request;
pub use response::{Used, encode as encode_response, used};
pub use shape::Shape;

use serde_json::{Map, Value};

/// Tokens of a document and its query that are one search unit's share: a longer document is cut into
/// pieces, and each counts as one (Cohere, "How does pricing work").
const PIECE: u64 = 500;
/// Pieces in a search unit.
const UNIT: u64 = 100;

/// What is to be ranked.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Request {
    /// The model asked for.
    pub model: String,
    /// What the documents are measured against.
    pub query: String,
    /// At least one.
    pub documents: Vec<Document>,
    /// How many of the best are wanted; all where nothing is said.
    pub top_n: Option<u64>,
    /// The answer repeats the documents.
    pub return_documents: bool,
    /// Other fields, as they were written.
    pub extras: Map<String, Value>,
}

/// One document.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Its text; of an object the fields that `rank_fields` names, else its `text`, else all of it.
    pub text: String,
    /// As it was written.
    pub written: Value,
}

/// A document's place in the answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranked {
    /// Its place in the request.
    pub index: u64,
    /// From 0 to 1.
    pub score: f64,
}

// === impl Request ===

impl Request {
    /// Search units, if `bytes_per_token` bytes are a token: one is a bound, four an estimate.
    #[must_use]
    pub fn search_units(&self, bytes_per_token: u64) -> u64 {
        let tokens = |text: &str| length(text).div_ceil(bytes_per_token.max(1));
        let query = tokens(&self.query);
        let pieces = self.documents.iter().fold(0_u64, |sum, document| {
            let tokens = query.saturating_add(tokens(&document.text));
            sum.saturating_add(tokens.div_ceil(PIECE).max(1))
        });
        pieces.div_ceil(UNIT).max(1)
    }

    /// Tokens at most, where tokens are paid for: the query is read with each document.
    #[must_use]
    pub fn most_tokens(&self) -> u64 {
        let query = length(&self.query).saturating_add(16);
        self.documents.iter().fold(query, |sum, document| {
            sum.saturating_add(query).saturating_add(length(&document.text))
        })
    }
}

fn length(text: &str) -> u64 {
    u64::try_from(text.len()).unwrap_or(u64::MAX)
}
