//! `GET /key/info`.

use std::{collections::HashMap, sync::Arc};

use axum::{
    extract::{Query, State},
    response::Response,
};
use http::HeaderMap;
use serde_json::{Value, json};
use sluice_wire::{Fault, FaultKind};

use super::{naming, view};
use crate::{
    App,
    admin::reply::{Refused, missing, reply},
    identity,
};

/// Tells what a key is and what it has spent; by default the caller's own.
pub(in crate::admin) async fn info(
    State(app): State<Arc<App>>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let result = tell(&app, &query, &headers).await;
    reply(&app, result)
}

async fn tell(
    app: &App,
    query: &HashMap<String, String>,
    headers: &HeaderMap,
) -> Result<Value, Refused> {
    let caller = identity::authenticate(app, headers).await?;
    let own = caller.record.hash;
    let named = query.get("key").map_or_else(|| own.to_string(), Clone::clone);
    let hash = naming::hash_of(&named);
    if hash != own && !caller.is_admin() {
        return Err(Fault::new(
            FaultKind::Permission,
            "You are not allowed to access this key's info. Your role=internal_user",
        )
        .with_param("key")
        .into());
    }
    let record = app
        .store
        .keys()
        .get_any(&hash)
        .await
        .map_err(|error| app.store_fault(&error))?
        .ok_or_else(|| missing("Key not found in database", "key"))?;
    Ok(json!({ "key": named, "info": view::row(app, &record).await? }))
}
