//! Typed access to a JSON body, with faults in AWS's wording that name the place.

use std::fmt;

use serde_json::{Map, Value};

use crate::Fault;

/// A place in the body: `messages.0.content.1.text`. It lives on the stack and is written out only
/// when there is a fault.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'a> {
    parent: Option<&'a At<'a>>,
    step: Step<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

/// The body as a JSON object.
pub(super) fn body(bytes: &[u8]) -> Result<Map<String, Value>, Fault> {
    match serde_json::from_slice::<Value>(bytes) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(malformed("the body must be a JSON object")),
        Err(error) => Err(malformed(error)),
    }
}

/// A body that is not what it should be as a whole.
pub(super) fn malformed(why: impl fmt::Display) -> Fault {
    Fault::invalid(
        format!("Malformed input request: {why}, please reformat your input and try again."),
        "request_body",
    )
}

/// Takes a field out; `null` counts as absent, as it does for AWS.
pub(super) fn take(map: &mut Map<String, Value>, key: &str) -> Option<Value> {
    map.shift_remove(key).filter(|value| !value.is_null())
}

// === impl At ===

impl<'a> At<'a> {
    pub(super) fn root(key: &'a str) -> Self {
        Self { parent: None, step: Step::Key(key) }
    }

    pub(super) fn key(&'a self, key: &'a str) -> Self {
        Self { parent: Some(self), step: Step::Key(key) }
    }

    pub(super) fn index(&'a self, index: usize) -> Self {
        Self { parent: Some(self), step: Step::Index(index) }
    }

    /// A fault that says which constraint the value at this place breaks.
    pub(super) fn fault(self, constraint: impl fmt::Display) -> Fault {
        let at = self.to_string();
        let message = format!(
            "1 validation error detected: Value at '{at}' failed to satisfy constraint: {constraint}"
        );
        Fault::invalid(message, at)
    }

    pub(super) fn missing(self) -> Fault {
        let at = self.to_string();
        let message = format!(
            "1 validation error detected: Value null at '{at}' failed to satisfy constraint: Member must not be null"
        );
        Fault::invalid(message, at)
    }

    pub(super) fn object(self, value: Value) -> Result<Map<String, Value>, Fault> {
        match value {
            Value::Object(map) => Ok(map),
            other => Err(self.wrong("a structure", &other)),
        }
    }

    pub(super) fn list(self, value: Value) -> Result<Vec<Value>, Fault> {
        match value {
            Value::Array(list) => Ok(list),
            other => Err(self.wrong("a list", &other)),
        }
    }

    pub(super) fn string(self, value: Value) -> Result<String, Fault> {
        match value {
            Value::String(text) => Ok(text),
            other => Err(self.wrong("a string", &other)),
        }
    }

    pub(super) fn boolean(self, value: &Value) -> Result<bool, Fault> {
        value.as_bool().ok_or_else(|| self.wrong("a boolean", value))
    }

    pub(super) fn integer(self, value: &Value) -> Result<u64, Fault> {
        value.as_u64().ok_or_else(|| self.wrong("an integer that is not negative", value))
    }

    pub(super) fn number(self, value: &Value) -> Result<f64, Fault> {
        value.as_f64().ok_or_else(|| self.wrong("a number", value))
    }

    /// Base64 of the standard alphabet, padded. The bytes are not decoded: every dialect writes
    /// them so.
    pub(super) fn base64(self, value: Value) -> Result<String, Fault> {
        let text = self.string(value)?;
        if is_base64(&text) { Ok(text) } else { Err(self.fault("Member must be base64")) }
    }

    /// A required field.
    pub(super) fn require(self, map: &mut Map<String, Value>, key: &str) -> Result<Value, Fault> {
        take(map, key).ok_or_else(|| self.key(key).missing())
    }

    /// The one member of a union.
    pub(super) fn union(self, value: Value) -> Result<(String, Value), Fault> {
        let members = self.object(value)?.into_iter().filter(|(_, value)| !value.is_null());
        let mut members = members.fuse();
        match (members.next(), members.next()) {
            (Some(member), None) => Ok(member),
            _ => Err(self.fault("Member must have exactly one member of the union set")),
        }
    }

    fn wrong(self, wanted: &str, found: &Value) -> Fault {
        let found = match found {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "a list",
            Value::Object(_) => "a structure",
        };
        self.fault(format!("Member must be {wanted}, not {found}"))
    }
}

/// Whether text is padded base64 of the standard alphabet, and not empty.
pub(super) fn is_base64(text: &str) -> bool {
    let bytes = text.as_bytes();
    let padding = bytes.iter().rev().take(2).take_while(|byte| **byte == b'=').count();
    let digits = bytes.len().saturating_sub(padding);
    !bytes.is_empty()
        && bytes.len().is_multiple_of(4)
        && bytes
            .iter()
            .take(digits)
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            write!(f, "{parent}.")?;
        }
        match self.step {
            Step::Key(key) => f.write_str(key),
            Step::Index(index) => write!(f, "{index}"),
        }
    }
}
