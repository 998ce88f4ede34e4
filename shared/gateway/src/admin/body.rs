//! A management request's fields: read with their types, and with nothing left over.

use std::collections::BTreeMap;

use axum::body::Body;
use http::HeaderMap;
use serde_json::{Map, Value};
use sluice_store::NanoUsd;
use sluice_wire::{Fault, FaultKind};

use super::reply::{Refused, Wrong};
use crate::corridor;
#[cfg(test)]
use crate::openapi::Book;

/// Management bodies are small.
const LIMIT: usize = 1 << 20;

/// The fields of a JSON object, taken one by one; wrong types are collected, so that the caller
/// hears of all of them at once.
#[derive(Debug, Default)]
pub(super) struct Fields {
    fields: Map<String, Value>,
    wrong: Vec<Wrong>,
    /// Whoever wants to know what is asked for.
    #[cfg(test)]
    book: Option<Book>,
}

/// A field that may be absent, explicitly null, or a value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Given<T> {
    /// Not in the body.
    #[default]
    Absent,
    /// `null`.
    Null,
    /// A value.
    Value(T),
}

// === impl Fields ===

impl Fields {
    /// Reads a body. An empty one is an empty object.
    pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<Self, Refused> {
        let bytes = corridor::collect(body, LIMIT).await?;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self::default());
        }
        corridor::content_type(headers)?;
        let value: Value = serde_json::from_slice(&bytes).map_err(|error| {
            Refused::Fields(vec![Wrong {
                place: "body",
                field: String::new(),
                kind: "json_invalid",
                message: format!("JSON decode error: {error}"),
            }])
        })?;
        match value {
            Value::Object(fields) => Ok(Self::of(fields)),
            _ => Err(Refused::Fields(vec![Wrong {
                place: "body",
                field: String::new(),
                kind: "model_attributes_type",
                message: "Input should be a valid dictionary or object to extract fields from"
                    .to_owned(),
            }])),
        }
    }

    /// The fields of an object within a body.
    pub(super) fn of(fields: Map<String, Value>) -> Self {
        Self { fields, ..Self::default() }
    }

    /// Notes in a book what is asked for, if there is one.
    #[cfg(test)]
    pub(super) fn note(&mut self, book: &Book) {
        self.book = Some(book.clone());
    }

    /// What a field says that is a string, left where it is.
    pub(super) fn peek(&self, name: &str) -> Option<&str> {
        self.fields.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// A string.
    pub(super) fn text(&mut self, name: &'static str) -> Given<String> {
        self.take(name, "string_type", "Input should be a valid string", |value| match value {
            Value::String(text) => Some(text),
            _ => None,
        })
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, name: &'static str) -> Given<bool> {
        self.take(name, "bool_type", "Input should be a valid boolean", |value| value.as_bool())
    }

    /// A list of strings.
    pub(super) fn texts(&mut self, name: &'static str) -> Given<Vec<String>> {
        self.take(name, "list_type", "Input should be a valid list of strings", |value| match value
        {
            Value::Array(items) => items
                .into_iter()
                .map(|item| match item {
                    Value::String(text) => Some(text),
                    _ => None,
                })
                .collect(),
            _ => None,
        })
    }

    /// An object.
    pub(super) fn object(&mut self, name: &'static str) -> Given<Map<String, Value>> {
        self.take(name, "dict_type", "Input should be a valid dictionary", |value| match value {
            Value::Object(fields) => Some(fields),
            _ => None,
        })
    }

    /// A list of objects, or one alone.
    pub(super) fn objects(&mut self, name: &'static str) -> Given<Vec<Map<String, Value>>> {
        let message = "Input should be a valid list of dictionaries";
        self.take(name, "list_type", message, |value| match value {
            Value::Object(one) => Some(vec![one]),
            Value::Array(items) => items
                .into_iter()
                .map(|item| match item {
                    Value::Object(fields) => Some(fields),
                    _ => None,
                })
                .collect(),
            _ => None,
        })
    }

    /// An object whose values are strings.
    pub(super) fn names(&mut self, name: &'static str) -> Given<BTreeMap<String, String>> {
        let message = "Input should be a valid dictionary of strings";
        self.take(name, "dict_type", message, |value| match value {
            Value::Object(fields) => fields
                .into_iter()
                .map(|(name, value)| match value {
                    Value::String(text) => Some((name, text)),
                    _ => None,
                })
                .collect(),
            _ => None,
        })
    }

    /// A whole number that is not negative.
    pub(super) fn count(&mut self, name: &'static str) -> Result<Given<u64>, Refused> {
        let message = "Input should be a valid integer, unable to parse string as an integer";
        let given = self.take(name, "int_parsing", message, integer);
        Ok(match given {
            Given::Absent => Given::Absent,
            Given::Null => Given::Null,
            Given::Value(number) => Given::Value(positive(number, name)?),
        })
    }

    /// An object whose values are whole numbers that are not negative.
    pub(super) fn counts(
        &mut self,
        name: &'static str,
    ) -> Result<Given<BTreeMap<String, u64>>, Refused> {
        let message = "Input should be a valid dictionary of integers";
        let given = self.take(name, "dict_type", message, |value| match value {
            Value::Object(fields) => fields
                .into_iter()
                .map(|(name, value)| Some((name, integer(value)?)))
                .collect::<Option<BTreeMap<String, i64>>>(),
            _ => None,
        });
        Ok(match given {
            Given::Absent => Given::Absent,
            Given::Null => Given::Null,
            Given::Value(numbers) => Given::Value(
                numbers
                    .into_iter()
                    .map(|(model, number)| Ok((model, positive(number, name)?)))
                    .collect::<Result<_, Refused>>()?,
            ),
        })
    }

    /// An amount of money in dollars: a number, or a string that is one, exactly as written.
    pub(super) fn money(&mut self, name: &'static str) -> Result<Given<NanoUsd>, Refused> {
        let given =
            self.take(name, "float_type", "Input should be a valid number", |value| match value {
                Value::Number(number) => Some(number.to_string()),
                Value::String(text) if text.trim().parse::<f64>().is_ok() => Some(text),
                _ => None,
            });
        Ok(match given {
            Given::Absent => Given::Absent,
            Given::Null => Given::Null,
            Given::Value(text) => {
                let amount = NanoUsd::from_decimal(text.trim())
                    .map_err(|error| super::reply::invalid(format!("{name}: {error}"), name))?;
                if amount < NanoUsd::ZERO {
                    let message =
                        format!("{name} must be a non-negative finite number. Got: {text}");
                    return Err(super::reply::invalid(message, name));
                }
                Given::Value(amount)
            }
        })
    }

    /// A string that has to be there.
    pub(super) fn required(&mut self, name: &'static str) -> Result<String, Refused> {
        #[cfg(test)]
        if let Some(book) = &self.book {
            book.has_to_be(name);
            return Ok("x".to_owned());
        }
        match self.text(name) {
            Given::Value(text) if !text.is_empty() => Ok(text),
            _ if !self.wrong.is_empty() => Err(Refused::Fields(std::mem::take(&mut self.wrong))),
            _ => Err(lacking(name)),
        }
    }

    /// Nothing may be left: a field that has no effect is refused by its name.
    pub(super) fn finish(&mut self) -> Result<(), Refused> {
        #[cfg(test)]
        if self.book.is_some() {
            return Err(Refused::Fields(Vec::new()));
        }
        let left = self.left()?;
        match left.first() {
            None => Ok(()),
            Some(first) => Err(Fault::new(
                FaultKind::InvalidRequest,
                format!(
                    "Unsupported field(s): {}. This version of Sluice would not apply them, so it \
                     refuses them.",
                    left.join(", ")
                ),
            )
            .with_param(first.clone())
            .into()),
        }
    }

    /// The fields that nothing was read from and that say something.
    pub(super) fn left(&mut self) -> Result<Vec<String>, Refused> {
        if !self.wrong.is_empty() {
            return Err(Refused::Fields(std::mem::take(&mut self.wrong)));
        }
        let left = std::mem::take(&mut self.fields).into_iter();
        Ok(left.filter(|(_, value)| !is_blank(value)).map(|(name, _)| name).collect())
    }

    fn take<T>(
        &mut self,
        name: &'static str,
        kind: &'static str,
        message: &str,
        read: impl FnOnce(Value) -> Option<T>,
    ) -> Given<T> {
        #[cfg(test)]
        if let Some(book) = &self.book {
            book.field(name, kind, message);
        }
        match self.fields.remove(name) {
            None => Given::Absent,
            Some(Value::Null) => Given::Null,
            Some(value) => match read(value) {
                Some(value) => Given::Value(value),
                None => {
                    self.wrong.push(Wrong {
                        place: "body",
                        field: name.to_owned(),
                        kind,
                        message: message.to_owned(),
                    });
                    Given::Absent
                }
            },
        }
    }
}

/// A whole number, also as pydantic reads one: `5.0`, `"5"`.
fn integer(value: Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| {
            let text = number.to_string();
            text.strip_suffix(".0").and_then(|whole| whole.parse().ok())
        }),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn positive(number: i64, name: &'static str) -> Result<u64, Refused> {
    u64::try_from(number).map_err(|_| {
        super::reply::invalid(format!("{name} must not be negative. Got: {number}"), name)
    })
}

/// A field that is not there and has to be.
pub(super) fn lacking(name: &str) -> Refused {
    Refused::Fields(vec![Wrong {
        place: "body",
        field: name.to_owned(),
        kind: "missing",
        message: "Field required".to_owned(),
    }])
}

/// Clients send every field they know, most of them empty: that asks for nothing.
fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

// === impl Given ===

impl<T> Given<T> {
    /// The value, where there is one.
    pub(super) fn value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// Writes the field where it was given; `null` clears it.
    pub(super) fn apply(self, slot: &mut Option<T>) {
        match self {
            Self::Absent => {}
            Self::Null => *slot = None,
            Self::Value(value) => *slot = Some(value),
        }
    }

    /// The same for a field that is never absent in a record: `null` empties it.
    pub(super) fn set(&self, slot: &mut T)
    where
        T: Clone + Default,
    {
        match self {
            Self::Absent => {}
            Self::Null => *slot = T::default(),
            Self::Value(value) => slot.clone_from(value),
        }
    }

    /// Whether something was given.
    pub(super) fn is_given(&self) -> bool {
        !matches!(self, Self::Absent)
    }
}
