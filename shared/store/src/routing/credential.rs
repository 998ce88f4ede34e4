//! Credentials under a name, for the models that name them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{CREDENTIAL, PARTITION};
use crate::{Filed, Listed, Place, Record, Stamp};

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

// === impl CredentialRecord ===

impl CredentialRecord {
    /// Where the record of this name is.
    #[must_use]
    pub fn at(name: &str) -> Place {
        Place::new(PARTITION, format!("{CREDENTIAL}{name}"))
    }
}

impl Record for CredentialRecord {
    const KIND: &'static str = Self::ALL;
    const ROUTES: bool = true;

    fn id(&self) -> String {
        self.name.clone()
    }

    fn place(&self) -> Place {
        Self::at(&self.name)
    }

    fn listed(&self) -> Listed {
        Listed::by_age(Self::ALL, self)
    }

    fn stamp(&self) -> &Stamp {
        &self.stamp
    }

    fn stamp_mut(&mut self) -> &mut Stamp {
        &mut self.stamp
    }
}

impl Filed for CredentialRecord {
    const ALL: &'static str = "CREDENTIALS";
}
