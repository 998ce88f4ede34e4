//! The fields that make an organisation, shared by new and update.

use serde_json::{Map, Value};
use sluice_store::OrganisationRecord;

use crate::{
    App,
    admin::{
        body::{Fields, Given},
        budgets,
        limits::Limits,
        names,
        reply::{Refused, invalid},
    },
};

/// What a caller wants an organisation to be.
#[derive(Debug)]
pub(in crate::admin) struct Draft {
    alias: Given<String>,
    models: Given<Vec<String>>,
    budget_id: Given<String>,
    limits: Limits,
    blocked: Given<bool>,
    metadata: Given<Map<String, Value>>,
}

// === impl Draft ===

impl Draft {
    /// Takes the fields out of a body.
    pub(super) async fn take(app: &App, fields: &mut Fields) -> Result<Self, Refused> {
        let draft = Self::read(app, fields)?;
        fields.finish()?;
        if draft.alias == Given::Null {
            let message = "organization_alias cannot be cleared; it is required";
            return Err(invalid(message, "organization_alias"));
        }
        if let Given::Value(id) = &draft.budget_id {
            budgets::check(app, id, "budget_id").await?;
        }
        Ok(draft)
    }

    /// The same, whatever else there is in it, and whether or not there is the budget that it names.
    pub(in crate::admin) fn read(app: &App, fields: &mut Fields) -> Result<Self, Refused> {
        Ok(Self {
            alias: names::checked(fields.text("organization_alias"), "organization_alias")?,
            models: fields.texts("models"),
            budget_id: names::checked(fields.text("budget_id"), "budget_id")?,
            limits: Limits::take(app, fields)?,
            blocked: fields.flag("blocked"),
            metadata: fields.object("metadata"),
        })
    }

    /// Whether it changes nothing that gives the organisation more than it has.
    pub(super) fn is_harmless(&self) -> bool {
        !(self.models.is_given()
            || self.budget_id.is_given()
            || self.limits.is_given()
            || self.blocked.is_given())
    }

    /// Writes what was given into a record. Metadata are added to what there is, as LiteLLM does.
    pub(in crate::admin) fn apply(&self, record: &mut OrganisationRecord) {
        if let Given::Value(alias) = &self.alias {
            record.alias.clone_from(alias);
        }
        self.models.set(&mut record.models);
        self.budget_id.clone().apply(&mut record.budget_id);
        self.limits.apply(&mut record.allowance);
        self.blocked.set(&mut record.blocked);
        match &self.metadata {
            Given::Absent => {}
            Given::Null => record.metadata.clear(),
            Given::Value(metadata) => record.metadata.extend(metadata.clone()),
        }
    }
}
