//! A model that was added, as LiteLLM shows it.

use serde_json::{Map, Value, json};
use sluice_store::ModelRecord;

use crate::{config::names_secret, vault};

/// What a change answers: the record, its secrets masked.
pub(super) fn changed(record: &ModelRecord, told: Vec<String>) -> Value {
    let mut row = json!({
        "model_id": record.id,
        "model_name": record.model_name,
        "litellm_params": vault::masked(&record.params),
        "model_info": info(record),
        "blocked": record.blocked,
        "created_at": record.stamp.created_at.rfc3339(),
        "created_by": record.stamp.created_by,
        "updated_at": record.stamp.updated_at.rfc3339(),
        "updated_by": record.stamp.updated_by,
    });
    if let (Some(fields), false) = (row.as_object_mut(), told.is_empty()) {
        fields.insert("warnings".to_owned(), told.into());
    }
    row
}

/// Its parameters without its secrets.
pub(super) fn params(record: &ModelRecord) -> Map<String, Value> {
    let mut shown = vault::masked(&record.params);
    shown.retain(|name, _| !names_secret(name));
    shown
}

/// What is known of it, and of its record.
pub(super) fn info(record: &ModelRecord) -> Map<String, Value> {
    let mut info = record.info.clone();
    let mut put = |name: &str, value: Value| info.insert(name.to_owned(), value);
    put("id", record.id.as_str().into());
    put("db_model", true.into());
    put("blocked", record.blocked.into());
    put("created_at", record.stamp.created_at.rfc3339().into());
    put("created_by", json!(record.stamp.created_by));
    put("updated_at", record.stamp.updated_at.rfc3339().into());
    put("updated_by", json!(record.stamp.updated_by));
    if record.info.get("team_id").is_some_and(Value::is_string) {
        put("team_public_model_name", record.model_name.as_str().into());
    }
    info
}
