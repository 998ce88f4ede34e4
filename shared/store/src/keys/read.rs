//! Reads of keys.

use std::cmp::Reverse;

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};

use super::{
    Keys,
    item::{ALL, alias_key, pointed, read_record, record_key},
};
use crate::{
    KeyHash, KeyRecord, StoreError,
    item::{Item, failed, s, text},
    pages::Found,
    store::Inner,
};

/// Most keys of one BatchGetItem.
const BATCH: usize = 100;

// === impl Keys ===

impl Keys {
    pub(super) async fn read(&self, hash: &KeyHash) -> Result<Option<KeyRecord>, StoreError> {
        self.inner.key_record(hash).await
    }

    pub(super) async fn named(&self, alias: &str) -> Result<Option<KeyRecord>, StoreError> {
        let Some(item) = self.inner.item(alias_key(alias)).await? else { return Ok(None) };
        match text(&item, "h").map(KeyHash::parse_hex) {
            Some(Ok(hash)) => self.get(&hash).await,
            _ => Err(StoreError::corrupt("GetItem", "an alias names no key")),
        }
    }

    pub(super) async fn read_all(&self, hashes: &[KeyHash]) -> Result<Vec<KeyRecord>, StoreError> {
        let mut unique = hashes.to_vec();
        unique.sort_unstable();
        unique.dedup();
        self.living(unique.iter().map(record_key).collect()).await
    }

    async fn living(&self, keys: Vec<Item>) -> Result<Vec<KeyRecord>, StoreError> {
        let items = batch_get(&self.inner, keys).await?;
        let mut records = items.iter().map(read_record).collect::<Result<Vec<_>, _>>()?;
        records.retain(|record| record.deleted_at.is_none());
        Ok(records)
    }

    pub(super) async fn all(&self) -> Result<Vec<KeyRecord>, StoreError> {
        let hashes = index(&self.inner, "gsi2", ALL, false).await?;
        let keys = hashes
            .into_iter()
            .filter_map(|item| {
                Some(Item::from([
                    ("pk".to_owned(), item.get("pk")?.clone()),
                    ("sk".to_owned(), item.get("sk")?.clone()),
                ]))
            })
            .collect();
        let mut records = self.living(keys).await?;
        records.sort_by_key(|record| Reverse((record.created_at, record.hash)));
        Ok(records)
    }
}

// === impl Inner ===

impl Inner {
    /// A key's record, also of one that was deleted or that has another plaintext now.
    pub(crate) async fn key_record(&self, hash: &KeyHash) -> Result<Option<KeyRecord>, StoreError> {
        let mut item = self.item(record_key(hash)).await?;
        if let Some(to) = item.as_ref().and_then(pointed) {
            item = self.item(record_key(&to)).await?;
        }
        item.as_ref().map(read_record).transpose()
    }
}

/// All entries of an index partition of the core table.
pub(crate) async fn index(
    inner: &Inner,
    index: &str,
    partition: &str,
    forward: bool,
) -> Result<Vec<Item>, StoreError> {
    let query = inner
        .client
        .query()
        .table_name(&inner.tables.core)
        .index_name(index)
        .key_condition_expression("#p = :p")
        .expression_attribute_names("#p", format!("{index}pk"))
        .expression_attribute_values(":p", s(partition))
        .scan_index_forward(forward);
    Found::by(query).all().await
}

/// Many items of the core table, read strongly, in no order.
pub(crate) async fn batch_get(inner: &Inner, keys: Vec<Item>) -> Result<Vec<Item>, StoreError> {
    let mut found = Vec::with_capacity(keys.len());
    let mut left = keys;
    while !left.is_empty() {
        let rest = left.split_off(left.len().min(BATCH));
        let mut asked = std::mem::replace(&mut left, rest);
        while !asked.is_empty() {
            let wanted = KeysAndAttributes::builder()
                .set_keys(Some(asked))
                .consistent_read(true)
                .build()
                .map_err(|error| StoreError::corrupt("BatchGetItem", error.to_string()))?;
            let answer = inner
                .client
                .batch_get_item()
                .request_items(&inner.tables.core, wanted)
                .send()
                .await
                .map_err(|error| failed("BatchGetItem", error))?;
            found.extend(answer.responses.unwrap_or_default().into_values().flatten());
            // The engine may answer in part; the rest is asked for again.
            asked = answer
                .unprocessed_keys
                .unwrap_or_default()
                .into_values()
                .flat_map(|keys| keys.keys)
                .collect::<Vec<std::collections::HashMap<String, AttributeValue>>>();
        }
    }
    Ok(found)
}
