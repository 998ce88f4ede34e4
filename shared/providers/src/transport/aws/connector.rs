//! The AWS SDK's HTTP client, made of ours: one pool and one TLS configuration for everything.
//!
//! Source of the traits: `aws_smithy_runtime_api::client::http`.

use std::sync::Arc;

use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use reqwest::{Body, Client, Request};

use crate::{Timeouts, transport::http::Clients};

/// An HTTP client for the AWS SDK.
#[derive(Debug)]
pub(crate) struct SdkHttp(pub(crate) Arc<Clients>);

#[derive(Debug)]
struct Connector(reqwest::Result<Client>);

// === impl SdkHttp ===

impl HttpClient for SdkHttp {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let connect = settings.connect_timeout().unwrap_or(Timeouts::default().connect);
        SharedHttpConnector::new(Connector(self.0.with_connect_timeout(connect)))
    }
}

// === impl Connector ===

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = match &self.0 {
            Ok(client) => client.clone(),
            Err(error) => {
                let error = ConnectorError::user(error.to_string().into());
                return HttpConnectorFuture::ready(Err(error));
            }
        };
        HttpConnectorFuture::new_boxed(Box::pin(async move {
            let request = outgoing(request)?;
            let response = client.execute(request).await.map_err(|error| {
                let error = error.without_url();
                match error.is_timeout() {
                    true => ConnectorError::timeout(error.into()),
                    false => ConnectorError::io(error.into()),
                }
            })?;
            let response: http::Response<Body> = response.into();
            HttpResponse::try_from(response.map(SdkBody::from_body_1_x))
                .map_err(|error| ConnectorError::other(error.into(), None))
        }))
    }
}

/// The SDK's request as reqwest's.
fn outgoing(request: HttpRequest) -> Result<Request, ConnectorError> {
    let request = request
        .try_into_http1x()
        .map_err(|error| ConnectorError::user(error.into()))?
        .map(|body| match body.bytes() {
            // A body in memory can be sent again when a pooled connection turns out to be dead.
            Some(bytes) => Body::from(Bytes::copy_from_slice(bytes)),
            None => Body::wrap(body),
        });
    Request::try_from(request).map_err(|error| ConnectorError::user(error.into()))
}
