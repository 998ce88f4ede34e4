//! `DELETE /organization/member_delete`.

use std::sync::Arc;

use serde_json::Value;
use sluice_store::{AssociateRecord, KeyHash};

use super::{member, untouched_admins};
use crate::{
    App,
    admin::{
        door::Visit,
        keys,
        organisations::{conflict, reached, view},
        reply::Refused,
        users,
    },
};

/// Ends a membership, and with it the member's keys in the organisation that are in no team: they first,
/// so that none of them works on if this is cut off.
pub(in crate::admin) async fn delete(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let fields = &mut visit.fields;
    let id = fields.required("organization_id")?;
    let (user_id, _) = users::named(&app, fields).await?;
    fields.finish()?;
    reached(&app, &visit.actor, &id).await?;
    let member = member(&app, &id, &user_id).await?;
    untouched_admins(&app, &visit.actor, &user_id).await?;
    let deed = &visit.actor.deed;
    let keys = app.store.keys().list().await.map_err(|error| app.store_fault(&error))?;
    let theirs: Vec<KeyHash> = keys
        .iter()
        .filter(|key| key.user_id.as_ref() == Some(&user_id) && key.team_id.is_none())
        .filter(|key| key.organization_id.as_ref() == Some(&id))
        .map(|key| key.hash)
        .collect();
    keys::remove(&app, deed, &theirs).await?;
    let gone = app.store.associates().by(deed).delete(&AssociateRecord::at(&id, &user_id)).await;
    gone.map_err(|error| conflict(&app, error, &id))?;
    let rows = view::memberships(&app, &[member]).await?;
    Ok(rows.into_iter().next().unwrap_or_default())
}
