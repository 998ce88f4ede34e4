//! What a client's requests cost in DynamoDB's units, as the engine counts them.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    },
    orchestrator::HttpRequest,
    runtime_components::RuntimeComponents,
};
use serde_json::Value;

use crate::connector::operation;

/// An HTTP client that asks for the capacity that each request consumes, and adds it up. Clones share
/// the sums.
#[derive(Debug, Clone)]
pub struct Metered {
    inner: SharedHttpClient,
    sums: Arc<Mutex<Units>>,
}

/// What requests consumed.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Units {
    /// Requests.
    pub requests: usize,
    /// Write request units, those of indexes included. A write whose condition does not hold counts
    /// as one: the engine does not say, and DynamoDB charges it like a write of the item.
    pub write: f64,
    /// Read request units.
    pub read: f64,
}

#[derive(Debug)]
struct MeteredConnector {
    sums: Arc<Mutex<Units>>,
    inner: SharedHttpConnector,
}

// === impl Metered ===

impl Metered {
    /// Wraps a client.
    pub fn new(inner: impl HttpClient + 'static) -> Self {
        Self { inner: SharedHttpClient::new(inner), sums: Arc::default() }
    }

    /// What was consumed since this was last asked.
    #[must_use]
    pub fn take(&self) -> Units {
        std::mem::take(&mut self.sums.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl HttpClient for Metered {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(MeteredConnector { sums: Arc::clone(&self.sums), inner })
    }
}

// === impl MeteredConnector ===

impl HttpConnector for MeteredConnector {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let name = operation(&request).unwrap_or_default();
        let writes =
            ["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"]
                .contains(&name);
        let reads = ["GetItem", "BatchGetItem", "Query", "TransactGetItems"].contains(&name);
        if !writes && !reads {
            return self.inner.call(request);
        }
        if let Some(asking) = request.body().bytes().and_then(asking) {
            *request.body_mut() = asking.into();
            // The signed length was that of the request as it was.
            request.headers_mut().remove("content-length");
        }
        let (done, sums) = (self.inner.call(request), Arc::clone(&self.sums));
        HttpConnectorFuture::new(async move {
            let response = done.await?;
            let body = response.body().bytes().unwrap_or_default();
            let units = consumed(&serde_json::from_slice(body).unwrap_or_default());
            let mut sums = sums.lock().unwrap_or_else(PoisonError::into_inner);
            sums.requests += 1;
            *if writes { &mut sums.write } else { &mut sums.read } += units;
            drop(sums);
            Ok(response)
        })
    }
}

fn asking(body: &[u8]) -> Option<String> {
    let mut body: Value = serde_json::from_slice(body).ok()?;
    body.as_object_mut()?.insert("ReturnConsumedCapacity".to_owned(), "TOTAL".into());
    Some(body.to_string())
}

fn consumed(answer: &Value) -> f64 {
    let units = |capacity: &Value| capacity.get("CapacityUnits").and_then(Value::as_f64);
    match answer.get("ConsumedCapacity") {
        Some(Value::Array(tables)) => tables.iter().filter_map(units).sum(),
        Some(capacity) => units(capacity).unwrap_or(0.0),
        None => 1.0,
    }
}
