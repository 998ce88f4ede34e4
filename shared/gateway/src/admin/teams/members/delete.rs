//! `POST /team/member_delete`.

use std::sync::Arc;

use http::StatusCode;
use serde_json::Value;
use sluice_store::{KeyHash, MemberRecord};

use crate::{
    App,
    admin::{
        door::Visit,
        keys,
        reply::Refused,
        teams::{conflict, reached, view},
        users,
    },
};

/// Ends a membership, and with it the member's keys in the team: they first, so that none of them
/// works on if this is cut off.
pub(in crate::admin) async fn delete(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let team_id = visit.fields.required("team_id")?;
    let (user_id, _) = users::named(&app, &mut visit.fields).await?;
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

/// They are no member.
pub(super) fn absent(user_id: &str, team_id: &str) -> Refused {
    let message = format!("User not found in team. user_id={user_id}, team_id={team_id}");
    Refused::detail(StatusCode::BAD_REQUEST, message)
}
