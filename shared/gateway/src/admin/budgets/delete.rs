//! `POST /budget/delete`.

use std::sync::Arc;

use serde_json::Value;
use sluice_store::BudgetRecord;

use super::{conflict, find, row, unknown};
use crate::{
    App,
    admin::{
        door::Visit,
        reply::{Refused, invalid},
    },
};

/// Deletes a budget that nobody has: whoever had it would be without limits from then on.
pub(in crate::admin) async fn delete(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let id = visit.fields.required("id")?;
    visit.fields.finish()?;
    find(&app, &id).await?;
    if let Some(holder) = holder(&app, &id).await? {
        let message = format!("Budget '{id}' is that of {holder}. Give that another budget first.");
        return Err(invalid(message, "id"));
    }
    let gone = app.store.budgets().by(&visit.actor.deed).delete(&BudgetRecord::at(&id)).await;
    let gone = gone.map_err(|error| conflict(&app, error, &id))?;
    Ok(row(&app, &gone.ok_or_else(|| unknown(&id))?))
}

/// Somebody who has the budget.
async fn holder(app: &App, id: &str) -> Result<Option<String>, Refused> {
    let failed = |error| app.store_fault(&error);
    let has = |budget: &Option<String>| budget.as_deref() == Some(id);
    for key in app.store.keys().list().await.map_err(failed)? {
        if has(&key.budget_id) || has(&key.end_user_budget_id) {
            return Ok(Some(format!("the key {}", key.name)));
        }
    }
    for customer in app.store.customers().all().await.map_err(failed)? {
        if has(&customer.budget_id) {
            return Ok(Some(format!("the customer {}", customer.user_id)));
        }
    }
    for organisation in app.store.organisations().all().await.map_err(failed)? {
        if has(&organisation.budget_id) {
            return Ok(Some(format!("the organization {}", organisation.organization_id)));
        }
    }
    for tag in app.store.tags().all().await.map_err(failed)? {
        if has(&tag.budget_id) {
            return Ok(Some(format!("the tag {}", tag.name)));
        }
    }
    Ok(None)
}
