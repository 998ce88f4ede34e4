//! An alert as an item.

use aws_sdk_dynamodb::types::AttributeValue;

use super::Alert;
use crate::{
    Millis, StoreError,
    item::{Item, key, n, number, s, text},
};

/// The index partition of those that somebody has still to be told of.
pub(super) const LISTED: &str = "ALERTS";
const PREFIX: &str = "ALERT#";

/// Where an alert is.
pub(super) fn place(id: &str) -> Item {
    key(format!("{PREFIX}{id}"), "ALERT")
}

/// The id of an alert's item.
pub(super) fn id(item: &Item) -> Option<&str> {
    text(item, "pk")?.strip_prefix(PREFIX)
}

/// A new alert as an item.
pub(super) fn alert_item(alert: &Alert) -> Item {
    let mut item = place(&alert.id);
    item.insert("d".to_owned(), s(alert.notice.to_string()));
    item.insert("made".to_owned(), n(alert.made.get()));
    if let Some(until) = alert.until {
        item.insert("ttl".to_owned(), n(until.seconds()));
    }
    // An empty set is refused; what nobody has to be told of is only remembered.
    if !alert.channels.is_empty() {
        item.insert("chans".to_owned(), AttributeValue::Ss(alert.channels.clone()));
        item.insert("due".to_owned(), n(alert.claimed.get()));
        item.insert("gsi1pk".to_owned(), s(LISTED));
        item.insert("gsi1sk".to_owned(), s(format!("{:015}", alert.made.get())));
    }
    item
}

/// The item as an alert.
pub(super) fn read_alert(item: &Item) -> Result<Alert, StoreError> {
    let corrupt = |what: &str| StoreError::corrupt("GetItem", format!("an alert without {what}"));
    let notice = serde_json::from_str(text(item, "d").unwrap_or_default());
    let mut channels =
        item.get("chans").and_then(|channels| channels.as_ss().ok()).cloned().unwrap_or_default();
    channels.sort_unstable();
    Ok(Alert {
        id: id(item).ok_or_else(|| corrupt("its id"))?.to_owned(),
        notice: notice.map_err(|error| StoreError::corrupt("GetItem", error.to_string()))?,
        channels,
        made: Millis::new(number(item, "made").ok_or_else(|| corrupt("its instant"))?),
        attempts: number(item, "tries").and_then(|tries| tries.try_into().ok()).unwrap_or(0),
        until: number(item, "ttl").map(|seconds| Millis::new(seconds.saturating_mul(1000))),
        claimed: Millis::new(number(item, "due").unwrap_or_default()),
    })
}
