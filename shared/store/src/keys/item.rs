//! A key's items: its record, its guard, its unique alias.

use crate::{
    KeyHash, KeyRecord, NanoUsd, StoreError,
    item::{Item, key, money, n, s, text},
    ledger::guard_key,
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

/// A new key's guard: nothing spent, nothing reserved. `rem` is kept for unlimited keys as well,
/// counted from zero, so that a limit set later is a mere addition.
pub(super) fn guard_item(record: &KeyRecord) -> Item {
    let mut item = guard_key(&record.hash);
    let version = i64::try_from(record.version).unwrap_or(i64::MAX);
    item.insert("ver".to_owned(), n(version));
    item.insert("w".to_owned(), n(0));
    item.insert("rem".to_owned(), money(record.max_budget.unwrap_or(NanoUsd::ZERO)));
    item.insert("spent".to_owned(), n(0));
    item.insert("total".to_owned(), n(0));
    item.insert("r".to_owned(), aws_sdk_dynamodb::types::AttributeValue::M(Item::new()));
    item.insert("x".to_owned(), aws_sdk_dynamodb::types::AttributeValue::M(Item::new()));
    item.insert("gsi1pk".to_owned(), s("GUARDS"));
    item.insert("gsi1sk".to_owned(), s(record.hash.to_string()));
    item
}
