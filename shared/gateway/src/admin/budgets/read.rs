//! `POST /budget/info`, `GET /budget/list` and `/budget/settings`.

use std::sync::Arc;

use serde_json::{Value, json};
use sluice_store::BudgetRecord;

use super::{find, row};
use crate::{
    App,
    admin::{body::lacking, door::Visit, reply::Refused},
};

/// The fields of a budget that say something, their types and what they say.
const SETTINGS: [(&str, &str, &str); 6] = [
    ("max_budget", "Float", "The most, in dollars, in a window."),
    ("budget_duration", "String", "The window: 1h, 1d, 30d, 1mo."),
    ("max_parallel_requests", "Integer", "Calls at the same time."),
    ("tpm_limit", "Integer", "Tokens a minute."),
    ("rpm_limit", "Integer", "Calls a minute."),
    ("model_max_budget", "Object", "The most in a window on single models."),
];

/// Tells of some budgets.
pub(in crate::admin) async fn info(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let ids = visit.fields.texts("budgets").value().unwrap_or_default();
    visit.fields.finish()?;
    if ids.is_empty() {
        return Err(lacking("budgets"));
    }
    let places: Vec<_> = ids.iter().map(|id| BudgetRecord::at(id)).collect();
    let found = app.store.budgets().get_all(&places).await;
    let found = found.map_err(|error| app.store_fault(&error))?;
    Ok(found.iter().map(|budget| row(&app, budget)).collect())
}

/// Lists all budgets, newest first.
pub(in crate::admin) async fn list(app: Arc<App>, _: Visit) -> Result<Value, Refused> {
    let all = app.store.budgets().all().await.map_err(|error| app.store_fault(&error))?;
    Ok(all.iter().map(|budget| row(&app, budget)).collect())
}

/// Tells field by field what a budget says.
pub(in crate::admin) async fn settings(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let budget = row(&app, &find(&app, visit.required("budget_id")?).await?);
    let setting = |(name, kind, description): (&str, &str, &str)| {
        json!({
            "field_name": name,
            "field_type": kind,
            "field_description": description,
            "field_value": budget.get(name),
            "stored_in_db": true,
            "field_default_value": null,
        })
    };
    Ok(SETTINGS.map(setting).into_iter().collect())
}
