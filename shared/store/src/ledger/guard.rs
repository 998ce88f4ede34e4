//! The guard in the database: read from an item, changed by one conditional write.

use std::time::Duration;

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::update_item::UpdateItemError,
    types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure},
};

use super::{
    expression::Expression,
    machine::{Change, Guard, Late, Lease, Mark},
};
use crate::{
    KeyHash, Millis, NanoUsd, StoreError, StoreErrorKind, WindowId,
    item::{Item, failed, key, number},
    store::Inner,
};

/// How often a write is tried against transactions on the same item.
const CONFLICTS: u32 = 8;

/// What became of a conditional write.
#[derive(Debug)]
pub(super) enum Written {
    /// It was done; the guard after it.
    Done(Guard),
    /// Its condition did not hold; the guard that refused it.
    Refused(Guard),
    /// There is no guard.
    Missing,
}

/// Where a key's guard is.
pub(crate) fn guard_key(hash: &KeyHash) -> Item {
    key(format!("K#{hash}"), "GUARD")
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
                };
                Some((id.clone(), late))
            })
            .collect(),
    }
}

fn mark(entry: &Item) -> Option<Mark> {
    Some(Mark { flush: number(entry, "n")?, since: Millis::new(number(entry, "o")?) })
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
    /// Writes a change. Whether it was done is known from the answer alone; that it may have been
    /// done before is what its conditions are for.
    pub(super) async fn write(
        &self,
        key: &KeyHash,
        change: &Change,
    ) -> Result<Written, StoreError> {
        let Expression { update, condition, names, values } = Expression::of(change);
        let mut conflicts = 0;
        loop {
            let sent = self
                .client
                .update_item()
                .table_name(&self.tables.core)
                .set_key(Some(guard_key(key)))
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
                    return Ok(Written::Done(read_guard(&done.attributes.unwrap_or_default())));
                }
                Err(error) => error,
            };
            if let SdkError::ServiceError(refused) = &error
                && let UpdateItemError::ConditionalCheckFailedException(refused) = refused.err()
            {
                return Ok(refused
                    .item()
                    .filter(|item| !item.is_empty())
                    .map_or(Written::Missing, |item| Written::Refused(read_guard(item))));
            }
            // A change of the key's record is a transaction on this item, and it is rare.
            let error = failed("UpdateItem", error);
            if error.kind() != StoreErrorKind::Contended || conflicts >= CONFLICTS {
                return Err(error);
            }
            tokio::time::sleep(Duration::from_millis(4 << conflicts)).await;
            conflicts += 1;
        }
    }

    /// Reads a key's guard, strongly.
    pub(crate) async fn guard(&self, key: &KeyHash) -> Result<Option<Guard>, StoreError> {
        let read = self
            .client
            .get_item()
            .table_name(&self.tables.core)
            .set_key(Some(guard_key(key)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| failed("GetItem", error))?;
        Ok(read.item.as_ref().map(read_guard))
    }
}
