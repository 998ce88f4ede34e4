//! The rows of an hour, added up page by page.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;

use super::{Cell, Hour, Kind, Tally};
use crate::{
    Millis, StoreError, UsageRow,
    store::Inner,
    usage::item::{SHARDS, live},
};

/// Sums by kind.
#[derive(Debug, Default)]
pub(super) struct Fold(BTreeMap<Kind, Tally>);

// === impl Inner ===

impl Inner {
    /// Adds up the rows that were recorded in an hour. No more of them than a page of each shard is
    /// held at a time.
    pub(super) async fn add_up(&self, start: Millis) -> Result<Hour, StoreError> {
        let shards = (0..SHARDS).map(|shard| async move {
            let mut fold = Fold::default();
            self.each_row(Some("gsi1"), live(start, shard), |row| fold.add(&row)).await?;
            Ok::<_, StoreError>(fold)
        });
        let mut all = Fold::default();
        for fold in try_join_all(shards).await? {
            all.merge(fold);
        }
        Ok(Hour { start, cells: all.cells() })
    }
}

// === impl Fold ===

impl Fold {
    pub(super) fn add(&mut self, row: &UsageRow) {
        self.0.entry(Kind::of(row)).or_default().add(row);
    }

    fn merge(&mut self, other: Self) {
        for (kind, sums) in other.0 {
            self.0.entry(kind).or_default().merge(&sums);
        }
    }

    /// In the order of their kinds.
    pub(super) fn cells(self) -> Vec<Cell> {
        self.0.into_iter().map(|(of, sums)| Cell { of, sums }).collect()
    }
}
