//! `POST /team/delete`.

use std::sync::Arc;

use serde_json::{Value, json};
use sluice_store::{Deed, KeyHash, Record as _, TeamRecord};

use super::{conflict, reached, view};
use crate::{
    App,
    admin::{body::lacking, door::Visit, keys, models, reply::Refused},
};

/// Deletes teams, and with each its keys, its memberships and the models that are its alone: the keys
/// first, so that nothing of a team that is gone works on if this is cut off.
pub(in crate::admin) async fn delete(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let ids = visit.fields.texts("team_ids").value().unwrap_or_default();
    visit.fields.finish()?;
    if ids.is_empty() {
        return Err(lacking("team_ids"));
    }
    let deed = &visit.actor.deed;
    for id in &ids {
        reached(&app, &visit.actor, id).await?;
    }
    let mut deleted = Vec::new();
    for id in &ids {
        if let Some(team) = remove(&app, deed, id).await? {
            deleted.push(view::row(&app, &team, &[]).await?);
        }
    }
    Ok(json!({ "deleted_teams": deleted }))
}

/// Deletes a team with all that is its alone; returns what it was.
pub(in crate::admin) async fn remove(
    app: &App,
    deed: &Deed,
    id: &str,
) -> Result<Option<TeamRecord>, Refused> {
    let held: Vec<KeyHash> = view::keys_of(app, id).await?.iter().map(|key| key.hash).collect();
    keys::remove(app, deed, &held).await?;
    models::remove_of(app, deed, id).await?;
    for member in view::members_of(app, id).await? {
        let gone = app.store.members().by(deed).delete(&member.place()).await;
        gone.map_err(|error| conflict(app, error))?;
    }
    let gone = app.store.teams().by(deed).delete(&TeamRecord::at(id)).await;
    gone.map_err(|error| conflict(app, error))
}
