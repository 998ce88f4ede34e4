//! Teams.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Allowance, Stamp, records::filed};

/// A team's record. Its members have records of their own: there may be ten thousand of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TeamRecord {
    /// Its id.
    pub team_id: String,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// Which organisation's it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<String>,
    /// Models that its keys may call; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
    /// Prompts that calls with its keys may name; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prompts: Vec<String>,
    /// Names that its keys may call models by, and what they stand for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub model_aliases: BTreeMap<String, String>,
    /// What its keys may use together.
    #[serde(flatten)]
    pub allowance: Allowance,
    /// What a member may use who has no limits of their own.
    #[serde(default)]
    pub of_members: Allowance,
    /// Routes that members who are no admins may use for the team's keys, besides reading them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub member_permissions: Vec<String>,
    /// Whether its keys are switched off for now.
    #[serde(default)]
    pub blocked: bool,
    /// What callers keep with it.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
    /// Its history.
    pub stamp: Stamp,
}

// === impl TeamRecord ===

impl TeamRecord {
    /// A team without limits.
    pub fn new(team_id: &str, stamp: Stamp) -> Self {
        Self {
            team_id: team_id.to_owned(),
            alias: None,
            organization_id: None,
            models: Vec::new(),
            prompts: Vec::new(),
            model_aliases: BTreeMap::new(),
            allowance: Allowance::default(),
            of_members: Allowance::default(),
            member_permissions: Vec::new(),
            blocked: false,
            metadata: Map::new(),
            stamp,
        }
    }
}

filed!(TeamRecord, team_id behind "T#" in "TEAMS");
