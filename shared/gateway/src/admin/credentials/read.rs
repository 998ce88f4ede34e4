//! `GET /credentials`, `/credentials/by_name/{name}` and `/credentials/by_model/{model_id}`.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Map, Value, json};
use sluice_store::CredentialRecord;

use super::unknown;
use crate::{
    App,
    admin::{
        door::Visit,
        models::{naming, secrets},
        reply::Refused,
    },
    registry::Registry,
    vault,
};

/// All of them.
pub(in crate::admin) async fn list(app: Arc<App>, _: Visit) -> Result<Value, Refused> {
    let registry = app.registry();
    let added = registry.credentials().map(|record| of_record(&registry, record));
    let own = app.config.outside.credentials();
    let own = own.map(|(name, values)| of_file(&registry, name, &values));
    let rows: Vec<Value> = own.chain(added).collect();
    Ok(json!({ "success": true, "credentials": rows }))
}

/// One of them, with who used it last.
pub(in crate::admin) async fn by_name(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let name = visit.named.clone().unwrap_or_default();
    let registry = app.registry();
    let added = registry.credentials().find(|record| record.name == name);
    let mut row = match (app.config.outside.credential(&name), added) {
        (Some(values), _) => of_file(&registry, &name, &values),
        (None, Some(record)) => of_record(&registry, record),
        (None, None) => return Err(unknown(&app, &name)),
    };
    let last =
        app.store.routing().last_use(&name).await.map_err(|error| app.store_fault(&error))?;
    if let Some(fields) = row.as_object_mut() {
        let last_used = last
            .map(|last| json!({ "at": last.at.rfc3339(), "key": last.key, "user_id": last.user }));
        fields.insert("last_used".to_owned(), last_used.unwrap_or_default());
    }
    Ok(row)
}

/// What a model calls with.
pub(in crate::admin) async fn by_model(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let id = visit.named.unwrap_or_default();
    let registry = app.registry();
    let found = registry.deployment(&id);
    let member = found.ok_or_else(|| Refused::detail(StatusCode::NOT_FOUND, "Model not found"))?;
    Ok(json!({
        "credential_name": format!("{}-credential-{id}", member.deployment.group),
        "credential_values": secrets(&registry, member),
        "credential_info": {},
    }))
}

fn of_record(registry: &Registry, record: &CredentialRecord) -> Value {
    json!({
        "credential_name": record.name,
        "credential_values": vault::masked(&record.values),
        "credential_info": record.info,
        "source": "db",
        "models": naming(registry, &record.name),
        "created_at": record.stamp.created_at.rfc3339(),
        "created_by": record.stamp.created_by,
        "updated_at": record.stamp.updated_at.rfc3339(),
        "updated_by": record.stamp.updated_by,
    })
}

fn of_file(registry: &Registry, name: &str, values: &Map<String, Value>) -> Value {
    json!({
        "credential_name": name,
        "credential_values": vault::masked(values),
        "credential_info": {},
        "source": "config",
        "models": naming(registry, name),
    })
}
