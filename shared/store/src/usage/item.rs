//! A usage row as an item.

use crate::{
    CallId, Millis, NanoUsd, RowStatus, StoreError, UsageRow, digits,
    item::{Item, key, money, n, number, s, text},
};

/// Shards of the live index: newest rows of all keys, without one hot partition.
pub(super) const SHARDS: u8 = 8;
/// Attributes of a row's item, those of its slice included.
const ATTRIBUTES: usize = 12;
/// Bytes that most documents fit into.
const DOCUMENT: usize = 1024;
/// Bytes of the keys of the live index.
const LIVE: usize = 17;
const ORDER: usize = 59;
/// How long rows are kept: 400 days, as the daily sums.
const KEPT_SECONDS: i64 = 400 * 24 * 60 * 60;

/// Where a call's row is: computed from the call's id, so that no pointer is needed.
pub(crate) fn row_key(call: &CallId) -> Item {
    key(partition(&call.key_short(), call.started()), call.to_string())
}

/// The rows of a key and a day.
pub(crate) fn partition(key_short: &str, day: Millis) -> String {
    let mut text = ["L#", key_short, "#"].concat();
    day.push_day(&mut text);
    text
}

/// The rows recorded in an hour, one shard of them.
pub(super) fn live(hour: Millis, shard: u8) -> String {
    let mut text = String::with_capacity(LIVE);
    text.push_str("LIVE#");
    hour.push_hour(&mut text);
    text.push('#');
    digits::push(&mut text, shard.into(), 1);
    text
}

/// The row as an item, recorded at `row.ended`.
pub(crate) fn row_item(row: &UsageRow) -> Result<Item, StoreError> {
    let mut document = Vec::with_capacity(DOCUMENT);
    serde_json::to_writer(&mut document, row)
        .map_err(|error| StoreError::corrupt("PutItem", error.to_string()))?;
    let document = String::from_utf8(document)
        .map_err(|error| StoreError::corrupt("PutItem", error.to_string()))?;
    let call = row.call.to_string();
    let mut order = String::with_capacity(ORDER);
    digits::push(&mut order, row.ended.get().unsigned_abs(), 15);
    order.push('#');
    order.push_str(&call);
    let mut item = Item::with_capacity(ATTRIBUTES);
    item.insert("pk".to_owned(), s(partition(&row.call.key_short(), row.call.started())));
    item.insert("sk".to_owned(), s(call));
    item.insert("gsi1pk".to_owned(), s(live(row.ended, row.call.spread() % SHARDS)));
    item.insert("gsi1sk".to_owned(), s(order.clone()));
    if row.status != RowStatus::Success {
        let mut failures = "FAIL#".to_owned();
        row.ended.push_day(&mut failures);
        item.insert("gsi2pk".to_owned(), s(failures));
        item.insert("gsi2sk".to_owned(), s(order));
    }
    item.insert("c".to_owned(), money(row.spend));
    item.insert("st".to_owned(), s(status(row.status)));
    item.insert("ttl".to_owned(), n(row.ended.get() / 1000 + KEPT_SECONDS));
    item.insert("d".to_owned(), s(document));
    Ok(item)
}

/// The item as a row.
pub(crate) fn read_row(item: &Item) -> Result<UsageRow, StoreError> {
    let document = text(item, "d").unwrap_or_default();
    let mut row: UsageRow = serde_json::from_str(document)
        .map_err(|error| StoreError::corrupt("GetItem", error.to_string()))?;
    row.spend = NanoUsd::from_nanos(
        number(item, "c")
            .ok_or_else(|| StoreError::corrupt("GetItem", "a row without its cost"))?,
    );
    row.status = match text(item, "st") {
        Some("ok") => RowStatus::Success,
        Some("fail") => RowStatus::Failure,
        Some("expired") => RowStatus::Expired,
        _ => return Err(StoreError::corrupt("GetItem", "a row without its status")),
    };
    Ok(row)
}

/// A status as it is stored.
pub(crate) fn status(status: RowStatus) -> &'static str {
    match status {
        RowStatus::Success => "ok",
        RowStatus::Failure => "fail",
        RowStatus::Expired => "expired",
    }
}
