//! What a form says to the gateway. Its fields are text, and what is nested has its path in its name, in
//! brackets, as OpenAI's clients write it: `metadata[tags][]`, `timeout`, `fallbacks[]`.

use bytes::Bytes;
use http::{HeaderMap, header::CONTENT_TYPE};
use serde_json::{Map, Value};
use sluice_wire::multipart::Form;

use crate::corridor::GATEWAY_FIELDS;

/// Fields that a provider may be sent as well, and that say something to the gateway.
const BOTH: [&str; 4] = ["metadata", "user", "safety_identifier", "service_tier"];
/// Fields that are text. What stands in the others is what it would be in JSON.
const TEXTS: [&str; 7] = [
    "user",
    "safety_identifier",
    "service_tier",
    "litellm_session_id",
    "litellm_trace_id",
    "litellm_call_id",
    "mock_response",
];
/// The deepest path that is read.
const DEEPEST: usize = 6;

/// A form's fields that speak to the gateway.
#[derive(Debug)]
pub(super) struct FormFields {
    form: Form,
    fields: Map<String, Value>,
}

// === impl FormFields ===

impl FormFields {
    /// Reads them; `None` where the body is no form. One that is malformed is for whoever reads the
    /// call to refuse.
    pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
        let form = Form::read(kind, body).ok()?;
        let mut fields = Map::new();
        for part in form.parts.iter().filter(|part| part.file.is_none()) {
            let (name, path) = split(&part.name);
            let wanted = GATEWAY_FIELDS.contains(&name) || BOTH.contains(&name);
            let text = body.get(part.content.clone()).map(String::from_utf8_lossy);
            if let (true, Some(text)) = (wanted && path.len() <= DEEPEST, text) {
                let at = fields.entry(name).or_insert(Value::Null);
                put(at, &path, leaf(name, &path, &text));
            }
        }
        Some(Self { form, fields })
    }

    /// A field's value.
    pub(super) fn value(&self, name: &str) -> Option<Value> {
        self.fields.get(name).cloned()
    }

    /// Whether it has a field of this name, or of this name within another; also one that is not the
    /// gateway's, and a file.
    pub(super) fn holds(&self, name: &str, within: Option<&str>) -> bool {
        let value = self.fields.get(name);
        let valued = match within {
            None => value.is_some_and(|value| !value.is_null()),
            Some(within) => value.and_then(|value| value.get(within)).is_some(),
        };
        valued
            || self.form.parts.iter().any(|part| {
                let (own, path) = split(&part.name);
                own == name && within.is_none_or(|within| path.first() == Some(&within))
            })
    }

    /// The form as a provider may see it: without what is the gateway's, and without `metadata`, which
    /// no route with a form takes. `user` is taken by those that make pictures.
    pub(super) fn rest(&self, body: &Bytes, pictures: bool) -> Bytes {
        let ours = |name: &str| {
            let (name, _) = split(name);
            let user = matches!(name, "user" | "safety_identifier") && !pictures;
            GATEWAY_FIELDS.contains(&name) || name == "metadata" || user
        };
        if self.form.parts.iter().any(|part| ours(&part.name)) {
            Bytes::from(self.form.without(body, ours))
        } else {
            body.clone()
        }
    }
}

/// A name and the path that follows it in brackets.
fn split(name: &str) -> (&str, Vec<&str>) {
    let Some((head, rest)) = name.split_once('[') else { return (name, Vec::new()) };
    match rest.strip_suffix(']') {
        Some(path) if !head.is_empty() => (head, path.split("][").collect()),
        _ => (name, Vec::new()),
    }
}

/// A text as the value that it stands for.
fn leaf(name: &str, path: &[&str], text: &str) -> Value {
    let plain = TEXTS.contains(&name) || (!path.is_empty() && name != "router_settings_override");
    let read = if plain { None } else { serde_json::from_str(text).ok() };
    read.unwrap_or_else(|| text.into())
}

/// Puts a value at a path: an empty step is the next place of a list.
fn put(at: &mut Value, path: &[&str], leaf: Value) {
    match path.split_first() {
        None => *at = leaf,
        Some((&"", rest)) => {
            if !at.is_array() {
                *at = Value::Array(Vec::new());
            }
            let Value::Array(list) = at else { return };
            // The fields of one object of a list follow each other.
            let goes_on = match (rest.first(), list.last()) {
                (Some(key), Some(Value::Object(last))) => !last.contains_key(*key),
                _ => false,
            };
            if !goes_on {
                list.push(Value::Null);
            }
            if let Some(last) = list.last_mut() {
                put(last, rest, leaf);
            }
        }
        Some((key, rest)) => {
            if !at.is_object() {
                *at = Value::Object(Map::new());
            }
            if let Value::Object(fields) = at {
                put(fields.entry(*key).or_insert(Value::Null), rest, leaf);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn form(fields: &[(&str, &str)]) -> (HeaderMap, Bytes) {
        let mut body = String::new();
        for (name, value) in fields {
            body.push_str(&format!(
                "--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            ));
        }
        body.push_str("--b--\r\n");
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, "multipart/form-data; boundary=b".parse().unwrap());
        (headers, Bytes::from(body))
    }

    #[test]
    fn reads_what_is_nested_in_names_and_what_is_json_in_values() {
        let (headers, body) = form(&[
            ("model", "whisper"),
            ("user", "7"),
            ("metadata[user_id]", "1"),
            ("metadata[tags][]", "a"),
            ("metadata[tags][]", "2"),
            ("tags[]", "b"),
            ("timeout", "2.5"),
            ("fallbacks[]", "other"),
            ("fallbacks[][model]", "third"),
            ("fallbacks[][temperature]", "0"),
            ("router_settings_override[num_retries]", "3"),
            ("drop_params", "true"),
            ("litellm_metadata", r#"{"tags": ["c"]}"#),
            ("metadata[", "odd"),
        ]);
        let told = FormFields::read(&headers, &body).unwrap();
        assert_eq!(
            Value::Object(told.fields.clone()),
            json!({
                "user": "7",
                "metadata": {"user_id": "1", "tags": ["a", "2"]},
                "tags": ["b"],
                "timeout": 2.5,
                "fallbacks": ["other", {"model": "third", "temperature": "0"}],
                "router_settings_override": {"num_retries": 3},
                "drop_params": true,
                "litellm_metadata": {"tags": ["c"]},
            })
        );
        let names = |body: &Bytes| {
            let form = Form::read("multipart/form-data; boundary=b", body).unwrap();
            form.parts.into_iter().map(|part| part.name).collect::<Vec<_>>()
        };
        assert_eq!(names(&told.rest(&body, false)), ["model", "metadata["]);
        assert_eq!(names(&told.rest(&body, true)), ["model", "user", "metadata["]);
    }

    #[test]
    fn what_is_no_form_says_nothing_and_what_says_nothing_stays_as_it_is() {
        assert!(FormFields::read(&HeaderMap::new(), b"{}").is_none());
        let (headers, body) = form(&[("model", "m"), ("prompt", "timeout")]);
        let told = FormFields::read(&headers, &body).unwrap();
        assert!(told.fields.is_empty());
        assert_eq!(told.rest(&body, false), body);
        let mut deep = "metadata".to_owned();
        deep.push_str(&"[a]".repeat(10_000));
        let (headers, body) = form(&[(&deep, "x")]);
        assert!(FormFields::read(&headers, &body).unwrap().fields.is_empty());
    }
}
