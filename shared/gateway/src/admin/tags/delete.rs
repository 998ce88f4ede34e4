//! `POST /tag/delete`.

use std::sync::Arc;

use serde_json::{Value, json};
use sluice_store::TagRecord;

use super::{conflict, unknown};
use crate::{
    App,
    admin::{door::Visit, reply::Refused},
};

/// Deletes a tag's record: calls may go on carrying the word, and what was spent under it stays told.
pub(in crate::admin) async fn delete(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let name = visit.fields.required("name")?;
    visit.fields.finish()?;
    let gone = app.store.tags().by(&visit.actor.deed).delete(&TagRecord::at(&name)).await;
    let gone = gone.map_err(|error| conflict(&app, error, &name))?;
    gone.ok_or_else(|| unknown(&name))?;
    Ok(json!({ "message": format!("Tag {name} deleted successfully") }))
}
