//! The guard's writes. Each is conditional, and each may be repeated: the lease's id makes a second
//! one fail its condition.

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    types::{ReturnValue, ReturnValuesOnConditionCheckFailure},
};

use super::{
    Ask, Ledger,
    guard::{Guard, Lease, guard_key},
};
use crate::{
    KeyHash, NanoUsd, StoreError, WindowId,
    item::{failed, money, n},
};

/// What became of a conditional write.
pub(super) enum Written {
    /// It was done; the guard after it.
    Done(Guard),
    /// Its condition did not hold; the guard that refused it.
    Refused(Guard),
    /// There is no guard.
    Missing,
}

// === impl Ledger ===

impl Ledger {
    /// Takes `lease.amount` under `id`.
    pub(super) async fn take(
        &self,
        ask: &Ask<'_>,
        version: i64,
        id: &str,
        lease: &Lease,
    ) -> Result<Written, StoreError> {
        let enough = if ask.max.is_some() { " AND rem >= :e" } else { "" };
        let update = self
            .update(ask.key)
            .update_expression("SET rem = rem - :e, r.#id = :lease")
            .condition_expression(format!(
                "ver = :v AND w = :w AND attribute_not_exists(r.#id){enough}"
            ))
            .expression_attribute_names("#id", id)
            .expression_attribute_values(":e", money(lease.amount))
            .expression_attribute_values(":lease", lease.value())
            .expression_attribute_values(":v", n(version))
            .expression_attribute_values(":w", n(lease.window.number()));
        send(update).await
    }

    /// Settles `id` in the guard's window: the lease goes, what it cost is spent.
    pub(super) async fn close(
        &self,
        key: &KeyHash,
        id: &str,
        lease: &Lease,
        actual: NanoUsd,
    ) -> Result<Written, StoreError> {
        let update = self
            .update(key)
            .update_expression(
                "SET rem = rem + :back, spent = spent + :c, #t = #t + :c REMOVE r.#id",
            )
            .condition_expression("attribute_exists(r.#id) AND w = :w")
            .expression_attribute_names("#id", id)
            .expression_attribute_names("#t", "total")
            .expression_attribute_values(":back", money(lease.amount.saturating_sub(actual)))
            .expression_attribute_values(":c", money(actual))
            .expression_attribute_values(":w", n(lease.window.number()));
        send(update).await
    }

    /// Settles `id` of a window that is over: only the sum for ever changes.
    pub(super) async fn close_past(
        &self,
        key: &KeyHash,
        id: &str,
        now_in: WindowId,
        actual: NanoUsd,
    ) -> Result<Written, StoreError> {
        let update = self
            .update(key)
            .update_expression("SET #t = #t + :c REMOVE r.#id")
            .condition_expression("attribute_exists(r.#id) AND w = :w")
            .expression_attribute_names("#id", id)
            .expression_attribute_names("#t", "total")
            .expression_attribute_values(":c", money(actual))
            .expression_attribute_values(":w", n(now_in.number()));
        send(update).await
    }

    /// Charges an expired lease in full; it stays correctable.
    pub(super) async fn charge(
        &self,
        key: &KeyHash,
        id: &str,
        lease: &Lease,
        now_in: WindowId,
    ) -> Result<Written, StoreError> {
        let spent = if lease.window == now_in { "spent = spent + :c, " } else { "" };
        let update = self
            .update(key)
            .update_expression(format!("SET {spent}#t = #t + :c, x.#id = :lease REMOVE r.#id"))
            .condition_expression("attribute_exists(r.#id) AND w = :w")
            .expression_attribute_names("#id", id)
            .expression_attribute_names("#t", "total")
            .expression_attribute_values(":c", money(lease.amount))
            .expression_attribute_values(":lease", lease.value())
            .expression_attribute_values(":w", n(now_in.number()));
        send(update).await
    }

    /// Corrects a full charge by the settlement that came late.
    pub(super) async fn correct(
        &self,
        key: &KeyHash,
        id: &str,
        lease: &Lease,
        now_in: WindowId,
        actual: NanoUsd,
    ) -> Result<Written, StoreError> {
        let more = actual.saturating_sub(lease.amount);
        let same = lease.window == now_in;
        let here = if same { "rem = rem + :less, spent = spent + :more, " } else { "" };
        let mut update = self
            .update(key)
            .update_expression(format!("SET {here}#t = #t + :more REMOVE x.#id"))
            .condition_expression("attribute_exists(x.#id) AND w = :w")
            .expression_attribute_names("#id", id)
            .expression_attribute_names("#t", "total")
            .expression_attribute_values(":more", money(more))
            .expression_attribute_values(":w", n(now_in.number()));
        if same {
            let less = NanoUsd::ZERO.saturating_sub(more);
            update = update.expression_attribute_values(":less", money(less));
        }
        send(update).await
    }

    /// Begins a window: nothing is spent in it, and leases of older ones do not weigh on it.
    pub(super) async fn new_window(
        &self,
        key: &KeyHash,
        version: i64,
        old: &Guard,
        new: WindowId,
        limit: NanoUsd,
    ) -> Result<Written, StoreError> {
        let update = self
            .update(key)
            .update_expression("SET w = :new, wv = :v, rem = :lim, spent = :zero")
            .condition_expression("ver = :v AND w = :old")
            .expression_attribute_values(":new", n(new.number()))
            .expression_attribute_values(":old", n(old.window.number()))
            .expression_attribute_values(":v", n(version))
            .expression_attribute_values(":lim", money(limit))
            .expression_attribute_values(":zero", n(0));
        send(update).await
    }

    /// Gives the guard's window another name; what was spent stays spent.
    pub(super) async fn move_window(
        &self,
        key: &KeyHash,
        version: i64,
        old: WindowId,
        new: WindowId,
    ) -> Result<Written, StoreError> {
        let update = self
            .update(key)
            .update_expression("SET w = :new, wv = :v")
            .condition_expression("ver = :v AND w = :old")
            .expression_attribute_values(":new", n(new.number()))
            .expression_attribute_values(":old", n(old.number()))
            .expression_attribute_values(":v", n(version));
        send(update).await
    }

    fn update(&self, key: &KeyHash) -> UpdateItemFluentBuilder {
        self.inner
            .client
            .update_item()
            .table_name(&self.inner.tables.core)
            .set_key(Some(guard_key(key)))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }
}

async fn send(update: UpdateItemFluentBuilder) -> Result<Written, StoreError> {
    match update.send().await {
        Ok(done) => Ok(Written::Done(Guard::read(&done.attributes.unwrap_or_default()))),
        Err(SdkError::ServiceError(refused)) => match refused.err() {
            UpdateItemError::ConditionalCheckFailedException(failed) => Ok(failed
                .item()
                .filter(|item| !item.is_empty())
                .map_or(Written::Missing, |item| Written::Refused(Guard::read(item)))),
            _ => Err(failed("UpdateItem", SdkError::ServiceError(refused))),
        },
        Err(error) => Err(failed("UpdateItem", error)),
    }
}
