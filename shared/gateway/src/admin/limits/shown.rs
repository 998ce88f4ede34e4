//! Limits and what has been spent, as LiteLLM shows them.

use serde_json::{Map, Value, json};
use sluice_store::{Allowance, BudgetDuration, Millis, Spend, Subject};

use super::hours;
use crate::{App, admin::reply::Refused, corridor};

/// Limits as fields of a row. The budgets of models carry both of LiteLLM's spellings.
pub(in crate::admin) fn shown(app: &App, allowance: &Allowance) -> Map<String, Value> {
    let now = app.clock.now();
    let resets_at = |duration: Option<&BudgetDuration>| {
        corridor::window(app, duration, now).resets_at.map(Millis::rfc3339)
    };
    let mut of_models: Map<String, Value> = allowance
        .model_max_budget
        .iter()
        .map(|(model, budget)| {
            let max = budget.max.to_json_number();
            let duration = budget.duration.as_ref().map(BudgetDuration::as_str);
            let entry = json!({
                "max_budget": max, "budget_limit": max,
                "budget_duration": duration, "time_period": duration,
            });
            (model.clone(), entry)
        })
        .collect();
    for model in allowance.schedule.iter().filter_map(|hours| hours.model.as_deref()) {
        let own = allowance.schedule.iter().filter(|hours| hours.model.as_deref() == Some(model));
        let entry = of_models.entry(model).or_insert_with(|| json!({}));
        if let Some(fields) = entry.as_object_mut() {
            fields.insert("schedule".to_owned(), hours::shown(own));
        }
    }
    let schedule = allowance.schedule.iter().filter(|hours| hours.model.is_none());
    let temporary = allowance.temp_budget;
    let others: Vec<Value> = allowance
        .budget_limits
        .iter()
        .map(|budget| {
            let duration = budget.duration.as_ref();
            json!({
                "max_budget": budget.max.to_json_number(),
                "budget_duration": duration.map(BudgetDuration::as_str),
                "reset_at": resets_at(duration),
            })
        })
        .collect();
    let duration = allowance.budget_duration.as_ref();
    Map::from_iter([
        ("max_budget".to_owned(), json!(allowance.max_budget.map(|max| max.to_json_number()))),
        ("budget_duration".to_owned(), json!(duration.map(BudgetDuration::as_str))),
        ("budget_reset_at".to_owned(), json!(resets_at(duration))),
        ("budget_limits".to_owned(), json!(others)),
        (
            "temp_budget_increase".to_owned(),
            json!(temporary.map(|more| more.increase.to_json_number())),
        ),
        ("temp_budget_expiry".to_owned(), json!(temporary.map(|more| more.until.rfc3339()))),
        ("schedule".to_owned(), hours::shown(schedule)),
        ("soft_budget".to_owned(), json!(allowance.soft_budget.map(|soft| soft.to_json_number()))),
        ("throttle_on_budget_exceeded".to_owned(), json!(allowance.throttle_on_budget_exceeded)),
        ("budget_rollover".to_owned(), json!(allowance.budget_rollover.is_some())),
        ("budget_fallbacks".to_owned(), json!(allowance.budget_fallbacks)),
        ("rpd_limit".to_owned(), json!(allowance.rpd_limit)),
        ("tpd_limit".to_owned(), json!(allowance.tpd_limit)),
        ("rpm_limit".to_owned(), json!(allowance.rpm_limit)),
        ("tpm_limit".to_owned(), json!(allowance.tpm_limit)),
        ("max_parallel_requests".to_owned(), json!(allowance.max_parallel_requests)),
        ("model_max_budget".to_owned(), Value::Object(of_models)),
        ("model_rpm_limit".to_owned(), json!(allowance.model_rpm_limit)),
        ("model_tpm_limit".to_owned(), json!(allowance.model_tpm_limit)),
    ])
}

/// What has been spent, as fields of a row: in the budget's window, and ever.
pub(in crate::admin) fn spend(spend: &Spend) -> Map<String, Value> {
    Map::from_iter([
        ("spend".to_owned(), json!(spend.spent.to_json_number())),
        ("reserved_spend".to_owned(), json!(spend.reserved.to_json_number())),
        ("total_spend".to_owned(), json!(spend.total.to_json_number())),
    ])
}

/// What subjects have spent, in the order asked for.
pub(in crate::admin) async fn accounts(
    app: &App,
    subjects: &[(Subject, &Allowance)],
) -> Result<Vec<Spend>, Refused> {
    let now = app.clock.now();
    let asked: Vec<_> = subjects
        .iter()
        .map(|(subject, allowance)| {
            (subject.clone(), corridor::span(app, allowance.budget_duration.as_ref(), now))
        })
        .collect();
    Ok(app.store.ledger().balances(&asked).await.map_err(|error| app.store_fault(&error))?)
}

/// The same of one.
pub(in crate::admin) async fn account(
    app: &App,
    subject: Subject,
    allowance: &Allowance,
) -> Result<Spend, Refused> {
    let accounts = accounts(app, &[(subject, allowance)]).await?;
    Ok(accounts.into_iter().next().unwrap_or_default())
}
