//! What tools returned, both ways. A `response` is an object; `output` and `error` (and `result`, of
//! Google's own clients) are the names for what a function gave back as a whole.

use serde_json::{Map, Value, json};

use super::{calls::Calls, decode::Kept};
use crate::{
    Fault,
    canon::{Part, ToolResult},
    dialect::gemini::{
        media,
        reader::{At, take},
    },
};

pub(super) fn decode(
    value: Value,
    at: At<'_>,
    calls: &mut Calls,
    kept: &mut Kept,
) -> Result<Part, Fault> {
    let mut map = at.object(value)?;
    let name = at.key("name").string(at.require(&mut map, "name")?)?;
    let id = take(&mut map, "id").map(|id| at.key("id").string(id)).transpose()?;
    let response = match take(&mut map, "response") {
        Some(response) => at.key("response").object(response)?,
        None => Map::new(),
    };
    let (text, is_error) = said(response);
    let mut parts = vec![Part::text(text)];
    if let Some(more) = take(&mut map, "parts") {
        let at = at.key("parts");
        for (index, part) in at.list(more)?.into_iter().enumerate() {
            let here = at.index(index);
            let mut part = here.object(part)?;
            if let Some(value) = take(&mut part, "inlineData") {
                parts.push(media::decode_inline(value, here.key("inlineData"))?);
            } else if let Some(value) = take(&mut part, "fileData") {
                parts.push(media::decode_file(value, here.key("fileData"))?);
            }
        }
    }
    for (name, value) in map {
        if !value.is_null() {
            kept.insert(at.key(&name).to_string(), value);
        }
    }
    Ok(Part::ToolResult(ToolResult { call_id: calls.result(id, &name), parts, is_error }))
}

/// A response as text, and whether it is of a failure.
fn said(mut response: Map<String, Value>) -> (String, bool) {
    let plain = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    if response.len() == 1 {
        for (name, is_error) in [("output", false), ("result", false), ("error", true)] {
            if let Some(value) = response.shift_remove(name) {
                return (plain(value), is_error);
            }
        }
    }
    (Value::Object(response).to_string(), false)
}

/// A result as a `functionResponse`'s `response`, and what it shows.
pub(super) fn encode(result: &ToolResult) -> (Value, Vec<Value>) {
    let mut texts = Vec::new();
    let mut shown = Vec::new();
    for part in &result.parts {
        match part {
            Part::Text { text, .. } => texts.push(text.clone()),
            Part::Image(image) => shown.extend(media::encode(&image.data)),
            Part::Document(document) => {
                texts.extend([&document.name, &document.context].into_iter().flatten().cloned());
                shown.extend(media::encode(&document.data));
            }
            Part::SearchResult(found) => texts.push(found.plain()),
            // A result in another dialect's shape is JSON, and is handed on as such.
            Part::Opaque { value, .. } => {
                let json =
                    value.get("json").filter(|_| value.as_object().is_some_and(|o| o.len() == 1));
                texts.push(json.unwrap_or(value).to_string());
            }
            _ => {}
        }
    }
    let text = texts.join("\n");
    let parsed: Option<Value> = serde_json::from_str(&text).ok();
    let response = match parsed {
        Some(Value::Object(map)) if !result.is_error => Value::Object(map),
        Some(value @ (Value::Object(_) | Value::Array(_))) => wrap(&value, result.is_error),
        _ => wrap(&text.into(), result.is_error),
    };
    (response, shown)
}

fn wrap(value: &Value, is_error: bool) -> Value {
    if is_error { json!({"error": value}) } else { json!({"output": value}) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(response: Value) -> (String, bool, Value) {
        let (text, is_error) = said(serde_json::from_value(response).unwrap());
        let parts = vec![Part::text(text.clone())];
        let result = ToolResult { call_id: "c".into(), parts, is_error };
        (text, is_error, encode(&result).0)
    }

    #[test]
    fn a_whole_result_is_its_text_and_an_object_stays_one() {
        assert_eq!(
            round(json!({"result": "18 C"})),
            ("18 C".into(), false, json!({"output": "18 C"}))
        );
        assert_eq!(
            round(json!({"error": "no data"})),
            ("no data".into(), true, json!({"error": "no data"}))
        );
        let object = json!({"celsius": 18, "error": null});
        assert_eq!(round(object.clone()), (object.to_string(), false, object));
        assert_eq!(
            round(json!({"output": [1, 2]})),
            ("[1,2]".into(), false, json!({"output": [1, 2]}))
        );
        assert_eq!(round(json!({})), ("{}".into(), false, json!({})));
    }
}
