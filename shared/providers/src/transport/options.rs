//! What a transport is made with.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_smithy_async::time::SharedTimeSource;

/// Settings of a [`super::Transport`], the same for all deployments.
#[derive(Debug, Clone)]
pub struct TransportOptions {
    /// PEM certificates of authorities to trust besides Mozilla's (a company's own).
    pub extra_roots: Option<Vec<u8>>,
    /// The largest whole answer, in bytes.
    pub body_limit: usize,
    /// How long an idle connection is kept.
    pub pool_idle: Duration,
    /// Region and credentials where a deployment names none; `None`: the SDK's default chain
    /// (environment, profile, container, instance), loaded at the first call that needs it.
    pub sdk: Option<SdkConfig>,
    /// How long a secret of AWS Secrets Manager is kept before it is read again.
    pub secret_ttl: Duration,
    /// The wall clock, for what is signed with a time.
    pub clock: SharedTimeSource,
    /// Between two words of the demo provider's stream.
    pub demo_pace: Duration,
}

/// Why a transport could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The extra authorities are not PEM certificates.
    #[error("the extra certificate authorities are not PEM certificates: {0}")]
    Roots(String),
    /// The TLS library refused its settings.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// The HTTP client refused its settings.
    #[error("HTTP client: {0}")]
    Client(#[source] reqwest::Error),
}

// === impl TransportOptions ===

impl Default for TransportOptions {
    fn default() -> Self {
        Self {
            extra_roots: None,
            body_limit: 64 * 1024 * 1024,
            pool_idle: Duration::from_secs(90),
            sdk: None,
            secret_ttl: Duration::from_secs(300),
            clock: SharedTimeSource::default(),
            demo_pace: Duration::from_millis(15),
        }
    }
}
