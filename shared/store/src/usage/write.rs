//! Writes of usage rows.

use super::{
    Usage,
    item::{row_item, status},
};
use crate::{
    RowStatus, StoreError, UsageRow,
    item::{failed, s},
};

// === impl Usage ===

impl Usage {
    pub(super) async fn write(&self, row: &UsageRow) -> Result<(), StoreError> {
        self.inner
            .client
            .put_item()
            .table_name(&self.inner.tables.usage)
            .set_item(Some(row_item(row)?))
            .send()
            .await
            .map_err(|error| failed("PutItem", error))?;
        Ok(())
    }

    /// Writes a row unless the call has a final one: `false` when it has.
    pub(crate) async fn write_final(&self, row: &UsageRow) -> Result<bool, StoreError> {
        self.put_if(row, "attribute_not_exists(pk) OR st = :expired", true).await
    }

    /// Writes a row unless the call has any: `false` when it has.
    pub(crate) async fn write_first(&self, row: &UsageRow) -> Result<bool, StoreError> {
        self.put_if(row, "attribute_not_exists(pk)", false).await
    }

    async fn put_if(
        &self,
        row: &UsageRow,
        condition: &str,
        names_expired: bool,
    ) -> Result<bool, StoreError> {
        let mut put = self
            .inner
            .client
            .put_item()
            .table_name(&self.inner.tables.usage)
            .set_item(Some(row_item(row)?))
            .condition_expression(condition);
        if names_expired {
            // A value that no expression uses is refused.
            put = put.expression_attribute_values(":expired", s(status(RowStatus::Expired)));
        }
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Ok(false)
            }
            Err(error) => Err(failed("PutItem", error)),
        }
    }
}
