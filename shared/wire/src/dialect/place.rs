//! Typed access to a JSON body, with faults that name the place in the wording of its dialect.

use std::{fmt, marker::PhantomData};

use serde_json::{Map, Value};

use crate::Fault;

/// How a dialect speaks of a body that is not what it should be.
pub(super) trait Wording: Sized + Copy {
    /// What it calls a JSON object, with its article.
    const OBJECT: &'static str;
    /// One element may stand where a list is wanted.
    const LONE_ELEMENT: bool;

    /// A body that is not what it should be as a whole.
    fn malformed(why: impl fmt::Display) -> Fault;

    /// The message of a value that is wrong.
    fn invalid(at: &str, why: impl fmt::Display) -> String;

    /// The message of a field that is not there.
    fn missing(at: &str) -> String;

    /// Why a value of another type is wrong.
    fn mistyped(wanted: &str, found: &str) -> String;

    /// Writes a step that is not the first.
    fn step(f: &mut fmt::Formatter<'_>, step: Step<'_>) -> fmt::Result;

    /// Takes a field out; `null` counts as absent.
    fn take(map: &mut Map<String, Value>, key: &str) -> Option<Value>;
}

/// A place in the body, e.g. `messages.0.content.1.text`. It lives on the stack and is written out
/// only when there is a fault.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'a, W> {
    parent: Option<&'a At<'a, W>>,
    step: Step<'a>,
    wording: PhantomData<W>,
}

/// What leads from a place to one below it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

/// The body as a JSON object.
pub(super) fn body<W: Wording>(bytes: &[u8], otherwise: &str) -> Result<Map<String, Value>, Fault> {
    match serde_json::from_slice::<Value>(bytes) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(W::malformed(otherwise)),
        Err(error) => Err(W::malformed(error)),
    }
}

// === impl At ===

impl<'a, W: Wording> At<'a, W> {
    pub(super) fn root(key: &'a str) -> Self {
        Self { parent: None, step: Step::Key(key), wording: PhantomData }
    }

    pub(super) fn key(&'a self, key: &'a str) -> Self {
        Self { parent: Some(self), step: Step::Key(key), wording: PhantomData }
    }

    pub(super) fn index(&'a self, index: usize) -> Self {
        Self { parent: Some(self), step: Step::Index(index), wording: PhantomData }
    }

    /// A fault that says what is wrong with the value at this place.
    pub(super) fn fault(self, why: impl fmt::Display) -> Fault {
        let at = self.to_string();
        Fault::invalid(W::invalid(&at, why), at)
    }

    pub(super) fn missing(self) -> Fault {
        let at = self.to_string();
        Fault::invalid(W::missing(&at), at)
    }

    pub(super) fn object(self, value: Value) -> Result<Map<String, Value>, Fault> {
        match value {
            Value::Object(map) => Ok(map),
            other => Err(self.wrong(W::OBJECT, &other)),
        }
    }

    pub(super) fn list(self, value: Value) -> Result<Vec<Value>, Fault> {
        match value {
            Value::Array(list) => Ok(list),
            one @ Value::Object(_) if W::LONE_ELEMENT => Ok(vec![one]),
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

    pub(super) fn number(self, value: &Value) -> Result<f64, Fault> {
        value.as_f64().ok_or_else(|| self.wrong("a number", value))
    }

    /// A required field.
    pub(super) fn require(self, map: &mut Map<String, Value>, key: &str) -> Result<Value, Fault> {
        W::take(map, key).ok_or_else(|| self.key(key).missing())
    }

    /// A fault that says which type was wanted and which was found.
    pub(super) fn wrong(self, wanted: &str, found: &Value) -> Fault {
        let found = match found {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "a list",
            Value::Object(_) => W::OBJECT,
        };
        self.fault(W::mistyped(wanted, found))
    }
}

impl<W: Wording> fmt::Display for At<'_, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.parent, self.step) {
            (Some(parent), step) => {
                write!(f, "{parent}")?;
                W::step(f, step)
            }
            (None, Step::Key(key)) => f.write_str(key),
            (None, Step::Index(index)) => write!(f, "{index}"),
        }
    }
}
