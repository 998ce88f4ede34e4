//! JSON taken apart layer by layer, with Anthropic's words for what is wrong and where.
//!
//! Each layer is read into raw slices of the text: what the canonical form keeps as text (a tool's
//! input) keeps the order of its keys and the form of its numbers, and a picture is not copied
//! before it is needed.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Value, value::RawValue};

use crate::Fault;

/// Where a value stands, written as the API writes it: `messages.0.content.1.source`.
#[derive(Debug, Clone, Copy)]
pub(super) enum At<'p> {
    /// The whole body.
    Body,
    /// A field of an object.
    Field(&'p At<'p>, &'p str),
    /// An item of a list.
    Item(&'p At<'p>, usize),
}

/// An object being taken apart: what is taken is gone, what is left is not known.
#[derive(Debug)]
pub(super) struct Object<'a> {
    fields: Vec<(String, &'a RawValue)>,
}

/// The body as JSON.
pub(super) fn body(bytes: &[u8]) -> Result<&RawValue, Fault> {
    let text = std::str::from_utf8(bytes).map_err(|error| not_json(&error))?;
    serde_json::from_str(text).map_err(|error| not_json(&error))
}

fn not_json(error: &dyn fmt::Display) -> Fault {
    Fault::invalid(format!("The request body is not valid JSON: {error}"), "body")
}

/// An object.
pub(super) fn object<'a>(raw: &'a RawValue, at: &At<'_>) -> Result<Object<'a>, Fault> {
    parse(raw, at, "Input should be an object")
}

/// A list.
pub(super) fn list<'a>(raw: &'a RawValue, at: &At<'_>) -> Result<Vec<&'a RawValue>, Fault> {
    parse(raw, at, "Input should be a valid list")
}

/// A string.
pub(super) fn string(raw: &RawValue, at: &At<'_>) -> Result<String, Fault> {
    parse(raw, at, "Input should be a valid string")
}

/// A boolean.
pub(super) fn flag(raw: &RawValue, at: &At<'_>) -> Result<bool, Fault> {
    parse(raw, at, "Input should be a valid boolean")
}

/// A number.
pub(super) fn number(raw: &RawValue, at: &At<'_>) -> Result<f64, Fault> {
    parse(raw, at, "Input should be a valid number")
}

/// A whole number that is not negative.
pub(super) fn whole(raw: &RawValue, at: &At<'_>) -> Result<u64, Fault> {
    let number: serde_json::Number = parse(raw, at, "Input should be a valid integer")?;
    if let Some(whole) = number.as_u64() {
        return Ok(whole);
    }
    if number.as_f64().is_some_and(|n| n < 0.0) {
        return Err(at.fault("Input should be greater than or equal to 0"));
    }
    // `1024.0` is an integer to the API; what has a fraction, or no room in 64 bits, is not.
    number
        .as_f64()
        .and_then(|n| format!("{n:.0}").parse().ok().filter(|_| n.fract() == 0.0))
        .ok_or_else(|| at.fault("Input should be a valid integer"))
}

/// Any JSON.
pub(super) fn value(raw: &RawValue, at: &At<'_>) -> Result<Value, Fault> {
    serde_json::from_str(raw.get()).map_err(|error| at.fault(format_args!("Invalid JSON: {error}")))
}

fn parse<'a, T: Deserialize<'a>>(raw: &'a RawValue, at: &At<'_>, want: &str) -> Result<T, Fault> {
    serde_json::from_str(raw.get()).map_err(|_| at.fault(want))
}

// === impl At ===

impl At<'_> {
    /// Number of steps from the body.
    pub(super) fn depth(&self) -> usize {
        match self {
            At::Body => 0,
            At::Field(parent, _) | At::Item(parent, _) => 1 + parent.depth(),
        }
    }

    /// A fault of the caller in this place.
    pub(super) fn fault(&self, what: impl fmt::Display) -> Fault {
        match self {
            At::Body => Fault::invalid(what.to_string(), "body"),
            _ => Fault::invalid(format!("{self}: {what}"), self.to_string()),
        }
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            At::Body => Ok(()),
            At::Field(At::Body, name) => f.write_str(name),
            At::Field(parent, name) => write!(f, "{parent}.{name}"),
            At::Item(parent, index) => write!(f, "{parent}.{index}"),
        }
    }
}

// === impl Object ===

impl<'a> Object<'a> {
    /// Takes a field. `null` counts as absent; of a repeated field the last counts.
    pub(super) fn take(&mut self, name: &str) -> Option<&'a RawValue> {
        let mut found = None;
        self.fields.retain(|(field, raw)| {
            let this = field == name;
            if this {
                found = Some(*raw);
            }
            !this
        });
        found.filter(|raw| raw.get() != "null")
    }

    /// Takes a field that must be there.
    pub(super) fn need(&mut self, name: &str, at: &At<'_>) -> Result<&'a RawValue, Fault> {
        self.take(name).ok_or_else(|| At::Field(at, name).fault("Field required"))
    }

    /// Takes a string that must be there.
    pub(super) fn need_string(&mut self, name: &str, at: &At<'_>) -> Result<String, Fault> {
        string(self.need(name, at)?, &At::Field(at, name))
    }

    /// Takes a string.
    pub(super) fn string(&mut self, name: &str, at: &At<'_>) -> Result<Option<String>, Fault> {
        self.take(name).map(|raw| string(raw, &At::Field(at, name))).transpose()
    }

    /// Takes a boolean.
    pub(super) fn flag(&mut self, name: &str, at: &At<'_>) -> Result<Option<bool>, Fault> {
        self.take(name).map(|raw| flag(raw, &At::Field(at, name))).transpose()
    }

    /// Takes a number.
    pub(super) fn number(&mut self, name: &str, at: &At<'_>) -> Result<Option<f64>, Fault> {
        self.take(name).map(|raw| number(raw, &At::Field(at, name))).transpose()
    }

    /// Takes a whole number.
    pub(super) fn whole(&mut self, name: &str, at: &At<'_>) -> Result<Option<u64>, Fault> {
        self.take(name).map(|raw| whole(raw, &At::Field(at, name))).transpose()
    }

    /// What has not been taken.
    pub(super) fn rest(self) -> impl Iterator<Item = (String, &'a RawValue)> {
        self.fields.into_iter()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(fields)
            }
        }
        deserializer.deserialize_map(Fields).map(|fields| Self { fields })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> &RawValue {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn names_the_place_as_the_api_does() {
        let messages = At::Field(&At::Body, "messages");
        let first = At::Item(&messages, 0);
        let fault = At::Field(&first, "content").fault("Field required");
        assert_eq!(fault.message, "messages.0.content: Field required");
        assert_eq!(fault.param.as_deref(), Some("messages.0.content"));
    }

    #[test]
    fn takes_integers_in_every_form_and_nothing_else() {
        for (text, want) in [("0", Some(0)), ("1024", Some(1024)), ("1e3", Some(1000))] {
            assert_eq!(whole(raw(text), &At::Body).ok(), want, "{text}");
        }
        assert_eq!(whole(raw("64.0"), &At::Body).unwrap(), 64);
        for text in ["-1", "1.5", "\"1\"", "true", "[]", "1e40"] {
            assert!(whole(raw(text), &At::Body).is_err(), "{text}");
        }
    }

    #[test]
    fn the_last_of_a_repeated_field_counts_and_null_is_absent() {
        let mut object = object(raw(r#"{"a":1,"b":null,"\u0061":2}"#), &At::Body).unwrap();
        assert_eq!(object.take("a").unwrap().get(), "2");
        assert!(object.take("b").is_none());
        assert_eq!(object.rest().count(), 0);
    }
}
