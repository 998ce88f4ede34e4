//! Region and credentials: the SDK's default chain, and what deployments say differently.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use aws_config::{
    BehaviorVersion, Region, SdkConfig, identity::IdentityCache, sts::AssumeRoleProvider,
};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials as _, SharedCredentialsProvider},
};
use aws_smithy_runtime_api::client::{auth::AuthSchemeId, http::SharedHttpClient};
use aws_smithy_types::timeout::TimeoutConfig;
use sluice_wire::{Fault, FaultKind, Retry};
use tokio::sync::OnceCell;

use super::connector::SdkHttp;
use super::web_identity::WebIdentity;
use crate::{Aws, Deployment, Redacted, transport::http::Clients};

/// One SDK configuration per distinct set of AWS settings, so that deployments which share
/// credentials share their cache as well.
#[derive(Debug)]
pub(crate) struct AwsHome {
    client: SharedHttpClient,
    given: Option<SdkConfig>,
    base: OnceCell<SdkConfig>,
    others: Mutex<HashMap<Aws, SdkConfig>>,
}

/// Whose AWS credentials are at hand, and where.
pub(crate) struct Holder {
    pub(crate) credentials: Credentials,
    pub(crate) region: Option<String>,
    /// What the clock shows.
    pub(crate) now: SystemTime,
}

// === impl AwsHome ===

impl AwsHome {
    /// Nothing is loaded before the first call. `given` stands in for the default chain.
    pub(crate) fn new(clients: Arc<Clients>, given: Option<SdkConfig>) -> Self {
        Self {
            client: SharedHttpClient::new(SdkHttp(clients)),
            given,
            base: OnceCell::new(),
            others: Mutex::default(),
        }
    }

    /// The HTTP client, for other clients of the SDK in this process.
    pub(crate) fn http_client(&self) -> SharedHttpClient {
        self.client.clone()
    }

    /// The configuration for these settings.
    pub(crate) async fn config(&self, aws: &Aws) -> SdkConfig {
        // Endpoints and the model are the call's business, not the credentials'.
        let aws = Aws {
            runtime_endpoint: None,
            agent_endpoint: None,
            sagemaker_endpoint: None,
            model_id: None,
            ..aws.clone()
        };
        if let Some(config) = self.others.lock().unwrap_or_else(PoisonError::into_inner).get(&aws) {
            return config.clone();
        }
        let config = self.build(&aws).await;
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        // Two first calls at once: both use what came first, for the sake of one cache.
        others.entry(aws).or_insert(config).clone()
    }

    /// The credentials themselves, for what is signed by hand.
    ///
    /// # Errors
    /// Why there are none.
    pub(crate) async fn holder(&self, aws: &Aws) -> Result<Holder, String> {
        let config = self.config(aws).await;
        let provider = config.credentials_provider();
        let provider = provider.ok_or_else(|| "there are no AWS credentials".to_owned())?;
        let credentials = provider.provide_credentials().await;
        Ok(Holder {
            credentials: credentials.map_err(|error| crate::transport::chain(&error))?,
            region: config.region().map(ToString::to_string),
            now: config.time_source().unwrap_or_default().now(),
        })
    }

    async fn build(&self, aws: &Aws) -> SdkConfig {
        let mut config = match &aws.profile {
            Some(profile) => {
                let loader = aws_config::defaults(BehaviorVersion::latest())
                    .profile_name(profile)
                    .http_client(self.client.clone());
                Box::pin(loader.load()).await
            }
            None => self.base().await.clone(),
        };
        if let Some(region) = &aws.region {
            config = config.into_builder().region(Region::new(region.clone())).build();
        }
        if let (Some(id), Some(secret)) = (&aws.access_key_id, &aws.secret_access_key) {
            let token = aws.session_token.as_ref().map(|token| token.expose().clone());
            let credentials = Credentials::new(
                id.expose().clone(),
                secret.expose().clone(),
                token,
                None,
                "deployment",
            );
            config = with_credentials(config, SharedCredentialsProvider::new(credentials));
        }
        if let Some(role) = &aws.role_name {
            let mut sts = config.to_builder();
            sts.set_endpoint_url(aws.sts_endpoint.clone());
            let session = aws.session_name.as_deref().unwrap_or("sluice");
            if let Some(subject) = &aws.web_identity {
                let provider = WebIdentity::new(&sts.build(), role, session, subject.clone());
                return sigv4(with_credentials(config, SharedCredentialsProvider::new(provider)));
            }
            let provider = AssumeRoleProvider::builder(role)
                .session_name(session)
                .tags(aws.session_tags.clone())
                .configure(&sts.build());
            let provider = match &aws.external_id {
                Some(id) => provider.external_id(id.expose()),
                None => provider,
            };
            let provider = Box::pin(provider.build()).await;
            config = with_credentials(config, SharedCredentialsProvider::new(provider));
        }
        if aws.names_credentials() {
            config = sigv4(config);
        }
        config
    }

    async fn base(&self) -> &SdkConfig {
        self.base
            .get_or_init(|| async {
                let config = match &self.given {
                    Some(given) => given.clone(),
                    None => {
                        let loader = aws_config::defaults(BehaviorVersion::latest())
                            .http_client(self.client.clone());
                        Box::pin(loader.load()).await
                    }
                };
                // Assuming a role takes a clock, and a configuration made by hand has none.
                let clock = config.time_source().unwrap_or_default();
                config
                    .into_builder()
                    .time_source(clock)
                    .http_client(self.client.clone())
                    .identity_cache(IdentityCache::lazy().build())
                    .build()
            })
            .await
    }
}

// === impl Aws ===

impl Aws {
    /// Whether the deployment says whose credentials to use.
    fn names_credentials(&self) -> bool {
        self.access_key_id.is_some() || self.profile.is_some() || self.role_name.is_some()
    }
}

/// Whoever names credentials means them, whatever bearer token the environment holds.
fn sigv4(config: SdkConfig) -> SdkConfig {
    config.into_builder().auth_scheme_preference([AuthSchemeId::from("sigv4")]).build()
}

fn with_credentials(config: SdkConfig, provider: SharedCredentialsProvider) -> SdkConfig {
    config.into_builder().credentials_provider(provider).build()
}

/// Refuses a configuration without a region: neither endpoint nor signature can do without.
pub(super) fn with_region(deployment: &Deployment, config: SdkConfig) -> Result<SdkConfig, Fault> {
    if config.region().is_some() {
        return Ok(config);
    }
    Err(Fault::new(
        FaultKind::Unavailable,
        format!("deployment `{}` is misconfigured", deployment.group),
    )
    .with_status(500)
    .with_retry(Retry::Elsewhere)
    .with_detail(format!("{} has no `aws_region_name`, nor has the process", deployment.name)))
}

/// The waits the SDK knows of; the others are the driver's.
pub(super) fn connect_only(connect: std::time::Duration) -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(connect).build()
}

/// A client of one service, remade when the key it was made with changes.
#[derive(Debug)]
pub(crate) struct Remade<C>(Mutex<Option<(Option<Redacted<String>>, C)>>);

impl<C: Clone> Remade<C> {
    /// The client for this key, if it is the one at hand.
    pub(super) fn get(&self, key: Option<&Redacted<String>>) -> Option<C> {
        let slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slot.as_ref().filter(|(made_with, _)| made_with.as_ref() == key).map(|(_, c)| c.clone())
    }

    /// Keeps a client.
    pub(super) fn put(&self, key: Option<Redacted<String>>, client: C) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((key, client));
    }
}

impl<C> Default for Remade<C> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}
