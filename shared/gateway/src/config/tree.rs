//! A YAML document as a tree that knows its lines.
//!
//! Scalars stay text: what `1.5e-07` or `yes` means is for the reader of the key to say, and a
//! price must not go through a float. Anchors and merge keys (`<<`) are resolved here.

mod load;

pub(super) use load::{Complaint, load};

/// Where something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct At {
    /// Which of the files that were read.
    pub(super) file: usize,
    /// The line, from 1.
    pub(super) line: usize,
}

/// A value and its place.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) at: At,
    pub(super) kind: Kind,
}

/// A value.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// Text; a quoted one is never a number, a truth value or null.
    Scalar { text: String, quoted: bool },
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and values in the order of the file, each key once.
    Mapping(Vec<Entry>),
}

/// A key and its value.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) at: At,
    pub(super) value: Node,
}

// === impl Node ===

impl Node {
    /// Nothing is said: no value, `~` or `null`.
    pub(super) fn is_null(&self) -> bool {
        match &self.kind {
            Kind::Scalar { text, quoted: false } => is_null(text),
            _ => false,
        }
    }

    /// What it is, in words for a person.
    pub(super) fn describe(&self) -> &'static str {
        match &self.kind {
            _ if self.is_null() => "empty",
            Kind::Scalar { .. } => "a single value",
            Kind::Sequence(_) => "a list",
            Kind::Mapping(_) => "a mapping",
        }
    }
}

/// A plain scalar that YAML reads as null.
pub(super) fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// A plain scalar that YAML 1.1 (what LiteLLM reads) or 1.2 reads as a truth value.
pub(super) fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => Some(true),
        "false" | "no" | "off" => Some(false),
        _ => None,
    }
}
