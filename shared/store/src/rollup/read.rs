//! Hours, read from sheets where they are true and from rows where they are not yet.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::{
    DAY_MS, FIRST_MS, HOUR_MS, Hour, hour_of,
    sheet::{Rolled, hours_between},
};
use crate::{Millis, StoreError, store::Inner};

/// Days that are read at the same time.
const DAYS: usize = 16;
/// Hours that are added up at the same time, each from all its shards.
const HOURS: usize = 4;

// === impl Inner ===

impl Inner {
    pub(super) async fn hours(&self, from: Millis, to: Millis) -> Result<Vec<Hour>, StoreError> {
        let now = self.clock.now();
        // The marks before the sheets: a mark that is gone by then has its new sheet written.
        let marks = self.marks().await?;
        let first =
            Rolled { since: hour_of(now.plus(-FIRST_MS)), through: hour_of(now.plus(-FIRST_MS)) };
        let rolled = self.rolled().await?.unwrap_or(first);
        let from = hour_of(from.max(now.plus(-400 * DAY_MS)));
        let to = to.min(hour_of(now).plus(2 * HOUR_MS));
        let kept = rolled.through.min(to);
        let days: BTreeSet<Millis> = hours_between(from, kept)
            .map(|hour| hour.plus(-hour.get().rem_euclid(DAY_MS)))
            .collect();
        let days: BTreeMap<Millis, _> = stream::iter(days)
            .map(|day| async move { Ok::<_, StoreError>((day, self.sheets(day).await?)) })
            .buffer_unordered(DAYS)
            .try_collect()
            .await?;
        let mut hours = Vec::new();
        let mut unkept: BTreeSet<Millis> =
            hours_between(from.max(kept).max(rolled.since), to).collect();
        for (day, sheets) in &days {
            for hour in hours_between(*day, day.plus(DAY_MS)) {
                if hour < from || hour >= kept {
                    continue;
                }
                match sheets.cells(hour).filter(|_| !marks.contains_key(&hour)) {
                    Some(cells) => hours.push(Hour { start: hour, cells }),
                    None => drop(unkept.insert(hour)),
                }
            }
        }
        let added: Vec<Hour> = stream::iter(unkept)
            .map(|hour| self.add_up(hour))
            .buffer_unordered(HOURS)
            .try_collect()
            .await?;
        hours.extend(added);
        hours.retain(|hour| !hour.cells.is_empty());
        hours.sort_by_key(|hour| hour.start);
        Ok(hours)
    }
}
