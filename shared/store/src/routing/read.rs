//! Reads of the partition, and of the key that seals its secrets.

use super::{CREDENTIAL, DATA_KEY, MODEL, PARTITION, REVISION, Routed, Routing};
use crate::{
    StoreError,
    item::{failed, key, number, s, text},
    pages::Found,
    records::from_item,
};

// === impl Routing ===

impl Routing {
    /// How often the partition has been changed; read strongly.
    ///
    /// # Errors
    /// The database's.
    pub async fn revision(&self) -> Result<u64, StoreError> {
        let item = self.inner.item(key(PARTITION, REVISION)).await?;
        Ok(item.as_ref().and_then(|item| number(item, "rev")).unwrap_or(0).unsigned_abs())
    }

    /// All of the partition, read strongly.
    ///
    /// # Errors
    /// The database's.
    pub async fn read(&self) -> Result<Routed, StoreError> {
        let query = self
            .inner
            .client
            .query()
            .table_name(&self.inner.tables.core)
            .key_condition_expression("pk = :p")
            .expression_attribute_values(":p", s(PARTITION))
            .consistent_read(true);
        let mut routed = Routed::default();
        let mut found = Found::by(query);
        while let Some(item) = found.next().await? {
            let sk = text(&item, "sk").unwrap_or_default();
            if sk.starts_with(MODEL) {
                routed.models.push(from_item(&item)?);
            } else if sk.starts_with(CREDENTIAL) {
                routed.credentials.push(from_item(&item)?);
            }
        }
        Ok(routed)
    }

    /// The sealed data key, if there is one yet.
    ///
    /// # Errors
    /// The database's.
    pub async fn data_key(&self) -> Result<Option<String>, StoreError> {
        let item = self.inner.item(key(PARTITION, DATA_KEY)).await?;
        Ok(item.as_ref().and_then(|item| text(item, "d")).map(str::to_owned))
    }

    /// Keeps a sealed data key, if there is none yet; returns the one that is kept. Of two processes
    /// that make one at once, the first one's is the key of both.
    ///
    /// # Errors
    /// The database's.
    pub async fn keep_data_key(&self, sealed: &str) -> Result<String, StoreError> {
        let mut item = key(PARTITION, DATA_KEY);
        item.insert("d".to_owned(), s(sealed));
        let put = self
            .inner
            .client
            .put_item()
            .table_name(&self.inner.tables.core)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .send()
            .await;
        match put {
            Ok(_) => Ok(sealed.to_owned()),
            Err(error) => match self.data_key().await? {
                Some(kept) => Ok(kept),
                None => Err(failed("PutItem", error)),
            },
        }
    }
}
