//! A batch of writes in one transaction.
//!
//! The engine commits a `BatchWriteItem` item by item, and each commit waits for the disk: 25 items
//! take 25 waits. AWS promises nothing about the order or the atomicity of a batch, so doing all of
//! it at once is within its contract, and takes one.

use dynoxide::Database;
use serde_json::{Map, Value, json};

/// What a transaction may weigh; a batch may be heavier.
const LIGHT: usize = 3 * 1024 * 1024;

/// Writes the batch at once, where that can be done. `None` leaves it to the engine's own
/// operation, which also words every error.
pub(crate) fn at_once(database: &Database, body: &[u8]) -> Option<String> {
    if body.len() > LIGHT {
        return None;
    }
    let batch: Map<String, Value> = serde_json::from_slice(body).ok()?;
    // Capacity is counted differently in a transaction.
    if batch.keys().any(|field| field != "RequestItems") {
        return None;
    }
    let mut actions = Vec::new();
    for (table, writes) in batch.get("RequestItems")?.as_object()? {
        for write in writes.as_array()? {
            actions.push(action(table, write)?);
        }
    }
    if actions.is_empty() || actions.len() > 25 {
        return None;
    }
    let request = serde_json::from_value(json!({ "TransactItems": actions })).ok()?;
    database.transact_write_items(request).ok()?;
    Some(r#"{"UnprocessedItems":{}}"#.to_owned())
}

fn action(table: &str, write: &Value) -> Option<Value> {
    let (kind, request) = write.as_object().filter(|write| write.len() == 1)?.iter().next()?;
    let (action, field) = match kind.as_str() {
        "PutRequest" => ("Put", "Item"),
        "DeleteRequest" => ("Delete", "Key"),
        _ => return None,
    };
    Some(json!({ action: { "TableName": table, field: request.get(field)? } }))
}
