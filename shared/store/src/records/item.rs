//! A record as an item.

use super::{Listed, Place, Record};
use crate::{
    StoreError,
    item::{Item, key, n, s, text},
};

/// Where a unique name is taken.
pub(super) fn name_key(unique: &str) -> Item {
    key(format!("UQ#{unique}"), "UQ")
}

pub(super) fn to_item<R: Record>(record: &R) -> Result<Item, StoreError> {
    let document = serde_json::to_string(record)
        .map_err(|error| StoreError::corrupt("PutItem", error.to_string()))?;
    let mut item = record.place().key();
    item.insert("ver".to_owned(), n(version(record)));
    item.insert("d".to_owned(), s(document));
    for Listed { index, pk, sk } in std::iter::once(record.listed()).chain(record.also_listed()) {
        item.insert(format!("{index}pk"), s(pk));
        item.insert(format!("{index}sk"), s(sk));
    }
    Ok(item)
}

pub(crate) fn from_item<R: Record>(item: &Item) -> Result<R, StoreError> {
    serde_json::from_str(text(item, "d").unwrap_or_default())
        .map_err(|error| StoreError::corrupt("GetItem", error.to_string()))
}

pub(super) fn version<R: Record>(record: &R) -> i64 {
    i64::try_from(record.stamp().version).unwrap_or(i64::MAX)
}

// === impl Place ===

impl Place {
    pub(crate) fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }

    pub(crate) fn key(&self) -> Item {
        key(&self.pk, &self.sk)
    }
}

// === impl Listed ===

impl Listed {
    /// In the list of all records of a kind, by age.
    pub(crate) fn by_age(kind: &str, record: &impl Record) -> Self {
        let place = record.place();
        let age = record.stamp().created_at.get();
        Self { index: "gsi2", pk: kind.to_owned(), sk: format!("{age:015}#{}", place.pk) }
    }
}
