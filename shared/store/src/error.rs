//! What can go wrong between the store and the database.
//!
//! Read by the gateway (is it worth another try?) and by the operator (what happened to which
//! operation). Nothing of it reaches a caller as it is.

use std::{error::Error as StdError, fmt};

/// A failed operation.
#[derive(Debug, thiserror::Error)]
#[error("{operation}: {kind}{}", .detail.as_deref().map(|d| format!(": {d}")).unwrap_or_default())]
pub struct StoreError {
    operation: &'static str,
    kind: StoreErrorKind,
    detail: Option<String>,
    #[source]
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// Why an operation failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreErrorKind {
    /// The database asks for less; the client's own retries were not enough.
    Throttled,
    /// Other writers were always faster.
    Contended,
    /// No answer: whether a write was done is not known.
    Unreachable,
    /// The database refused the operation as such: rights, a missing table, a malformed request.
    Rejected,
    /// What is stored is not what this version writes.
    Corrupt,
}

// === impl StoreError ===

impl StoreError {
    pub(crate) fn new(operation: &'static str, kind: StoreErrorKind) -> Self {
        Self { operation, kind, detail: None, source: None }
    }

    pub(crate) fn corrupt(operation: &'static str, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..Self::new(operation, StoreErrorKind::Corrupt) }
    }

    pub(crate) fn caused_by(
        mut self,
        detail: Option<String>,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        self.detail = detail;
        self.source = Some(source.into());
        self
    }

    /// The same once more, for another who waited for the same answer.
    pub(crate) fn again(&self) -> Self {
        Self { detail: self.detail.clone(), ..Self::new(self.operation, self.kind) }
    }

    /// Why it failed.
    pub const fn kind(&self) -> StoreErrorKind {
        self.kind
    }

    /// The operation that failed, for logs.
    pub const fn operation(&self) -> &'static str {
        self.operation
    }

    /// Whether the same operation may succeed if it is tried again.
    pub const fn is_transient(&self) -> bool {
        matches!(
            self.kind,
            StoreErrorKind::Throttled | StoreErrorKind::Contended | StoreErrorKind::Unreachable
        )
    }
}

// === impl StoreErrorKind ===

impl fmt::Display for StoreErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Throttled => "throttled",
            Self::Contended => "other writers were always faster",
            Self::Unreachable => "no answer from the database",
            Self::Rejected => "refused by the database",
            Self::Corrupt => "what is stored cannot be read",
        })
    }
}
