//! A customer as LiteLLM shows it.

use serde_json::{Value, json};
use sluice_store::{Allowance, BudgetRecord, CustomerRecord, Spend, Subject};

use crate::{
    App,
    admin::{budgets, limits, reply::Refused},
};

/// A customer's row, with what was spent for them.
pub(super) async fn row(app: &App, customer: &CustomerRecord) -> Result<Value, Refused> {
    let rows = rows(app, std::slice::from_ref(customer)).await?;
    Ok(rows.into_iter().next().unwrap_or_default())
}

/// Many customers' rows, their spend and budgets read at once.
pub(super) async fn rows(app: &App, customers: &[CustomerRecord]) -> Result<Vec<Value>, Refused> {
    let ids = customers.iter().filter_map(|customer| customer.budget_id.as_deref());
    let found = budgets::named(app, ids).await?;
    let budget =
        |customer: &CustomerRecord| customer.budget_id.as_deref().and_then(|id| found.get(id));
    let held: Vec<Allowance> = customers
        .iter()
        .map(|customer| match budget(customer) {
            Some(budget) => customer.allowance.or(&budget.allowance),
            None => customer.allowance.clone(),
        })
        .collect();
    let subject = |customer: &CustomerRecord| Subject::EndUser(customer.user_id.clone());
    let asked: Vec<_> = customers.iter().map(subject).zip(&held).collect();
    let spends = limits::accounts(app, &asked).await?;
    let each = customers.iter().zip(&held).zip(&spends);
    Ok(each
        .map(|((customer, held), spend)| shape(app, customer, budget(customer), held, spend))
        .collect())
}

fn shape(
    app: &App,
    customer: &CustomerRecord,
    budget: Option<&BudgetRecord>,
    held: &Allowance,
    spend: &Spend,
) -> Value {
    let mut row = json!({
        "user_id": customer.user_id,
        "alias": customer.alias,
        "blocked": customer.blocked,
        "models": customer.models,
        "budget_id": customer.budget_id,
        "allowed_model_region": null,
        "default_model": null,
        "object_permission": null,
        "litellm_budget_table": match budget {
            Some(budget) => budgets::row(app, budget),
            None => Value::Object(limits::shown(app, held)),
        },
        "created_at": customer.stamp.created_at.rfc3339(),
        "created_by": customer.stamp.created_by,
        "updated_at": customer.stamp.updated_at.rfc3339(),
        "updated_by": customer.stamp.updated_by,
    });
    if let Some(fields) = row.as_object_mut() {
        fields.append(&mut limits::spend(spend));
        fields.append(&mut limits::shown(app, held));
    }
    row
}
