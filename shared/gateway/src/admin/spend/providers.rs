//! `/provider/budgets`: what may be spent at providers, and what has been.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use sluice_store::{Millis, Subject};

use super::days::dollars;
use crate::{
    App,
    admin::{door::Visit, reply::Refused},
    corridor::span,
};

/// Every budget of a provider, with what its calls cost in the window that it is.
pub(in crate::admin) async fn budgets(app: Arc<App>, _: Visit) -> Result<Value, Refused> {
    let budgets = &app.config.router.provider_budgets;
    let now = app.clock.now();
    let asked: Vec<_> = budgets
        .iter()
        .map(|(name, budget)| {
            (Subject::Provider(name.clone()), span(&app, budget.duration.as_ref(), now))
        })
        .collect();
    let balances = app.store.ledger().balances(&asked).await;
    let balances = balances.map_err(|error| app.store_fault(&error))?;
    let mut providers = Map::new();
    for ((name, budget), balance) in budgets.iter().zip(balances) {
        let duration = budget.duration.as_ref();
        let resets_at = duration.and_then(|duration| {
            let window = duration.window(now, app.config.timezone());
            window.resets_at.map(Millis::rfc3339)
        });
        let shown = json!({
            "budget_limit": dollars(budget.max),
            "time_period": duration.map(|duration| duration.as_str()),
            "spend": dollars(balance.spent),
            "budget_reset_at": resets_at,
        });
        providers.insert(name.clone(), shown);
    }
    Ok(json!({ "providers": providers }))
}
