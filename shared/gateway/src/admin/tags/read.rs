//! `POST /tag/info` and `GET /tag/list`.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::{Map, Value, json};
use sluice_store::TagRecord;

use super::view;
use crate::{
    App,
    admin::{
        body::lacking,
        door::Visit,
        reply::{Refused, missing},
        spend,
    },
};

/// Tells of some tags, by their names.
pub(in crate::admin) async fn info(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let names = visit.fields.texts("names").value().unwrap_or_default();
    visit.fields.finish()?;
    if names.is_empty() {
        return Err(lacking("names"));
    }
    let places: Vec<_> = names.iter().map(|name| TagRecord::at(name)).collect();
    let found = app.store.tags().get_all(&places).await;
    let found = found.map_err(|error| app.store_fault(&error))?;
    let lost: Vec<&str> = names
        .iter()
        .map(String::as_str)
        .filter(|name| !found.iter().any(|tag| tag.name == **name))
        .collect();
    if !lost.is_empty() {
        return Err(missing(format!("Tags not found: {}", lost.join(", ")), "names"));
    }
    let rows = view::rows(&app, &found).await?;
    Ok(found.into_iter().map(|tag| tag.name).zip(rows).collect::<Map<_, _>>().into())
}

/// Lists all tags, newest first, and after them those that calls of the last month carried without a
/// record.
pub(in crate::admin) async fn list(app: Arc<App>, _: Visit) -> Result<Value, Refused> {
    let all = app.store.tags().all().await.map_err(|error| app.store_fault(&error))?;
    let mut rows = view::rows(&app, &all).await?;
    let known: BTreeSet<&str> = all.iter().map(|tag| tag.name.as_str()).collect();
    let carried = spend::tags_of_last_month(&app).await?;
    let carried = carried.into_iter().filter(|name| !known.contains(name.as_str()));
    rows.extend(carried.map(|name| {
        json!({
            "name": name,
            "description": "This is just a spend tag that was passed dynamically in a request.",
            "models": null,
            "model_info": null,
            "created_at": null,
            "updated_at": null,
            "created_by": null,
        })
    }));
    Ok(Value::Array(rows))
}
