//! Usage rows: one for each call.

pub(crate) mod item;
mod read;
mod row;
mod write;

use std::sync::Arc;

use crate::{CallId, KeyHash, Millis, StoreError, store::Inner};

pub use row::{RowStatus, UsageRow};

/// The usage rows.
#[derive(Debug, Clone)]
pub struct Usage {
    pub(crate) inner: Arc<Inner>,
}

/// Which rows are wanted.
#[derive(Debug, Clone, Copy)]
pub struct RowFilter {
    /// Only this key's.
    pub key: Option<KeyHash>,
    /// Calls that arrived at this instant or later.
    pub from: Millis,
    /// Calls that arrived before this instant.
    pub to: Millis,
    /// At most so many, the newest.
    pub limit: usize,
}

// === impl Usage ===

impl Usage {
    /// Writes a row as it is.
    ///
    /// # Errors
    /// The database's.
    pub async fn put(&self, row: &UsageRow) -> Result<(), StoreError> {
        self.inner.write_row(row).await
    }

    /// A call's row.
    ///
    /// # Errors
    /// The database's.
    pub async fn get(&self, call: &CallId) -> Result<Option<UsageRow>, StoreError> {
        self.inner.catch_up().await;
        self.inner.row(call).await
    }

    /// The row with a provider's id of the answer, looked for among the rows of the last days.
    ///
    /// # Errors
    /// The database's.
    pub async fn find(
        &self,
        request_id: &str,
        now: Millis,
    ) -> Result<Option<UsageRow>, StoreError> {
        self.inner.catch_up().await;
        self.look_for(request_id, now).await
    }

    /// Rows, the newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn query(&self, filter: &RowFilter) -> Result<Vec<UsageRow>, StoreError> {
        self.inner.catch_up().await;
        self.select(filter).await
    }
}
