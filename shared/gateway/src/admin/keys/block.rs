//! `POST /key/block` and `/key/unblock`.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::Response,
};
use serde_json::Value;
use sluice_store::KeyRole;
use sluice_wire::{Fault, FaultKind};

use super::{generate::conflict, naming, view};
use crate::{
    App,
    admin::{
        access,
        body::Fields,
        reply::{Refused, invalid, reply},
    },
};

/// Blocks a key from its next request on.
pub(in crate::admin) async fn block(State(app): State<Arc<App>>, request: Request) -> Response {
    let result = set(&app, request, "/key/block", true).await;
    reply(&app, result)
}

/// Lets a blocked key in again.
pub(in crate::admin) async fn unblock(State(app): State<Arc<App>>, request: Request) -> Response {
    let result = set(&app, request, "/key/unblock", false).await;
    reply(&app, result)
}

async fn set(app: &App, request: Request, route: &str, blocked: bool) -> Result<Value, Refused> {
    let (parts, body) = request.into_parts();
    access::admin(app, &parts.headers, route).await?;
    let mut fields = Fields::read(&parts.headers, body).await?;
    let named = fields.text("key").value();
    fields.finish()?;
    let Some(named) = named else {
        return Err(invalid("Missing required parameter: 'key'.", "key"));
    };
    let now = app.clock.now();
    let record = naming::find(app, &named).await?;
    if record.role == KeyRole::Admin {
        // Nobody would be left who could unblock it.
        return Err(Fault::new(
            FaultKind::Permission,
            "The master key is not blocked through the API.",
        )
        .with_param("key")
        .into());
    }
    let record = app
        .store
        .keys()
        .update(&record.hash, |record| {
            record.blocked = blocked;
            record.updated_at = now;
        })
        .await
        .map_err(|error| conflict(app, error))?;
    app.forget_key(&record.hash);
    view::row(app, &record).await
}
