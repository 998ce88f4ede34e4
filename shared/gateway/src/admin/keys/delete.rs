//! `POST /key/delete`.

use std::sync::Arc;

use serde_json::{Value, json};
use sluice_store::{Deed, KeyHash};

use super::{generate::conflict, naming, rights};
use crate::{
    App,
    admin::{
        access::forbidden,
        door::Visit,
        reply::{Refused, invalid, missing},
    },
};

/// Deletes keys. Calls in flight still settle; the rows stay.
pub(in crate::admin) async fn delete(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let keys = visit.fields.texts("keys").value();
    let aliases = visit.fields.texts("key_aliases").value();
    visit.fields.finish()?;

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
                let record = naming::by_alias(&app, &alias).await?;
                named.push((alias, record.hash));
            }
        }
        _ => return Err(invalid("Invalid request type: give `keys` or `key_aliases`.", "keys")),
    }
    if named.iter().any(|(_, hash)| *hash == app.master) {
        return Err(forbidden("The master key is not deleted through the API.", "keys"));
    }
    let hashes: Vec<KeyHash> = named.iter().map(|(_, hash)| *hash).collect();
    if !visit.actor.reaches_all() {
        for hash in &hashes {
            let record = app.store.keys().get(hash).await;
            if let Some(record) = record.map_err(|error| app.store_fault(&error))? {
                rights::reach(&app, &visit.actor, &record).await?;
            }
        }
    }
    let gone = remove(&app, &visit.actor.deed, &hashes).await?;
    if gone.is_empty() {
        return Err(missing("No keys found", "keys"));
    }
    let deleted: Vec<String> =
        named.into_iter().filter(|(_, hash)| gone.contains(hash)).map(|(name, _)| name).collect();
    Ok(json!({ "deleted_keys": deleted }))
}

/// Deletes keys by their hashes; returns those that there were.
pub(in crate::admin) async fn remove(
    app: &App,
    deed: &Deed,
    hashes: &[KeyHash],
) -> Result<Vec<KeyHash>, Refused> {
    let known =
        futures_util::future::join_all(hashes.iter().map(|hash| naming::id(app, hash))).await;
    let gone = app.store.keys().by(deed).delete(hashes, app.clock.now()).await;
    for id in known {
        app.forget_key(&id?);
    }
    gone.map_err(|error| conflict(app, error))
}
