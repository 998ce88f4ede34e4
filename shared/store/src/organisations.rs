//! Organisations: teams and keys that are limited together.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Allowance, Stamp, records::filed};

/// An organisation's record. Its members have records of their own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrganisationRecord {
    /// Its id.
    pub organization_id: String,
    /// Its name for people.
    pub alias: String,
    /// Models that the keys of it and of its teams may call; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
    /// The budget by name that it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_id: Option<String>,
    /// What these keys may use together; what is not said here the budget by name says.
    #[serde(flatten)]
    pub allowance: Allowance,
    /// Whether these keys are switched off for now.
    #[serde(default)]
    pub blocked: bool,
    /// What callers keep with it.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
    /// Its history.
    pub stamp: Stamp,
}

// === impl OrganisationRecord ===

impl OrganisationRecord {
    /// An organisation without limits.
    pub fn new(organization_id: &str, alias: &str, stamp: Stamp) -> Self {
        Self {
            organization_id: organization_id.to_owned(),
            alias: alias.to_owned(),
            models: Vec::new(),
            budget_id: None,
            allowance: Allowance::default(),
            blocked: false,
            metadata: Map::new(),
            stamp,
        }
    }
}

filed!(OrganisationRecord, organization_id behind "O#" in "ORGANISATIONS");
