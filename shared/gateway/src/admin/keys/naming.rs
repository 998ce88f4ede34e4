//! Which key a management call means: plaintext, hash, or alias.

use sluice_store::{KeyHash, KeyRecord};

use crate::{
    App,
    admin::reply::{Refused, missing},
};

/// The hash a caller means by a plaintext key or by a hash.
pub(in crate::admin) fn hash_of(named: &str) -> KeyHash {
    if named.starts_with("sk-") {
        KeyHash::of_plaintext(named)
    } else {
        KeyHash::parse_hex(named).unwrap_or_else(|_| KeyHash::of_plaintext(named))
    }
}

/// The hash that a key's account goes by, whichever of its plaintexts is meant.
pub(in crate::admin) async fn id(app: &App, hash: &KeyHash) -> Result<KeyHash, Refused> {
    let record = app.store.keys().get_any(hash).await.map_err(|error| app.store_fault(&error))?;
    Ok(record.map_or(*hash, |record| record.hash))
}

/// The live record of a key named so.
pub(super) async fn find(app: &App, named: &str) -> Result<KeyRecord, Refused> {
    app.store
        .keys()
        .get(&hash_of(named))
        .await
        .map_err(|error| app.store_fault(&error))?
        .ok_or_else(|| missing("Key not found in database", "key"))
}

/// The live record of a key by its alias.
pub(super) async fn by_alias(app: &App, alias: &str) -> Result<KeyRecord, Refused> {
    app.store.keys().by_alias(alias).await.map_err(|error| app.store_fault(&error))?.ok_or_else(
        || missing(format!("Key with alias '{alias}' not found in database"), "key_alias"),
    )
}
