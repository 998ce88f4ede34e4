//! The fields that make a customer, shared by new and update.

use sluice_store::CustomerRecord;

use crate::{
    App,
    admin::{
        body::{Fields, Given},
        budgets,
        limits::Limits,
        names,
        reply::Refused,
    },
};

/// What a caller wants a customer to be.
#[derive(Debug)]
pub(in crate::admin) struct Draft {
    alias: Given<String>,
    blocked: Given<bool>,
    models: Given<Vec<String>>,
    budget_id: Given<String>,
    limits: Limits,
}

// === impl Draft ===

impl Draft {
    /// Takes the fields out of a body.
    pub(in crate::admin) fn take(app: &App, fields: &mut Fields) -> Result<Self, Refused> {
        Ok(Self {
            alias: names::checked(fields.text("alias"), "alias")?,
            blocked: fields.flag("blocked"),
            models: fields.texts("models"),
            budget_id: names::checked(fields.text("budget_id"), "budget_id")?,
            limits: Limits::take(app, fields)?,
        })
    }

    /// Takes all that there is in a body, and sees to it that the budget is one.
    pub(super) async fn whole(app: &App, fields: &mut Fields) -> Result<Self, Refused> {
        let draft = Self::take(app, fields)?;
        fields.finish()?;
        if let Given::Value(id) = &draft.budget_id {
            budgets::check(app, id, "budget_id").await?;
        }
        Ok(draft)
    }

    /// Writes what was given into a record.
    pub(in crate::admin) fn apply(&self, record: &mut CustomerRecord) {
        self.alias.clone().apply(&mut record.alias);
        self.blocked.set(&mut record.blocked);
        self.models.set(&mut record.models);
        self.budget_id.clone().apply(&mut record.budget_id);
        self.limits.apply(&mut record.allowance);
    }
}
