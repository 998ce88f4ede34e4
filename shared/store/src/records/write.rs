//! Writes of records, with their unique names.

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem, Update};

use super::{
    Place, Record, RecordError, Records,
    item::{name_key, to_item, version},
};
use crate::{
    StoreError, StoreErrorKind,
    item::{Item, key, n, s},
    routing,
    transaction::{Cancelled, malformed},
};

/// How often a change is tried against other writers.
const TRIES: usize = 12;
/// Most records of one transaction; each may need two of its hundred writes, and one more counts them.
const BATCH: usize = 49;

// === impl Records ===

impl<R: Record> Records<R> {
    pub(super) async fn insert(&self, record: &R) -> Result<R, RecordError> {
        self.insert_all(std::slice::from_ref(record)).await?;
        Ok(record.clone())
    }

    pub(super) async fn insert_all(&self, records: &[R]) -> Result<(), RecordError> {
        for some in records.chunks(BATCH) {
            let mut writes = Vec::new();
            let mut refusals = Vec::new();
            for record in some {
                writes.push(self.put(to_item(record)?)?);
                refusals.push(None);
                if let Some(unique) = record.unique() {
                    writes.push(self.take_name(&unique, &record.place())?);
                    refusals.push(Some(unique));
                }
            }
            writes.extend(self.count()?);
            if let Err(Cancelled(failed)) = self.inner.transact(writes).await? {
                let first = failed.iter().position(|failed| *failed);
                let name = first.and_then(|at| refusals.get(at).cloned()).flatten();
                return Err(name.map_or(RecordError::Exists, RecordError::Taken));
            }
        }
        Ok(())
    }

    pub(super) async fn change(
        &self,
        place: &Place,
        change: impl Fn(&mut R),
    ) -> Result<R, RecordError> {
        for _ in 0..TRIES {
            let old = self.get(place).await?.ok_or(RecordError::NotFound)?;
            let mut new = old.clone();
            change(&mut new);
            if let Some(new) = self.swap(&old, new).await? {
                return Ok(new);
            }
        }
        Err(StoreError::new("TransactWriteItems", StoreErrorKind::Contended).into())
    }

    /// Puts one in the place of another, if that is still there as it was.
    pub(super) async fn swap(&self, old: &R, mut new: R) -> Result<Option<R>, RecordError> {
        let place = old.place();
        new.stamp_mut().version = old.stamp().version + 1;
        let put = Put::builder()
            .table_name(&self.inner.tables.core)
            .set_item(Some(to_item(&new)?))
            .condition_expression("ver = :old")
            .expression_attribute_values(":old", n(version(old)))
            .build()
            .map_err(malformed)?;
        let mut writes = vec![TransactWriteItem::builder().put(put).build()];
        let (from, to) = (old.unique(), new.unique());
        if from != to {
            if let Some(to) = &to {
                writes.push(self.take_name(to, &place)?);
            }
            if let Some(from) = &from {
                writes.push(self.free_name(from)?);
            }
        }
        writes.extend(self.count()?);
        match self.inner.transact(writes).await? {
            Ok(()) => Ok(Some(new)),
            Err(Cancelled(failed)) if failed.get(1) == Some(&true) => {
                Err(RecordError::Taken(to.unwrap_or_default()))
            }
            // Somebody else changed it in between.
            Err(_) => Ok(None),
        }
    }

    pub(super) async fn remove(&self, place: &Place) -> Result<Option<R>, RecordError> {
        for _ in 0..TRIES {
            let Some(old) = self.get(place).await? else { return Ok(None) };
            let delete = Delete::builder()
                .table_name(&self.inner.tables.core)
                .set_key(Some(place.key()))
                .condition_expression("ver = :old")
                .expression_attribute_values(":old", n(version(&old)))
                .build()
                .map_err(malformed)?;
            let mut writes = vec![TransactWriteItem::builder().delete(delete).build()];
            if let Some(unique) = old.unique() {
                writes.push(self.free_name(&unique)?);
            }
            writes.extend(self.count()?);
            if self.inner.transact(writes).await?.is_ok() {
                return Ok(Some(old));
            }
        }
        Err(StoreError::new("TransactWriteItems", StoreErrorKind::Contended).into())
    }

    /// Counts up the revision of what calls are routed by, where that is changed.
    fn count(&self) -> Result<Option<TransactWriteItem>, StoreError> {
        if !R::ROUTES {
            return Ok(None);
        }
        let update = Update::builder()
            .table_name(&self.inner.tables.core)
            .set_key(Some(key(routing::PARTITION, routing::REVISION)))
            .update_expression("ADD rev :one")
            .expression_attribute_values(":one", n(1))
            .build()
            .map_err(malformed)?;
        Ok(Some(TransactWriteItem::builder().update(update).build()))
    }

    fn put(&self, item: Item) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(&self.inner.tables.core)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .map_err(malformed)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn take_name(&self, unique: &str, place: &Place) -> Result<TransactWriteItem, StoreError> {
        let mut item = name_key(unique);
        item.insert("rpk".to_owned(), s(&place.pk));
        item.insert("rsk".to_owned(), s(&place.sk));
        self.put(item)
    }

    fn free_name(&self, unique: &str) -> Result<TransactWriteItem, StoreError> {
        let delete = Delete::builder()
            .table_name(&self.inner.tables.core)
            .set_key(Some(name_key(unique)))
            .build()
            .map_err(malformed)?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }
}
