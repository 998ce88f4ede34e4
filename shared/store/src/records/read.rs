//! Reads of records.

use std::collections::{BTreeSet, HashMap};

use super::{
    Place, Record, Records,
    item::{from_item, name_key},
};
use crate::{
    StoreError,
    item::{Item, failed, number, text},
    keys::read::{batch_get, index},
    store::{Inner, Store},
};

// === impl Records ===

impl<R: Record> Records<R> {
    pub(super) async fn read(&self, place: &Place) -> Result<Option<R>, StoreError> {
        let item = self.inner.item(place.key()).await?;
        item.as_ref().map(from_item).transpose()
    }

    pub(super) async fn read_all(&self, places: &[Place]) -> Result<Vec<R>, StoreError> {
        let mut keys: Vec<&Place> = places.iter().collect();
        keys.sort_unstable();
        keys.dedup();
        let items = batch_get(&self.inner, keys.into_iter().map(Place::key).collect()).await?;
        items.iter().map(from_item).collect()
    }

    pub(super) async fn by_name(&self, unique: &str) -> Result<Option<R>, StoreError> {
        let Some(item) = self.inner.item(name_key(unique)).await? else { return Ok(None) };
        match (text(&item, "rpk"), text(&item, "rsk")) {
            (Some(pk), Some(sk)) => self.read(&Place::new(pk, sk)).await,
            _ => Err(StoreError::corrupt("GetItem", "a unique name names no record")),
        }
    }

    pub(super) async fn list(&self, name: &'static str, pk: &str) -> Result<Vec<R>, StoreError> {
        let entries = index(&self.inner, name, pk, false).await?;
        let places: Vec<Place> = entries.iter().filter_map(place_of).collect();
        let order: HashMap<Place, usize> =
            places.iter().enumerate().map(|(at, place)| (place.clone(), at)).collect();
        let mut records = self.read_all(&places).await?;
        records.sort_by_key(|record| order.get(&record.place()).copied());
        Ok(records)
    }
}

// === impl Store ===

impl Store {
    /// The versions that records have now, read strongly in one question; 0 for those there are not. A
    /// place may be asked for more than once: several may have the same budget.
    ///
    /// # Errors
    /// The database's.
    pub async fn versions(&self, places: &[Place]) -> Result<Vec<u64>, StoreError> {
        let once: BTreeSet<&Place> = places.iter().collect();
        let items = batch_get(&self.inner, once.into_iter().map(Place::key).collect()).await?;
        let found: HashMap<Place, u64> = items
            .iter()
            .filter_map(|item| Some((place_of(item)?, number(item, "ver")?.unsigned_abs())))
            .collect();
        Ok(places.iter().map(|place| found.get(place).copied().unwrap_or(0)).collect())
    }
}

// === impl Inner ===

impl Inner {
    /// An item of the core table, read strongly.
    pub(crate) async fn item(&self, key: Item) -> Result<Option<Item>, StoreError> {
        let read = self
            .client
            .get_item()
            .table_name(&self.tables.core)
            .set_key(Some(key))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| failed("GetItem", error))?;
        Ok(read.item)
    }
}

fn place_of(item: &Item) -> Option<Place> {
    Some(Place::new(text(item, "pk")?, text(item, "sk")?))
}
