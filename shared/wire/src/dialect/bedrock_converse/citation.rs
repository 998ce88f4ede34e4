//! Citations in Converse's shape.

use serde_json::{Map, Value, json};

use crate::dialect::{Citation, Place};

/// Whether a citation can be said.
pub(in crate::dialect) fn cites(value: &Value) -> bool {
    encode(value).is_some()
}

/// The citation in Converse's shape, or `None` where it cannot be said.
pub(super) fn encode(value: &Value) -> Option<Value> {
    // Only Converse's own have no type.
    if value.get("type").is_none() {
        return value.is_object().then(|| value.clone());
    }
    let cited = Citation::read(value)?;
    let (source, location) = match cited.place {
        Place::Web { url, domain: Some(domain) } => {
            (None, Some(json!({"web": {"url": url, "domain": domain}})))
        }
        Place::Web { url, domain: None } => (None, Some(json!({"web": {"url": url}}))),
        Place::Document { unit, document, start, end, .. } => {
            let member = unit.names()?.converse;
            let span = json!({"documentIndex": document, "start": start, "end": end});
            (None, Some(json!({ member: span })))
        }
        Place::Found { source, result, start, end } => {
            let span = json!({"searchResultIndex": result, "start": start, "end": end});
            (source, Some(json!({"searchResultLocation": span})))
        }
        Place::File { id } => (Some(id), None),
    };
    let mut out = Map::new();
    for (name, word) in [("title", cited.title), ("source", source)] {
        if let Some(word) = word {
            out.insert(name.to_owned(), word.into());
        }
    }
    if let Some(words) = cited.words {
        out.insert("sourceContent".to_owned(), json!([{"text": words}]));
    }
    if let Some(location) = location {
        out.insert("location".to_owned(), location);
    }
    Some(Value::Object(out))
}
