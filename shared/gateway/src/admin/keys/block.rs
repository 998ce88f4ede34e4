//! `POST /key/block` and `/key/unblock`.

use std::sync::Arc;

use serde_json::Value;
use sluice_store::KeyRole;

use super::{generate::conflict, naming, rights, view};
use crate::{
    App,
    admin::{
        access::forbidden,
        door::Visit,
        reply::{Refused, invalid},
    },
};

/// Blocks a key from its next request on.
pub(in crate::admin) async fn block(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    set(&app, visit, true).await
}

/// Lets a blocked key in again.
pub(in crate::admin) async fn unblock(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    set(&app, visit, false).await
}

async fn set(app: &App, mut visit: Visit, blocked: bool) -> Result<Value, Refused> {
    let named = visit.fields.text("key").value();
    visit.fields.finish()?;
    let Some(named) = named else {
        return Err(invalid("Missing required parameter: 'key'.", "key"));
    };
    let now = app.clock.now();
    let record = naming::find(app, &named).await?;
    if record.role == KeyRole::Admin {
        // Nobody would be left who could unblock it.
        return Err(forbidden("The master key is not blocked through the API.", "key"));
    }
    rights::reach(app, &visit.actor, &record).await?;
    let records = app.store.keys();
    let changed = records.by(&visit.actor.deed).update(&record.hash, |record| {
        record.blocked = blocked;
        record.updated_at = now;
        record.updated_by = Some(visit.actor.name());
    });
    let record = changed.await.map_err(|error| conflict(app, error))?;
    app.forget_key(&record.hash);
    view::row(app, &record).await
}
