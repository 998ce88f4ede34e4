//! `POST /key/generate` and `/key/service-account/generate`.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use sluice_providers::Redacted;
use sluice_store::{KeyError, KeyRecord};
use sluice_wire::{Fault, FaultKind};

use super::{draft::Draft, rights, view};
use crate::{
    App,
    admin::{
        door::Visit,
        reply::{Refused, invalid},
    },
};

/// Shortest custom key.
const SHORTEST: usize = 16;

/// Makes a key; its plaintext is in the answer and nowhere else.
pub(in crate::admin) async fn generate(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let (custom, draft) = asked(&app, &mut visit)?;
    let (record, plaintext) = drawn(&app, custom, &draft)?;
    let organisation = record.organization_id.clone().or_else(|| inherited(&visit, &record));
    let record = KeyRecord {
        organization_id: organisation,
        user_id: record.user_id.or_else(|| {
            // Whoever may make keys of their own alone makes them their own.
            let own = (!visit.actor.reaches_all()).then(|| visit.actor.user_id());
            own.flatten().map(ToOwned::to_owned)
        }),
        ..record
    };
    store(&app, &visit, record, &plaintext).await
}

/// The organisation of the key that makes this one, where this one would be in none: a key of an
/// organisation makes none that is out of its reach.
fn inherited(visit: &Visit, record: &KeyRecord) -> Option<String> {
    let own = visit.actor.caller.organisation().filter(|_| record.team_id.is_none());
    own.filter(|_| !visit.actor.reaches_all()).map(ToOwned::to_owned)
}

/// Makes a key of a team that is nobody's.
pub(in crate::admin) async fn service_account(
    app: Arc<App>,
    mut visit: Visit,
) -> Result<Value, Refused> {
    let (custom, draft) = asked(&app, &mut visit)?;
    let (mut record, plaintext) = drawn(&app, custom, &draft)?;
    if record.team_id.is_none() {
        return Err(invalid("team_id is required for service account keys", "team_id"));
    }
    if record.user_id.is_some() {
        return Err(invalid("a service account's key has no user_id", "user_id"));
    }
    let account = record.alias.clone().unwrap_or_else(|| record.name.clone());
    record.metadata.insert("service_account_id".to_owned(), account.into());
    store(&app, &visit, record, &plaintext).await
}

fn asked(app: &App, visit: &mut Visit) -> Result<(Option<String>, Draft), Refused> {
    let custom = visit.fields.text("key").value();
    let draft = Draft::take(app, &mut visit.fields)?;
    visit.fields.finish()?;
    Ok((custom, draft))
}

fn drawn(app: &App, custom: Option<String>, draft: &Draft) -> Result<(KeyRecord, String), Refused> {
    let plaintext = match custom {
        Some(key) => checked(key)?,
        None => fresh(app)?,
    };
    let mut record = KeyRecord::new(&plaintext, app.clock.now());
    draft.apply(&mut record);
    Ok((record, plaintext))
}

async fn store(
    app: &App,
    visit: &Visit,
    mut record: KeyRecord,
    plaintext: &str,
) -> Result<Value, Refused> {
    rights::vet(app, &visit.actor, &record).await?;
    record.created_by = Some(visit.actor.name());
    app.store
        .keys()
        .by(&visit.actor.deed)
        .create(&record)
        .await
        .map_err(|error| conflict(app, error))?;
    Ok(view::generated(app, &record, plaintext))
}

/// `sk-` and 128 bits, as LiteLLM writes them.
pub(in crate::admin) fn fresh(app: &App) -> Result<String, Refused> {
    let mut bytes = [0; 16];
    app.random
        .fill(&mut bytes)
        .map_err(|error| Fault::new(FaultKind::Internal, error.to_string()))?;
    Ok(format!("sk-{}", URL_SAFE_NO_PAD.encode(bytes)))
}

/// The same for whoever keeps it where nobody sees it.
pub(crate) fn fresh_key(app: &App) -> Result<Redacted<String>, Fault> {
    match fresh(app) {
        Ok(key) => Ok(Redacted::new(key)),
        Err(Refused::Fault(fault)) => Err(*fault),
        Err(refused) => Err(Fault::new(FaultKind::Internal, refused.reason())),
    }
}

pub(super) fn checked(key: String) -> Result<String, Refused> {
    let plain = key.chars().all(|c| c.is_ascii_graphic());
    if key.starts_with("sk-") && key.len() >= SHORTEST && plain {
        return Ok(key);
    }
    Err(invalid(
        format!(
            "Invalid key format. LiteLLM Virtual Key must start with 'sk-', have at least {SHORTEST} \
             characters, and no white space."
        ),
        "key",
    ))
}

/// What a refused write means to the caller.
pub(in crate::admin) fn conflict(app: &App, error: KeyError) -> Refused {
    match error {
        KeyError::AliasTaken(alias) => invalid(
            format!(
                "Key with alias '{alias}' already exists. Unique key aliases across all keys are \
                 required."
            ),
            "key_alias",
        ),
        KeyError::Exists => invalid("Key already exists. Choose another value for `key`.", "key"),
        KeyError::NotFound => crate::admin::reply::missing("Key not found in database", "key"),
        KeyError::Store(error) => app.store_fault(&error).into(),
    }
}
