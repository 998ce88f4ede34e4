//! `POST /customer/delete`.

use std::sync::Arc;

use serde_json::{Value, json};
use sluice_store::CustomerRecord;

use super::conflict;
use crate::{
    App,
    admin::{
        body::lacking,
        door::Visit,
        reply::{Refused, missing},
    },
};

/// Deletes customers: all of them, or none if there is one that there is not.
pub(in crate::admin) async fn delete(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let ids = visit.fields.texts("user_ids").value().unwrap_or_default();
    visit.fields.finish()?;
    if ids.is_empty() {
        return Err(lacking("user_ids"));
    }
    let places: Vec<_> = ids.iter().map(|id| CustomerRecord::at(id)).collect();
    let known = app.store.customers().get_all(&places).await;
    let known = known.map_err(|error| app.store_fault(&error))?;
    let lost: Vec<&str> = ids
        .iter()
        .map(String::as_str)
        .filter(|id| !known.iter().any(|customer| customer.user_id == **id))
        .collect();
    if !lost.is_empty() {
        let message = format!("End User Ids={} do not exist in db", lost.join(", "));
        return Err(missing(message, "user_ids"));
    }
    let mut count = 0;
    for (id, place) in ids.iter().zip(&places) {
        let gone = app.store.customers().by(&visit.actor.deed).delete(place).await;
        count += u64::from(gone.map_err(|error| conflict(&app, error, id))?.is_some());
    }
    let message = format!("Successfully deleted customers with ids: {}", ids.join(", "));
    Ok(json!({ "deleted_customers": count, "message": message }))
}
