//! A usage row as an item.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::{
    CallId, Millis, NanoUsd, RowStatus, StoreError, UsageRow, digits,
    item::{Item, key, n, number, s, text},
};

/// Shards of the live index: newest rows of all keys, without one hot partition.
pub(crate) const SHARDS: u8 = 8;
/// Attributes of a row's item, those of its slice included.
const ATTRIBUTES: usize = 12;
/// The attribute that holds the row itself, as JSON.
pub(crate) const DOCUMENT: &str = "d";
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
pub(crate) fn live(hour: Millis, shard: u8) -> String {
    let mut text = String::with_capacity(LIVE);
    text.push_str("LIVE#");
    hour.push_hour(&mut text);
    text.push('#');
    digits::push(&mut text, shard.into(), 1);
    text
}

/// What an attribute of a row holds.
#[derive(Debug)]
pub(crate) enum Field {
    Text(String),
    Number(i64),
}

/// The attributes of a row that is recorded at `row.ended`, by their names, besides its document.
pub(crate) fn row_fields(row: &UsageRow) -> Vec<(&'static str, Field)> {
    let call = row.call.to_string();
    let mut order = String::with_capacity(ORDER);
    digits::push(&mut order, row.ended.get().unsigned_abs(), 15);
    order.push('#');
    order.push_str(&call);
    let mut fields = Vec::with_capacity(ATTRIBUTES);
    if row.status != RowStatus::Success {
        let mut failures = "FAIL#".to_owned();
        row.ended.push_day(&mut failures);
        fields.push(("gsi2pk", Field::Text(failures)));
        fields.push(("gsi2sk", Field::Text(order.clone())));
    }
    fields.extend([
        ("pk", Field::Text(partition(&row.call.key_short(), row.call.started()))),
        ("sk", Field::Text(call)),
        ("gsi1pk", Field::Text(live(row.ended, row.call.spread() % SHARDS))),
        ("gsi1sk", Field::Text(order)),
        ("c", Field::Number(row.spend.nanos())),
        ("st", Field::Text(status(row.status).to_owned())),
        ("ttl", Field::Number(row.ended.get() / 1000 + KEPT_SECONDS)),
    ]);
    fields
}

/// The row as an item.
pub(crate) fn row_item(row: &UsageRow) -> Result<Item, StoreError> {
    let document = serde_json::to_string(row)
        .map_err(|error| StoreError::corrupt("PutItem", error.to_string()))?;
    let fields = row_fields(row).into_iter().chain([(DOCUMENT, Field::Text(document))]);
    Ok(fields.map(|(name, field)| (name.to_owned(), field.into())).collect())
}

/// The item as a row.
pub(crate) fn read_row(item: &Item) -> Result<UsageRow, StoreError> {
    let document = text(item, DOCUMENT).unwrap_or_default();
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

// === impl Field ===

impl From<Field> for AttributeValue {
    fn from(field: Field) -> Self {
        match field {
            Field::Text(text) => s(text),
            Field::Number(number) => n(number),
        }
    }
}

/// A status as it is stored.
pub(crate) fn status(status: RowStatus) -> &'static str {
    match status {
        RowStatus::Success => "ok",
        RowStatus::Failure => "fail",
        RowStatus::Expired => "expired",
    }
}
