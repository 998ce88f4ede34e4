//! Usage rows: one for each call.

mod row;

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
        let _ = row;
        todo!()
    }

    /// A call's row.
    ///
    /// # Errors
    /// The database's.
    pub async fn get(&self, call: &CallId) -> Result<Option<UsageRow>, StoreError> {
        let _ = call;
        todo!()
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
        let _ = (request_id, now);
        todo!()
    }

    /// Rows, the newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn query(&self, filter: &RowFilter) -> Result<Vec<UsageRow>, StoreError> {
        let _ = filter;
        todo!()
    }
}
