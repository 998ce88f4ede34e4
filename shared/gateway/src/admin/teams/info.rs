//! `GET /team/info`.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{reached, view};
use crate::{
    App,
    admin::{door::Visit, keys, reply::Refused},
};

/// Tells of a team, its keys and its members.
pub(in crate::admin) async fn info(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let team_id = visit.required("team_id")?;
    let team = reached(&app, &visit.actor, team_id).await?;
    let members = view::members_of(&app, team_id).await?;
    let mut keys = keys::rows(&app, &view::keys_of(&app, team_id).await?).await?;
    for key in keys.iter_mut().filter_map(Value::as_object_mut) {
        key.remove("token");
    }
    let memberships = view::memberships(&app, &team, &members).await?;
    Ok(json!({
        "team_id": team_id,
        "team_info": view::row(&app, &team, &members).await?,
        "keys": keys,
        "team_memberships": memberships,
    }))
}
