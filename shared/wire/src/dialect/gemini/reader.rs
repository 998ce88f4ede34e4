//! Typed access to a JSON body, with faults in Google's wording.

use std::{borrow::Cow, fmt};

use serde_json::{Map, Value};

use crate::{
    Fault,
    dialect::place::{self, Step, Wording},
};

/// A place in the body: `contents[0].parts[1].text`.
pub(super) type At<'a> = place::At<'a, Google>;

/// Google's wording.
#[derive(Debug, Clone, Copy)]
pub(super) struct Google;

/// The body as a JSON object.
pub(super) fn body(bytes: &[u8]) -> Result<Map<String, Value>, Fault> {
    place::body::<Google>(bytes, "the root must be an object")
}

/// A body that is not what it should be as a whole.
pub(super) fn malformed(why: impl fmt::Display) -> Fault {
    Google::malformed(why)
}

/// Takes a field out by its camelCase name or by the snake_case one; `null` counts as absent.
pub(super) fn take(map: &mut Map<String, Value>, key: &str) -> Option<Value> {
    Google::take(map, key)
}

/// A field by either of its names.
pub(super) fn get<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    value.get(key).or_else(|| value.get(snake(key).as_ref())).filter(|value| !value.is_null())
}

/// `thinkingConfig` is `thinking_config`.
fn snake(key: &str) -> Cow<'_, str> {
    if !key.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Cow::Borrowed(key);
    }
    let mut out = String::with_capacity(key.len() + 4);
    for letter in key.chars() {
        if letter.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    Cow::Owned(out)
}

/// `thinking_config` is `thinkingConfig`; what is in camelCase already stays.
pub(super) fn camel(key: &str) -> String {
    let mut out = String::with_capacity(key.len());
    let mut upper = false;
    for letter in key.chars() {
        match letter {
            '_' if !out.is_empty() => upper = true,
            letter if upper => {
                out.push(letter.to_ascii_uppercase());
                upper = false;
            }
            letter => out.push(letter),
        }
    }
    out
}

/// A whole number: JSON's, or in quotes as Google writes 64 bits.
pub(super) fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// Google's clients write some whole numbers as `40.0`.
fn whole(number: f64) -> Option<i64> {
    if number.fract() == 0.0 { format!("{number:.0}").parse().ok() } else { None }
}

// === impl Google ===

impl Wording for Google {
    const OBJECT: &'static str = "an object";
    const LONE_ELEMENT: bool = true;

    fn malformed(why: impl fmt::Display) -> Fault {
        Fault::invalid(format!("Invalid JSON payload received. {why}"), "request_body")
    }

    fn invalid(at: &str, why: impl fmt::Display) -> String {
        format!("Invalid value at '{at}': {why}")
    }

    fn missing(at: &str) -> String {
        format!("* {at}: is not specified")
    }

    fn mistyped(wanted: &str, found: &str) -> String {
        format!("it must be {wanted}, not {found}.")
    }

    fn step(f: &mut fmt::Formatter<'_>, step: Step<'_>) -> fmt::Result {
        match step {
            Step::Key(key) => write!(f, ".{key}"),
            Step::Index(index) => write!(f, "[{index}]"),
        }
    }

    fn take(map: &mut Map<String, Value>, key: &str) -> Option<Value> {
        let camel = map.shift_remove(key).filter(|value| !value.is_null());
        let other = snake(key);
        if other == key {
            return camel;
        }
        let snake = map.shift_remove(other.as_ref()).filter(|value| !value.is_null());
        camel.or(snake)
    }
}

// === impl At ===

impl At<'_> {
    /// A list of strings.
    pub(super) fn strings(self, value: Value) -> Result<Vec<String>, Fault> {
        match value {
            Value::String(one) => Ok(vec![one]),
            other => self
                .list(other)?
                .into_iter()
                .enumerate()
                .map(|(index, value)| self.index(index).string(value))
                .collect(),
        }
    }

    pub(super) fn integer(self, value: &Value) -> Result<i64, Fault> {
        integer(value).ok_or_else(|| self.wrong("an integer", value))
    }

    /// A whole number that is not negative.
    pub(super) fn count(self, value: &Value) -> Result<u64, Fault> {
        integer(value)
            .and_then(|number| u64::try_from(number).ok())
            .ok_or_else(|| self.wrong("an integer that is not negative", value))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_a_field_by_either_of_its_names() {
        let Value::Object(mut map) = json!({"topK": 1, "stop_sequences": ["a"], "topP": null})
        else {
            panic!()
        };
        assert_eq!(take(&mut map, "topK"), Some(json!(1)));
        assert_eq!(take(&mut map, "stopSequences"), Some(json!(["a"])));
        assert_eq!(take(&mut map, "topP"), None);
        assert!(map.is_empty());
        assert_eq!(camel("response_json_schema"), "responseJsonSchema");
        assert_eq!(camel("_responseJsonSchema"), "_responseJsonSchema");
    }

    #[test]
    fn reads_whole_numbers_as_google_writes_them() {
        assert_eq!(integer(&json!("64")), Some(64));
        assert_eq!(integer(&json!(40.0)), Some(40));
        assert_eq!(integer(&json!(-1)), Some(-1));
        assert_eq!(integer(&json!(1.5)), None);
        assert_eq!(integer(&json!("x")), None);
    }

    #[test]
    fn names_the_place_of_a_fault() {
        let contents = At::root("contents");
        let turn = contents.index(0);
        let parts = turn.key("parts");
        let fault = parts.index(1).string(json!(7)).unwrap_err();
        assert_eq!(fault.param.as_deref(), Some("contents[0].parts[1]"));
        assert!(fault.message.contains("it must be a string, not a number"), "{fault}");
    }
}
