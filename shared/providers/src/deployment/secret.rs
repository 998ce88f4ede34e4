//! A credential, or where to find it.

use crate::Redacted;

/// A provider's key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Secret {
    /// The key itself (from the environment or the configuration).
    Plain(Redacted<String>),
    /// A secret in AWS Secrets Manager, read when it is first needed.
    AwsSecret {
        /// Name or ARN.
        name: String,
        /// The field of the secret's JSON object; `None` when the secret is the key.
        field: Option<String>,
    },
}

// === impl Secret ===

impl Secret {
    /// A key at hand.
    pub fn plain(key: impl Into<String>) -> Self {
        Self::Plain(Redacted::new(key.into()))
    }
}
