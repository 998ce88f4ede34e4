//! `GET /user/info`.

use std::sync::Arc;

use serde_json::{Value, json};
use sluice_store::TeamRecord;

use super::{find, view};
use crate::{
    App,
    admin::{
        access::forbidden,
        door::Visit,
        keys,
        reply::{Refused, invalid},
        teams,
    },
};

/// Tells of a user, their keys and their teams; by default the caller's own.
pub(in crate::admin) async fn info(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let user_id = meant(&app, &visit).await?;
    let user = find(&app, user_id).await?;
    let ids = view::teams_of(&app, user_id).await?;
    let places: Vec<_> = ids.iter().map(|id| TeamRecord::at(id)).collect();
    let found = app.store.teams().get_all(&places).await;
    let found = found.map_err(|error| app.store_fault(&error))?;
    let shown = teams::rows(&app, &found).await?;
    let own = view::keys_of(&app, user_id).await?;
    Ok(json!({
        "user_id": user_id,
        "user_info": view::row(&app, &user, &ids).await?,
        "keys": keys::rows(&app, &own).await?,
        "teams": shown,
    }))
}

/// Tells of a user alone.
pub(in crate::admin) async fn flat(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let user_id = meant(&app, &visit).await?;
    let user = find(&app, user_id).await?;
    view::row(&app, &user, &view::teams_of(&app, user_id).await?).await
}

/// The user who is asked about; by default the caller's own.
async fn meant<'v>(app: &App, visit: &'v Visit) -> Result<&'v str, Refused> {
    let asked = visit.asked("user_id").or_else(|| visit.actor.user_id());
    let Some(user_id) = asked else {
        return Err(invalid("Give `user_id`: this key belongs to no user.", "user_id"));
    };
    let own = visit.actor.reaches_all() || visit.actor.is_self(user_id);
    if !own && !view::is_below(app, &visit.actor, user_id).await? {
        let role = visit.actor.role.as_str();
        let message = format!("You are not allowed to see another user. Your role={role}");
        return Err(forbidden(message, "user_id"));
    }
    Ok(user_id)
}
