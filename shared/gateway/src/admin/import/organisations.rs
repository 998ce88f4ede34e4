//! Organisations, each with who belongs to it.

use sluice_store::{
    Allowance, AssociateRecord, BudgetRecord, NanoUsd, OrganisationRecord, OrganisationRole,
    Subject,
};

use super::{
    ImportError, Line, Outcome,
    members::TOLD_OF_BUDGETS,
    origin::Origin,
    row::{self, Row},
    run::Run,
    spend,
};
use crate::admin::{
    limits::Limits,
    organisations,
    reply::{Refused, invalid},
};

const KIND: &str = "organization";
const MEMBER: &str = "organization member";
/// What only tells, or is told of others as well.
const TOLD: [&str; 7] = [
    "organization_id",
    "teams",
    "users",
    "keys",
    "model_spend",
    "object_permission_id",
    "litellm_model_table",
];

/// An organisation as it was read.
struct Read {
    record: OrganisationRecord,
    lost: Vec<String>,
    spent: NanoUsd,
    members: Vec<Row>,
}

/// Carries them over.
pub(super) async fn carry(run: &mut Run<'_>, from: &Origin<'_>) -> Result<(), ImportError> {
    let rows = match from.list("/organization/list", None).await {
        Ok(rows) => rows,
        // Not every version has them, and not every licence.
        Err(ImportError::Refused { status: 404, .. }) => return Ok(()),
        Err(ImportError::Refused { status, .. }) => {
            run.untold(KIND, status);
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    for row in rows {
        let id = row.text("organization_id").unwrap_or_default().to_owned();
        match read(run, row, &id) {
            Err(refused) => run.refuse(KIND, &id, &refused),
            Ok(Read { record, lost, spent, members }) => {
                let allowance = allowance(run, &record).await?;
                let outcome = run.carry(run.app.store.organisations(), record).await?;
                let stands = !matches!(outcome, Outcome::Refused(_));
                let mut line = Line { lost, ..Line::new(KIND, id.clone(), outcome) };
                run.begin(&mut line, Subject::Organisation(id.clone()), &allowance, spent).await?;
                spend::untold(&mut line, &allowance);
                run.report.lines.push(line);
                if stands {
                    run.organisations.insert(id.clone());
                    for member in members {
                        carry_member(run, &id, member).await?;
                    }
                }
            }
        }
    }
    Ok(())
}

/// What it may spend, with what its budget by name says.
async fn allowance(run: &Run<'_>, record: &OrganisationRecord) -> Result<Allowance, ImportError> {
    let Some(id) = &record.budget_id else { return Ok(record.allowance.clone()) };
    let budget = run.app.store.budgets().get(&BudgetRecord::at(id)).await?;
    Ok(match budget {
        Some(budget) => record.allowance.or(&budget.allowance),
        None => record.allowance.clone(),
    })
}

fn read(run: &Run<'_>, mut row: Row, id: &str) -> Result<Read, Refused> {
    let table = row.take_row("litellm_budget_table");
    if let Some(end) = table.clone().and_then(|mut table| table.take("budget_reset_at")) {
        row.put("budget_reset_at", end);
    }
    let spent = row.take_spend(run.now)?;
    let stamp = run.stamp(&mut row)?;
    let members = row.take_rows("members");
    let alias = row.take_text("organization_alias").unwrap_or_else(|| id.to_owned());
    let mut record = OrganisationRecord::new(id, &alias, stamp);
    let budget = row.take_text("budget_id");
    row.unpack();
    row.forget(&TOLD);
    let mut fields = row.into_fields();
    organisations::Draft::read(run.app, &mut fields)?.apply(&mut record);
    let mut lost = row::lost(&mut fields)?;
    match budget.filter(|budget| run.budgets.contains(budget)) {
        // Its limits are the budget's.
        Some(budget) => record.budget_id = Some(budget),
        None => lost.extend(limits(table, &mut record.allowance)?),
    }
    Ok(Read { record, lost, spent, members })
}

/// Limits that stand in the table of a budget that nobody else has.
fn limits(table: Option<Row>, of: &mut Allowance) -> Result<Vec<String>, Refused> {
    let Some(mut table) = table else { return Ok(Vec::new()) };
    table.forget(&TOLD_OF_BUDGETS);
    let mut fields = table.into_fields();
    Limits::of_budget(&mut fields)?.apply(of);
    row::lost(&mut fields)
}

async fn carry_member(run: &mut Run<'_>, organisation: &str, row: Row) -> Result<(), ImportError> {
    let Some(user) = row.text("user_id").map(ToOwned::to_owned) else { return Ok(()) };
    let name = format!("{organisation}/{user}");
    match read_member(run, organisation, &user, row) {
        Err(refused) => run.refuse(MEMBER, &name, &refused),
        Ok((record, lost, spent)) => {
            let allowance = record.allowance.clone();
            let outcome = run.carry(run.app.store.associates(), record).await?;
            let mut line = Line { lost, ..Line::new(MEMBER, name, outcome) };
            let subject = Subject::Associate { organisation: organisation.to_owned(), user };
            run.begin(&mut line, subject, &allowance, spent).await?;
            run.report.lines.push(line);
        }
    }
    Ok(())
}

fn read_member(
    run: &Run<'_>,
    organisation: &str,
    user: &str,
    mut row: Row,
) -> Result<(AssociateRecord, Vec<String>, NanoUsd), Refused> {
    let table = row.take_row("litellm_budget_table");
    if let Some(end) = table.clone().and_then(|mut table| table.take("budget_reset_at")) {
        row.put("budget_reset_at", end);
    }
    let spent = row.take_spend(run.now)?;
    let stamp = run.stamp(&mut row)?;
    let role = match row.text("user_role") {
        None => OrganisationRole::default(),
        Some(role) => OrganisationRole::parse(role).ok_or_else(|| {
            invalid(format!("its role '{role}' is none of an organization's here"), "user_role")
        })?,
    };
    let mut record = AssociateRecord::new(organisation, user, role, stamp);
    let lost = limits(table, &mut record.allowance)?;
    Ok((record, lost, spent))
}
