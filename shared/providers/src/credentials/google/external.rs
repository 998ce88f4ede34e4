//! Workload identity federation: a token of another issuer for one of Google's, and perhaps that
//! for a service account's (RFC 8693,
//! <https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token>).

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use serde::Deserialize;
use serde_json::{Value, json};

use super::aws;
use crate::{
    Redacted,
    credentials::{
        Subject, TokenError,
        cache::Means,
        exchange::{self, Fresh},
    },
};

/// Google's security token service.
const TOKEN_URL: &str = "https://sts.googleapis.com/v1/token";
/// How long an impersonation lasts, in seconds.
const IMPERSONATION: u64 = 3600;

/// The configuration that `gcloud iam workload-identity-pools create-cred-config` writes.
#[derive(Deserialize)]
pub(super) struct ExternalAccount {
    audience: String,
    subject_token_type: String,
    token_url: Option<String>,
    service_account_impersonation_url: Option<String>,
    credential_source: Source,
    pub(super) quota_project_id: Option<String>,
}

/// Where the other issuer's token is.
#[derive(Deserialize)]
struct Source {
    environment_id: Option<String>,
    regional_cred_verification_url: Option<String>,
    file: Option<PathBuf>,
    url: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    format: Option<Format>,
}

/// How the token stands in the file.
#[derive(Deserialize)]
struct Format {
    #[serde(rename = "type")]
    kind: String,
    subject_token_field_name: Option<String>,
}

// === impl ExternalAccount ===

impl ExternalAccount {
    /// Exchanges the other issuer's token.
    pub(super) async fn fetch(&self, scope: &str, means: &Means<'_>) -> Result<Fresh, TokenError> {
        let subject = self.subject(means).await?;
        // Impersonation needs a token that may ask for others; the scope is then its.
        let broad = super::Google::SCOPE;
        let fields = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
            ("audience", self.audience.as_str()),
            ("scope", if self.service_account_impersonation_url.is_some() { broad } else { scope }),
            ("subject_token_type", self.subject_token_type.as_str()),
            ("subject_token", subject.expose()),
        ];
        let url = self.token_url.as_deref().unwrap_or(TOKEN_URL);
        let federated = exchange::form(&means.client, url, &fields).await?;
        match &self.service_account_impersonation_url {
            Some(url) => impersonate(url, scope, &federated.token, means).await,
            None => Ok(federated),
        }
    }

    async fn subject(&self, means: &Means<'_>) -> Result<Redacted<String>, TokenError> {
        let source = &self.credential_source;
        if source.environment_id.is_some() {
            let url = source.regional_cred_verification_url.as_deref();
            return aws::subject(&self.audience, url, means).await;
        }
        let text = match (&source.file, &source.url) {
            (Some(file), _) => Subject::File(file.clone()).read()?,
            (None, Some(url)) => {
                let headers: Vec<(String, String)> = source.headers.clone().into_iter().collect();
                Redacted::new(exchange::get(&means.client, url, &headers).await?)
            }
            (None, None) => {
                return Err(TokenError::GoogleKey(
                    "`credential_source` must be of AWS (`environment_id`), a `file` or a `url`"
                        .to_owned(),
                ));
            }
        };
        source.pick(&text)
    }
}

// === impl Source ===

impl Source {
    /// The token in what was read.
    fn pick(&self, text: &Redacted<String>) -> Result<Redacted<String>, TokenError> {
        let json = self.format.as_ref().filter(|format| format.kind == "json");
        let Some(format) = json else {
            return Ok(Redacted::new(text.expose().trim().to_owned()));
        };
        let name = format.subject_token_field_name.as_deref().unwrap_or("access_token");
        let document: Value = serde_json::from_str(text.expose()).unwrap_or_default();
        let token = document.get(name).and_then(Value::as_str);
        token.map(|token| Redacted::new(token.to_owned())).ok_or_else(|| {
            TokenError::GoogleKey(format!("the credential source has no text field `{name}`"))
        })
    }
}

/// A service account's token, for whoever may impersonate it.
async fn impersonate(
    url: &str,
    scope: &str,
    federated: &Redacted<String>,
    means: &Means<'_>,
) -> Result<Fresh, TokenError> {
    let body = json!({ "scope": [scope], "lifetime": format!("{IMPERSONATION}s") }).to_string();
    let answer =
        exchange::post(&means.client, url, "application/json", body, Some(federated)).await?;
    let token = answer.get("accessToken").and_then(Value::as_str);
    let token = token.ok_or_else(|| exchange::malformed(url, "an `accessToken`"))?;
    Ok(Fresh {
        token: Redacted::new(token.to_owned()),
        lifetime: Duration::from_secs(IMPERSONATION),
    })
}
