//! Customers of the callers: end users, who hold no key.

use serde::{Deserialize, Serialize};

use crate::{Allowance, Filed, Listed, Place, Record, Stamp};

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

    /// Where the record of a customer is.
    #[must_use]
    pub fn at(user_id: &str) -> Place {
        Place::new(format!("E#{user_id}"), "META")
    }
}

impl Record for CustomerRecord {
    fn place(&self) -> Place {
        Self::at(&self.user_id)
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

impl Filed for CustomerRecord {
    const ALL: &'static str = "CUSTOMERS";
}
