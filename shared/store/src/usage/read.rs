//! Reads of usage rows.

use futures_util::future::try_join_all;

use super::{
    RowFilter, Usage,
    item::{SHARDS, live, partition, read_row, row_key},
};
use crate::{
    CallId, Millis, StoreError, UsageRow,
    item::{Item, failed, s},
    pages::Found,
    store::Inner,
};

const HOUR_MS: i64 = 60 * 60 * 1000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// How far back a provider's id is looked for.
const FIND_HOURS: i64 = 48;

// === impl Inner ===

impl Inner {
    /// A call's row, read strongly.
    pub(crate) async fn row(&self, call: &CallId) -> Result<Option<UsageRow>, StoreError> {
        self.row_as_item(call).await?.as_ref().map(read_row).transpose()
    }

    /// The same, as it is stored.
    pub(crate) async fn row_as_item(&self, call: &CallId) -> Result<Option<Item>, StoreError> {
        let read = self
            .client
            .get_item()
            .table_name(&self.tables.usage)
            .set_key(Some(row_key(call)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| failed("GetItem", error))?;
        Ok(read.item)
    }

    /// The rows of a partition of the table or of an index, the newest first, one page after the other.
    pub(crate) async fn each_row(
        &self,
        index: Option<&str>,
        partition: String,
        mut each: impl FnMut(UsageRow),
    ) -> Result<(), StoreError> {
        let query = self
            .client
            .query()
            .table_name(&self.tables.usage)
            .set_index_name(index.map(str::to_owned))
            .key_condition_expression("#p = :p")
            .expression_attribute_names("#p", index.map_or("pk", |_| "gsi1pk"))
            .expression_attribute_values(":p", s(partition))
            .scan_index_forward(false)
            .consistent_read(index.is_none());
        let mut found = Found::by(query);
        while let Some(item) = found.next().await? {
            each(read_row(&item)?);
        }
        Ok(())
    }
}

// === impl Usage ===

impl Usage {
    pub(super) async fn look_for(
        &self,
        request_id: &str,
        now: Millis,
    ) -> Result<Option<UsageRow>, StoreError> {
        for back in 0..FIND_HOURS {
            let rows = self.hour(now.plus(-back * HOUR_MS)).await?;
            let found = rows.into_iter().find(|row| row.request_id.as_deref() == Some(request_id));
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    pub(super) async fn select(&self, filter: &RowFilter) -> Result<Vec<UsageRow>, StoreError> {
        let wanted = |row: &UsageRow| row.started >= filter.from && row.started < filter.to;
        let mut rows = Vec::new();
        // Rows are kept for 400 days: an older question has the same answer as one that old.
        let to = filter.to.min(self.inner.clock.now().plus(DAY_MS));
        let from = filter.from.max(to.plus(-401 * DAY_MS));
        match &filter.key {
            Some(key) => {
                let mut day = start_of(to, DAY_MS);
                while day.get() >= start_of(from, DAY_MS).get() && rows.len() < filter.limit {
                    let found = self.query_all(None, partition(&key.short(), day)).await?;
                    rows.extend(found.into_iter().filter(|row| row.key == *key && wanted(row)));
                    day = day.plus(-DAY_MS);
                }
            }
            None => {
                // A row is recorded when its call ends, which is after it started.
                let now = self.inner.clock.now();
                let mut hour = start_of(now.min(to.plus(2 * HOUR_MS)), HOUR_MS);
                while hour.get() >= start_of(from, HOUR_MS).get() && rows.len() < filter.limit {
                    rows.extend(self.hour(hour).await?.into_iter().filter(wanted));
                    hour = hour.plus(-HOUR_MS);
                }
            }
        }
        rows.sort_by(|a, b| (b.started, &b.call).cmp(&(a.started, &a.call)));
        rows.truncate(filter.limit);
        Ok(rows)
    }

    /// All rows recorded in an hour.
    async fn hour(&self, hour: Millis) -> Result<Vec<UsageRow>, StoreError> {
        let shards = (0..SHARDS).map(|shard| self.query_all(Some("gsi1"), live(hour, shard)));
        Ok(try_join_all(shards).await?.into_iter().flatten().collect())
    }

    async fn query_all(
        &self,
        index: Option<&str>,
        partition: String,
    ) -> Result<Vec<UsageRow>, StoreError> {
        let mut rows = Vec::new();
        self.inner.each_row(index, partition, |row| rows.push(row)).await?;
        Ok(rows)
    }
}

fn start_of(at: Millis, unit: i64) -> Millis {
    at.plus(-at.get().rem_euclid(unit))
}
