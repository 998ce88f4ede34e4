//! The SDK's HTTP seam, with the engine on the other side instead of a socket.

use std::sync::Arc;

use aws_smithy_runtime_api::{
    client::{
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings,
            SharedHttpConnector,
        },
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
        runtime_components::RuntimeComponents,
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use dynoxide::Database;

use crate::dispatch::{Outcome, dispatch};

/// The header that names the operation: `DynamoDB_20120810.PutItem`.
pub(crate) const TARGET: &str = "x-amz-target";

/// Calls the engine directly.
#[derive(Clone)]
pub(crate) struct InProcess {
    database: Arc<Database>,
}

// === impl InProcess ===

impl InProcess {
    pub(crate) fn new(database: Arc<Database>) -> Self {
        Self { database }
    }
}

impl HttpClient for InProcess {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let database = Arc::clone(&self.database);
        HttpConnectorFuture::new(async move {
            let operation = operation(&request).unwrap_or_default().to_owned();
            let body = request.body().bytes().map(<[u8]>::to_vec).unwrap_or_default();
            // The engine blocks on SQLite; the runtime's own threads must not.
            let outcome =
                tokio::task::spawn_blocking(move || dispatch(&database, &operation, &body))
                    .await
                    .map_err(|error| ConnectorError::other(error.into(), None))?;
            respond(outcome)
        })
    }
}

impl std::fmt::Debug for InProcess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InProcess").finish_non_exhaustive()
    }
}

/// The operation a request is for.
pub(crate) fn operation(request: &HttpRequest) -> Option<&str> {
    request.headers().get(TARGET)?.rsplit('.').next()
}

/// An outcome as an HTTP response.
pub(crate) fn respond(outcome: Outcome) -> Result<HttpResponse, ConnectorError> {
    let status = StatusCode::try_from(outcome.status)
        .map_err(|error| ConnectorError::other(error.into(), None))?;
    let mut response = HttpResponse::new(status, SdkBody::from(outcome.body));
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    Ok(response)
}
