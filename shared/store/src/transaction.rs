//! Transactions: several items change together or not at all.
//!
//! Only for records that people edit. Never for a counter that calls share: AWS cancels those.

use std::time::Duration;

use aws_sdk_dynamodb::{
    error::{BuildError, SdkError},
    operation::transact_write_items::TransactWriteItemsError,
    types::TransactWriteItem,
};

use crate::{StoreError, StoreErrorKind, item::failed, store::Inner};

/// How often a transaction is tried against others on the same items.
const TRIES: usize = 12;

/// Which of a transaction's conditions did not hold, by its place.
#[derive(Debug)]
pub(crate) struct Cancelled(pub(crate) Vec<bool>);

// === impl Inner ===

impl Inner {
    /// Runs a transaction; one that met another is tried again.
    pub(crate) async fn transact(
        &self,
        writes: Vec<TransactWriteItem>,
    ) -> Result<Result<(), Cancelled>, StoreError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let sent = self
                .client
                .transact_write_items()
                .set_transact_items(Some(writes.clone()))
                .send()
                .await;
            let Err(error) = sent else { return Ok(Ok(())) };
            let Some(codes) = cancellation(&error) else {
                return Err(failed("TransactWriteItems", error));
            };
            let failed_checks: Vec<bool> =
                codes.iter().map(|code| code == "ConditionalCheckFailed").collect();
            if failed_checks.contains(&true) {
                return Ok(Err(Cancelled(failed_checks)));
            }
            if tries >= TRIES {
                return Err(failed("TransactWriteItems", error));
            }
            tokio::time::sleep(Duration::from_millis(10 * (1 << tries.min(6)))).await;
        }
    }
}

fn cancellation<R>(error: &SdkError<TransactWriteItemsError, R>) -> Option<Vec<String>> {
    match error.as_service_error()? {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => Some(
            cancelled
                .cancellation_reasons()
                .iter()
                .map(|reason| reason.code().unwrap_or_default().to_owned())
                .collect(),
        ),
        TransactWriteItemsError::TransactionInProgressException(_) => Some(Vec::new()),
        _ => None,
    }
}

/// A write that the SDK would not take.
pub(crate) fn malformed(error: BuildError) -> StoreError {
    StoreError::new("TransactWriteItems", StoreErrorKind::Rejected).caused_by(None, error)
}
