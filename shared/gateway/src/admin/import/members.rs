//! The members of a team.

use std::collections::HashMap;

use sluice_store::{Allowance, MemberRecord, MemberRole, NanoUsd, Subject};

use super::{
    ImportError, Line, Outcome,
    row::{self, Row},
    run::Run,
};
use crate::admin::{limits::Limits, reply::Refused};

const KIND: &str = "member";
/// What the table of a budget tells beside the limits.
pub(super) const TOLD_OF_BUDGETS: [&str; 6] =
    ["budget_id", "budget_reset_at", "created_at", "created_by", "updated_at", "updated_by"];

/// What is told of the members of a team.
pub(super) struct Told {
    /// Who is one, and as what.
    pub(super) named: Vec<Row>,
    /// What they may spend, and what they have spent.
    pub(super) memberships: Vec<Row>,
    /// The budget of those who have none of their own.
    pub(super) default: Option<String>,
}

/// Carries them over. The team is here, or will be.
pub(super) async fn carry(
    run: &mut Run<'_>,
    team: &str,
    told: Told,
    of_members: &Allowance,
) -> Result<(), ImportError> {
    let Told { named, memberships, default } = told;
    let membership = |row: Row| Some((row.text("user_id")?.to_owned(), row));
    let mut memberships: HashMap<String, Row> =
        memberships.into_iter().filter_map(membership).collect();
    for row in named {
        let Some(user) = row.text("user_id").map(ToOwned::to_owned) else {
            let who = row.text("user_email").unwrap_or("somebody").to_owned();
            let reason = "LiteLLM knows an address of theirs alone, and no id".to_owned();
            let line = Line::new(KIND, format!("{team}/{who}"), Outcome::Refused(reason));
            run.report.lines.push(line);
            continue;
        };
        let name = format!("{team}/{user}");
        let membership = memberships.remove(&user).unwrap_or_default();
        match read(run, (team, &user), &row, membership, default.as_deref()) {
            Err(refused) => run.refuse(KIND, &name, &refused),
            Ok((record, lost, spent)) => {
                let allowance = record.allowance.or(of_members);
                let outcome = run.carry(run.app.store.members(), record).await?;
                let mut line = Line { lost, ..Line::new(KIND, name, outcome) };
                let subject = Subject::Member { team: team.to_owned(), user };
                run.begin(&mut line, subject, &allowance, spent).await?;
                run.report.lines.push(line);
            }
        }
    }
    Ok(())
}

fn read(
    run: &Run<'_>,
    (team, user): (&str, &str),
    row: &Row,
    mut membership: Row,
    default: Option<&str>,
) -> Result<(MemberRecord, Vec<String>, NanoUsd), Refused> {
    let role = if row.text("role") == Some("admin") { MemberRole::Admin } else { MemberRole::User };
    // Of the team's age: LiteLLM does not tell theirs.
    let mut record = MemberRecord::new(team, user, role, run.stamp(&mut Row::default())?);
    let own = membership.text("budget_id").is_some_and(|id| Some(id) != default);
    let table = membership.take_row("litellm_budget_table");
    let mut lost = Vec::new();
    if let Some(mut table) = table {
        if let Some(end) = table.take("budget_reset_at") {
            membership.put("budget_reset_at", end);
        }
        if own {
            table.forget(&TOLD_OF_BUDGETS);
            let mut fields = table.into_fields();
            Limits::of_budget(&mut fields)?.apply(&mut record.allowance);
            fields.texts("allowed_models").set(&mut record.models);
            lost = row::lost(&mut fields)?;
        }
    }
    Ok((record, lost, membership.take_spend(run.now)?))
}
