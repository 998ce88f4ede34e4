//! Keys, by the hashes of their plaintexts.

use sluice_store::{KeyError, KeyHash, KeyRecord, KeyRole, NanoUsd};

use super::{
    ImportError, Line, Outcome,
    origin::Origin,
    row::{self, Row},
    run::{IMPORTER, Run, theirs},
    spend,
};
use crate::admin::{
    keys,
    reply::{Refused, invalid},
};

const KIND: &str = "key";
/// What only tells, follows from something else, or is told of others as well.
const TOLD: [&str; 20] = [
    "token",
    "key_name",
    "api_key",
    "model_spend",
    "total_spend",
    "budget_reset_at",
    "litellm_budget_table",
    "object_permission_id",
    "settings_updated_at",
    "last_active",
    "last_refreshed_at",
    "key_rotation_at",
    "soft_budget_cooldown",
    "status",
    "user",
    "user_role",
    "created_by_user",
    "request_route",
    "parent_otel_span",
    "is_session_token",
];
/// What is told of a key's team, user and organisation begins so.
const OF_OTHERS: [&str; 5] = ["team_", "user_", "organization_", "end_user_", "project_"];
/// More of a budget, until an instant that is told beside it.
const INCREASE: &str = "temp_budget_increase";
/// The team of the sessions of LiteLLM's dashboard.
const DASHBOARD: &str = "litellm-dashboard";

/// Carries them over.
pub(super) async fn carry(run: &mut Run<'_>, from: &Origin<'_>) -> Result<(), ImportError> {
    let path = "/key/list?return_full_object=true&sort_by=created_at&sort_order=asc";
    for row in from.pages(path, "size", Some("keys"), "token").await? {
        let token = row.text("token").unwrap_or_default().to_owned();
        let name = format!("{} ({token})", row.text("key_name").unwrap_or("sk-..."));
        if row.text("team_id") == Some(DASHBOARD) {
            let left = Outcome::Left("a session of LiteLLM's dashboard".to_owned());
            run.report.lines.push(Line::new(KIND, name, left));
            continue;
        }
        match read(run, row, &token) {
            Err(refused) => run.refuse(KIND, &name, &refused),
            Ok((record, lost, spent)) => {
                let outcome = carry_key(run, &record).await?;
                let mut line = Line { lost, ..Line::new(KIND, name, outcome) };
                run.begin_key(&mut line, &record, spent).await?;
                spend::untold(&mut line, &record.allowance);
                run.report.lines.push(line);
            }
        }
    }
    Ok(())
}

fn read(
    run: &Run<'_>,
    mut row: Row,
    token: &str,
) -> Result<(KeyRecord, Vec<String>, NanoUsd), Refused> {
    let hash =
        KeyHash::parse_hex(token).map_err(|_| invalid("its token is no hash of a key", "token"))?;
    let spent = row.take_spend(run.now)?;
    let name = row.take_text("key_name").unwrap_or_else(|| "sk-...".to_owned());
    let stamp = run.stamp(&mut row)?;
    let mut record = KeyRecord::of_hash(hash, name, stamp.created_at);
    record.created_by = stamp.created_by;
    (record.updated_at, record.updated_by) = (stamp.updated_at, stamp.updated_by);
    record.expires = row.take_instant("expires")?;
    record.rotated_at = row.take_instant("last_rotation_at")?;
    record.rotations = row.take("rotation_count").and_then(|count| count.as_u64()).unwrap_or(0);
    let named = [row.take_text("org_id"), row.take_text("organization_id")];
    let organisation = named.into_iter().flatten().next();
    row.unpack();
    // Its secrets are LiteLLM's.
    let rotates = row.take("rotation_interval").is_some() && row.is_on("auto_rotate");
    row.forget(&["auto_rotate"]);
    // Without its end LiteLLM does not heed it either.
    let endless = row.text("temp_budget_expiry").is_none() && row.take(INCREASE).is_some();
    row.forget(&TOLD);
    row.forget_all(|name| {
        !["team_id", "user_id", "end_user_budget_id", "project_id"].contains(&name)
            && OF_OTHERS.iter().any(|prefix| name.starts_with(prefix))
    });
    let mut fields = row.into_fields();
    keys::Draft::take(run.app, &mut fields)?.apply(&mut record);
    let mut lost = row::lost(&mut fields)?;
    if rotates {
        lost.push("auto_rotate".to_owned());
    }
    if endless {
        lost.push(INCREASE.to_owned());
    }
    match organisation {
        // A key of a team is in its team's.
        Some(id) if of_team(run, &record) == Some(&id) => {}
        Some(id) if of_team(run, &record).is_none() && run.organisations.contains(&id) => {
            record.organization_id = Some(id);
        }
        // One that is not carried over would be nobody's.
        Some(_) => lost.push("organization_id".to_owned()),
        None => {}
    }
    if let Some(team) = record.team_id.as_ref().filter(|team| !run.teams.contains_key(*team)) {
        return Err(invalid(format!("its team '{team}' is not carried over"), "team_id"));
    }
    let budgets = [&record.budget_id, &record.end_user_budget_id];
    if let Some(budget) = budgets.into_iter().flatten().find(|id| !run.budgets.contains(*id)) {
        return Err(invalid(format!("its budget '{budget}' is not carried over"), "budget_id"));
    }
    Ok((record, lost, spent))
}

/// The organisation that a key's team is in.
fn of_team<'r>(run: &'r Run<'_>, record: &KeyRecord) -> Option<&'r String> {
    run.teams.get(record.team_id.as_ref()?)?.as_ref()
}

/// Sees to it that a key is what LiteLLM says, unless somebody here has changed it.
async fn carry_key(run: &Run<'_>, wanted: &KeyRecord) -> Result<Outcome, ImportError> {
    let keys = run.app.store.keys();
    let Some(old) = keys.get_any(&wanted.hash).await? else {
        if !run.apply {
            return Ok(Outcome::New);
        }
        return match keys.by(&run.deed).create(wanted).await {
            Ok(()) => Ok(Outcome::New),
            Err(error) => refused(error),
        };
    };
    if old.role == KeyRole::Admin {
        return Ok(Outcome::Left("it is this gateway's master key".to_owned()));
    }
    if old.hash != wanted.hash {
        return Ok(Outcome::Left(format!("its plaintext opens another key here: {}", old.hash)));
    }
    if old.deleted_at.is_some() {
        return Ok(Outcome::Left("it was deleted here".to_owned()));
    }
    let become_wanted = |key: &mut KeyRecord| {
        let KeyRecord { version, created_at, updated_at, .. } = key.clone();
        *key = KeyRecord { version, created_at, updated_at, ..wanted.clone() };
    };
    let mut new = old.clone();
    become_wanted(&mut new);
    let updated_by = old.updated_by.clone();
    if (KeyRecord { updated_by, ..new }) == old {
        return Ok(Outcome::Same);
    }
    if old.updated_by.as_deref() != Some(IMPORTER) {
        return Ok(theirs());
    }
    if !run.apply {
        return Ok(Outcome::Changed);
    }
    let changed = keys.by(&run.deed).update(&wanted.hash, |key| {
        // Whoever has changed it in between has the last word.
        if key.version == old.version {
            become_wanted(key);
            key.updated_at = run.now;
        }
    });
    match changed.await {
        Ok(_) => Ok(Outcome::Changed),
        Err(error) => refused(error),
    }
}

fn refused(error: KeyError) -> Result<Outcome, ImportError> {
    match error {
        KeyError::Store(error) => Err(error.into()),
        error => Ok(Outcome::Refused(error.to_string())),
    }
}
