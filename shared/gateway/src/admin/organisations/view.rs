//! An organisation as LiteLLM shows it.

use std::collections::HashMap;

use serde_json::{Value, json};
use sluice_store::{
    Allowance, AssociateRecord, BudgetRecord, OrganisationRecord, Spend, Subject, TeamRecord,
};

use crate::{
    App,
    admin::{budgets, limits, reply::Refused, teams},
};

/// An organisation's row, with what it has spent.
pub(super) async fn row(app: &App, organisation: &OrganisationRecord) -> Result<Value, Refused> {
    let rows = rows(app, std::slice::from_ref(organisation)).await?;
    Ok(rows.into_iter().next().unwrap_or_default())
}

/// The same with its members and its teams.
pub(super) async fn whole(app: &App, organisation: &OrganisationRecord) -> Result<Value, Refused> {
    let id = &organisation.organization_id;
    let mut row = row(app, organisation).await?;
    let members = memberships(app, &members_of(app, id).await?).await?;
    let teams = teams::rows(app, &teams_of(app, id).await?).await?;
    if let Some(fields) = row.as_object_mut() {
        fields.insert("members".to_owned(), members.into());
        fields.insert("teams".to_owned(), teams.into());
    }
    Ok(row)
}

/// Many organisations' rows, their spend and budgets read at once.
pub(super) async fn rows(
    app: &App,
    organisations: &[OrganisationRecord],
) -> Result<Vec<Value>, Refused> {
    let ids = organisations.iter().filter_map(|record| record.budget_id.as_deref());
    let places: Vec<_> = ids.map(BudgetRecord::at).collect();
    let found = app.store.budgets().get_all(&places).await;
    let found = found.map_err(|error| app.store_fault(&error))?;
    let found: HashMap<&str, &BudgetRecord> =
        found.iter().map(|budget| (budget.budget_id.as_str(), budget)).collect();
    let budget = |record: &OrganisationRecord| {
        record.budget_id.as_deref().and_then(|id| found.get(id).copied())
    };
    let held: Vec<Allowance> = organisations
        .iter()
        .map(|record| match budget(record) {
            Some(budget) => record.allowance.or(&budget.allowance),
            None => record.allowance.clone(),
        })
        .collect();
    let subject =
        |record: &OrganisationRecord| Subject::Organisation(record.organization_id.clone());
    let asked: Vec<_> = organisations.iter().map(subject).zip(&held).collect();
    let spends = limits::accounts(app, &asked).await?;
    let each = organisations.iter().zip(&held).zip(&spends);
    Ok(each
        .map(|((record, held), spend)| shape(app, record, budget(record), held, spend))
        .collect())
}

fn shape(
    app: &App,
    record: &OrganisationRecord,
    budget: Option<&BudgetRecord>,
    held: &Allowance,
    spend: &Spend,
) -> Value {
    let mut row = json!({
        "organization_id": record.organization_id,
        "organization_alias": record.alias,
        "budget_id": record.budget_id,
        "models": record.models,
        "model_spend": {},
        "blocked": record.blocked,
        "metadata": record.metadata,
        "object_permission": null,
        "litellm_budget_table": match budget {
            Some(budget) => budgets::row(app, budget),
            None => Value::Object(limits::shown(app, held)),
        },
        "created_at": record.stamp.created_at.rfc3339(),
        "created_by": record.stamp.created_by,
        "updated_at": record.stamp.updated_at.rfc3339(),
        "updated_by": record.stamp.updated_by,
    });
    if let Some(fields) = row.as_object_mut() {
        fields.append(&mut limits::spend(spend));
        fields.append(&mut limits::shown(app, held));
    }
    row
}

/// Members' own rows, with what they have spent in their organisations.
pub(super) async fn memberships(
    app: &App,
    members: &[AssociateRecord],
) -> Result<Vec<Value>, Refused> {
    let subject = |member: &AssociateRecord| Subject::Associate {
        organisation: member.organization_id.clone(),
        user: member.user_id.clone(),
    };
    let asked: Vec<_> = members.iter().map(|member| (subject(member), &member.allowance)).collect();
    let spends = limits::accounts(app, &asked).await?;
    let rows = members.iter().zip(&spends).map(|(member, spend)| {
        let mut row = json!({
            "user_id": member.user_id,
            "organization_id": member.organization_id,
            "user_role": member.role.as_str(),
            "budget_id": null,
            "max_budget_in_organization":
                member.allowance.max_budget.map(|max| max.to_json_number()),
            "litellm_budget_table": limits::shown(app, &member.allowance),
            "created_at": member.stamp.created_at.rfc3339(),
            "updated_at": member.stamp.updated_at.rfc3339(),
        });
        if let Some(fields) = row.as_object_mut() {
            fields.append(&mut limits::spend(spend));
        }
        row
    });
    Ok(rows.collect())
}

/// Who belongs to an organisation.
pub(super) async fn members_of(app: &App, id: &str) -> Result<Vec<AssociateRecord>, Refused> {
    let members = app.store.associates().of_organisation(id).await;
    Ok(members.map_err(|error| app.store_fault(&error))?)
}

/// The teams of an organisation.
pub(super) async fn teams_of(app: &App, id: &str) -> Result<Vec<TeamRecord>, Refused> {
    let mut teams = app.store.teams().all().await.map_err(|error| app.store_fault(&error))?;
    teams.retain(|team| team.organization_id.as_deref() == Some(id));
    Ok(teams)
}
