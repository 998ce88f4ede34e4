//! Microsoft Entra: the client credentials grant of the identity platform, v2.0
//! (<https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>).

use super::{
    Subject, TokenError,
    cache::Means,
    exchange::{self, Fresh},
};
use crate::Secret;

/// An application's identity.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Entra {
    /// `tenant_id`: the directory.
    pub tenant: String,
    /// `client_id`: the application.
    pub client: String,
    /// How it proves that it is that application.
    pub proof: EntraProof,
    /// `azure_scope`: what the token is for.
    pub scope: String,
    /// The issuer, `https://login.microsoftonline.com`, or a national cloud's.
    pub authority: String,
}

/// How an application proves who it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EntraProof {
    /// `client_secret`.
    Secret(Secret),
    /// A token of an issuer that the application trusts (workload identity federation).
    Assertion(Subject),
}

// === impl Entra ===

impl Entra {
    /// What a token for Azure OpenAI is asked for.
    pub const SCOPE: &'static str = "https://cognitiveservices.azure.com/.default";
    /// The issuer of the public cloud.
    pub const AUTHORITY: &'static str = "https://login.microsoftonline.com";

    fn endpoint(&self) -> String {
        format!("{}/{}/oauth2/v2.0/token", self.authority.trim_end_matches('/'), self.tenant)
    }
}

/// Fetches a token.
pub(super) async fn fetch(entra: &Entra, means: &Means<'_>) -> Result<Fresh, TokenError> {
    let mut fields = vec![
        ("client_id", entra.client.as_str()),
        ("scope", entra.scope.as_str()),
        ("grant_type", "client_credentials"),
    ];
    let proof = match &entra.proof {
        EntraProof::Secret(secret) => means.secret(secret).await?,
        EntraProof::Assertion(subject) => subject.read()?,
    };
    match &entra.proof {
        EntraProof::Secret(_) => fields.push(("client_secret", proof.expose())),
        EntraProof::Assertion(_) => fields.extend([
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", proof.expose()),
        ]),
    }
    exchange::form(&means.client, &entra.endpoint(), &fields).await
}
