//! `/budget/*`: limits with a name, that keys, customers, organisations and tags share the words of. Each who
//! has a budget has an account of their own.

mod change;
mod delete;
mod read;

pub(super) use change::{new, update};
pub(super) use delete::delete;
pub(super) use read::{info, list, settings};

use std::collections::HashMap;

use serde_json::{Value, json};
use sluice_store::{BudgetRecord, RecordError};

use super::{
    limits,
    reply::{Refused, invalid, missing},
};
use crate::App;

/// The record of a budget that is asked for.
async fn find(app: &App, id: &str) -> Result<BudgetRecord, Refused> {
    let budget = app.store.budgets().get(&BudgetRecord::at(id)).await;
    budget.map_err(|error| app.store_fault(&error))?.ok_or_else(|| unknown(id))
}

fn unknown(id: &str) -> Refused {
    missing(format!("Budget not found, passed budget_id={id}"), "budget_id")
}

/// Refuses a budget that there is not, where somebody is to have it.
pub(super) async fn check(app: &App, id: &str, field: &'static str) -> Result<(), Refused> {
    let budget = app.store.budgets().get(&BudgetRecord::at(id)).await;
    match budget.map_err(|error| app.store_fault(&error))? {
        Some(_) => Ok(()),
        None => Err(invalid(format!("{field}: there is no budget '{id}'"), field)),
    }
}

/// Those of some ids that there are, each by its id.
pub(super) async fn named(
    app: &App,
    ids: impl Iterator<Item = &str>,
) -> Result<HashMap<String, BudgetRecord>, Refused> {
    let places: Vec<_> = ids.map(BudgetRecord::at).collect();
    let found = app.store.budgets().get_all(&places).await;
    let found = found.map_err(|error| app.store_fault(&error))?;
    Ok(found.into_iter().map(|budget| (budget.budget_id.clone(), budget)).collect())
}

/// What a refused write means to the caller.
fn conflict(app: &App, error: RecordError, id: &str) -> Refused {
    match error {
        RecordError::Exists | RecordError::Taken(_) => {
            invalid(format!("Budget already exists, passed budget_id={id}"), "budget_id")
        }
        RecordError::NotFound => unknown(id),
        RecordError::Store(error) => app.store_fault(&error).into(),
    }
}

/// A budget as LiteLLM shows it.
pub(super) fn row(app: &App, budget: &BudgetRecord) -> Value {
    let mut row = json!({
        "budget_id": budget.budget_id,
        "soft_budget": null,
        "created_at": budget.stamp.created_at.rfc3339(),
        "created_by": budget.stamp.created_by,
        "updated_at": budget.stamp.updated_at.rfc3339(),
        "updated_by": budget.stamp.updated_by,
    });
    if let Some(fields) = row.as_object_mut() {
        fields.append(&mut limits::shown(app, &budget.allowance));
    }
    row
}
