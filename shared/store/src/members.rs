//! Who is in which team.

use serde::{Deserialize, Serialize};

use crate::{Allowance, Listed, Place, Record, Records, Stamp, StoreError};

/// What a member may do in their team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberRole {
    /// Manages the team, its members and its keys.
    Admin,
    /// Uses it.
    #[default]
    User,
}

/// A member's record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRecord {
    /// The team.
    pub team_id: String,
    /// The person.
    pub user_id: String,
    /// What they may do.
    #[serde(default)]
    pub role: MemberRole,
    /// Models of the team that this member's keys may call; empty for all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
    /// What this member's keys in the team may use together.
    #[serde(flatten)]
    pub allowance: Allowance,
    /// Its history.
    pub stamp: Stamp,
}

// === impl MemberRole ===

impl MemberRole {
    /// As LiteLLM writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::User => "user",
        }
    }
}

// === impl MemberRecord ===

impl MemberRecord {
    /// A member without limits of their own.
    pub fn new(team_id: &str, user_id: &str, role: MemberRole, stamp: Stamp) -> Self {
        Self {
            team_id: team_id.to_owned(),
            user_id: user_id.to_owned(),
            role,
            models: Vec::new(),
            allowance: Allowance::default(),
            stamp,
        }
    }

    /// Where the record of a member is.
    #[must_use]
    pub fn at(team_id: &str, user_id: &str) -> Place {
        // The length tells where the team's id ends, whatever either id is made of.
        Place::new(format!("M#{}#{team_id}#{user_id}", team_id.len()), "META")
    }
}

impl Record for MemberRecord {
    const KIND: &'static str = "MEMBERS";

    fn id(&self) -> String {
        format!("{}/{}", self.team_id, self.user_id)
    }

    fn place(&self) -> Place {
        Self::at(&self.team_id, &self.user_id)
    }

    fn listed(&self) -> Listed {
        let sk = format!("{:015}#{}", self.stamp.created_at.get(), self.user_id);
        Listed { index: "gsi2", pk: format!("MEMBERS#{}", self.team_id), sk }
    }

    fn also_listed(&self) -> Option<Listed> {
        let sk = format!("MEM#{}", self.team_id);
        Some(Listed { index: "gsi1", pk: format!("U#{}", self.user_id), sk })
    }

    fn stamp(&self) -> &Stamp {
        &self.stamp
    }

    fn stamp_mut(&mut self) -> &mut Stamp {
        &mut self.stamp
    }
}

// === impl Records ===

impl Records<MemberRecord> {
    /// The members of a team, in the order in which they came.
    ///
    /// # Errors
    /// The database's.
    pub async fn of_team(&self, team_id: &str) -> Result<Vec<MemberRecord>, StoreError> {
        let mut members = self.listed("gsi2", &format!("MEMBERS#{team_id}")).await?;
        members.reverse();
        Ok(members)
    }

    /// What a person is a member of.
    ///
    /// # Errors
    /// The database's.
    pub async fn of_user(&self, user_id: &str) -> Result<Vec<MemberRecord>, StoreError> {
        self.listed("gsi1", &format!("U#{user_id}")).await
    }
}
