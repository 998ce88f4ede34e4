//! Writes of usage rows.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    error::SdkError, operation::put_item::PutItemError, operation::update_item::UpdateItemError,
    types::ReturnValuesOnConditionCheckFailure,
};

use super::item::{read_row, row_item, row_key, status};
use crate::{
    CallId, RowStatus, StoreError, UsageRow,
    item::{Item, failed, n, s},
    store::Inner,
};

// === impl Inner ===

impl Inner {
    /// Writes a row as it is.
    pub(crate) async fn write_row(&self, row: &UsageRow) -> Result<(), StoreError> {
        self.announce(&[row.ended]).await?;
        self.client
            .put_item()
            .table_name(&self.tables.usage)
            .set_item(Some(row_item(row)?))
            .send()
            .await
            .map_err(|error| failed("PutItem", error))?;
        Ok(())
    }

    /// Writes a call's final row. A call that has one keeps it, and this returns it.
    pub(crate) async fn write_final(&self, row: &UsageRow) -> Result<Option<UsageRow>, StoreError> {
        let expired = HashMap::from([(":expired".to_owned(), s(status(RowStatus::Expired)))]);
        let condition = "attribute_not_exists(pk) OR (st = :expired AND attribute_not_exists(fin))";
        let kept = self.put_if(row, condition, Some(expired)).await?;
        kept.as_ref().map(read_row).transpose()
    }

    /// Says that the row of a full charge is about to give way to the call's final one, where there may
    /// be such a row: the hour in which it was charged loses it.
    pub(crate) async fn announce_correction(&self, call: &CallId) -> Result<(), StoreError> {
        let charged = self.row(call).await?.filter(|row| row.status == RowStatus::Expired);
        self.announce(charged.map(|row| row.ended).as_slice()).await
    }

    /// Writes a row unless the call has any.
    pub(crate) async fn write_first(&self, row: &UsageRow) -> Result<(), StoreError> {
        self.put_if(row, "attribute_not_exists(pk)", None).await.map(|_| ())
    }

    /// Lets the row of a full charge stand for good. If it is a final one by now, this returns what
    /// it cost.
    pub(crate) async fn seal(&self, call: &CallId) -> Result<Option<UsageRow>, StoreError> {
        let sent = self
            .client
            .update_item()
            .table_name(&self.tables.usage)
            .set_key(Some(row_key(call)))
            .update_expression("SET fin = :yes")
            .condition_expression("st = :expired")
            .expression_attribute_values(":yes", n(1))
            .expression_attribute_values(":expired", s(status(RowStatus::Expired)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = sent else { return Ok(None) };
        if let SdkError::ServiceError(refused) = &error
            && let UpdateItemError::ConditionalCheckFailedException(refused) = refused.err()
        {
            return refused.item().map(read_row).transpose();
        }
        Err(failed("UpdateItem", error))
    }

    /// Puts a row under a condition; returns the item that refused it.
    async fn put_if(
        &self,
        row: &UsageRow,
        condition: &str,
        values: Option<Item>,
    ) -> Result<Option<Item>, StoreError> {
        self.announce(&[row.ended]).await?;
        let sent = self
            .client
            .put_item()
            .table_name(&self.tables.usage)
            .set_item(Some(row_item(row)?))
            .condition_expression(condition)
            // An empty set of values is refused.
            .set_expression_attribute_values(values)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = sent else { return Ok(None) };
        if let SdkError::ServiceError(refused) = &error
            && let PutItemError::ConditionalCheckFailedException(refused) = refused.err()
        {
            return Ok(Some(refused.item().cloned().unwrap_or_default()));
        }
        Err(failed("PutItem", error))
    }
}
