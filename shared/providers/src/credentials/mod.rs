//! Bearer tokens that are fetched rather than configured: Microsoft Entra's and Google's.
//!
//! A [`TokenSource`] says what the operator has (a client's secret, a service account's key, a
//! token of a federated identity); `Tokens` exchanges it at the issuer's token endpoint, over
//! the same HTTP client as everything else, and keeps the token until shortly before it expires.
//!
//! Not its job: keys that are sent as they are (see [`Secret`]) and AWS signatures (the SDK's).

mod cache;
mod entra;
mod error;
mod exchange;
mod google;

use std::{io::Read as _, path::PathBuf};

pub(crate) use cache::{Token, Tokens};
pub use entra::{Entra, EntraProof};
pub(crate) use error::TokenError;
pub use google::{Google, GoogleKey};

use crate::{Redacted, Secret};

/// Longest file that can be a credential, in bytes.
const LONGEST_FILE: u64 = 64 * 1024;

/// Where a bearer token comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenSource {
    /// A token at hand (`azure_ad_token`), sent as it is.
    Given(Secret),
    /// Microsoft Entra's token endpoint.
    Entra(Entra),
    /// Google's token endpoint, by a key file.
    Google(Google),
}

/// A token of another issuer that proves an identity (workload identity federation).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Subject {
    /// The token itself.
    Token(Redacted<String>),
    /// A file that holds it, read anew at each exchange: whoever mounts it rotates it.
    File(PathBuf),
}

// === impl Subject ===

impl Subject {
    /// The token.
    pub(crate) fn read(&self) -> Result<Redacted<String>, TokenError> {
        match self {
            Self::Token(token) => Ok(token.clone()),
            Self::File(path) => Ok(Redacted::new(file(path)?.trim().to_owned())),
        }
    }
}

/// A small text file. Read in place: it takes microseconds, once per token.
fn file(path: &std::path::Path) -> Result<String, TokenError> {
    let failed = |error: std::io::Error| TokenError::File {
        path: path.display().to_string(),
        reason: error.to_string(),
    };
    let mut text = String::new();
    let opened = std::fs::File::open(path).map_err(failed)?;
    opened.take(LONGEST_FILE).read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}
