//! The fields that make a tag, shared by new and update.

use sluice_store::TagRecord;

use crate::{
    App,
    admin::{
        body::{Fields, Given, lacking},
        budgets,
        limits::Limits,
        names,
        reply::{Refused, invalid},
    },
};

/// What a caller wants a tag to be.
#[derive(Debug)]
pub(super) struct Draft {
    description: Given<String>,
    models: Given<Vec<String>>,
    budget_id: Given<String>,
    limits: Limits,
}

// === impl Draft ===

impl Draft {
    /// Takes the fields out of a body.
    fn take(app: &App, fields: &mut Fields) -> Result<Self, Refused> {
        Ok(Self {
            description: fields.text("description"),
            models: models(app, fields.texts("models")),
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
    pub(super) fn apply(&self, record: &mut TagRecord) {
        self.description.clone().apply(&mut record.description);
        self.models.set(&mut record.models);
        self.budget_id.clone().apply(&mut record.budget_id);
        self.limits.apply(&mut record.allowance);
    }
}

/// The name of a tag, which must be one that a header can carry among others.
pub(super) fn name(fields: &mut Fields) -> Result<String, Refused> {
    let given = Given::Value(fields.required("name")?);
    let name = names::checked(given, "name")?.value().ok_or_else(|| lacking("name"))?;
    if name.contains(',') || name.trim() != name {
        let message =
            "name must have no comma in it, and no space around it: calls list their tags";
        return Err(invalid(message, "name"));
    }
    Ok(name)
}

/// Models by their names. LiteLLM's pages say the id of a deployment: its group is meant.
fn models(app: &App, given: Given<Vec<String>>) -> Given<Vec<String>> {
    let Given::Value(models) = given else { return given };
    let registry = app.registry();
    let name = |model: String| match registry.deployment(&model) {
        Some(member) => member.deployment.group.clone(),
        None => model,
    };
    let mut names: Vec<String> = Vec::new();
    for name in models.into_iter().map(name) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Given::Value(names)
}
