//! Sends one call to one deployment.

mod aws;
mod body;
mod deadline;
mod fault;
mod headers;
mod http;
mod options;
mod prepared;
mod tls;

use std::{sync::Arc, time::Duration};

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use bytes::Bytes;
use sluice_wire::{Fault, FaultKind, Splice, splice};

pub(crate) use aws::AwsHome;
pub use options::{TransportError, TransportOptions};
pub(crate) use prepared::Prepared;

use self::deadline::Deadline;
use crate::{
    Answer, Deployment, Outbound, Reach, Redacted, Secret, Timeouts, demo, secrets::Secrets,
};

/// The connections to all providers. Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct Transport {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    clients: Arc<http::Clients>,
    aws: Arc<AwsHome>,
    secrets: Secrets,
    demo_pace: Duration,
}

// === impl Transport ===

impl Transport {
    /// A transport without connections yet.
    ///
    /// # Errors
    /// When the options do not make a client: a proxy that is no URL, certificates that are not PEM.
    pub fn new(options: TransportOptions) -> Result<Self, TransportError> {
        let clients = Arc::new(http::Clients::new(&options)?);
        let aws = Arc::new(AwsHome::new(Arc::clone(&clients), options.sdk));
        let secrets = Secrets::new(Arc::clone(&aws), options.secret_ttl);
        let inner = Inner { clients, aws, secrets, demo_pace: options.demo_pace };
        Ok(Self { inner: Arc::new(inner) })
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

    /// Sends a call, within other timeouts than the deployment's. (The connection's is always the
    /// deployment's, and `total` bounds it.)
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn send_within(
        &self,
        deployment: &Deployment,
        mut call: Outbound,
        timeouts: Timeouts,
    ) -> Result<Answer, Fault> {
        let deadline = Deadline::start(deployment.provider, timeouts);
        call.body = with_extra_body(deployment, call.body)?;
        let Some(Secret::AwsSecret { name, field }) = &deployment.credential else {
            let key = match &deployment.credential {
                Some(Secret::Plain(key)) => Some(key),
                _ => None,
            };
            return self.dispatch(deployment, &call, key, deadline).await;
        };
        let secrets = &self.inner.secrets;
        let unreadable = |error: crate::secrets::SecretError| {
            fault::credential(deployment.provider, error.to_string())
        };
        let field = field.as_deref();
        let key = deadline.first_byte(secrets.get(name, field)).await?.map_err(unreadable)?;
        match self.dispatch(deployment, &call, Some(&key), deadline).await {
            Err(fault) if refuses_key(&fault) => {
                let renewed = deadline.first_byte(secrets.renew(name, field, &key)).await?;
                match renewed.map_err(unreadable)? {
                    // Rotated since it was read.
                    Some(key) => self.dispatch(deployment, &call, Some(&key), deadline).await,
                    None => Err(fault),
                }
            }
            answer => answer,
        }
    }

    /// Does ahead of the first call what need not wait for it: clients, the SDK's configuration,
    /// a secret. In a Lambda that is the time of INIT, which has the whole CPU.
    pub async fn prepare(&self, deployment: &Deployment) {
        let aws = &self.inner.aws;
        let key = match &deployment.credential {
            Some(secret) => self.secret(secret).await.ok(),
            None => None,
        };
        match deployment.provider.reach {
            Reach::Http => drop(deployment.prepared.http(deployment)),
            Reach::Bedrock => drop(aws::bedrock::client(aws, deployment, key.as_ref()).await),
            Reach::SageMaker => drop(aws::sagemaker::client(aws, deployment).await),
            Reach::Demo => {}
        }
    }

    /// The value of a secret.
    ///
    /// # Errors
    /// [`FaultKind::Unavailable`] when AWS Secrets Manager does not tell it; the detail says why.
    pub async fn secret(&self, secret: &Secret) -> Result<Redacted<String>, Fault> {
        match secret {
            Secret::Plain(value) => Ok(value.clone()),
            Secret::AwsSecret { name, field } => {
                self.inner.secrets.get(name, field.as_deref()).await.map_err(|error| {
                    Fault::new(FaultKind::Unavailable, "a secret of the gateway cannot be read")
                        .with_detail(error.to_string())
                })
            }
        }
    }

    /// This transport's connections as an HTTP client for other clients of the AWS SDK: one pool
    /// and one TLS configuration in the process.
    #[must_use]
    pub fn sdk_http_client(&self) -> SharedHttpClient {
        self.inner.aws.http_client()
    }

    async fn dispatch(
        &self,
        deployment: &Deployment,
        call: &Outbound,
        key: Option<&Redacted<String>>,
        deadline: Deadline,
    ) -> Result<Answer, Fault> {
        let Inner { clients, aws, .. } = &*self.inner;
        let limit = clients.body_limit();
        match deployment.provider.reach {
            Reach::Http => http::send(clients, deployment, call, key, deadline).await,
            Reach::Bedrock => {
                Box::pin(aws::bedrock::send(aws, deployment, call, key, deadline, limit)).await
            }
            Reach::SageMaker => {
                Box::pin(aws::sagemaker::send(aws, deployment, call, deadline, limit)).await
            }
            Reach::Demo => demo::answer(call, self.inner.demo_pace),
        }
    }
}

/// Whether the provider does not accept the key it was given.
fn refuses_key(fault: &Fault) -> bool {
    fault.upstream.as_ref().is_some_and(|upstream| matches!(upstream.status, 401 | 403))
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
