//! The fields that make a team, shared by new and update.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sluice_store::TeamRecord;

use crate::{
    App,
    admin::{
        body::{Fields, Given},
        limits::Limits,
        names,
        reply::{Refused, invalid},
        roles::{InTeam, RULES},
    },
};

/// What a caller wants a team to be.
#[derive(Debug)]
pub(in crate::admin) struct Draft {
    alias: Given<String>,
    organization_id: Given<String>,
    models: Given<Vec<String>>,
    prompts: Given<Vec<String>>,
    model_aliases: Given<BTreeMap<String, String>>,
    member_permissions: Given<Vec<String>>,
    limits: Limits,
    of_members: Limits,
    blocked: Given<bool>,
    metadata: Given<Map<String, Value>>,
}

// === impl Draft ===

impl Draft {
    /// Takes the fields out of a body.
    pub(in crate::admin) fn take(app: &App, fields: &mut Fields) -> Result<Self, Refused> {
        Ok(Self {
            alias: names::checked(fields.text("team_alias"), "team_alias")?,
            organization_id: names::checked(fields.text("organization_id"), "organization_id")?,
            models: fields.texts("models"),
            prompts: fields.texts("prompts"),
            model_aliases: fields.names("model_aliases"),
            member_permissions: permissions(fields.texts("team_member_permissions"))?,
            limits: Limits::take(app, fields)?,
            of_members: Limits::named(
                fields,
                [
                    "team_member_budget",
                    "team_member_budget_duration",
                    "team_member_rpm_limit",
                    "team_member_tpm_limit",
                ],
            )?,
            blocked: fields.flag("blocked"),
            metadata: fields.object("metadata"),
        })
    }

    /// Whether it changes nothing that gives the team more than it has.
    pub(super) fn is_harmless(&self) -> bool {
        !(self.organization_id.is_given()
            || self.models.is_given()
            || self.prompts.is_given()
            || self.model_aliases.is_given()
            || self.limits.is_given()
            || self.of_members.is_given()
            || self.blocked.is_given())
    }

    /// Writes what was given into a record.
    pub(in crate::admin) fn apply(&self, record: &mut TeamRecord) {
        self.alias.clone().apply(&mut record.alias);
        self.organization_id.clone().apply(&mut record.organization_id);
        self.models.set(&mut record.models);
        self.prompts.set(&mut record.prompts);
        self.limits.apply(&mut record.allowance);
        self.of_members.apply(&mut record.of_members);
        self.model_aliases.set(&mut record.model_aliases);
        self.member_permissions.set(&mut record.member_permissions);
        self.blocked.set(&mut record.blocked);
        self.metadata.set(&mut record.metadata);
    }
}

/// Routes that a team may permit its members. Reading keys is always one of them.
pub(super) fn permissions(given: Given<Vec<String>>) -> Result<Given<Vec<String>>, Refused> {
    if let Given::Value(routes) = &given {
        let open = |route: &String| {
            route == "/key/health"
                || RULES
                    .iter()
                    .any(|rule| rule.path == route && rule.team_member == InTeam::Permitted)
        };
        if let Some(route) = routes.iter().find(|route| !open(route)) {
            let message =
                format!("team_member_permissions: {route} cannot be permitted to members");
            return Err(invalid(message, "team_member_permissions"));
        }
    }
    Ok(given)
}
