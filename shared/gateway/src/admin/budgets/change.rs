//! `POST /budget/new` and `/budget/update`.

use std::sync::Arc;

use serde_json::Value;
use sluice_store::{BudgetRecord, Stamp};

use super::{conflict, row};
use crate::{
    App,
    admin::{door::Visit, limits::Limits, names, reply::Refused},
};

/// Makes a budget.
pub(in crate::admin) async fn new(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let id = names::id(&app, visit.fields.text("budget_id"), "budget_id")?;
    let limits = Limits::of_budget(&mut visit.fields)?;
    visit.fields.finish()?;
    let stamp = Stamp::new(app.clock.now(), Some(visit.actor.name()));
    let mut budget = BudgetRecord::new(&id, stamp);
    limits.apply(&mut budget.allowance);
    let made = app.store.budgets().by(&visit.actor.deed).create(&budget).await;
    Ok(row(&app, &made.map_err(|error| conflict(&app, error, &id))?))
}

/// Changes a budget, from the next call on of all who have it.
pub(in crate::admin) async fn update(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let id = visit.fields.required("budget_id")?;
    let limits = Limits::of_budget(&mut visit.fields)?;
    visit.fields.finish()?;
    let (now, by) = (app.clock.now(), visit.actor.name());
    let (records, place) = (app.store.budgets(), BudgetRecord::at(&id));
    let changed = records.by(&visit.actor.deed).update(&place, |budget| {
        limits.apply(&mut budget.allowance);
        budget.stamp.touch(now, Some(by.clone()));
    });
    Ok(row(&app, &changed.await.map_err(|error| conflict(&app, error, &id))?))
}
