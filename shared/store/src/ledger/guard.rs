//! The guard in the database: read from an item, changed by one conditional write.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::Arc,
    time::Duration,
};

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::{put_item::PutItemError, update_item::UpdateItemError},
    types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure},
};

use super::{
    Subject,
    expression::Expression,
    limit::METER,
    machine::{Change, Guard, Hold, Holds, Late, Lease, Mark, Meter},
};
use crate::{
    KeyHash, Millis, NanoUsd, StoreError, StoreErrorKind, UsageRow, WindowId,
    item::{Item, failed, key, money, n, number, s, text},
    store::Inner,
};

/// How often a write is tried against transactions on the same item.
const CONFLICTS: u32 = 8;

/// What became of a conditional write.
#[derive(Debug, Clone)]
pub(super) enum Written {
    /// It was done; the guard after it.
    Done(Arc<Guard>),
    /// Its condition did not hold; the guard that refused it.
    Refused(Arc<Guard>),
    /// There is no guard.
    Missing,
}

/// Who has a guard.
pub(crate) trait Holder: Send + Sync {
    /// The partition of the guard.
    fn partition(&self) -> String;
    /// Its key, if it is one.
    fn key(&self) -> Option<&KeyHash>;
    /// Whether what the row says was used was used of it: not of a deployment or a provider that
    /// somebody else served the call in the place of.
    fn serves(&self, _: &UsageRow) -> bool {
        true
    }
}

/// Where a guard is.
pub(crate) fn guard_key(holder: &dyn Holder) -> Item {
    key(holder.partition(), "GUARD")
}

/// A new guard: nothing spent, nothing reserved. `rem` is kept where there is no budget as well,
/// counted from zero, so that a budget set later is a mere addition.
pub(crate) fn new_guard(holder: &dyn Holder, version: i64, max: Option<NanoUsd>) -> Item {
    let name = holder.key().map_or_else(|| holder.partition(), KeyHash::to_string);
    let mut item = guard_key(holder);
    item.insert("ver".to_owned(), n(version));
    item.insert("w".to_owned(), n(0));
    item.insert("rem".to_owned(), money(max.unwrap_or(NanoUsd::ZERO)));
    item.insert("spent".to_owned(), n(0));
    item.insert("total".to_owned(), n(0));
    item.insert("r".to_owned(), AttributeValue::M(Item::new()));
    item.insert("x".to_owned(), AttributeValue::M(Item::new()));
    item.insert("gsi1pk".to_owned(), s("GUARDS"));
    item.insert("gsi1sk".to_owned(), s(name));
    item
}

/// Whose guard an item is.
pub(crate) fn holder(item: &Item) -> Option<Subject> {
    let name = text(item, "gsi1sk")?;
    match KeyHash::parse_hex(name) {
        Ok(hash) => Some(Subject::Key(hash)),
        Err(_) => Subject::parse(name).ok(),
    }
}

/// Reads a guard.
pub(crate) fn read_guard(item: &Item) -> Guard {
    let amount = |name: &str| NanoUsd::from_nanos(number(item, name).unwrap_or(0));
    let window = |number: i64| WindowId::from_number(number);
    Guard {
        version: number(item, "ver").unwrap_or(-1),
        window: window(number(item, "w").unwrap_or(0)),
        former: item
            .get("v")
            .and_then(|value| value.as_ns().ok())
            .into_iter()
            .flatten()
            .filter_map(|text| text.parse().ok().map(window))
            .collect(),
        rem: amount("rem"),
        spent: amount("spent"),
        total: amount("total"),
        leases: entries(item, "r")
            .filter_map(|(id, entry)| {
                let lease = Lease {
                    amount: NanoUsd::from_nanos(number(entry, "a")?),
                    expires: Millis::new(number(entry, "x")?),
                    window: window(number(entry, "w")?),
                    mark: mark(entry),
                    holds: holds(entry),
                };
                Some((id.clone(), lease))
            })
            .collect(),
        late: entries(item, "x")
            .filter_map(|(id, entry)| {
                let late = Late {
                    amount: NanoUsd::from_nanos(number(entry, "a")?),
                    at: Millis::new(number(entry, "t")?),
                    window: window(number(entry, "w")?),
                    mark: mark(entry),
                    holds: holds(entry),
                };
                Some((id.clone(), late))
            })
            .collect(),
        meters: item
            .iter()
            .filter(|(name, _)| name.starts_with(METER))
            .filter_map(|(name, value)| {
                let entry = value.as_m().ok()?;
                let meter = Meter {
                    window: window(number(entry, "w")?),
                    used: number(entry, "u")?,
                    settled: number(entry, "s")?,
                };
                Some((name.clone(), meter))
            })
            .collect(),
    }
}

fn mark(entry: &Item) -> Option<Mark> {
    Some(Mark { flush: number(entry, "n")?, since: Millis::new(number(entry, "o")?) })
}

fn holds(entry: &Item) -> Holds {
    entries(entry, "h")
        .filter_map(|(id, hold)| {
            let amount = number(hold, "a")?;
            Some((id.clone(), Hold { amount, at: Millis::new(number(hold, "t")?) }))
        })
        .collect()
}

fn entries<'a>(item: &'a Item, name: &str) -> impl Iterator<Item = (&'a String, &'a Item)> {
    item.get(name)
        .and_then(|value| value.as_m().ok())
        .into_iter()
        .flatten()
        .filter_map(|(id, entry): (&String, &AttributeValue)| Some((id, entry.as_m().ok()?)))
}

// === impl Inner ===

impl Inner {
    /// Writes changes, as one, at once.
    pub(super) async fn write_now(
        &self,
        holder: &dyn Holder,
        changes: &[Change],
    ) -> Result<Written, StoreError> {
        let Expression { update, condition, names, values, .. } = Expression::of(changes);
        let mut conflicts = 0;
        loop {
            let sent = self
                .client
                .update_item()
                .table_name(&self.tables.core)
                .set_key(Some(guard_key(holder)))
                .update_expression(&update)
                .condition_expression(&condition)
                .set_expression_attribute_names(Some(names.clone()))
                .set_expression_attribute_values(Some(values.clone()))
                .return_values(ReturnValue::AllNew)
                .return_values_on_condition_check_failure(
                    ReturnValuesOnConditionCheckFailure::AllOld,
                )
                .send()
                .await;
            let error = match sent {
                Ok(done) => {
                    let guard = read_guard(&done.attributes.unwrap_or_default());
                    return Ok(Written::Done(Arc::new(guard)));
                }
                Err(error) => error,
            };
            if let SdkError::ServiceError(refused) = &error
                && let UpdateItemError::ConditionalCheckFailedException(refused) = refused.err()
            {
                return Ok(refused
                    .item()
                    .filter(|item| !item.is_empty())
                    .map_or(Written::Missing, |item| {
                        Written::Refused(Arc::new(read_guard(item)))
                    }));
            }
            // A change of the key's record is a transaction on this item, and it is rare.
            let error = failed("UpdateItem", error);
            if error.kind() != StoreErrorKind::Contended || conflicts >= CONFLICTS {
                return Err(error);
            }
            tokio::time::sleep(jittered(Duration::from_millis(8 << conflicts))).await;
            conflicts += 1;
        }
    }

    /// Reads a guard, strongly.
    pub(crate) async fn guard(&self, holder: &dyn Holder) -> Result<Option<Guard>, StoreError> {
        let read = self
            .client
            .get_item()
            .table_name(&self.tables.core)
            .set_key(Some(guard_key(holder)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| failed("GetItem", error))?;
        Ok(read.item.as_ref().map(read_guard))
    }

    /// Makes a guard, unless there is one.
    pub(super) async fn make_guard(
        &self,
        holder: &dyn Holder,
        version: i64,
    ) -> Result<(), StoreError> {
        let sent = self
            .client
            .put_item()
            .table_name(&self.tables.core)
            .set_item(Some(new_guard(holder, version, None)))
            .condition_expression("attribute_not_exists(pk)")
            .send()
            .await;
        match sent {
            Err(SdkError::ServiceError(refused))
                if matches!(refused.err(), PutItemError::ConditionalCheckFailedException(_)) =>
            {
                Ok(())
            }
            Err(error) => Err(failed("PutItem", error)),
            Ok(_) => Ok(()),
        }
    }
}

/// Between a half and all of it: those who met each other shall not meet again.
fn jittered(wait: Duration) -> Duration {
    let half = wait / 2;
    let nanos = u64::try_from(half.as_nanos()).unwrap_or(u64::MAX).max(1);
    half + Duration::from_nanos(RandomState::new().hash_one(nanos) % nanos)
}

// === impl Holder ===

impl Holder for KeyHash {
    fn partition(&self) -> String {
        format!("K#{self}")
    }

    fn key(&self) -> Option<&KeyHash> {
        Some(self)
    }
}

impl Holder for Subject {
    fn partition(&self) -> String {
        self.to_string()
    }

    fn key(&self) -> Option<&KeyHash> {
        match self {
            Self::Key(hash) => Some(hash),
            _ => None,
        }
    }

    fn serves(&self, row: &UsageRow) -> bool {
        match self {
            Self::Deployment(id) => row.model_id == *id,
            Self::Provider(name) => row.provider == *name,
            _ => true,
        }
    }
}
