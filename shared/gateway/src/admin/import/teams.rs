//! Teams, each with its members.

use serde_json::Value;
use sluice_store::{NanoUsd, Subject, TeamRecord};

use super::{
    ImportError, Line, Outcome, members,
    origin::{Origin, unreadable},
    row::{self, Row},
    run::Run,
    spend,
};
use crate::admin::{limits::Limits, reply::Refused, teams};

const KIND: &str = "team";
/// What only tells, follows from something else, or is told of others as well.
const TOLD: [&str; 20] = [
    "team_id",
    "admins",
    "members",
    "model_spend",
    "model_id",
    "object_permission_id",
    "keys",
    "keys_count",
    "members_count",
    "team_memberships",
    "access_group_models",
    "access_group_mcp_server_ids",
    "access_group_agent_ids",
    "access_group_skill_names",
    "access_group_details",
    "unresolved_access_group_ids",
    "organization_models",
    "model_max_budget_usage",
    "caller_edit_access",
    "litellm_organization_table",
];
/// Where the limits of members who have none of their own are named.
const OF_MEMBERS: &str = "team_member_budget_id";

/// A team as it was read.
struct Read {
    record: TeamRecord,
    lost: Vec<String>,
    spent: NanoUsd,
    members: members::Told,
}

/// Carries them over.
pub(super) async fn carry(run: &mut Run<'_>, from: &Origin<'_>) -> Result<(), ImportError> {
    for listed in from.pages("/v2/team/list", "page_size", Some("teams"), "team_id").await? {
        let id = listed.text("team_id").unwrap_or_default().to_owned();
        let path = format!("/team/info?team_id={}", encoded(&id));
        let told = Row::of(from.get(&path).await?);
        let mut told = told.ok_or_else(|| unreadable(&path, "it is no object"))?;
        let team = told.take_row("team_info").ok_or_else(|| unreadable(&path, "no team_info"))?;
        match read(run, team, &id, told.take_rows("team_memberships")) {
            Err(refused) => run.refuse(KIND, &id, &refused),
            Ok(Read { record, lost, spent, members }) => {
                let allowance = record.allowance.clone();
                let of_members = record.of_members.clone();
                let organisation = record.organization_id.clone();
                let outcome = run.carry(run.app.store.teams(), record).await?;
                let stands = !matches!(outcome, Outcome::Refused(_));
                let mut line = Line { lost, ..Line::new(KIND, id.clone(), outcome) };
                run.begin(&mut line, Subject::Team(id.clone()), &allowance, spent).await?;
                spend::untold(&mut line, &allowance);
                run.report.lines.push(line);
                if stands {
                    run.teams.insert(id.clone(), organisation);
                    members::carry(run, &id, members, &of_members).await?;
                }
            }
        }
    }
    Ok(())
}

fn read(run: &Run<'_>, mut row: Row, id: &str, memberships: Vec<Row>) -> Result<Read, Refused> {
    let spent = row.take_spend(run.now)?;
    let mut record = TeamRecord::new(id, run.stamp(&mut row)?);
    row.unpack();
    if let Some(mut table) = row.take_row("litellm_model_table")
        && let Some(aliases) = table.take("model_aliases")
    {
        row.put("model_aliases", aliases_of(aliases));
    }
    let default = row.within("metadata", OF_MEMBERS);
    let default = default.as_ref().and_then(Value::as_str).map(ToOwned::to_owned);
    let organisation = row.take_text("organization_id");
    let of_members = row.take_row("team_member_budget_table");
    let named = row.take_rows("members_with_roles");
    row.forget(&TOLD);
    let mut fields = row.into_fields();
    teams::Draft::take(run.app, &mut fields)?.apply(&mut record);
    let mut lost = row::lost(&mut fields)?;
    match organisation {
        Some(id) if run.organisations.contains(&id) => record.organization_id = Some(id),
        // One that is not carried over would be nobody's.
        Some(_) => lost.push("organization_id".to_owned()),
        None => {}
    }
    if let Some(mut table) = of_members {
        table.forget(&members::TOLD_OF_BUDGETS);
        let mut fields = table.into_fields();
        Limits::of_budget(&mut fields)?.apply(&mut record.of_members);
        lost.extend(
            row::lost(&mut fields)?.into_iter().map(|name| format!("team_member_budget.{name}")),
        );
    }
    let members = members::Told { named, memberships, default };
    Ok(Read { record, lost, spent, members })
}

/// Aliases stand there as an object, or as the text of one.
fn aliases_of(told: Value) -> Value {
    match told {
        Value::String(text) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        other => other,
    }
}

/// An id in a query.
fn encoded(id: &str) -> String {
    percent_encoding::utf8_percent_encode(id, percent_encoding::NON_ALPHANUMERIC).to_string()
}
