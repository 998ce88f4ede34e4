//! People who hold keys.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Allowance, Stamp, records::filed};

/// What a person may do besides calling models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserRole {
    /// Everything.
    ProxyAdmin,
    /// Sees everything.
    ProxyAdminViewer,
    /// Has keys of their own.
    #[default]
    InternalUser,
    /// Sees what is their own.
    InternalUserViewer,
}

/// A person's record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UserRecord {
    /// Their id.
    pub user_id: String,
    /// Their address; no two users have the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Their name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// What they may do.
    #[serde(default)]
    pub role: UserRole,
    /// Their id at the identity provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sso_user_id: Option<String>,
    /// Models that their own keys may call; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
    /// What their own keys may use together.
    #[serde(flatten)]
    pub allowance: Allowance,
    /// Whether their keys are switched off for now.
    #[serde(default)]
    pub blocked: bool,
    /// What callers keep with it.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
    /// Its history.
    pub stamp: Stamp,
}

// === impl UserRole ===

impl UserRole {
    /// All roles, the highest first.
    pub const ALL: [Self; 4] =
        [Self::ProxyAdmin, Self::ProxyAdminViewer, Self::InternalUser, Self::InternalUserViewer];

    /// As LiteLLM writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ProxyAdmin => "proxy_admin",
            Self::ProxyAdminViewer => "proxy_admin_viewer",
            Self::InternalUser => "internal_user",
            Self::InternalUserViewer => "internal_user_viewer",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

// === impl UserRecord ===

impl UserRecord {
    /// A person without limits.
    pub fn new(user_id: &str, stamp: Stamp) -> Self {
        Self {
            user_id: user_id.to_owned(),
            email: None,
            alias: None,
            role: UserRole::default(),
            sso_user_id: None,
            models: Vec::new(),
            allowance: Allowance::default(),
            blocked: false,
            metadata: Map::new(),
            stamp,
        }
    }

    fn by_own_email(&self) -> Option<String> {
        self.email.as_deref().map(Self::by_email)
    }

    /// The unique name that an address is.
    #[must_use]
    pub fn by_email(email: &str) -> String {
        format!("email#{}", email.to_lowercase())
    }
}

filed!(UserRecord, user_id behind "U#" in "USERS", named UserRecord::by_own_email);
