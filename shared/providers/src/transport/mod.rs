//! Sends one call to one deployment.

mod aws;
mod body;
mod deadline;
mod document;
mod fault;
mod headers;
mod hook;
mod http;
mod options;
mod prepared;
mod stage;
mod tls;

use std::{sync::Arc, time::Duration};

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use bytes::Bytes;
use sluice_wire::{Fault, FaultKind, Splice, splice};

pub(crate) use aws::{AwsHome, ToSign, signature};
pub use aws::{BusEvent, CallerToken, CallerTokenError, CallerTokenRequest, Letter, TopicMessage};
pub(crate) use deadline::Deadline;
pub use document::{Document, Fetch, FetchError, is_secure_url};
pub(crate) use document::{secure, without_query};
pub(crate) use fault::chain;
pub use options::{TransportError, TransportOptions};
pub(crate) use prepared::Prepared;
pub use stage::PendingSecret;

use crate::{
    Answer, Deployment, MediaFetcher, MediaPolicy, Outbound, Quirk, Reach, Redacted, Relay,
    Relayed, Route, Secret, Timeouts, TokenSource,
    credentials::{Token, TokenError, Tokens},
    demo,
    secrets::Secrets,
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
    tokens: Tokens,
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
        let tokens = Tokens::new(options.clock);
        let inner = Inner { clients, aws, secrets, tokens, demo_pace: options.demo_pace };
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
        if is_json(&call) {
            call.body = edited(deployment, call.body)?;
        }
        if let Some(source) = &deployment.token {
            return Box::pin(self.send_with_token(deployment, &call, source, deadline)).await;
        }
        match &deployment.credential {
            None => self.dispatch(deployment, &call, Key::default(), deadline).await,
            Some(Secret::Plain(key)) => {
                self.dispatch(deployment, &call, Key::of(Some(key)), deadline).await
            }
            Some(Secret::AwsSecret { name, field }) => {
                let secret = (name.as_str(), field.as_deref());
                Box::pin(self.send_with_secret(deployment, &call, secret, deadline)).await
            }
        }
    }

    /// Sends a call with a key from AWS Secrets Manager.
    async fn send_with_secret(
        &self,
        deployment: &Deployment,
        call: &Outbound,
        (name, field): (&str, Option<&str>),
        deadline: Deadline,
    ) -> Result<Answer, Fault> {
        let secrets = &self.inner.secrets;
        let unreadable = |error: crate::secrets::SecretError| {
            fault::credential(deployment.provider, error.to_string())
        };
        let key = deadline.first_byte(secrets.get(name, field)).await?.map_err(unreadable)?;
        match self.dispatch(deployment, call, Key::of(Some(&key)), deadline).await {
            Err(fault) if refuses_key(&fault) => {
                let renewed = deadline.first_byte(secrets.renew(name, field, &key)).await?;
                match renewed.map_err(unreadable)? {
                    // Rotated since it was read.
                    Some(key) => {
                        self.dispatch(deployment, call, Key::of(Some(&key)), deadline).await
                    }
                    None => Err(fault),
                }
            }
            answer => answer,
        }
    }

    /// Sends a call with a token that is fetched where none is at hand.
    async fn send_with_token(
        &self,
        deployment: &Deployment,
        call: &Outbound,
        source: &TokenSource,
        deadline: Deadline,
    ) -> Result<Answer, Fault> {
        let Inner { tokens, secrets, aws, .. } = &*self.inner;
        let client = || self.issuer_client(deployment);
        let failed = |error: TokenError| fault::token(deployment.provider, error.to_string());
        let fetched = tokens.get(source, client()?, secrets, aws);
        let token = deadline.first_byte(fetched).await?.map_err(failed)?;
        match self.dispatch(deployment, call, Key::token(&token), deadline).await {
            Err(fault) if refuses_key(&fault) => {
                let renewed = tokens.renew(source, &token, client()?, secrets, aws);
                match deadline.first_byte(renewed).await?.map_err(failed)? {
                    // Revoked, or issued anew, since it was fetched.
                    Some(token) => {
                        self.dispatch(deployment, call, Key::token(&token), deadline).await
                    }
                    None => Err(fault),
                }
            }
            answer => answer,
        }
    }

    /// The client for the deployment's token endpoint.
    fn issuer_client(&self, deployment: &Deployment) -> Result<reqwest::Client, Fault> {
        let connect = deployment.timeouts.connect;
        self.inner.clients.with_connect_timeout(connect).map_err(|error| {
            fault::connection(deployment.provider, format!("no HTTP client can be made: {error}"))
        })
    }

    /// Does ahead of the first call what need not wait for it: clients, the SDK's configuration,
    /// a secret. In a Lambda that is the time of INIT, which has the whole CPU.
    pub async fn prepare(&self, deployment: &Deployment) {
        let aws = &self.inner.aws;
        let key = match &deployment.credential {
            Some(secret) => self.secret(secret).await.ok(),
            None => None,
        };
        if let (Some(source), Ok(client)) = (&deployment.token, self.issuer_client(deployment)) {
            let Inner { tokens, secrets, .. } = &*self.inner;
            // A failure is told by the first call, which tries again.
            drop(tokens.get(source, client, secrets, aws).await);
        }
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

    /// What fetches content by URL, under this transport's TLS configuration.
    #[must_use]
    pub fn media(&self, policy: MediaPolicy) -> MediaFetcher {
        MediaFetcher::new(policy, self.inner.clients.tls().clone())
    }

    /// This transport's connections as an HTTP client for other clients of the AWS SDK: one pool
    /// and one TLS configuration in the process.
    #[must_use]
    pub fn sdk_http_client(&self) -> SharedHttpClient {
        self.inner.aws.http_client()
    }

    /// Passes a call on as it came, with the deployment's credential in the place of the caller's, to
    /// the host of the deployment's base alone. For Bedrock that is Bedrock Agent Runtime.
    ///
    /// # Errors
    /// Where there is no answer; one of any status is an answer.
    pub async fn relay(&self, deployment: &Deployment, call: Relay) -> Result<Relayed, Fault> {
        let provider = deployment.provider;
        let deadline = Deadline::start(provider, deployment.timeouts);
        let Inner { clients, aws, tokens, secrets, .. } = &*self.inner;
        match provider.reach {
            Reach::Http => {}
            Reach::Bedrock => {
                return Box::pin(aws::relay::send(aws, clients, deployment, call, deadline)).await;
            }
            _ => return Err(fault::unserved(provider, "nothing is passed on to it")),
        }
        if let Some(source) = &deployment.token {
            let fetched = tokens.get(source, self.issuer_client(deployment)?, secrets, aws);
            let token = deadline.first_byte(fetched).await?;
            let token = token.map_err(|error| fault::token(provider, error.to_string()))?;
            let key = Key::token(&token);
            return Box::pin(http::relay::send(clients, deployment, call, key, deadline)).await;
        }
        let key = match &deployment.credential {
            Some(secret) => Some(deadline.first_byte(self.secret(secret)).await??),
            None => None,
        };
        Box::pin(http::relay::send(clients, deployment, call, Key::of(key.as_ref()), deadline))
            .await
    }

    async fn dispatch(
        &self,
        deployment: &Deployment,
        call: &Outbound,
        key: Key<'_>,
        deadline: Deadline,
    ) -> Result<Answer, Fault> {
        let Inner { clients, aws, .. } = &*self.inner;
        let limit = clients.body_limit();
        match deployment.provider.reach {
            Reach::Http => http::send(clients, deployment, call, key, deadline).await,
            Reach::Bedrock => {
                Box::pin(aws::bedrock::send(aws, deployment, call, key.value, deadline, limit))
                    .await
            }
            Reach::SageMaker => {
                Box::pin(aws::sagemaker::send(aws, deployment, call, deadline, limit)).await
            }
            Reach::Demo if call.route != Route::Chat => {
                Err(fault::unserved(deployment.provider, "the demo provider only chats"))
            }
            Reach::Demo => demo::answer(call, self.inner.demo_pace),
        }
    }
}

/// What the call brings to say who calls.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Key<'a> {
    value: Option<&'a Redacted<String>>,
    /// The Google Cloud project that the credential belongs to.
    project: Option<&'a str>,
}

// === impl Key ===

impl<'a> Key<'a> {
    fn of(value: Option<&'a Redacted<String>>) -> Self {
        Self { value, project: None }
    }

    fn token(token: &'a Token) -> Self {
        Self { value: Some(&token.value), project: token.project.as_deref() }
    }
}

/// Whether the provider does not accept the key it was given.
fn refuses_key(fault: &Fault) -> bool {
    // Google says it with a 400, too.
    fault.upstream.as_ref().is_some_and(|upstream| {
        matches!(upstream.status, 401 | 403) || fault.kind == FaultKind::Authentication
    })
}

/// A body that is JSON, and not one that somebody else wants untouched.
fn is_json(call: &Outbound) -> bool {
    let other = call.headers.iter().any(|(name, value)| {
        *name == ::http::header::CONTENT_TYPE && !value.as_bytes().starts_with(b"application/json")
    });
    !call.body.is_empty() && !other
}

/// The `anthropic_version` of bodies at Vertex AI
/// (<https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/use-claude>).
const VERTEX_VERSION: &str = "\"vertex-2023-10-16\"";

/// Sets the deployment's `extra_body` fields in the body, and what the provider wants there.
fn edited(deployment: &Deployment, body: Bytes) -> Result<Bytes, Fault> {
    let vertex = deployment.provider.has(Quirk::VertexAnthropic);
    if deployment.extra_body.is_empty() && !vertex {
        return Ok(body);
    }
    let mut edits: Vec<Splice<'_>> = deployment
        .extra_body
        .iter()
        .map(|(name, value)| Splice::Set(name, value.to_string()))
        .collect();
    if vertex {
        edits.push(Splice::Remove("model"));
        edits.push(Splice::Set("anthropic_version", VERTEX_VERSION.to_owned()));
    }
    splice(&body, &edits).map(Bytes::from).map_err(|error| {
        Fault::new(FaultKind::InvalidRequest, "the request body is not a JSON object")
            .with_detail(error.to_string())
    })
}
