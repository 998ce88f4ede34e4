//! A role by another issuer's token: STS's AssumeRoleWithWebIdentity (STS API reference). The SDK's
//! own provider reads its settings from the environment alone; a deployment has its own.

use aws_config::SdkConfig;
use aws_credential_types::{
    Credentials,
    provider::{self, ProvideCredentials, error::CredentialsError, future},
};
use aws_sdk_sts::Client;

use crate::Subject;

/// Credentials of a role that is assumed with a token.
#[derive(Debug)]
pub(super) struct WebIdentity {
    client: Client,
    role: String,
    session: String,
    subject: Subject,
}

// === impl WebIdentity ===

impl WebIdentity {
    /// Asks nothing yet.
    pub(super) fn new(sts: &SdkConfig, role: &str, session: &str, subject: Subject) -> Self {
        let (role, session) = (role.to_owned(), session.to_owned());
        Self { client: Client::new(sts), role, session, subject }
    }

    async fn assume(&self) -> provider::Result {
        let token = self.subject.read().map_err(CredentialsError::provider_error)?;
        let answer = self
            .client
            .assume_role_with_web_identity()
            .role_arn(&self.role)
            .role_session_name(&self.session)
            .web_identity_token(token.expose())
            .send();
        let answer = Box::pin(answer).await.map_err(CredentialsError::provider_error)?;
        let credentials = answer
            .credentials
            .ok_or_else(|| CredentialsError::unhandled("STS answered without credentials"))?;
        let expires = std::time::SystemTime::try_from(credentials.expiration)
            .map_err(CredentialsError::unhandled)?;
        Ok(Credentials::new(
            credentials.access_key_id,
            credentials.secret_access_key,
            Some(credentials.session_token),
            Some(expires),
            "web-identity",
        ))
    }
}

impl ProvideCredentials for WebIdentity {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.assume())
    }
}
