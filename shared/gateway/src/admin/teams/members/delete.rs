//! `POST /team/member_delete`.

use std::sync::Arc;

use http::StatusCode;
use serde_json::Value;
use sluice_store::{KeyHash, MemberRecord};

use crate::{
    App,
    admin::{
        body::Fields,
        door::Visit,
        keys,
        reply::{Refused, invalid},
        teams::{conflict, reached, view},
        users,
    },
};

/// Ends a membership, and with it the member's keys in the team: they first, so that none of them
/// works on if this is cut off.
pub(in crate::admin) async fn delete(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let team_id = visit.fields.required("team_id")?;
    let (user_id, _) = named(&app, &mut visit.fields).await?;
    visit.fields.finish()?;
    let team = reached(&app, &visit.actor, &team_id).await?;
    let place = MemberRecord::at(&team_id, &user_id);
    let members = app.store.members();
    let member = members.get(&place).await.map_err(|error| app.store_fault(&error))?;
    if member.is_none() {
        return Err(absent(&user_id, &team_id));
    }
    let theirs: Vec<KeyHash> = view::keys_of(&app, &team_id)
        .await?
        .iter()
        .filter(|key| key.user_id.as_deref() == Some(user_id.as_str()))
        .map(|key| key.hash)
        .collect();
    keys::remove(&app, &visit.actor.deed, &theirs).await?;
    members.by(&visit.actor.deed).delete(&place).await.map_err(|error| conflict(&app, error))?;
    view::whole(&app, &team).await
}

/// Who is meant, by id or by address.
pub(super) async fn named(
    app: &App,
    fields: &mut Fields,
) -> Result<(String, Option<String>), Refused> {
    let user_id = fields.text("user_id").value().filter(|id| !id.is_empty());
    let email = fields.text("user_email").value().filter(|email| !email.is_empty());
    match (user_id, email) {
        (Some(user_id), email) => Ok((user_id, email)),
        (None, Some(email)) => match users::by_email(app, &email).await? {
            Some(user) => Ok((user.user_id, Some(email))),
            None => Err(users::unknown(&email)),
        },
        (None, None) => {
            Err(invalid("Either user_id or user_email needs to be provided", "user_id"))
        }
    }
}

/// They are no member.
pub(super) fn absent(user_id: &str, team_id: &str) -> Refused {
    let message = format!("User not found in team. user_id={user_id}, team_id={team_id}");
    Refused::detail(StatusCode::BAD_REQUEST, message)
}
