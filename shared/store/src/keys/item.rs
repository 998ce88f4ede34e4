//! A key's items: its record, its guard, its unique alias.

use crate::{
    KeyHash, KeyRecord, StoreError,
    item::{Item, key, n, s, text},
    ledger::new_guard,
};

/// The index partition of all keys that live.
pub(super) const ALL: &str = "KEYS";

/// Where a record is.
pub(super) fn record_key(hash: &KeyHash) -> Item {
    key(format!("H#{hash}"), "KEY")
}

/// Where an alias is taken.
pub(super) fn alias_key(alias: &str) -> Item {
    key(format!("UQ#alias#{alias}"), "UQ")
}

/// The record as an item. One that was deleted is in no index.
pub(super) fn record_item(record: &KeyRecord) -> Result<Item, StoreError> {
    let document = serde_json::to_string(record)
        .map_err(|error| StoreError::corrupt("PutItem", error.to_string()))?;
    let mut item = record_key(&record.hash);
    item.insert("ver".to_owned(), n(i64::try_from(record.version).unwrap_or(i64::MAX)));
    item.insert("d".to_owned(), s(document));
    if record.deleted_at.is_none() {
        item.insert("gsi2pk".to_owned(), s(ALL));
        item.insert(
            "gsi2sk".to_owned(),
            s(format!("{:015}#{}", record.created_at.get(), record.hash)),
        );
    }
    Ok(item)
}

/// The item as a record.
pub(super) fn read_record(item: &Item) -> Result<KeyRecord, StoreError> {
    let document = text(item, "d").unwrap_or_default();
    serde_json::from_str(document)
        .map_err(|error| StoreError::corrupt("GetItem", error.to_string()))
}

/// Where a plaintext leads that is not the key's first one.
pub(super) fn pointer_item(secret: &KeyHash, to: &KeyHash) -> Item {
    let mut item = record_key(secret);
    item.insert("to".to_owned(), s(to.to_string()));
    item
}

/// The key that an item points to, if it is no record itself.
pub(super) fn pointed(item: &Item) -> Option<KeyHash> {
    KeyHash::parse_hex(text(item, "to")?).ok()
}

/// A new key's guard.
pub(super) fn guard_item(record: &KeyRecord) -> Item {
    let version = i64::try_from(record.version).unwrap_or(i64::MAX);
    new_guard(&record.hash, version, record.allowance.max_budget)
}
