//! `POST /key/delete`.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::Response,
};
use serde_json::{Value, json};
use sluice_store::KeyHash;
use sluice_wire::{Fault, FaultKind};

use super::{generate::conflict, naming};
use crate::{
    App,
    admin::{
        access,
        body::Fields,
        reply::{Refused, invalid, missing, reply},
    },
};

/// Deletes keys. Calls in flight still settle; the rows stay.
pub(in crate::admin) async fn delete(State(app): State<Arc<App>>, request: Request) -> Response {
    let result = remove(&app, request).await;
    reply(&app, result)
}

async fn remove(app: &App, request: Request) -> Result<Value, Refused> {
    let (parts, body) = request.into_parts();
    access::admin(app, &parts.headers, "/key/delete").await?;
    let mut fields = Fields::read(&parts.headers, body).await?;
    let keys = fields.texts("keys").value();
    let aliases = fields.texts("key_aliases").value();
    fields.finish()?;

    // As the caller named it, beside what it means.
    let mut named: Vec<(String, KeyHash)> = Vec::new();
    match (keys, aliases) {
        (Some(keys), _) if !keys.is_empty() => {
            named.extend(keys.into_iter().map(|key| {
                let hash = naming::hash_of(&key);
                (key, hash)
            }));
        }
        (_, Some(aliases)) if !aliases.is_empty() => {
            for alias in aliases {
                let record = naming::by_alias(app, &alias).await?;
                named.push((alias, record.hash));
            }
        }
        _ => return Err(invalid("Invalid request type: give `keys` or `key_aliases`.", "keys")),
    }
    if named.iter().any(|(_, hash)| *hash == app.master) {
        return Err(Fault::new(
            FaultKind::Permission,
            "The master key is not deleted through the API.",
        )
        .with_param("keys")
        .into());
    }
    let hashes: Vec<KeyHash> = named.iter().map(|(_, hash)| *hash).collect();
    let gone = app
        .store
        .keys()
        .delete(&hashes, app.clock.now())
        .await
        .map_err(|error| conflict(app, error))?;
    for hash in &hashes {
        app.forget_key(hash);
    }
    if gone.is_empty() {
        return Err(missing("No keys found", "keys"));
    }
    let deleted: Vec<String> =
        named.into_iter().filter(|(_, hash)| gone.contains(hash)).map(|(name, _)| name).collect();
    Ok(json!({ "deleted_keys": deleted }))
}
