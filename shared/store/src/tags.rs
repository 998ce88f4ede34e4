//! Tags that calls carry, where somebody has made a record of one.

use serde::{Deserialize, Serialize};

use crate::{Allowance, Stamp, records::filed};

/// A tag's record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagRecord {
    /// The tag, as calls carry it.
    pub name: String,
    /// What it stands for, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Models that calls under it may use; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
    /// The budget that it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_id: Option<String>,
    /// What calls under it may use together; what it does not say, its budget says.
    #[serde(flatten)]
    pub allowance: Allowance,
    /// Its history.
    pub stamp: Stamp,
}

// === impl TagRecord ===

impl TagRecord {
    /// A tag without limits.
    pub fn new(name: &str, stamp: Stamp) -> Self {
        Self {
            name: name.to_owned(),
            description: None,
            models: Vec::new(),
            budget_id: None,
            allowance: Allowance::default(),
            stamp,
        }
    }
}

filed!(TagRecord, name behind "TAG#" in "TAGS");
