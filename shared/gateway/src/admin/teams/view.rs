//! A team as LiteLLM shows it.

use serde_json::{Value, json};
use sluice_store::{KeyRecord, MemberRecord, Spend, Subject, TeamRecord};

use crate::{
    App,
    admin::{limits, reply::Refused},
};

/// A team's row, with its members and what it has spent.
pub(in crate::admin) async fn row(
    app: &App,
    team: &TeamRecord,
    members: &[MemberRecord],
) -> Result<Value, Refused> {
    let spend = limits::account(app, Subject::Team(team.team_id.clone()), &team.allowance).await?;
    Ok(shape(app, team, members, &spend))
}

/// The same with the members that there are now.
pub(super) async fn whole(app: &App, team: &TeamRecord) -> Result<Value, Refused> {
    row(app, team, &members_of(app, &team.team_id).await?).await
}

/// Many teams' rows without their members, their spend read at once.
pub(in crate::admin) async fn rows(app: &App, teams: &[TeamRecord]) -> Result<Vec<Value>, Refused> {
    let asked: Vec<_> =
        teams.iter().map(|team| (Subject::Team(team.team_id.clone()), &team.allowance)).collect();
    let spends = limits::accounts(app, &asked).await?;
    Ok(teams.iter().zip(&spends).map(|(team, spend)| shape(app, team, &[], spend)).collect())
}

fn shape(app: &App, team: &TeamRecord, members: &[MemberRecord], spend: &Spend) -> Value {
    let ids = |role: &str| -> Vec<&str> {
        let of_role = members.iter().filter(|member| member.role.as_str() == role);
        of_role.map(|member| member.user_id.as_str()).collect()
    };
    let roles: Vec<Value> = members.iter().map(with_role).collect();
    let of_members = &team.of_members;
    let mut row = json!({
        "team_id": team.team_id,
        "team_alias": team.alias,
        "organization_id": team.organization_id,
        "admins": ids("admin"),
        "members": ids("user"),
        "members_with_roles": roles,
        "team_member_permissions": team.member_permissions,
        "team_member_budget": of_members.max_budget.map(|max| max.to_json_number()),
        "team_member_budget_duration": of_members.budget_duration.as_ref().map(|d| d.as_str()),
        "team_member_rpm_limit": of_members.rpm_limit,
        "team_member_tpm_limit": of_members.tpm_limit,
        "models": team.models,
        "prompts": team.prompts,
        "litellm_model_table": { "model_aliases": team.model_aliases },
        "model_aliases": team.model_aliases,
        "blocked": team.blocked,
        "metadata": team.metadata,
        "created_at": team.stamp.created_at.rfc3339(),
        "created_by": team.stamp.created_by,
        "updated_at": team.stamp.updated_at.rfc3339(),
        "updated_by": team.stamp.updated_by,
    });
    if let Some(fields) = row.as_object_mut() {
        fields.append(&mut limits::spend(spend));
        fields.append(&mut limits::shown(app, &team.allowance));
    }
    row
}

fn with_role(member: &MemberRecord) -> Value {
    json!({ "user_id": member.user_id, "user_email": null, "role": member.role.as_str() })
}

/// Members' own rows, with what they have spent in the team.
pub(super) async fn memberships(
    app: &App,
    team: &TeamRecord,
    members: &[MemberRecord],
) -> Result<Vec<Value>, Refused> {
    let allowances: Vec<_> =
        members.iter().map(|member| member.allowance.or(&team.of_members)).collect();
    let subjects = members.iter().map(|member| Subject::Member {
        team: member.team_id.clone(),
        user: member.user_id.clone(),
    });
    let asked: Vec<_> = subjects.zip(&allowances).collect();
    let spends = limits::accounts(app, &asked).await?;
    let rows = members.iter().zip(&allowances).zip(&spends).map(|((member, allowance), spend)| {
        let mut row = json!({
            "user_id": member.user_id,
            "team_id": member.team_id,
            "role": member.role.as_str(),
            "allowed_models": member.models,
            "max_budget_in_team": allowance.max_budget.map(|max| max.to_json_number()),
            "litellm_budget_table": limits::shown(app, allowance),
        });
        if let Some(fields) = row.as_object_mut() {
            fields.append(&mut limits::spend(spend));
        }
        row
    });
    Ok(rows.collect())
}

/// The members of a team.
pub(super) async fn members_of(app: &App, team_id: &str) -> Result<Vec<MemberRecord>, Refused> {
    let members = app.store.members().of_team(team_id).await;
    Ok(members.map_err(|error| app.store_fault(&error))?)
}

/// The keys of a team.
pub(super) async fn keys_of(app: &App, team_id: &str) -> Result<Vec<KeyRecord>, Refused> {
    let mut keys = app.store.keys().list().await.map_err(|error| app.store_fault(&error))?;
    keys.retain(|key| key.team_id.as_deref() == Some(team_id));
    Ok(keys)
}
