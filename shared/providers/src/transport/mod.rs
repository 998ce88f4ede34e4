//! Sends one call to one deployment.

mod deadline;
mod fault;
mod headers;
mod http;
mod options;
mod prepared;
mod tls;

use std::sync::Arc;

use bytes::Bytes;
use sluice_wire::{Fault, FaultKind, Splice, splice};

pub use options::{TransportError, TransportOptions};
pub(crate) use prepared::Prepared;

use crate::{Answer, Deployment, Outbound, Reach, Timeouts};

/// The connections to all providers. Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct Transport {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    clients: http::Clients,
}

// === impl Transport ===

impl Transport {
    /// A transport without connections yet.
    ///
    /// # Errors
    /// When the options do not make a client: a proxy that is no URL, certificates that are not PEM.
    pub fn new(options: TransportOptions) -> Result<Self, TransportError> {
        let clients = http::Clients::new(&options)?;
        Ok(Self { inner: Arc::new(Inner { clients }) })
    }

    /// Sends a call, within the deployment's own timeouts.
    ///
    /// For a stream it waits for the first chunk and hands it back at the stream's head, so that
    /// a caller of this may still turn to another deployment when it fails.
    ///
    /// # Errors
    /// Whatever is not an answer of 2xx: the provider's own error with its body, a connection
    /// that could not be made, a timeout, a credential that is missing.
    pub async fn send(&self, deployment: &Deployment, call: Outbound) -> Result<Answer, Fault> {
        self.send_within(deployment, call, deployment.timeouts).await
    }

    /// Sends a call, within other timeouts than the deployment's.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn send_within(
        &self,
        deployment: &Deployment,
        mut call: Outbound,
        timeouts: Timeouts,
    ) -> Result<Answer, Fault> {
        call.body = with_extra_body(deployment, call.body)?;
        match deployment.provider.reach {
            Reach::Http => {
                let deadline = deadline::Deadline::start(deployment.provider, timeouts);
                http::send(&self.inner.clients, deployment, &call, None, deadline).await
            }
            Reach::Bedrock | Reach::SageMaker | Reach::Demo => {
                Err(Fault::new(FaultKind::Unavailable, "not reachable"))
            }
        }
    }
}

/// Sets the deployment's `extra_body` fields in the body.
fn with_extra_body(deployment: &Deployment, body: Bytes) -> Result<Bytes, Fault> {
    if deployment.extra_body.is_empty() {
        return Ok(body);
    }
    let edits: Vec<Splice<'_>> = deployment
        .extra_body
        .iter()
        .map(|(name, value)| Splice::Set(name, value.to_string()))
        .collect();
    splice(&body, &edits).map(Bytes::from).map_err(|error| {
        Fault::new(FaultKind::InvalidRequest, "the request body is not a JSON object")
            .with_detail(error.to_string())
    })
}
