//! What an answer that passes verbatim repeats of the request, where the provider was sent another
//! one: the whole conversation instead of the id that the caller gave.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{Splice, splice};

#[derive(Deserialize)]
struct Told {
    previous_response_id: Option<Value>,
    store: Option<Value>,
}

/// The response as the caller's request (`echo`) makes it; `None` where it is that already.
#[must_use]
pub fn retell(response: &[u8], echo: &Map<String, Value>) -> Option<Vec<u8>> {
    let told: Told = serde_json::from_slice(response).ok()?;
    let fields = [("previous_response_id", told.previous_response_id), ("store", told.store)];
    let edits: Vec<Splice<'_>> = fields
        .into_iter()
        .filter_map(|(name, told)| {
            let wanted = echo.get(name)?;
            // What goes without saying need not be said.
            let implied = if name == "store" { Value::Bool(true) } else { Value::Null };
            (told.unwrap_or(implied) != *wanted).then(|| Splice::Set(name, wanted.to_string()))
        })
        .collect();
    if edits.is_empty() { None } else { splice(response, &edits).ok() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(response: &str, echo: &Value) -> Option<String> {
        let bytes = retell(response.as_bytes(), echo.as_object().unwrap());
        bytes.map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn says_what_the_caller_said_and_leaves_every_other_byte() {
        let echo = json!({"previous_response_id": "resp_1", "store": true});
        assert_eq!(
            told(r#"{"id": "a", "previous_response_id" : null,"store":false }"#, &echo).unwrap(),
            r#"{"id": "a", "previous_response_id" : "resp_1","store":true }"#
        );
        assert_eq!(told(r#"{"previous_response_id":"resp_1"}"#, &echo), None);
        let plain = json!({"previous_response_id": null, "store": true});
        assert_eq!(told(r#"{"id":"a"}"#, &plain), None);
        assert_eq!(told(r#"{"id":"a"}"#, &json!({})), None);
    }
}
