//! Who belongs to which organisation.

use serde::{Deserialize, Serialize};

use crate::{Allowance, Listed, Place, Record, Records, Stamp, StoreError};

/// What somebody may do in their organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganisationRole {
    /// Manages what belongs to it: teams, keys, people.
    OrgAdmin,
    /// Has keys in it.
    #[default]
    InternalUser,
    /// Sees what is their own.
    InternalUserViewer,
}

/// The record of somebody who belongs to an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssociateRecord {
    /// The organisation.
    pub organization_id: String,
    /// The person.
    pub user_id: String,
    /// What they may do.
    #[serde(default)]
    pub role: OrganisationRole,
    /// What this person's keys in the organisation, those in its teams included, may use together.
    #[serde(flatten)]
    pub allowance: Allowance,
    /// Its history.
    pub stamp: Stamp,
}

// === impl OrganisationRole ===

impl OrganisationRole {
    /// All roles, the highest first.
    pub const ALL: [Self; 3] = [Self::OrgAdmin, Self::InternalUser, Self::InternalUserViewer];

    /// As LiteLLM writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OrgAdmin => "org_admin",
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

// === impl AssociateRecord ===

impl AssociateRecord {
    /// Somebody without limits of their own.
    pub fn new(organization_id: &str, user_id: &str, role: OrganisationRole, stamp: Stamp) -> Self {
        Self {
            organization_id: organization_id.to_owned(),
            user_id: user_id.to_owned(),
            role,
            allowance: Allowance::default(),
            stamp,
        }
    }

    /// Where the record of somebody is.
    #[must_use]
    pub fn at(organization_id: &str, user_id: &str) -> Place {
        // The length tells where the organisation's id ends, whatever either id is made of.
        let length = organization_id.len();
        Place::new(format!("A#{length}#{organization_id}#{user_id}"), "META")
    }
}

impl Record for AssociateRecord {
    const KIND: &'static str = "ASSOCIATES";

    fn id(&self) -> String {
        format!("{}/{}", self.organization_id, self.user_id)
    }

    fn place(&self) -> Place {
        Self::at(&self.organization_id, &self.user_id)
    }

    fn listed(&self) -> Listed {
        let sk = format!("{:015}#{}", self.stamp.created_at.get(), self.user_id);
        Listed { index: "gsi2", pk: format!("ASSOCIATES#{}", self.organization_id), sk }
    }

    fn also_listed(&self) -> Option<Listed> {
        let sk = format!("O#{}", self.organization_id);
        Some(Listed { index: "gsi1", pk: format!("A#{}", self.user_id), sk })
    }

    fn stamp(&self) -> &Stamp {
        &self.stamp
    }

    fn stamp_mut(&mut self) -> &mut Stamp {
        &mut self.stamp
    }
}

// === impl Records ===

impl Records<AssociateRecord> {
    /// Who belongs to an organisation, in the order in which they came.
    ///
    /// # Errors
    /// The database's.
    pub async fn of_organisation(&self, id: &str) -> Result<Vec<AssociateRecord>, StoreError> {
        let mut all = self.listed("gsi2", &format!("ASSOCIATES#{id}")).await?;
        all.reverse();
        Ok(all)
    }

    /// What a person belongs to.
    ///
    /// # Errors
    /// The database's.
    pub async fn of_user(&self, user_id: &str) -> Result<Vec<AssociateRecord>, StoreError> {
        self.listed("gsi1", &format!("A#{user_id}")).await
    }
}
