//! People.

use serde_json::Value;
use sluice_store::{NanoUsd, Subject, UserRecord};

use super::{
    ImportError, Line,
    origin::Origin,
    row::{self, Row},
    run::Run,
    spend,
};
use crate::admin::{reply::Refused, users};

const KIND: &str = "user";
/// What only tells, or is told of others as well.
const TOLD: [&str; 9] = [
    "user_id",
    "teams",
    "model_spend",
    "key_count",
    "object_permission_id",
    "password",
    "password_reset_required",
    "last_breach_check_at",
    "total_spend",
];

/// Carries them over.
pub(super) async fn carry(run: &mut Run<'_>, from: &Origin<'_>) -> Result<(), ImportError> {
    for row in from.pages("/user/list", "page_size", Some("users"), "user_id").await? {
        let id = row.text("user_id").unwrap_or_default().to_owned();
        match read(run, row, &id) {
            Err(refused) => run.refuse(KIND, &id, &refused),
            Ok((record, lost, spent)) => {
                let allowance = record.allowance.clone();
                let outcome = run.carry(run.app.store.users(), record).await?;
                let mut line = Line { lost, ..Line::new(KIND, id.clone(), outcome) };
                run.begin(&mut line, Subject::User(id), &allowance, spent).await?;
                spend::untold(&mut line, &allowance);
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
) -> Result<(UserRecord, Vec<String>, NanoUsd), Refused> {
    let spent = row.take_spend(run.now)?;
    let mut record = UserRecord::new(id, run.stamp(&mut row)?);
    row.unpack();
    row.forget(&TOLD);
    if deactivated(&row) {
        row.put("blocked", true);
    }
    let mut fields = row.into_fields();
    users::Draft::take(run.app, &mut fields)?.apply(&mut record);
    Ok((record, row::lost(&mut fields)?, spent))
}

/// Whether the directory says that somebody is gone. LiteLLM keeps that in their metadata.
fn deactivated(row: &Row) -> bool {
    let active = row.object("metadata").and_then(|metadata| metadata.get("scim_active"));
    active == Some(&Value::Bool(false))
}
