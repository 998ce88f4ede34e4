//! Customers: those for whom callers call.

use sluice_store::{BudgetRecord, CustomerRecord, NanoUsd, Subject};

use super::{
    ImportError, Line,
    origin::Origin,
    row::{self, Row},
    run::Run,
};
use crate::admin::{
    customers,
    reply::{Refused, invalid},
};

const KIND: &str = "customer";
const TOLD: [&str; 3] = ["user_id", "object_permission_id", "total_spend"];

/// Carries them over.
pub(super) async fn carry(run: &mut Run<'_>, from: &Origin<'_>) -> Result<(), ImportError> {
    for row in from.pages("/customer/list", "page_size", None, "user_id").await? {
        let id = row.text("user_id").unwrap_or_default().to_owned();
        match read(run, row, &id) {
            Err(refused) => run.refuse(KIND, &id, &refused),
            Ok((record, lost, spent)) => {
                let allowance = match &record.budget_id {
                    None => record.allowance.clone(),
                    Some(budget) => {
                        let budget = run.app.store.budgets().get(&BudgetRecord::at(budget)).await?;
                        budget.map_or_else(Default::default, |budget| {
                            record.allowance.or(&budget.allowance)
                        })
                    }
                };
                let outcome = run.carry(run.app.store.customers(), record).await?;
                let mut line = Line { lost, ..Line::new(KIND, id.clone(), outcome) };
                run.begin(&mut line, Subject::EndUser(id), &allowance, spent).await?;
                run.report.lines.push(line);
            }
        }
    }
    Ok(())
}

fn read(
    run: &Run<'_>,
    mut row: Row,
    id: &str,
) -> Result<(CustomerRecord, Vec<String>, NanoUsd), Refused> {
    if let Some(mut budget) = row.take_row("litellm_budget_table") {
        // The limits are the budget's; when its window ends is theirs.
        if let Some(end) = budget.take("budget_reset_at") {
            row.put("budget_reset_at", end);
        }
    }
    let spent = row.take_spend(run.now)?;
    let mut record = CustomerRecord::new(id, run.stamp(&mut row)?);
    row.forget(&TOLD);
    let mut fields = row.into_fields();
    let draft = customers::Draft::take(run.app, &mut fields)?;
    draft.apply(&mut record);
    if let Some(budget) = &record.budget_id
        && !run.budgets.contains(budget)
    {
        return Err(invalid(format!("its budget '{budget}' is not carried over"), "budget_id"));
    }
    Ok((record, row::lost(&mut fields)?, spent))
}
