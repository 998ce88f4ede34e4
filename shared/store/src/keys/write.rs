//! Writes of keys: record, guard and alias change together or not at all.

use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem, Update};

use super::{
    KeyError, Keys,
    item::{alias_key, guard_item, pointer_item, record_item},
};
use crate::{
    Edits, KeyHash, KeyRecord, Millis, NanoUsd, StoreError, StoreErrorKind,
    audit::Change,
    item::{money, n, s},
    ledger::{Guard, guard_key},
    transaction::{Cancelled, malformed},
};

/// How often a change is tried against other writers.
const TRIES: usize = 12;

/// The guard's version of a key that was deleted: no record has it.
const DEAD: i64 = -1;

/// Their name in the audit log.
const KIND: &str = "KEYS";

// === impl Edits ===

impl Edits<'_, Keys> {
    pub(super) async fn insert(&self, record: &KeyRecord) -> Result<(), KeyError> {
        let mut writes = vec![
            self.put(record_item(record)?, Some("attribute_not_exists(pk)"))?,
            self.put(guard_item(record), Some("attribute_not_exists(pk)"))?,
        ];
        if let Some(alias) = &record.alias {
            writes.push(self.take_alias(alias, &record.hash)?);
        }
        match self.transact(None, Some(record), writes).await? {
            Ok(()) => Ok(()),
            Err(Cancelled(failed)) if failed.get(2) == Some(&true) => {
                Err(KeyError::AliasTaken(record.alias.clone().unwrap_or_default()))
            }
            Err(_) => self.revive(record).await,
        }
    }

    /// Stores a key that was deleted before. Its account goes on: its calls of the window are still
    /// there. Its versions go on as well: no reader of the deleted record takes it for the new one.
    async fn revive(&self, record: &KeyRecord) -> Result<(), KeyError> {
        for _ in 0..TRIES {
            let Some(old) = self.of.get_any(&record.hash).await? else { continue };
            if old.deleted_at.is_none() || old.hash != record.hash {
                return Err(KeyError::Exists);
            }
            let new = KeyRecord { version: old.version + 1, ..record.clone() };
            let mut writes = vec![
                self.replace(&old, &new)?,
                self.move_guard(DEAD, &old, &new).await?.ok_or(KeyError::NotFound)?,
            ];
            if let Some(alias) = &record.alias {
                writes.push(self.take_alias(alias, &record.hash)?);
            }
            match self.transact(None, Some(&new), writes).await? {
                Ok(()) => return Ok(()),
                Err(Cancelled(failed)) if failed.get(2) == Some(&true) => {
                    return Err(KeyError::AliasTaken(record.alias.clone().unwrap_or_default()));
                }
                Err(_) => {}
            }
        }
        Err(StoreError::new("TransactWriteItems", StoreErrorKind::Contended).into())
    }

    pub(super) async fn change(
        &self,
        hash: &KeyHash,
        opener: Option<&KeyHash>,
        change: impl Fn(&mut KeyRecord),
    ) -> Result<KeyRecord, KeyError> {
        for _ in 0..TRIES {
            let old = self.of.get(hash).await?.ok_or(KeyError::NotFound)?;
            if opener == Some(&old.hash) {
                return Err(KeyError::Exists);
            }
            let mut new = old.clone();
            change(&mut new);
            (new.hash, new.version) = (old.hash, old.version + 1);
            let from = i64::try_from(old.version).unwrap_or(i64::MAX);
            let guard = self.move_guard(from, &old, &new).await?.ok_or(KeyError::NotFound)?;
            let mut writes = vec![self.replace(&old, &new)?, guard];
            if new.alias != old.alias {
                if let Some(alias) = &new.alias {
                    writes.push(self.take_alias(alias, &old.hash)?);
                }
                if let Some(alias) = &old.alias {
                    writes.push(self.free_alias(alias)?);
                }
            }
            let last = writes.len();
            if let Some(opener) = opener {
                let pointer = pointer_item(opener, &old.hash);
                writes.push(self.put(pointer, Some("attribute_not_exists(pk)"))?);
            }
            match self.transact(Some(&old), Some(&new), writes).await? {
                Ok(()) => return Ok(new),
                Err(Cancelled(failed)) if failed.get(last) == Some(&true) => {
                    return Err(KeyError::Exists);
                }
                Err(Cancelled(failed)) if failed.get(2) == Some(&true) && new.alias.is_some() => {
                    return Err(KeyError::AliasTaken(new.alias.unwrap_or_default()));
                }
                // Somebody else changed it in between: read it again.
                Err(_) => {}
            }
        }
        Err(StoreError::new("TransactWriteItems", StoreErrorKind::Contended).into())
    }

    pub(super) async fn remove(&self, hash: &KeyHash, now: Millis) -> Result<bool, KeyError> {
        for _ in 0..TRIES {
            let Some(old) = self.of.get(hash).await? else { return Ok(false) };
            let mut new = old.clone();
            (new.deleted_at, new.version, new.alias) = (Some(now), old.version + 1, None);
            let dead = Update::builder()
                .table_name(&self.of.inner.tables.core)
                .set_key(Some(guard_key(&old.hash)))
                .update_expression("SET ver = :dead")
                .expression_attribute_values(":dead", n(DEAD))
                .build()
                .map_err(malformed)?;
            let mut gone = new.clone();
            gone.alias.clone_from(&old.alias);
            let mut writes =
                vec![self.replace(&old, &gone)?, TransactWriteItem::builder().update(dead).build()];
            if let Some(alias) = &old.alias {
                writes.push(self.free_alias(alias)?);
            }
            if self.transact(Some(&old), None, writes).await?.is_ok() {
                return Ok(true);
            }
        }
        Err(StoreError::new("TransactWriteItems", StoreErrorKind::Contended).into())
    }

    async fn transact(
        &self,
        old: Option<&KeyRecord>,
        new: Option<&KeyRecord>,
        writes: Vec<TransactWriteItem>,
    ) -> Result<Result<(), Cancelled>, StoreError> {
        let of = new.or(old).map(|record| record.hash.to_string()).unwrap_or_default();
        let change = Change::of(KIND, of, old, new)?;
        self.of.inner.transact_as(self.deed, &[change], writes).await
    }

    fn put(
        &self,
        item: crate::item::Item,
        condition: Option<&str>,
    ) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(&self.of.inner.tables.core)
            .set_item(Some(item))
            .set_condition_expression(condition.map(str::to_owned))
            .build()
            .map_err(malformed)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn replace(&self, old: &KeyRecord, new: &KeyRecord) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(&self.of.inner.tables.core)
            .set_item(Some(record_item(new)?))
            .condition_expression("ver = :old")
            .expression_attribute_values(":old", n(i64::try_from(old.version).unwrap_or(i64::MAX)))
            .build()
            .map_err(malformed)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// The guard follows, from the version `from`: the new version, the difference of the limits,
    /// and, where the length of the windows changes, no name for the window until the next call
    /// gives it one.
    async fn move_guard(
        &self,
        from: i64,
        old: &KeyRecord,
        new: &KeyRecord,
    ) -> Result<Option<TransactWriteItem>, StoreError> {
        let limit = |record: &KeyRecord| record.allowance.max_budget.unwrap_or(NanoUsd::ZERO);
        let mut update = Update::builder()
            .table_name(&self.of.inner.tables.core)
            .set_key(Some(guard_key(&new.hash)))
            .expression_attribute_values(":new", n(i64::try_from(new.version).unwrap_or(i64::MAX)))
            .expression_attribute_values(":old", n(from))
            .expression_attribute_values(":more", money(limit(new).saturating_sub(limit(old))));
        let plain = "SET ver = :new, rem = rem + :more";
        update = if new.allowance.budget_duration == old.allowance.budget_duration {
            update.update_expression(plain).condition_expression("ver = :old")
        } else {
            let Some(guard) = self.of.inner.guard(&new.hash).await? else { return Ok(None) };
            let names = guard.former.iter().chain([&guard.window]);
            let names = names.filter(|name| **name != Guard::RENAMED);
            let names = names.map(|name| name.number().to_string()).collect();
            update
                .update_expression(format!("{plain}, w = :renamed, v = :names"))
                .condition_expression("ver = :old AND w = :seen")
                .expression_attribute_values(":renamed", n(Guard::RENAMED.number()))
                .expression_attribute_values(":seen", n(guard.window.number()))
                .expression_attribute_values(":names", AttributeValue::Ns(names))
        };
        let update = update.build().map_err(malformed)?;
        Ok(Some(TransactWriteItem::builder().update(update).build()))
    }

    fn take_alias(&self, alias: &str, hash: &KeyHash) -> Result<TransactWriteItem, StoreError> {
        let mut item = alias_key(alias);
        item.insert("h".to_owned(), s(hash.to_string()));
        self.put(item, Some("attribute_not_exists(pk)"))
    }

    fn free_alias(&self, alias: &str) -> Result<TransactWriteItem, StoreError> {
        let delete = Delete::builder()
            .table_name(&self.of.inner.tables.core)
            .set_key(Some(alias_key(alias)))
            .build()
            .map_err(malformed)?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }
}
