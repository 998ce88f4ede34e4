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

/// The number a provider's answer tells.
#[must_use]
pub fn told(answer: &[u8]) -> Option<u64> {
    let value: Value = serde_json::from_slice(answer).ok()?;
    reader::get(&value, "totalTokens")
        .and_then(reader::integer)
        .and_then(|number| u64::try_from(number).ok())
}

/// The answer for a caller.
#[must_use]
pub fn answer(total: u64) -> Vec<u8> {
    let details = json!([{"modality": "TEXT", "tokenCount": total}]);
    json!({"totalTokens": total, "promptTokensDetails": details}).to_string().into_bytes()
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
        assert_eq!(told(&answer(31)), Some(31));
    }
}
