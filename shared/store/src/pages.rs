//! All that a query or a scan finds: DynamoDB answers a megabyte at a time.

use aws_sdk_dynamodb::{
    error::{ProvideErrorMetadata, SdkError},
    operation::{
        query::{QueryError, builders::QueryFluentBuilder},
        scan::{ScanError, builders::ScanFluentBuilder},
    },
};
use aws_smithy_async::future::pagination_stream::PaginationStream;

use crate::{
    StoreError,
    item::{Item, failed},
};

/// Items one after the other; the next page is asked for when the one before it has been read.
pub(crate) struct Found<E> {
    operation: &'static str,
    items: PaginationStream<Result<Item, SdkError<E>>>,
}

// === impl Found ===

impl Found<QueryError> {
    /// What a query finds.
    pub(crate) fn by(query: QueryFluentBuilder) -> Self {
        Self { operation: "Query", items: query.into_paginator().items().send() }
    }
}

impl Found<ScanError> {
    /// What a scan finds.
    pub(crate) fn over(scan: ScanFluentBuilder) -> Self {
        Self { operation: "Scan", items: scan.into_paginator().items().send() }
    }
}

impl<E> Found<E>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    /// The next one.
    ///
    /// # Errors
    /// The database's.
    pub(crate) async fn next(&mut self) -> Result<Option<Item>, StoreError> {
        self.items.try_next().await.map_err(|error| failed(self.operation, error))
    }

    /// All of them.
    ///
    /// # Errors
    /// The database's.
    pub(crate) async fn all(self) -> Result<Vec<Item>, StoreError> {
        let operation = self.operation;
        self.items.try_collect().await.map_err(|error| failed(operation, error))
    }
}
