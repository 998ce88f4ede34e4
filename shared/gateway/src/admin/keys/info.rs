//! `GET /key/info`.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{naming, view};
use crate::{
    App,
    admin::{
        access::forbidden,
        door::Visit,
        reply::{Refused, missing},
    },
};

/// Tells what a key is and what it has spent; by default the caller's own.
pub(in crate::admin) async fn info(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let own = visit.actor.caller.record.hash;
    let named = visit.asked("key").map_or_else(|| own.to_string(), ToOwned::to_owned);
    let record = app.store.keys().get_any(&naming::hash_of(&named)).await;
    let record = record.map_err(|error| app.store_fault(&error))?;
    let reached = match &record {
        Some(record) => visit.actor.reaches_key(&app, record).await?,
        None => visit.actor.reaches_all(),
    };
    if !reached {
        let role = visit.actor.role.as_str();
        let message = format!("You are not allowed to access this key's info. Your role={role}");
        return Err(forbidden(message, "key"));
    }
    let record = record.ok_or_else(|| missing("Key not found in database", "key"))?;
    Ok(json!({ "key": named, "info": view::row(&app, &record).await? }))
}
