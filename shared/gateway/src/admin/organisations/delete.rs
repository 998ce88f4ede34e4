//! `DELETE /organization/delete`.

use std::sync::Arc;

use serde_json::Value;
use sluice_store::{KeyHash, OrganisationRecord, Record as _};

use super::{conflict, find, view};
use crate::{
    App,
    admin::{body::lacking, door::Visit, keys, reply::Refused, teams},
};

/// Deletes organisations, and with each its keys, its teams and its memberships: the keys first, so that
/// nothing of an organisation that is gone works on if this is cut off.
pub(in crate::admin) async fn delete(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let ids = visit.fields.texts("organization_ids").value().unwrap_or_default();
    visit.fields.finish()?;
    if ids.is_empty() {
        return Err(lacking("organization_ids"));
    }
    for id in &ids {
        find(&app, id).await?;
    }
    let deed = &visit.actor.deed;
    let mut deleted = Vec::new();
    for id in &ids {
        let keys = app.store.keys().list().await.map_err(|error| app.store_fault(&error))?;
        let own = keys.iter().filter(|key| key.organization_id.as_deref() == Some(id.as_str()));
        let own: Vec<KeyHash> = own.map(|key| key.hash).collect();
        keys::remove(&app, deed, &own).await?;
        for team in view::teams_of(&app, id).await? {
            teams::remove(&app, deed, &team.team_id).await?;
        }
        for member in view::members_of(&app, id).await? {
            let gone = app.store.associates().by(deed).delete(&member.place()).await;
            gone.map_err(|error| conflict(&app, error, id))?;
        }
        let gone = app.store.organisations().by(deed).delete(&OrganisationRecord::at(id)).await;
        if let Some(gone) = gone.map_err(|error| conflict(&app, error, id))? {
            deleted.push(view::row(&app, &gone).await?);
        }
    }
    Ok(Value::Array(deleted))
}
