//! Budgets by name.

use sluice_store::BudgetRecord;

use super::{
    ImportError, Line, Outcome,
    origin::Origin,
    row::{self, Row},
    run::Run,
};
use crate::admin::{limits::Limits, reply::Refused};

const KIND: &str = "budget";

/// Carries them over.
pub(super) async fn carry(run: &mut Run<'_>, from: &Origin<'_>) -> Result<(), ImportError> {
    for row in from.list("/budget/list", None).await? {
        let id = row.text("budget_id").unwrap_or_default().to_owned();
        match read(run, row, &id) {
            Err(refused) => run.refuse(KIND, &id, &refused),
            Ok((record, lost)) => {
                let outcome = run.carry(run.app.store.budgets(), record).await?;
                if !matches!(outcome, Outcome::Refused(_)) {
                    run.budgets.insert(id.clone());
                }
                run.report.lines.push(Line { lost, ..Line::new(KIND, id, outcome) });
            }
        }
    }
    Ok(())
}

fn read(run: &Run<'_>, mut row: Row, id: &str) -> Result<(BudgetRecord, Vec<String>), Refused> {
    let mut record = BudgetRecord::new(id, run.stamp(&mut row)?);
    row.forget(&["budget_id", "budget_reset_at"]);
    let mut fields = row.into_fields();
    Limits::of_budget(&mut fields)?.apply(&mut record.allowance);
    Ok((record, row::lost(&mut fields)?))
}
