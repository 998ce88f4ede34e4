//! An hour's cells as items: a head that says which pieces are valid, and the pieces.
//!
//! The pieces are written first, under the instant of their making; then the head names them. Whoever
//! reads meanwhile finds the pieces of the head that they read, or reads the rows instead.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
};

use aws_sdk_dynamodb::types::ReturnValue;

use super::{Cell, HOUR_MS, Hour};
use crate::{
    Millis, StoreError,
    item::{Item, failed, key, n, number, s, text, unless_refused},
    store::Inner,
};

/// Bytes of cells in one item; an item has 400 KB.
const PIECE: usize = 300_000;
/// How long sheets are kept: as long as rows are.
const KEPT_SECONDS: i64 = 400 * 24 * 60 * 60;
/// Where the roller has come to.
const THROUGH: (&str, &str) = ("ROLL#", "THROUGH");

/// What is kept of a day.
#[derive(Debug, Default)]
pub(super) struct DaySheets {
    heads: BTreeMap<Millis, (Millis, i64)>,
    pieces: HashMap<String, Vec<Cell>>,
}

/// From when on, and up to when, hours are rolled up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rolled {
    pub(super) since: Millis,
    pub(super) through: Millis,
}

// === impl Inner ===

impl Inner {
    /// Puts an hour's cells, computed at `at`, in the place of what was kept of it.
    pub(super) async fn keep(&self, hour: &Hour, at: Millis) -> Result<(), StoreError> {
        let pk = day_partition(hour.start);
        let ttl = n(hour.start.seconds().saturating_add(KEPT_SECONDS));
        let pieces = pieces(&hour.cells)?;
        for (place, piece) in pieces.iter().enumerate() {
            let mut item = key(pk.clone(), piece_name(hour.start, at, place));
            item.insert("d".to_owned(), s(piece.clone()));
            item.insert("ttl".to_owned(), ttl.clone());
            self.put_usage(item).await?;
        }
        let named = self
            .client
            .update_item()
            .table_name(&self.tables.usage)
            .set_key(Some(key(pk, hour.start.get().to_string())))
            .update_expression("SET made = :at, pieces = :pieces, #ttl = :ttl")
            .condition_expression("attribute_not_exists(made) OR made <= :at")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":at", n(at.get()))
            .expression_attribute_values(":pieces", n(count(pieces.len())))
            .expression_attribute_values(":ttl", ttl)
            .return_values(ReturnValue::AllOld)
            .send()
            .await;
        let Some(named) = unless_refused("UpdateItem", named)? else {
            // Another process has computed it later: its sheet stands, and ours goes.
            return self.drop_pieces(hour.start, at, 0..pieces.len()).await;
        };
        let before = named.attributes.unwrap_or_default();
        let (Some(old), Some(left)) = (number(&before, "made"), number(&before, "pieces")) else {
            return Ok(());
        };
        // Of the same instant are those that were just replaced.
        let from = if old == at.get() { pieces.len() } else { 0 };
        let left = usize::try_from(left).unwrap_or(0);
        self.drop_pieces(hour.start, Millis::new(old), from..left).await
    }

    async fn drop_pieces(
        &self,
        hour: Millis,
        at: Millis,
        places: Range<usize>,
    ) -> Result<(), StoreError> {
        for place in places {
            let dropped = self
                .client
                .delete_item()
                .table_name(&self.tables.usage)
                .set_key(Some(key(day_partition(hour), piece_name(hour, at, place))));
            dropped.send().await.map_err(|error| failed("DeleteItem", error))?;
        }
        Ok(())
    }

    /// What is kept of the day (UTC) that an instant lies in.
    pub(super) async fn sheets(&self, day: Millis) -> Result<DaySheets, StoreError> {
        let mut sheets = DaySheets::default();
        for item in self.partition_of_usage(&day_partition(day)).await? {
            let name = text(&item, "sk").unwrap_or_default();
            match text(&item, "d") {
                Some(cells) => {
                    let cells = serde_json::from_str(cells)
                        .map_err(|error| StoreError::corrupt("Query", error.to_string()))?;
                    sheets.pieces.insert(name.to_owned(), cells);
                }
                None => {
                    if let (Ok(start), Some(at), Some(pieces)) =
                        (name.parse(), number(&item, "made"), number(&item, "pieces"))
                    {
                        sheets.heads.insert(Millis::new(start), (Millis::new(at), pieces));
                    }
                }
            }
        }
        Ok(sheets)
    }

    /// Where the roller has come to.
    pub(super) async fn rolled(&self) -> Result<Option<Rolled>, StoreError> {
        let read = self
            .client
            .get_item()
            .table_name(&self.tables.usage)
            .set_key(Some(key(THROUGH.0, THROUGH.1)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| failed("GetItem", error))?;
        let instant = |item: &Item, name| number(item, name).map(Millis::new);
        Ok(read.item.and_then(|item| {
            Some(Rolled { since: instant(&item, "since")?, through: instant(&item, "h")? })
        }))
    }

    /// Says how far hours are rolled up. It never goes back.
    pub(super) async fn say_rolled(&self, rolled: Rolled) -> Result<(), StoreError> {
        let sent = self
            .client
            .update_item()
            .table_name(&self.tables.usage)
            .set_key(Some(key(THROUGH.0, THROUGH.1)))
            .update_expression("SET h = :h, since = if_not_exists(since, :since)")
            .condition_expression("attribute_not_exists(h) OR h < :h")
            .expression_attribute_values(":h", n(rolled.through.get()))
            .expression_attribute_values(":since", n(rolled.since.get()))
            .send()
            .await;
        unless_refused("UpdateItem", sent).map(|_| ())
    }

    async fn put_usage(&self, item: Item) -> Result<(), StoreError> {
        let put = self.client.put_item().table_name(&self.tables.usage).set_item(Some(item));
        put.send().await.map_err(|error| failed("PutItem", error))?;
        Ok(())
    }
}

// === impl DaySheets ===

impl DaySheets {
    /// The cells of an hour; none where it has no sheet, `None` where its pieces were replaced while they
    /// were read.
    pub(super) fn cells(&self, hour: Millis) -> Option<Vec<Cell>> {
        let Some((at, pieces)) = self.heads.get(&hour) else { return Some(Vec::new()) };
        let mut cells = Vec::new();
        for place in 0..usize::try_from(*pieces).ok()? {
            cells.extend(self.pieces.get(&piece_name(hour, *at, place))?.iter().cloned());
        }
        Some(cells)
    }

    /// The hours that have a sheet.
    pub(super) fn hours(&self) -> impl Iterator<Item = Millis> {
        self.heads.keys().copied()
    }
}

/// Cells as JSON, in pieces that fit into items.
fn pieces(cells: &[Cell]) -> Result<Vec<String>, StoreError> {
    let mut pieces: Vec<String> = Vec::new();
    for cell in cells {
        let cell = serde_json::to_string(cell)
            .map_err(|error| StoreError::corrupt("PutItem", error.to_string()))?;
        match pieces.last_mut().filter(|piece| piece.len() + cell.len() < PIECE) {
            Some(piece) => {
                piece.push(',');
                piece.push_str(&cell);
            }
            None => pieces.push(["[", &cell].concat()),
        }
    }
    pieces.iter_mut().for_each(|piece| piece.push(']'));
    Ok(pieces)
}

fn day_partition(at: Millis) -> String {
    let mut text = "ROLL#".to_owned();
    at.push_day(&mut text);
    text
}

fn piece_name(hour: Millis, at: Millis, place: usize) -> String {
    format!("{}#{}#{place}", hour.get(), at.get())
}

fn count(pieces: usize) -> i64 {
    i64::try_from(pieces).unwrap_or(i64::MAX)
}

/// The hours from one on, before another.
pub(super) fn hours_between(from: Millis, to: Millis) -> impl Iterator<Item = Millis> {
    std::iter::successors(Some(from), |hour| Some(hour.plus(HOUR_MS)))
        .take_while(move |hour| *hour < to)
}
