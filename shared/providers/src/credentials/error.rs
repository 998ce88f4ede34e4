//! Why there is no token.

use crate::secrets::SecretError;

/// Why a token cannot be had. For the operator; never holds a credential.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    #[error("the token endpoint {url} cannot be reached: {reason}")]
    Unreachable { url: String, reason: String },
    #[error("the token endpoint {url} answered with status {status}: {reason}")]
    Refused { url: String, status: u16, reason: String },
    #[error("the token endpoint {url} answered without {what}")]
    Malformed { url: String, what: &'static str },
    #[error("a token endpoint must be https (or on this machine): {url}")]
    Insecure { url: String },
    #[error("`vertex_credentials`: {0}")]
    GoogleKey(String),
    #[error("{path} cannot be read: {reason}")]
    File { path: String, reason: String },
    #[error("the AWS identity cannot be proven to Google: {0}")]
    AwsIdentity(String),
    #[error(transparent)]
    Secret(#[from] SecretError),
}
