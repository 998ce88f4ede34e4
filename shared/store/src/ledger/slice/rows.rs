//! The rows of a slice: written in batches, and added up.

use std::{sync::Arc, time::Duration};

use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::{
    KeyHash, Millis, NanoUsd, StoreError, StoreErrorKind, UsageRow,
    item::{Item, failed, n, number, s},
    ledger::machine::Mark,
    store::Inner,
    usage::item::{partition, row_item},
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
        let batches = rows.chunks(BATCH).map(<[_]>::to_vec);
        stream::iter(batches)
            .map(|rows| async move { self.write_batch(requests(&rows, slice, flush)?).await })
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await
    }

    async fn write_batch(&self, mut writes: Vec<WriteRequest>) -> Result<(), StoreError> {
        for wait in 0..TRIES {
            let written = self
                .client
                .batch_write_item()
                .request_items(&self.tables.usage, writes)
                .send()
                .await
                .map_err(|error| failed("BatchWriteItem", error))?;
            let left = written.unprocessed_items.unwrap_or_default();
            writes = left.into_values().flatten().collect();
            if writes.is_empty() {
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
        let mut sum = NanoUsd::ZERO;
        let mut from: Option<Item> = None;
        loop {
            let page = self
                .client
                .query()
                .table_name(&self.tables.usage)
                .key_condition_expression("pk = :p")
                .filter_expression("sl = :s AND fn > :n")
                .projection_expression("c")
                .expression_attribute_values(":p", s(partition.clone()))
                .expression_attribute_values(":s", s(slice))
                .expression_attribute_values(":n", n(flush))
                .consistent_read(true)
                .set_exclusive_start_key(from.take())
                .send()
                .await
                .map_err(|error| failed("Query", error))?;
            let costs = page.items.unwrap_or_default().into_iter();
            sum = costs
                .filter_map(|item| number(&item, "c").map(NanoUsd::from_nanos))
                .fold(sum, NanoUsd::saturating_add);
            match page.last_evaluated_key {
                Some(last) if !last.is_empty() => from = Some(last),
                _ => return Ok(sum),
            }
        }
    }
}

fn requests(
    rows: &[Arc<UsageRow>],
    slice: &str,
    flush: i64,
) -> Result<Vec<WriteRequest>, StoreError> {
    let request = |row: &Arc<UsageRow>| {
        let mut item = row_item(row)?;
        item.insert("sl".to_owned(), s(slice));
        item.insert("fn".to_owned(), n(flush));
        let put = PutRequest::builder().set_item(Some(item)).build();
        let put = put.map_err(|error| StoreError::corrupt("BatchWriteItem", error.to_string()))?;
        Ok(WriteRequest::builder().put_request(put).build())
    };
    rows.iter().map(request).collect()
}

fn day(at: Millis) -> Millis {
    at.plus(-at.get().rem_euclid(DAY_MS))
}
