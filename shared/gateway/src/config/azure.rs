//! The parameters of deployments at Azure.

use sluice_providers::{Deployment, Entra, EntraProof, Quirk, Secret, Subject, TokenSource};

use super::{field::Field, section::Section, subject::FOUND};

/// The parameters of this module.
const NAMES: [&str; 7] = [
    "api_version",
    "azure_ad_token",
    "tenant_id",
    "client_id",
    "client_secret",
    "azure_scope",
    "azure_authority_host",
];

/// Reads the parameters. Without an `api_key`, whatever names a token is taken, from the file
/// first, then from the environment.
pub(super) fn read(section: &mut Section<'_, '_>, deployment: &mut Deployment, has_key: bool) {
    let provider = deployment.provider;
    if !provider.has(Quirk::AzureDeployments) && !provider.has(Quirk::AzureFoundry) {
        for name in NAMES {
            if let Some(field) = section.take(name) {
                field.no_use(provider.name);
            }
        }
        return;
    }
    let context = section.field().context();
    let var = |name: &str| context.var(name).filter(|value| !value.trim().is_empty());
    let version = section.take("api_version").and_then(|field| field.name());
    deployment.api_version = version.or_else(|| {
        // The variable is for Azure OpenAI; Foundry's routes have versions of their own.
        var("AZURE_API_VERSION").filter(|_| provider.has(Quirk::AzureDeployments))
    });
    let given = Given::read(section);
    if has_key {
        if let Some(field) = given.first() {
            field.warn("has no effect beside an `api_key`", "leave one of them out");
        }
        return;
    }
    let named = given.first().is_some();
    if named || deployment.credential.is_none() {
        deployment.token = given.source(section.field(), &var);
        if deployment.token.is_some() {
            deployment.credential = None;
        }
    }
}

/// What the file says of an identity.
struct Given<'n, 'c> {
    token: Option<Field<'n, 'c>>,
    tenant: Option<Field<'n, 'c>>,
    client: Option<Field<'n, 'c>>,
    secret: Option<Field<'n, 'c>>,
    scope: Option<Field<'n, 'c>>,
    authority: Option<Field<'n, 'c>>,
}

// === impl Given ===

impl<'n, 'c> Given<'n, 'c> {
    fn read(section: &mut Section<'n, 'c>) -> Self {
        Self {
            token: section.take("azure_ad_token"),
            tenant: section.take("tenant_id"),
            client: section.take("client_id"),
            secret: section.take("client_secret"),
            scope: section.take("azure_scope"),
            authority: section.take("azure_authority_host"),
        }
    }

    /// A parameter that says that no key is meant.
    fn first(&self) -> Option<&Field<'n, 'c>> {
        self.token
            .as_ref()
            .or(self.tenant.as_ref())
            .or(self.client.as_ref())
            .or(self.secret.as_ref())
    }

    fn source(
        &self,
        params: &Field<'_, '_>,
        var: &dyn Fn(&str) -> Option<String>,
    ) -> Option<TokenSource> {
        let federated = self
            .token
            .as_ref()
            .filter(|field| field.written().is_some_and(|text| text.starts_with(FOUND)));
        if let (Some(field), None) = (&self.token, federated) {
            return field.secret().map(TokenSource::Given);
        }
        let text = |field: &Option<Field<'_, '_>>, name: &str| match field {
            Some(field) => field.name(),
            None => var(name),
        };
        let tenant = text(&self.tenant, "AZURE_TENANT_ID");
        let client = text(&self.client, "AZURE_CLIENT_ID");
        let proof = match (federated, &self.secret) {
            (Some(field), _) => Some(EntraProof::Assertion(field.subject()?)),
            (None, Some(field)) => Some(EntraProof::Secret(field.secret()?)),
            (None, None) => var("AZURE_CLIENT_SECRET")
                .map(|secret| EntraProof::Secret(Secret::plain(secret.trim())))
                .or_else(|| {
                    let path = var("AZURE_FEDERATED_TOKEN_FILE")?;
                    Some(EntraProof::Assertion(Subject::File(path.trim().into())))
                }),
        };
        let (Some(tenant), Some(client), Some(proof)) = (tenant, client, proof) else {
            if let Some(field) = self.first() {
                field.wrong(
                    "is a part of an identity whose other parts are not given",
                    "set tenant_id, client_id and client_secret, or the variables AZURE_TENANT_ID, \
                     AZURE_CLIENT_ID and AZURE_CLIENT_SECRET (or AZURE_FEDERATED_TOKEN_FILE)",
                );
            }
            // A token of the environment is the last resort, as in LiteLLM.
            return var("AZURE_AD_TOKEN")
                .map(|token| TokenSource::Given(Secret::plain(token.trim())));
        };
        if !plain_id(&tenant) {
            let field = self.tenant.as_ref().unwrap_or(params);
            field.wrong("is not a tenant's id or domain", "");
            return None;
        }
        let authority = match &self.authority {
            Some(field) => field.url()?,
            None => var("AZURE_AUTHORITY_HOST").unwrap_or_else(|| Entra::AUTHORITY.to_owned()),
        };
        let scope = text(&self.scope, "AZURE_SCOPE").unwrap_or_else(|| Entra::SCOPE.to_owned());
        Some(TokenSource::Entra(Entra { tenant, client, proof, scope, authority }))
    }
}

/// A GUID or a domain: it becomes a segment of a path.
fn plain_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
}
