//! `POST /key/generate`.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use sluice_store::{KeyError, KeyRecord};
use sluice_wire::{Fault, FaultKind};

use super::{draft::Draft, view};
use crate::{
    App,
    admin::{
        access,
        body::Fields,
        reply::{Refused, invalid, reply},
    },
};

/// Shortest custom key.
const SHORTEST: usize = 16;

/// Makes a key; its plaintext is in the answer and nowhere else.
pub(in crate::admin) async fn generate(State(app): State<Arc<App>>, request: Request) -> Response {
    let result = make(&app, request).await;
    reply(&app, result)
}

async fn make(app: &App, request: Request) -> Result<Value, Refused> {
    let (parts, body) = request.into_parts();
    let caller = access::admin(app, &parts.headers, "/key/generate").await?;
    let now = app.clock.now();
    let mut fields = Fields::read(&parts.headers, body).await?;
    let custom = fields.text("key").value();
    let draft = Draft::take(&mut fields, now)?;
    fields.finish()?;

    let plaintext = match custom {
        Some(key) => checked(key)?,
        None => fresh(app)?,
    };
    let mut record = KeyRecord::new(&plaintext, now);
    draft.apply(&mut record);
    record.created_by = Some(caller.record.name.clone());
    app.store.keys().create(&record).await.map_err(|error| conflict(app, error))?;
    Ok(view::generated(app, &record, &plaintext))
}

/// `sk-` and 128 bits, as LiteLLM writes them.
fn fresh(app: &App) -> Result<String, Refused> {
    let mut bytes = [0; 16];
    app.random
        .fill(&mut bytes)
        .map_err(|error| Fault::new(FaultKind::Internal, error.to_string()))?;
    Ok(format!("sk-{}", URL_SAFE_NO_PAD.encode(bytes)))
}

fn checked(key: String) -> Result<String, Refused> {
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
pub(super) fn conflict(app: &App, error: KeyError) -> Refused {
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
