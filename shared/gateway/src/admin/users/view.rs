//! A user as LiteLLM shows it.

use serde_json::{Value, json};
use sluice_store::{AssociateRecord, KeyRecord, Spend, Subject, UserRecord};

use crate::{
    App,
    admin::{access::Actor, limits, reply::Refused},
};

/// A user's row, with what they have spent.
pub(in crate::admin) async fn row(
    app: &App,
    user: &UserRecord,
    teams: &[String],
) -> Result<Value, Refused> {
    let spend = limits::account(app, Subject::User(user.user_id.clone()), &user.allowance).await?;
    Ok(shape(app, user, teams, &spend))
}

/// Many users' rows, with their spend read at once.
pub(in crate::admin) async fn rows(
    app: &App,
    users: &[(UserRecord, Vec<String>)],
) -> Result<Vec<Value>, Refused> {
    let asked: Vec<_> = users
        .iter()
        .map(|(user, _)| (Subject::User(user.user_id.clone()), &user.allowance))
        .collect();
    let spends = limits::accounts(app, &asked).await?;
    let rows = users.iter().zip(&spends);
    Ok(rows.map(|((user, teams), spend)| shape(app, user, teams, spend)).collect())
}

fn shape(app: &App, user: &UserRecord, teams: &[String], spend: &Spend) -> Value {
    let mut row = json!({
        "user_id": user.user_id,
        "user_email": user.email,
        "user_alias": user.alias,
        "user_role": user.role.as_str(),
        "sso_user_id": user.sso_user_id,
        "teams": teams,
        "models": user.models,
        "blocked": user.blocked,
        "metadata": user.metadata,
        "created_at": user.stamp.created_at.rfc3339(),
        "created_by": user.stamp.created_by,
        "updated_at": user.stamp.updated_at.rfc3339(),
        "updated_by": user.stamp.updated_by,
    });
    if let Some(fields) = row.as_object_mut() {
        fields.append(&mut limits::spend(spend));
        fields.append(&mut limits::shown(app, &user.allowance));
    }
    row
}

/// The ids of a user's teams.
pub(super) async fn teams_of(app: &App, user_id: &str) -> Result<Vec<String>, Refused> {
    let members = app.store.members().of_user(user_id).await;
    let members = members.map_err(|error| app.store_fault(&error))?;
    Ok(members.into_iter().map(|member| member.team_id).collect())
}

/// Whether a user belongs to an organisation that the caller leads.
pub(super) async fn is_below(app: &App, actor: &Actor, user_id: &str) -> Result<bool, Refused> {
    let places: Vec<_> =
        actor.led_organisations().map(|id| AssociateRecord::at(id, user_id)).collect();
    let found = app.store.associates().get_all(&places).await;
    Ok(!found.map_err(|error| app.store_fault(&error))?.is_empty())
}

/// A user's keys.
pub(super) async fn keys_of(app: &App, user_id: &str) -> Result<Vec<KeyRecord>, Refused> {
    let mut keys = app.store.keys().list().await.map_err(|error| app.store_fault(&error))?;
    keys.retain(|key| key.user_id.as_deref() == Some(user_id));
    Ok(keys)
}
