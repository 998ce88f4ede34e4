//! Writes of records, with their unique names.

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem, Update};

use super::{
    Place, Record, RecordError, Records,
    item::{name_key, to_item, version},
};
use crate::{
    Edits, StoreError, StoreErrorKind,
    audit::Change,
    item::{Item, key, n, s},
    routing,
    transaction::{Cancelled, malformed},
};

/// How often a change is tried against other writers.
const TRIES: usize = 12;
/// Most records of one transaction; each may need three of its hundred writes: itself, its name, its
/// row in the audit log. That log's head is one more, and what counts changes another.
const BATCH: usize = 32;

// === impl Edits ===

impl<R: Record> Edits<'_, Records<R>> {
    pub(super) async fn insert_all(&self, records: &[R]) -> Result<(), RecordError> {
        for some in records.chunks(BATCH) {
            let mut writes = Vec::new();
            let (mut refusals, mut changes) = (Vec::new(), Vec::new());
            for record in some {
                changes.push(Change::of(R::KIND, record.id(), None, Some(record))?);
                writes.push(self.put(to_item(record)?)?);
                refusals.push(None);
                if let Some(unique) = record.unique() {
                    writes.push(self.take_name(&unique, &record.place())?);
                    refusals.push(Some(unique));
                }
            }
            writes.extend(self.count()?);
            if let Err(Cancelled(failed)) = self.transact(&changes, writes).await? {
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
            let old = self.of.get(place).await?.ok_or(RecordError::NotFound)?;
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
            .table_name(&self.of.inner.tables.core)
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
        let told = Change::of(R::KIND, new.id(), Some(old), Some(&new))?;
        match self.transact(&[told], writes).await? {
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
            let Some(old) = self.of.get(place).await? else { return Ok(None) };
            let delete = Delete::builder()
                .table_name(&self.of.inner.tables.core)
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
            let told = Change::of(R::KIND, old.id(), Some(&old), None)?;
            if self.transact(&[told], writes).await?.is_ok() {
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
            .table_name(&self.of.inner.tables.core)
            .set_key(Some(key(routing::PARTITION, routing::REVISION)))
            .update_expression("ADD rev :one")
            .expression_attribute_values(":one", n(1))
            .build()
            .map_err(malformed)?;
        Ok(Some(TransactWriteItem::builder().update(update).build()))
    }

    async fn transact(
        &self,
        changes: &[Change],
        writes: Vec<TransactWriteItem>,
    ) -> Result<Result<(), Cancelled>, StoreError> {
        self.of.inner.transact_as(self.deed, changes, writes).await
    }

    fn put(&self, item: Item) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(&self.of.inner.tables.core)
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
            .table_name(&self.of.inner.tables.core)
            .set_key(Some(name_key(unique)))
            .build()
            .map_err(malformed)?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }
}
