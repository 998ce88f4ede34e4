//! The counts in a provider's usage object, read without building a tree of it.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use crate::splice::Name;

/// An object's fields, as far as they count something. Of a repeated field the last one counts.
#[derive(Debug, Default)]
pub(crate) struct Counts<'a>(Vec<(Cow<'a, str>, Field<'a>)>);

#[derive(Debug)]
enum Field<'a> {
    Count(u64),
    Text(Cow<'a, str>),
    Object(Counts<'a>),
    Other,
}

/// An object without fields.
static NONE: Counts<'static> = Counts(Vec::new());

// === impl Counts ===

impl<'a> Counts<'a> {
    /// Reads a text; `None` where it is no object.
    pub(crate) fn read(text: &'a str) -> Option<Self> {
        match serde_json::from_str(text).ok()? {
            Field::Object(counts) => Some(counts),
            _ => None,
        }
    }

    /// The first of these fields that holds a count; none is nothing counted.
    pub(crate) fn count(&self, names: &[&str]) -> u64 {
        let count = |name: &&str| match self.field(name)? {
            Field::Count(count) => Some(*count),
            _ => None,
        };
        names.iter().find_map(count).unwrap_or(0)
    }

    /// The first of these fields that holds an object.
    pub(crate) fn inside(&self, names: &[&str]) -> &Counts<'a> {
        let object = |name: &&str| match self.field(name)? {
            Field::Object(counts) => Some(counts),
            _ => None,
        };
        names.iter().find_map(object).unwrap_or(&NONE)
    }

    /// A field that holds a word.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match self.field(name)? {
            Field::Text(text) => Some(text),
            _ => None,
        }
    }

    fn field(&self, name: &str) -> Option<&Field<'a>> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, field)| field)
    }
}

// === impl Field ===

impl<'de> Deserialize<'de> for Field<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ReadField)
    }
}

struct ReadField;

impl<'de> Visitor<'de> for ReadField {
    type Value = Field<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_u64<E>(self, count: u64) -> Result<Field<'de>, E> {
        Ok(Field::Count(count))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Field<'de>, E> {
        Ok(Field::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Field<'de>, E> {
        Ok(Field::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Field<'de>, E> {
        Ok(Field::Other)
    }

    fn visit_unit<E>(self) -> Result<Field<'de>, E> {
        Ok(Field::Other)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Field<'de>, E> {
        Ok(Field::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Field<'de>, E> {
        Ok(Field::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Field<'de>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Field::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Field<'de>, A::Error> {
        let mut fields = Vec::with_capacity(8);
        while let Some((Name(name), field)) = map.next_entry()? {
            fields.push((name, field));
        }
        Ok(Field::Object(Counts(fields)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_counts_words_and_objects_and_passes_over_the_rest() {
        let counts = Counts::read(
            r#"{"a": 1, "b": -1, "c": 1.5, "d": [1, {"a": 2}], "e": null, "f": true, "\u0067": 7,
                "t": "word", "q": "\"", "o": {"a": 3, "o": {"a": 4}}, "a": 9}"#,
        )
        .unwrap();
        assert_eq!(counts.count(&["b", "c", "d", "e", "f", "t", "o"]), 0);
        assert_eq!((counts.count(&["x", "a"]), counts.count(&["g"])), (9, 7));
        assert_eq!(counts.inside(&["t", "o"]).count(&["a"]), 3);
        assert_eq!(counts.inside(&["o"]).inside(&["o"]).count(&["a"]), 4);
        assert_eq!(counts.inside(&["x"]).count(&["a"]), 0);
        assert_eq!((counts.text("t"), counts.text("q")), (Some("word"), Some("\"")));
        assert_eq!(counts.text("a"), None);
        for none in ["null", "[]", "7", "\"a\"", "{"] {
            assert!(Counts::read(none).is_none(), "{none}");
        }
    }
}
