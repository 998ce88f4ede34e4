//! Customers of the callers: end users, who hold no key.

use serde::{Deserialize, Serialize};

use crate::{Allowance, Stamp, records::filed};

/// A customer's record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerRecord {
    /// The id that calls name them by.
    pub user_id: String,
    /// A name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// Whether calls for them are refused for now.
    #[serde(default)]
    pub blocked: bool,
    /// Models that calls for them may use; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
    /// The budget that they have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_id: Option<String>,
    /// What calls for them may use together, where they have no budget by name.
    #[serde(flatten)]
    pub allowance: Allowance,
    /// Its history.
    pub stamp: Stamp,
}

// === impl CustomerRecord ===

impl CustomerRecord {
    /// A customer without limits.
    pub fn new(user_id: &str, stamp: Stamp) -> Self {
        Self {
            user_id: user_id.to_owned(),
            alias: None,
            blocked: false,
            models: Vec::new(),
            budget_id: None,
            allowance: Allowance::default(),
            stamp,
        }
    }
}

filed!(CustomerRecord, user_id behind "E#" in "CUSTOMERS");
