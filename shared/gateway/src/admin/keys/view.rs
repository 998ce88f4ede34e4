//! A key as LiteLLM shows it.

use serde_json::{Value, json};
use sluice_store::{KeyHash, KeyRecord, Millis, Spend, Window};

use crate::{
    App,
    admin::{limits, reply::Refused},
    corridor,
};

/// The answer to `/key/generate`: the row, and for once the plaintext.
pub(in crate::admin) fn generated(app: &App, record: &KeyRecord, plaintext: &str) -> Value {
    let mut row = shape(app, record, &Spend::default());
    if let Some(fields) = row.as_object_mut() {
        fields.insert("key".to_owned(), json!(plaintext));
        fields.insert("token_id".to_owned(), json!(record.hash.to_string()));
    }
    row
}

/// One key's row with its spend.
pub(super) async fn row(app: &App, record: &KeyRecord) -> Result<Value, Refused> {
    let spend = app
        .store
        .ledger()
        .spend(&record.hash, window(app, record))
        .await
        .map_err(|error| app.store_fault(&error))?;
    Ok(shape(app, record, &spend))
}

/// Many keys' rows, with their spend read at once.
pub(in crate::admin) async fn rows(
    app: &App,
    records: &[KeyRecord],
) -> Result<Vec<Value>, Refused> {
    let asked: Vec<(KeyHash, Window)> =
        records.iter().map(|record| (record.hash, window(app, record))).collect();
    let spends =
        app.store.ledger().spends(&asked).await.map_err(|error| app.store_fault(&error))?;
    Ok(records.iter().zip(&spends).map(|(record, spend)| shape(app, record, spend)).collect())
}

fn window(app: &App, record: &KeyRecord) -> Window {
    corridor::window(app, record.allowance.budget_duration.as_ref(), app.clock.now())
}

fn shape(app: &App, record: &KeyRecord, spend: &Spend) -> Value {
    let time = |at: Option<Millis>| at.map(Millis::rfc3339);
    let mut row = json!({
        "token": record.hash.to_string(),
        "key_name": record.name,
        "key_alias": record.alias,
        "expires": time(record.expires),
        "models": record.models,
        "aliases": record.aliases,
        "config": {},
        "permissions": {},
        "metadata": record.metadata,
        "allowed_ips": record.allowed_ips,
        "blocked": record.blocked,
        "allowed_routes": record.allowed_routes,
        "tags": record.tags,
        "prompts": record.prompts,
        "enforced_params": record.enforced_params,
        "auto_rotate": record.rotation.is_some(),
        "rotation_interval": record.rotation.as_ref().map(|rotation| &rotation.interval),
        "key_rotation_at": time(record.rotation.as_ref().map(|rotation| rotation.due)),
        "rotation_count": record.rotations,
        "last_rotation_at": time(record.rotated_at),
        "status": status(app, record),
        "user_id": record.user_id,
        "team_id": record.team_id,
        "organization_id": record.organization_id,
        "model_spend": {},
        "budget_id": record.budget_id,
        "end_user_budget_id": record.end_user_budget_id,
        "litellm_budget_table": null,
        "object_permission": null,
        "created_at": record.created_at.rfc3339(),
        "created_by": record.created_by,
        "updated_at": record.updated_at.rfc3339(),
        "updated_by": record.updated_by,
    });
    if let Some(fields) = row.as_object_mut() {
        fields.append(&mut limits::spend(spend));
        fields.append(&mut limits::shown(app, &record.allowance));
    }
    row
}

pub(super) fn status(app: &App, record: &KeyRecord) -> &'static str {
    if record.deleted_at.is_some() {
        "deleted"
    } else if record.blocked {
        "revoked"
    } else if record.expires.is_some_and(|expires| expires <= app.clock.now()) {
        "expired"
    } else {
        "active"
    }
}
