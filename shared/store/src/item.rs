//! Items: attributes written and read with their types.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    error::{ProvideErrorMetadata, SdkError},
    types::AttributeValue,
};

use crate::{NanoUsd, StoreError, StoreErrorKind};

/// An item as the SDK has it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// A string attribute.
pub(crate) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A number attribute.
pub(crate) fn n(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// An amount of money, in nano-dollars.
pub(crate) fn money(amount: NanoUsd) -> AttributeValue {
    n(amount.nanos())
}

/// A string attribute of an item.
pub(crate) fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// A number attribute of an item.
pub(crate) fn number(item: &Item, name: &str) -> Option<i64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

/// A primary key.
pub(crate) fn key(pk: impl Into<String>, sk: impl Into<String>) -> Item {
    Item::from([("pk".to_owned(), s(pk)), ("sk".to_owned(), s(sk))])
}

/// What the SDK says went wrong, by class.
pub(crate) fn failed<E, R>(operation: &'static str, error: SdkError<E, R>) -> StoreError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let kind = match &error {
        SdkError::ServiceError(refused) => match refused.err().code() {
            Some(
                "ProvisionedThroughputExceededException"
                | "ThrottlingException"
                | "RequestLimitExceeded",
            ) => StoreErrorKind::Throttled,
            Some("TransactionConflictException" | "TransactionCanceledException") => {
                StoreErrorKind::Contended
            }
            Some("InternalServerError" | "ServiceUnavailable") => StoreErrorKind::Unreachable,
            _ => StoreErrorKind::Rejected,
        },
        SdkError::ConstructionFailure(_) => StoreErrorKind::Rejected,
        _ => StoreErrorKind::Unreachable,
    };
    let detail =
        error.code().map(|code| format!("{code}: {}", error.message().unwrap_or_default()));
    StoreError::new(operation, kind).caused_by(detail, error)
}

/// What a conditional write came to; `None` where its condition did not hold.
pub(crate) fn unless_refused<T, E, R>(
    operation: &'static str,
    sent: Result<T, SdkError<E, R>>,
) -> Result<Option<T>, StoreError>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    match sent {
        Ok(done) => Ok(Some(done)),
        Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(None),
        Err(error) => Err(failed(operation, error)),
    }
}
