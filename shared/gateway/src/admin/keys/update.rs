//! `POST /key/update`: a merge; what is not in the body stays.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::Response,
};
use serde_json::{Value, json};
use sluice_store::KeyRole;
use sluice_wire::{Fault, FaultKind};

use super::{draft::Draft, generate::conflict, naming, view};
use crate::{
    App,
    admin::{
        access,
        body::Fields,
        reply::{Refused, invalid, reply},
    },
};

/// Changes a key, from its next request on.
pub(in crate::admin) async fn update(State(app): State<Arc<App>>, request: Request) -> Response {
    let result = change(&app, request).await;
    reply(&app, result)
}

async fn change(app: &App, request: Request) -> Result<Value, Refused> {
    let (parts, body) = request.into_parts();
    let caller = access::admin(app, &parts.headers, "/key/update").await?;
    let mut fields = Fields::read(&parts.headers, body).await?;
    let named = fields.text("key").value();
    let now = app.clock.now();
    let draft = Draft::take(&mut fields, now)?;
    fields.finish()?;
    let Some(named) = named else {
        return Err(invalid("Missing required parameter: 'key'.", "key"));
    };
    let record = naming::find(app, &named).await?;
    if record.role == KeyRole::Admin {
        return Err(Fault::new(
            FaultKind::Permission,
            "The master key is not changed through the API.",
        )
        .with_param("key")
        .into());
    }
    let record = app
        .store
        .keys()
        .update(&record.hash, |record| {
            draft.apply(record);
            record.updated_at = now;
            record.updated_by = Some(caller.record.name.clone());
        })
        .await
        .map_err(|error| conflict(app, error))?;
    app.forget_key(&record.hash);
    let mut row = view::row(app, &record).await?;
    if let Some(fields) = row.as_object_mut() {
        fields.insert("key".to_owned(), json!(named));
    }
    Ok(row)
}
