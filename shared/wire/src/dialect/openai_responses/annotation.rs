//! Citations, both ways. In canonical form an address of the web is cited as the chat dialect
//! writes it, with the address in an object of its own; here it stands flat.

use serde_json::{Map, Value, json};

/// Reads an annotation.
pub(super) fn decode(annotation: Value) -> Value {
    match annotation {
        Value::Object(mut fields) if fields.get("type").is_some_and(|t| t == "url_citation") => {
            fields.shift_remove("type");
            json!({"type": "url_citation", "url_citation": fields})
        }
        other => other,
    }
}

/// Writes a citation of the text between `start` and `end` (in characters); `None` where the
/// dialect has no word for it.
pub(super) fn encode(citation: &Value, start: u64, end: u64) -> Option<Value> {
    let word = |field: &str| citation.get(field).and_then(Value::as_str);
    match word("type")? {
        "url_citation" => match citation.get("url_citation").and_then(Value::as_object) {
            Some(inner) => {
                let mut fields = Map::new();
                fields.insert("type".into(), "url_citation".into());
                fields.extend(inner.clone());
                Some(Value::Object(fields))
            }
            None => Some(citation.clone()),
        },
        "file_citation" | "container_file_citation" | "file_path" => Some(citation.clone()),
        "web_search_result_location" => Some(json!({
            "type": "url_citation",
            "start_index": start,
            "end_index": end,
            "url": word("url")?,
            "title": word("title").unwrap_or_default(),
        })),
        _ => None,
    }
}
