//! A tag as LiteLLM shows it.

use serde_json::{Map, Value, json};
use sluice_store::{Allowance, BudgetRecord, Spend, Subject, TagRecord};

use crate::{
    App,
    admin::{budgets, limits, reply::Refused},
};

/// A tag's row, with what was spent under it.
pub(super) async fn row(app: &App, tag: &TagRecord) -> Result<Value, Refused> {
    let rows = rows(app, std::slice::from_ref(tag)).await?;
    Ok(rows.into_iter().next().unwrap_or_default())
}

/// Many tags' rows, their spend and budgets read at once.
pub(super) async fn rows(app: &App, tags: &[TagRecord]) -> Result<Vec<Value>, Refused> {
    let ids = tags.iter().filter_map(|tag| tag.budget_id.as_deref());
    let found = budgets::named(app, ids).await?;
    let budget = |tag: &TagRecord| tag.budget_id.as_deref().and_then(|id| found.get(id));
    let held: Vec<Allowance> =
        tags.iter().map(|tag| tag.allowance.or_budget(budget(tag))).collect();
    let subjects = tags.iter().map(|tag| Subject::Tag(tag.name.clone()));
    let asked: Vec<_> = subjects.zip(&held).collect();
    let spends = limits::accounts(app, &asked).await?;
    let each = tags.iter().zip(&held).zip(&spends);
    Ok(each.map(|((tag, held), spend)| shape(app, tag, budget(tag), held, spend)).collect())
}

fn shape(
    app: &App,
    tag: &TagRecord,
    budget: Option<&BudgetRecord>,
    held: &Allowance,
    spend: &Spend,
) -> Value {
    let names = tag.models.iter().map(|model| (model.clone(), json!(model)));
    let mut row = json!({
        "name": tag.name,
        "description": tag.description,
        "models": tag.models,
        "model_info": names.collect::<Map<_, _>>(),
        "budget_id": tag.budget_id,
        "litellm_budget_table": match budget {
            Some(budget) => budgets::row(app, budget),
            None => Value::Object(limits::shown(app, held)),
        },
        "created_at": tag.stamp.created_at.rfc3339(),
        "created_by": tag.stamp.created_by,
        "updated_at": tag.stamp.updated_at.rfc3339(),
        "updated_by": tag.stamp.updated_by,
    });
    if let Some(fields) = row.as_object_mut() {
        fields.append(&mut limits::spend(spend));
        fields.append(&mut limits::shown(app, held));
    }
    row
}
