//! `POST /user/delete`.

use std::sync::Arc;

use serde_json::{Value, json};
use sluice_store::{KeyHash, UserRecord};

use super::{conflict, find, view};
use crate::{
    App,
    admin::{body::lacking, door::Visit, keys, reply::Refused},
};

/// Deletes users, and with each their keys and memberships: the keys first, so that nothing of
/// somebody who is gone works on if this is cut off.
pub(in crate::admin) async fn delete(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let ids = visit.fields.texts("user_ids").value().unwrap_or_default();
    visit.fields.finish()?;
    if ids.is_empty() {
        return Err(lacking("user_ids"));
    }
    for id in &ids {
        find(&app, id).await?;
    }
    let deed = &visit.actor.deed;
    let mut count = 0;
    for id in &ids {
        let own: Vec<KeyHash> = view::keys_of(&app, id).await?.iter().map(|key| key.hash).collect();
        keys::remove(&app, deed, &own).await?;
        let members = app.store.members();
        for member in members.of_user(id).await.map_err(|error| app.store_fault(&error))? {
            let place = sluice_store::Record::place(&member);
            members.by(deed).delete(&place).await.map_err(|error| conflict(&app, error, id))?;
        }
        let associates = app.store.associates();
        for belongs in associates.of_user(id).await.map_err(|error| app.store_fault(&error))? {
            let place = sluice_store::Record::place(&belongs);
            associates.by(deed).delete(&place).await.map_err(|error| conflict(&app, error, id))?;
        }
        let gone = app.store.users().by(deed).delete(&UserRecord::at(id)).await;
        count += u64::from(gone.map_err(|error| conflict(&app, error, id))?.is_some());
    }
    Ok(json!(count))
}
