//! Fields of a caller's JSON, read with OpenAI's words for what is wrong with them.

use serde_json::{Map, Value};

use crate::{Fault, FaultKind};

/// An object of the request being taken apart: what is taken is gone, what is left is not known.
#[derive(Debug)]
pub(crate) struct Fields {
    path: String,
    map: Map<String, Value>,
}

/// The body as text and JSON, or the fault that LiteLLM answers.
pub(crate) fn parse<'de, T: serde::Deserialize<'de>>(body: &'de [u8]) -> Result<T, Fault> {
    let text = std::str::from_utf8(body).map_err(|error| not_json(&error))?;
    serde_json::from_str(text).map_err(|error| not_json(&error))
}

fn not_json(error: &dyn std::fmt::Display) -> Fault {
    Fault::invalid(format!("Invalid JSON payload: {error}"), "request_body")
}

/// The parameter must be there and is not.
pub(crate) fn missing(path: &str) -> Fault {
    Fault::invalid(format!("Missing required parameter: '{path}'."), path.to_owned())
}

/// The parameter is of another type.
pub(crate) fn wrong_type(path: &str, expected: &str, got: &Value) -> Fault {
    wrong_kind(path, expected, kind(got))
}

/// The same, of a type that has been named already.
pub(crate) fn wrong_kind(path: &str, expected: &str, got: &str) -> Fault {
    Fault::invalid(
        format!("Invalid type for '{path}': expected {expected}, but got {got} instead."),
        path.to_owned(),
    )
}

/// The parameter is none of the words it may be.
pub(crate) fn wrong_value(path: &str, got: &str, supported: &[&str]) -> Fault {
    let list = match supported {
        [] => String::new(),
        [one] => format!("'{one}'"),
        [head @ .., last] => {
            let head: Vec<_> = head.iter().map(|word| format!("'{word}'")).collect();
            format!("{}, and '{last}'", head.join(", "))
        }
    };
    Fault::invalid(
        format!("Invalid value: '{got}'. Supported values are: {list}."),
        path.to_owned(),
    )
}

/// The list must have something in it.
pub(crate) fn empty_array(path: &str) -> Fault {
    Fault::invalid(
        format!(
            "Invalid '{path}': empty array. Expected an array with minimum length 1, but got an \
             empty array instead."
        ),
        path.to_owned(),
    )
}

/// The type of a value in OpenAI's words.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a decimal number",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// A string, or the fault that says it is none.
pub(crate) fn string(value: Value, path: &str) -> Result<String, Fault> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(wrong_type(path, "a string", &other)),
    }
}

/// A whole number of at least `least`.
pub(crate) fn whole(value: &Value, path: &str, least: u64) -> Result<u64, Fault> {
    match value {
        Value::Number(number) if !number.is_f64() => match number.as_u64() {
            Some(found) if found >= least => Ok(found),
            _ => Err(Fault::invalid(
                format!(
                    "Invalid '{path}': integer below minimum value. Expected a value >= {least}, \
                     but got {number} instead."
                ),
                path.to_owned(),
            )),
        },
        other => Err(wrong_type(path, "an integer", other)),
    }
}

// === impl Fields ===

impl Fields {
    /// The fields of the value at `path` (empty for the body itself).
    pub(crate) fn of(value: Value, path: impl Into<String>) -> Result<Self, Fault> {
        let path = path.into();
        match value {
            Value::Object(map) => Ok(Self { path, map }),
            other if path.is_empty() => Err(Fault::new(
                FaultKind::InvalidRequest,
                format!("Invalid JSON payload: expected an object, but got {}", kind(&other)),
            )
            .with_param("request_body")),
            other => Err(wrong_type(&path, "an object", &other)),
        }
    }

    /// Where a field of this object stands.
    pub(crate) fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// Takes a field; `null` counts as absent.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        self.map.shift_remove(name).filter(|value| !value.is_null())
    }

    /// Whether a field is there and says something.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.map.get(name).is_some_and(|value| !value.is_null())
    }

    /// Puts back a field that only its own dialect understands.
    pub(crate) fn restore(&mut self, name: &str, value: Value) {
        self.map.insert(name.to_owned(), value);
    }

    /// Takes a field that must be there.
    pub(crate) fn require(&mut self, name: &str) -> Result<Value, Fault> {
        self.take(name).ok_or_else(|| missing(&self.path(name)))
    }

    pub(crate) fn string(&mut self, name: &str) -> Result<Option<String>, Fault> {
        self.take(name).map(|value| string(value, &self.path(name))).transpose()
    }

    pub(crate) fn require_string(&mut self, name: &str) -> Result<String, Fault> {
        let value = self.require(name)?;
        string(value, &self.path(name))
    }

    pub(crate) fn boolean(&mut self, name: &str) -> Result<Option<bool>, Fault> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(other) => Err(wrong_type(&self.path(name), "a boolean", &other)),
        }
    }

    pub(crate) fn whole(&mut self, name: &str, least: u64) -> Result<Option<u64>, Fault> {
        self.take(name).map(|value| whole(&value, &self.path(name), least)).transpose()
    }

    pub(crate) fn integer(&mut self, name: &str) -> Result<Option<i64>, Fault> {
        match self.take(name) {
            None => Ok(None),
            Some(value) => match value.as_i64() {
                Some(number) => Ok(Some(number)),
                None => Err(wrong_type(&self.path(name), "an integer", &value)),
            },
        }
    }

    pub(crate) fn number(&mut self, name: &str) -> Result<Option<f64>, Fault> {
        match self.take(name) {
            None => Ok(None),
            Some(value) => match value.as_f64() {
                Some(number) => Ok(Some(number)),
                None => Err(wrong_type(&self.path(name), "a number", &value)),
            },
        }
    }

    pub(crate) fn array(&mut self, name: &str) -> Result<Option<Vec<Value>>, Fault> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Array(items)) => Ok(Some(items)),
            Some(other) => Err(wrong_type(&self.path(name), "an array", &other)),
        }
    }

    /// Takes a field that is an object of its own.
    pub(crate) fn object(&mut self, name: &str) -> Result<Option<Self>, Fault> {
        self.take(name).map(|value| Self::of(value, self.path(name))).transpose()
    }

    /// What has not been taken.
    pub(crate) fn rest(self) -> Map<String, Value> {
        self.map
    }
}
