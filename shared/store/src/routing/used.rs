//! When a credential was last used, and by whom. Beside the partition, for it routes nothing.

use serde::{Deserialize, Serialize};

use super::Routing;
use crate::{
    Millis, StoreError,
    item::{Item, failed, key, s, text},
};

/// A use of a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// When.
    pub at: Millis,
    /// The hash of the caller's key.
    pub key: Option<String>,
    /// The caller's user.
    pub user: Option<String>,
}

// === impl Routing ===

impl Routing {
    /// Writes the last use of a credential.
    ///
    /// # Errors
    /// The database's.
    pub async fn used(&self, name: &str, last: &Use) -> Result<(), StoreError> {
        let document = serde_json::to_string(last)
            .map_err(|error| StoreError::corrupt("PutItem", error.to_string()))?;
        let mut item = place(name);
        item.insert("d".to_owned(), s(document));
        let client = &self.inner.client;
        let put = client.put_item().table_name(&self.inner.tables.core).set_item(Some(item));
        put.send().await.map(|_| ()).map_err(|error| failed("PutItem", error))
    }

    /// The last use of a credential that was written.
    ///
    /// # Errors
    /// The database's.
    pub async fn last_use(&self, name: &str) -> Result<Option<Use>, StoreError> {
        let Some(item) = self.inner.item(place(name)).await? else { return Ok(None) };
        let last = serde_json::from_str(text(&item, "d").unwrap_or_default());
        last.map(Some).map_err(|error| StoreError::corrupt("GetItem", error.to_string()))
    }
}

fn place(name: &str) -> Item {
    key(format!("USED#{name}"), "CREDENTIAL")
}
