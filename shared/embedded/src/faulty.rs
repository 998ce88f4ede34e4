//! What goes wrong between a client and DynamoDB, on demand.
//!
//! No local engine has conflicts, throttling or a network. They are where the money bugs are, so
//! this wrapper makes them, in a script: the next matching operation meets the next fault.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    },
    orchestrator::HttpRequest,
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};

use crate::{
    connector::{operation, respond},
    dispatch::Outcome,
};

/// A fault that an operation meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The request never arrives.
    LostBefore,
    /// The request is carried out and its answer never arrives.
    LostAfter,
    /// `ProvisionedThroughputExceededException`: too much on one partition.
    Throttled,
    /// `InternalServerError`.
    Internal,
    /// `TransactionConflictException`: a transaction holds the item.
    Conflict,
    /// `TransactionCanceledException` because of another transaction.
    Cancelled,
}

/// An HTTP client that has faults.
#[derive(Debug, Clone)]
pub struct Faulty {
    inner: SharedHttpClient,
    script: Arc<Mutex<VecDeque<(String, Fault)>>>,
}

// === impl Faulty ===

impl Faulty {
    /// Wraps a client; without a script it does nothing.
    pub fn new(inner: impl HttpClient + 'static) -> Self {
        Self { inner: SharedHttpClient::new(inner), script: Arc::default() }
    }

    /// The next `operation` (`UpdateItem`...) that has no fault yet meets this one.
    pub fn next(&self, operation: &str, fault: Fault) {
        self.script
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_back((operation.to_owned(), fault));
    }

    /// Faults that nobody has met yet.
    #[must_use]
    pub fn left(&self) -> usize {
        self.script.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Forgets the rest of the script.
    pub fn clear(&self) {
        self.script.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn take(&self, operation: &str) -> Option<Fault> {
        let mut script = self.script.lock().unwrap_or_else(PoisonError::into_inner);
        let at = script.iter().position(|(name, _)| name == operation)?;
        script.remove(at).map(|(_, fault)| fault)
    }
}

impl HttpClient for Faulty {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(FaultyConnector { faults: self.clone(), inner })
    }
}

#[derive(Debug)]
struct FaultyConnector {
    faults: Faulty,
    inner: SharedHttpConnector,
}

// === impl FaultyConnector ===

impl HttpConnector for FaultyConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let fault = operation(&request).and_then(|operation| self.faults.take(operation));
        let Some(fault) = fault else { return self.inner.call(request) };
        let done = (fault == Fault::LostAfter).then(|| self.inner.call(request));
        HttpConnectorFuture::new(async move {
            if let Some(done) = done {
                done.await?;
            }
            match answer(fault) {
                Some(outcome) => respond(outcome),
                None => Err(ConnectorError::timeout("no answer, as scripted".into())),
            }
        })
    }
}

fn answer(fault: Fault) -> Option<Outcome> {
    let (status, kind) = match fault {
        Fault::LostBefore | Fault::LostAfter => return None,
        Fault::Throttled => (400, "ProvisionedThroughputExceededException"),
        Fault::Internal => (500, "InternalServerError"),
        Fault::Conflict => (400, "TransactionConflictException"),
        Fault::Cancelled => (400, "TransactionCanceledException"),
    };
    let reasons = match fault {
        Fault::Cancelled => r#","CancellationReasons":[{"Code":"TransactionConflict"}]"#,
        _ => "",
    };
    let body = format!(
        r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{kind}","message":"as scripted"{reasons}}}"#
    );
    Some(Outcome { status, body })
}
