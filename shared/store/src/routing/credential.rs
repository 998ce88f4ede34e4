//! Credentials under a name, for the models that name them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::CREDENTIAL;
use crate::Stamp;

/// A credential's record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CredentialRecord {
    /// Its name.
    pub name: String,
    /// `credential_values`: keys of `litellm_params`. What is secret in it is sealed by whoever
    /// writes it.
    pub values: Map<String, Value>,
    /// `credential_info`: what it is, for people.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub info: Map<String, Value>,
    /// Its history.
    pub stamp: Stamp,
}

routed!(CredentialRecord, name behind CREDENTIAL in "CREDENTIALS");
