//! `POST /key/health`.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    App,
    admin::{door::Visit, reply::Refused},
};

/// The key works: it has just been let in. No logging callbacks are kept with keys.
pub(in crate::admin) async fn health(_: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    visit.fields.finish()?;
    Ok(json!({ "key": "healthy", "logging_callbacks": null }))
}
