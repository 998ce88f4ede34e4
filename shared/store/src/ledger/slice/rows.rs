//! The rows of a slice: written in batches, and added up.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::body::Written;
use crate::{
    KeyHash, Millis, NanoUsd, StoreError, StoreErrorKind, UsageRow,
    item::{failed, n, number, s},
    ledger::machine::Mark,
    pages::Found,
    store::Inner,
    usage::item::partition,
};

/// Items of one BatchWriteItem.
const BATCH: usize = 25;
/// Batches under way at the same time.
const AT_ONCE: usize = 4;
/// How often what is left of a batch is tried.
const TRIES: u32 = 8;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

// === impl Inner ===

impl Inner {
    /// Writes rows, marked as those of a slice's flush. Writing them twice is harmless.
    pub(super) async fn write_rows(
        &self,
        rows: &[Arc<UsageRow>],
        slice: &str,
        flush: i64,
    ) -> Result<(), StoreError> {
        let recorded: Vec<Millis> = rows.iter().map(|row| row.ended).collect();
        self.announce(&recorded).await?;
        let batches = rows.chunks(BATCH).map(<[_]>::to_vec);
        stream::iter(batches)
            .map(|rows| async move {
                self.write_batch(Written::new(&self.tables.usage, &rows, slice, flush)?).await
            })
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await
    }

    async fn write_batch(&self, first: Written) -> Result<(), StoreError> {
        let mut left = HashMap::new();
        for wait in 0..TRIES {
            let request = self.client.batch_write_item();
            let written = match wait {
                0 => {
                    let first = first.clone();
                    request
                        .customize()
                        .mutate_request(move |request| first.put_into(request))
                        .send()
                }
                _ => request.set_request_items(Some(left)).customize().send(),
            };
            let written = written.await.map_err(|error| failed("BatchWriteItem", error))?;
            left = written.unprocessed_items.unwrap_or_default();
            if left.values().all(Vec::is_empty) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(10 << wait)).await;
        }
        Err(StoreError::new("BatchWriteItem", StoreErrorKind::Throttled))
    }

    /// What a slice's rows add up to that are written and not counted in its lease.
    pub(super) async fn uncounted(
        &self,
        key: &KeyHash,
        slice: &str,
        mark: Mark,
    ) -> Result<NanoUsd, StoreError> {
        let mut sum = NanoUsd::ZERO;
        let today = day(self.clock.now());
        let mut at = day(mark.since);
        while at <= today {
            let partition = partition(&key.short(), at);
            sum = sum.saturating_add(self.uncounted_of_day(partition, slice, mark.flush).await?);
            at = at.plus(DAY_MS);
        }
        Ok(sum)
    }

    async fn uncounted_of_day(
        &self,
        partition: String,
        slice: &str,
        flush: i64,
    ) -> Result<NanoUsd, StoreError> {
        let query = self
            .client
            .query()
            .table_name(&self.tables.usage)
            .key_condition_expression("pk = :p")
            .filter_expression("sl = :s AND fn > :n")
            .projection_expression("c")
            .expression_attribute_values(":p", s(partition))
            .expression_attribute_values(":s", s(slice))
            .expression_attribute_values(":n", n(flush))
            .consistent_read(true);
        let mut sum = NanoUsd::ZERO;
        let mut found = Found::by(query);
        while let Some(item) = found.next().await? {
            let cost = number(&item, "c").map_or(NanoUsd::ZERO, NanoUsd::from_nanos);
            sum = sum.saturating_add(cost);
        }
        Ok(sum)
    }
}

fn day(at: Millis) -> Millis {
    at.plus(-at.get().rem_euclid(DAY_MS))
}
