//! `POST /customer/block` and `/customer/unblock`.

use std::sync::Arc;

use serde_json::{Value, json};
use sluice_store::{CustomerRecord, RecordError, Stamp};

use super::{changed, conflict, view};
use crate::{
    App,
    admin::{body::lacking, door::Visit, reply::Refused},
};

/// Refuses calls for these customers from the next one on; whoever is no customer yet becomes one.
pub(in crate::admin) async fn block(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    set(&app, visit, true).await
}

/// Serves calls for these customers again.
pub(in crate::admin) async fn unblock(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    set(&app, visit, false).await
}

async fn set(app: &App, mut visit: Visit, blocked: bool) -> Result<Value, Refused> {
    let ids = visit.fields.texts("user_ids").value().unwrap_or_default();
    visit.fields.finish()?;
    if ids.is_empty() {
        return Err(lacking("user_ids"));
    }
    let actor = &visit.actor;
    let mut rows = Vec::new();
    for id in &ids {
        if blocked {
            let new = CustomerRecord::new(id, Stamp::new(app.clock.now(), Some(actor.name())));
            match app.store.customers().by(&actor.deed).create(&new).await {
                Ok(_) | Err(RecordError::Exists) => {}
                Err(error) => return Err(conflict(app, error, id)),
            }
        }
        let customer = changed(app, id, actor, |customer| customer.blocked = blocked).await?;
        rows.push(view::row(app, &customer).await?);
    }
    Ok(json!({ "blocked_users": if blocked { rows } else { Vec::new() } }))
}
