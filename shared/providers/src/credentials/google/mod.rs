//! Google: key files as `gcloud` and the console write them
//! (<https://google.aip.dev/auth/4112>, <https://google.aip.dev/auth/4117>).

mod assertion;
mod aws;
mod external;

use std::path::PathBuf;

use serde::Deserialize;

use self::{assertion::ServiceAccount, external::ExternalAccount};
use super::{
    TokenError,
    cache::Means,
    exchange::{self, Fresh},
};
use crate::{Redacted, Secret};

/// Where a key without one is exchanged.
const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";

/// A Google credential.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Google {
    /// The key.
    pub key: GoogleKey,
    /// What the token is for.
    pub scope: String,
}

/// Where a key file is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GoogleKey {
    /// The JSON document itself.
    Json(Secret),
    /// A file that holds it.
    File(PathBuf),
}

/// A key file.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Document {
    ServiceAccount(ServiceAccount),
    AuthorizedUser(AuthorizedUser),
    ExternalAccount(ExternalAccount),
}

/// What `gcloud auth application-default login` leaves.
#[derive(Deserialize)]
struct AuthorizedUser {
    client_id: String,
    client_secret: Redacted<String>,
    refresh_token: Redacted<String>,
    token_uri: Option<String>,
    quota_project_id: Option<String>,
}

// === impl Google ===

impl Google {
    /// What a token for Vertex AI is asked for.
    pub const SCOPE: &'static str = "https://www.googleapis.com/auth/cloud-platform";
}

// === impl GoogleKey ===

impl GoogleKey {
    /// Checks a key file, and tells its project where it names one.
    ///
    /// # Errors
    /// What is wrong with it, without its contents.
    pub fn check(text: &str) -> Result<Option<String>, String> {
        let document = parse(text).map_err(|error| error.to_string())?;
        if let Document::ServiceAccount(account) = &document {
            account.signer().map_err(|error| error.to_string())?;
        }
        Ok(document.project())
    }
}

/// Fetches a token, and tells the key's project.
pub(in crate::credentials) async fn fetch(
    google: &Google,
    means: &Means<'_>,
) -> Result<(Fresh, Option<String>), TokenError> {
    let text = match &google.key {
        GoogleKey::Json(secret) => means.secret(secret).await?,
        GoogleKey::File(path) => Redacted::new(super::file(path)?),
    };
    let document = parse(text.expose())?;
    let fresh = match &document {
        Document::ServiceAccount(account) => account.fetch(&google.scope, means).await?,
        Document::ExternalAccount(account) => account.fetch(&google.scope, means).await?,
        Document::AuthorizedUser(user) => {
            let fields = [
                ("grant_type", "refresh_token"),
                ("client_id", user.client_id.as_str()),
                ("client_secret", user.client_secret.expose()),
                ("refresh_token", user.refresh_token.expose()),
            ];
            let uri = user.token_uri.as_deref().unwrap_or(TOKEN_URI);
            exchange::form(&means.client, uri, &fields).await?
        }
    };
    Ok((fresh, document.project()))
}

fn parse(text: &str) -> Result<Document, TokenError> {
    // The parser's own message may quote what it read.
    serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        TokenError::GoogleKey(match error.classify() {
            serde_json::error::Category::Data => format!(
                "not a complete Google key of type `service_account`, `authorized_user` or \
                 `external_account` (line {line}, column {column})"
            ),
            _ => format!("not a JSON document (line {line}, column {column})"),
        })
    })
}

// === impl Document ===

impl Document {
    fn project(&self) -> Option<String> {
        match self {
            Self::ServiceAccount(account) => account.project_id.clone(),
            Self::AuthorizedUser(user) => user.quota_project_id.clone(),
            Self::ExternalAccount(account) => account.quota_project_id.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_wrong_with_a_key_without_quoting_it() {
        for text in [
            "not json: hunter2",
            r#"{"type":"service_account","private_key":"hunter2"}"#,
            r#"{"type":"hunter2"}"#,
            r#"{"type":"service_account","client_email":"a@b","private_key":"hunter2"}"#,
        ] {
            let error = GoogleKey::check(text).unwrap_err();
            assert!(error.starts_with("`vertex_credentials`"), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn tells_the_project_a_key_names() {
        let user = r#"{"type":"authorized_user","client_id":"c","client_secret":"s",
            "refresh_token":"r","quota_project_id":"p-1"}"#;
        assert_eq!(GoogleKey::check(user), Ok(Some("p-1".to_owned())));
    }
}
