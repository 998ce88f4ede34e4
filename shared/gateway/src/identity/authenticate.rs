//! From a key to its record, with every reason for which it may not be used at all.

use std::sync::Arc;

use http::HeaderMap;
use sluice_store::{KeyHash, KeyRecord, KeyRole};
use sluice_wire::{Fault, FaultKind};

use super::token::token;
use crate::app::App;

/// An authenticated caller.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The record of the key.
    pub record: Arc<KeyRecord>,
}

/// Finds out who is calling.
///
/// # Errors
/// LiteLLM's authentication faults (no key, unknown, expired, blocked), or
/// [`FaultKind::Unavailable`] when the store cannot be asked: an outage is never a wrong key.
pub(crate) async fn authenticate(app: &App, headers: &HeaderMap) -> Result<Caller, Fault> {
    let token = token(headers)?;
    let hash = KeyHash::of_plaintext(token);
    let record = find(app, hash).await?;
    vet(app, &record)?;
    Ok(Caller { record })
}

/// Reads a key's record again and vets it again: the guard said that ours is stale.
///
/// # Errors
/// As [`authenticate`].
pub(crate) async fn recheck(app: &App, hash: KeyHash) -> Result<Caller, Fault> {
    let record = find(app, hash).await?;
    vet(app, &record)?;
    Ok(Caller { record })
}

/// The record, from the cache or read strongly.
pub(crate) async fn find(app: &App, hash: KeyHash) -> Result<Arc<KeyRecord>, Fault> {
    let now = app.clock.now();
    if let Some(record) = app.keys.get(&hash, now) {
        return Ok(record);
    }
    let record = app.store.keys().get(&hash).await.map_err(|error| app.store_fault(&error))?;
    let Some(record) = record.filter(|record| is_current(app, record)) else {
        return Err(Fault::new(
            FaultKind::Authentication,
            "Authentication Error, Invalid API key provided.",
        )
        .with_label("token_not_found_in_db"));
    };
    let record = Arc::new(record);
    app.keys.put(Arc::clone(&record), now);
    Ok(record)
}

/// A master key that has been replaced leaves its record behind; it opens nothing any more.
fn is_current(app: &App, record: &KeyRecord) -> bool {
    record.role != KeyRole::Admin || record.hash == app.master
}

fn vet(app: &App, record: &KeyRecord) -> Result<(), Fault> {
    if record.blocked {
        return Err(Fault::new(
            FaultKind::Authentication,
            "Authentication Error, Key is blocked. Update via `/key/unblock` if you're an admin.",
        )
        .with_label("auth_error"));
    }
    let now = app.clock.now();
    if let Some(expires) = record.expires
        && expires <= now
    {
        return Err(Fault::new(
            FaultKind::Authentication,
            format!(
                "Authentication Error - Expired Key. Key Expiry time {} and current time {}",
                expires.rfc3339(),
                now.rfc3339()
            ),
        )
        .with_label("expired_key")
        .with_param(record.name.clone()));
    }
    Ok(())
}

// === impl Caller ===

impl Caller {
    /// Whether this is the master key.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.record.role == KeyRole::Admin
    }
}
