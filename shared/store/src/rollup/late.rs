//! Marks: rows of an hour that is long over are about to change.

use std::collections::BTreeMap;

use super::{HOUR_MS, Rollups, SETTLED_MS, hour_of};
use crate::{
    Millis, StoreError,
    item::{Item, failed, key, n, number, s, text, unless_refused},
    pages::Found,
    store::Inner,
};

/// Until so long after an hour, whoever writes a row of it need not say so.
pub(super) const FRESH_MS: i64 = 60_000;
/// Where the marks are: usually nowhere.
const MARKS: &str = "ROLL#LATE";

/// An hour whose rows change, and when that was said last.
pub(super) type Marks = BTreeMap<Millis, Millis>;

// === impl Inner ===

impl Inner {
    /// Says that rows which were recorded at these instants are about to be written or taken away, where
    /// their hours may be rolled up already. It is said before it is done: a crash in between costs one
    /// roll-up that would not have been needed, and never one that is wrong.
    pub(crate) async fn announce(&self, recorded: &[Millis]) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut said = None;
        for at in recorded {
            let hour = hour_of(*at);
            if now <= hour.plus(HOUR_MS + FRESH_MS) || said == Some(hour) {
                continue;
            }
            self.client
                .update_item()
                .table_name(&self.tables.usage)
                .set_key(Some(mark_key(hour)))
                .update_expression("SET said = :now")
                .expression_attribute_values(":now", n(now.get()))
                .send()
                .await
                .map_err(|error| failed("UpdateItem", error))?;
            said = Some(hour);
        }
        Ok(())
    }

    /// All marks.
    pub(super) async fn marks(&self) -> Result<Marks, StoreError> {
        let items = self.partition_of_usage(MARKS).await?;
        let read = |item: &Item| {
            Some((Millis::new(text(item, "sk")?.parse().ok()?), Millis::new(number(item, "said")?)))
        };
        Ok(items.iter().filter_map(read).collect())
    }

    /// Takes a mark away, unless it was made again.
    pub(super) async fn unmark(&self, hour: Millis, at: Millis) -> Result<(), StoreError> {
        let sent = self
            .client
            .delete_item()
            .table_name(&self.tables.usage)
            .set_key(Some(mark_key(hour)))
            .condition_expression("said = :at")
            .expression_attribute_values(":at", n(at.get()))
            .send()
            .await;
        unless_refused("DeleteItem", sent).map(|_| ())
    }

    /// All items of a partition of the usage table, read strongly.
    pub(super) async fn partition_of_usage(&self, pk: &str) -> Result<Vec<Item>, StoreError> {
        let query = self
            .client
            .query()
            .table_name(&self.tables.usage)
            .key_condition_expression("pk = :p")
            .expression_attribute_values(":p", s(pk))
            .consistent_read(true);
        Found::by(query).all().await
    }
}

// === impl Rollups ===

impl Rollups {
    /// Whether what a mark said has been done by `now`.
    pub(super) fn is_settled(since: Millis, now: Millis) -> bool {
        since.plus(SETTLED_MS) <= now
    }
}

fn mark_key(hour: Millis) -> Item {
    key(MARKS, hour.get().to_string())
}
