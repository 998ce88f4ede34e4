//! Citations, both ways. In canonical form an address of the web is cited as the chat dialect
//! writes it, with the address in an object of its own; here it stands flat.

use serde_json::{Map, Value, json};

use crate::dialect::{Citation, Place, openai_chat::FILES};

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

/// Writes a citation of a text of so many `characters`; `None` where the dialect has no word for it.
pub(super) fn encode(value: &Value, characters: u64) -> Option<Value> {
    let kind = value.get("type").and_then(Value::as_str);
    if kind.is_some_and(|kind| FILES.contains(&kind)) {
        return Some(value.clone());
    }
    let cited = Citation::read(value)?;
    let title = cited.title.unwrap_or_default();
    let (start, end) = cited.stretch(characters);
    if let Place::Document { file: Some(file), .. } = cited.place {
        return Some(json!({
            "type": "file_citation", "file_id": file, "filename": title, "index": end,
        }));
    }
    let url = cited.address()?;
    let mut fields = Map::new();
    fields.insert("type".into(), "url_citation".into());
    if let Some(Value::Object(own)) = value.get("url_citation") {
        fields.extend(own.clone());
    }
    fields.insert("url".into(), url.into());
    fields.insert("title".into(), title.into());
    fields.insert("start_index".into(), start.into());
    fields.insert("end_index".into(), end.into());
    Some(Value::Object(fields))
}

/// Whether a citation can be told at all.
pub(in crate::dialect) fn cites(value: &Value) -> bool {
    encode(value, 0).is_some()
}

/// Whether a citation says itself which words of the text it supports, so that it need not wait for
/// the text's end.
pub(super) fn is_placed(value: &Value) -> bool {
    Citation::read(value).is_none_or(|cited| cited.span.is_some())
}
