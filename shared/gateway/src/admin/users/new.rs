//! `POST /user/new`.

use std::sync::Arc;

use serde_json::Value;
use sluice_store::{
    KeyRecord, MemberRecord, MemberRole, OrganisationRole, Stamp, TeamRecord, UserRecord, UserRole,
};

use super::{conflict, draft::Draft, view};
use crate::{
    App,
    admin::{
        access::{Actor, forbidden},
        door::Visit,
        keys,
        limits::Limits,
        names, organisations,
        reply::{Refused, invalid},
        teams,
    },
};

/// Makes a user, and a key of theirs unless `auto_create_key` says no.
pub(in crate::admin) async fn new(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let now = app.clock.now();
    let by = Some(visit.actor.name());
    let fields = &mut visit.fields;
    let draft = Draft::take(&app, fields)?;
    let user_id = names::id(&app, fields.text("user_id"), "user_id")?;
    let joined = fields.texts("teams").value().unwrap_or_default();
    let organisations = fields.texts("organizations").value().unwrap_or_default();
    let with_key = fields.flag("auto_create_key").value().unwrap_or(true);
    let key = keys::Draft::of_user(fields, now)?;
    fields.finish()?;
    if !with_key && key.says_something() {
        return Err(invalid("key_alias, duration and aliases are of a key", "auto_create_key"));
    }
    let mut found = Vec::with_capacity(joined.len());
    for team in &joined {
        found.push(teams::find(&app, team).await?);
    }
    for id in &organisations {
        organisations::bounds(&app, id).await?;
    }
    let mut record = UserRecord::new(&user_id, Stamp::new(now, by.clone()));
    draft.apply(&mut record);
    if !visit.actor.reaches_all() {
        within(&visit.actor, &record, &organisations, &found, with_key)?;
    }
    let made = app.store.users().by(&visit.actor.deed).create(&record).await;
    made.map_err(|error| conflict(&app, error, &user_id))?;

    let member = |team: &String| {
        MemberRecord::new(team, &user_id, MemberRole::User, Stamp::new(now, by.clone()))
    };
    let members: Vec<MemberRecord> = joined.iter().map(member).collect();
    let made = app.store.members().by(&visit.actor.deed).create_all(&members).await;
    made.map_err(|error| teams::conflict(&app, error))?;

    for id in &organisations {
        let joiner = [(user_id.clone(), role(record.role))];
        organisations::join(&app, &visit.actor, id, &joiner, &Limits::default()).await?;
    }

    let mut answer = view::row(&app, &record, &joined).await?;
    let mut plaintext = String::new();
    if with_key {
        plaintext = keys::fresh(&app)?;
        let mut own = KeyRecord::new(&plaintext, now);
        key.apply(&mut own);
        own.user_id = Some(user_id);
        // Of several it is not known which one is to pay.
        own.organization_id = <[String; 1]>::try_from(organisations).ok().map(|[id]| id);
        own.created_by = by;
        let made = app.store.keys().by(&visit.actor.deed).create(&own).await;
        made.map_err(|error| keys::conflict(&app, error))?;
        // What the two have in common is the user's.
        let mut of_key = keys::generated(&app, &own, &plaintext);
        if let (Some(fields), Some(own)) = (of_key.as_object_mut(), answer.as_object_mut()) {
            fields.append(own);
        }
        answer = of_key;
    }
    if let Some(fields) = answer.as_object_mut() {
        fields.insert("key".to_owned(), plaintext.into());
    }
    Ok(answer)
}

/// What a user is in an organisation that they are made for.
fn role(role: UserRole) -> OrganisationRole {
    match role {
        UserRole::InternalUserViewer | UserRole::ProxyAdminViewer => {
            OrganisationRole::InternalUserViewer
        }
        UserRole::InternalUser | UserRole::ProxyAdmin => OrganisationRole::InternalUser,
    }
}

/// Refuses a user that an admin of organisations may not make: they have to be in these organisations
/// and in teams of them, may manage nothing, and their first key is one organisation's.
fn within(
    actor: &Actor,
    user: &UserRecord,
    organisations: &[String],
    teams: &[TeamRecord],
    with_key: bool,
) -> Result<(), Refused> {
    if organisations.is_empty() || !organisations.iter().all(|id| actor.leads(id)) {
        let message = "Org admins make users in the organizations that they lead alone.";
        return Err(forbidden(message, "organizations"));
    }
    if matches!(user.role, UserRole::ProxyAdmin | UserRole::ProxyAdminViewer) {
        return Err(forbidden("Org admins cannot make proxy admins.", "user_role"));
    }
    if !teams.iter().all(|team| actor.leads_above(team)) {
        let message = "Org admins add users to the teams of their organizations alone.";
        return Err(forbidden(message, "teams"));
    }
    if with_key && organisations.len() > 1 {
        let message = "A user's first key is in one organization: name one, or set auto_create_key to \
                       false.";
        return Err(invalid(message, "organizations"));
    }
    Ok(())
}
