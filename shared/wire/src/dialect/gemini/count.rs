//! `countTokens`: the request, and the answer.

use serde_json::{Value, json};

use super::reader::{self, At};
use crate::Fault;

/// The request whose tokens are to be counted, as a body of `generateContent`: what stands under
/// `generateContentRequest`, or the body itself, which holds `contents` alone.
///
/// # Errors
/// A fault of the caller, where the body is no object or has both or neither.
pub fn counted(body: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut map = reader::body(body)?;
    let whole = reader::take(&mut map, "generateContentRequest");
    let at = At::root("generateContentRequest");
    match whole {
        None => Ok(body.to_vec()),
        Some(_) if map.get("contents").is_some_and(|contents| !contents.is_null()) => {
            Err(at.fault("only one of contents and generateContentRequest may be set."))
        }
        Some(value) => Ok(Value::Object(at.object(value)?).to_string().into_bytes()),
    }
}

/// The body that asks the Gemini API about a request: `contents` alone as they are, whatever else
/// is to be counted inside of a request that names the model.
///
/// # Errors
/// A fault of the caller, where the request is no object.
pub fn question(request: &[u8], model: &str) -> Result<Vec<u8>, Fault> {
    let mut map = reader::body(request)?;
    map.shift_remove("model");
    if map.keys().all(|name| name == "contents") {
        return Ok(Value::Object(map).to_string().into_bytes());
    }
    let name = if model.contains('/') { model.to_owned() } else { format!("models/{model}") };
    map.insert("model".to_owned(), name.into());
    Ok(json!({ "generateContentRequest": map }).to_string().into_bytes())
}

/// The body that asks Vertex AI about a request, which takes these fields and no others.
///
/// # Errors
/// A fault of the caller, where the request is no object.
pub fn question_at_vertex(request: &[u8]) -> Result<Vec<u8>, Fault> {
    const TAKEN: [&str; 4] = ["contents", "systemInstruction", "tools", "generationConfig"];
    let mut map = reader::body(request)?;
    let fields: serde_json::Map<String, Value> = TAKEN
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), reader::take(&mut map, name)?)))
        .collect();
    Ok(Value::Object(fields).to_string().into_bytes())
}

/// The answer for a caller.
#[must_use]
pub fn answer(total: u64) -> Value {
    json!({"totalTokens": total, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": total}]})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_is_inside_or_the_body_itself() {
        let plain = br#"{"contents": [{"parts": [{"text": "hi"}]}]}"#;
        assert_eq!(counted(plain).unwrap(), plain);
        let inside = br#"{"generate_content_request": {"model": "models/x", "contents": []}}"#;
        assert_eq!(counted(inside).unwrap(), br#"{"model":"models/x","contents":[]}"#);
        let both = br#"{"contents": [], "generateContentRequest": {}}"#;
        assert!(counted(both).is_err());
    }

    #[test]
    fn asks_each_api_in_its_own_way() {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let plain = br#"{"model":"x","contents":[]}"#;
        assert_eq!(text(question(plain, "m").unwrap()), r#"{"contents":[]}"#);
        let more = br#"{"contents":[],"system_instruction":{},"safetySettings":[]}"#;
        assert_eq!(
            text(question(more, "m").unwrap()),
            r#"{"generateContentRequest":{"contents":[],"system_instruction":{},"safetySettings":[],"model":"models/m"}}"#
        );
        assert_eq!(
            text(question_at_vertex(more).unwrap()),
            r#"{"contents":[],"systemInstruction":{}}"#
        );
    }
}
