//! Edits of a JSON object's top-level fields that leave every other byte where it was.

use std::{borrow::Cow, fmt, ops::Range};

use serde::{
    Deserialize, Deserializer as _,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::fields::{Field, Fields};

/// One edit of a top-level field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Splice<'a> {
    /// Give the field this value (JSON text), appending the field where it is missing.
    Set(&'a str, String),
    /// Take the field out.
    Remove(&'a str),
}

/// Applies edits to the JSON object in `body`. Repeated fields are all edited (the last one counts
/// for most readers, the first for some).
///
/// # Errors
/// The parser's, when `body` is not one JSON object.
pub fn splice(body: &[u8], edits: &[Splice<'_>]) -> Result<Vec<u8>, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let fields = reader.deserialize_map(ReadFields { base: body.as_ptr() as usize })?;
    reader.end()?;
    apply(body, fields, edits)
}

/// As [`splice`], for a body that has been read as JSON before: its values are not read again.
///
/// # Errors
/// The parser's, when `body` is not one JSON object.
pub fn splice_read(body: &[u8], edits: &[Splice<'_>]) -> Result<Vec<u8>, serde_json::Error> {
    match Fields::find(body) {
        Some(fields) => apply(body, fields.into_vec(), edits),
        // It says what is wrong.
        None => splice(body, edits),
    }
}

fn apply(
    body: &[u8],
    fields: Vec<Field<'_>>,
    edits: &[Splice<'_>],
) -> Result<Vec<u8>, serde_json::Error> {
    let open = body.iter().position(|b| *b == b'{').map_or(0, |at| at + 1);
    let mut out = Vec::with_capacity(body.len() + 64);
    out.extend_from_slice(slice(body, 0..open));
    let mut seen = vec![false; edits.len()];
    let mut first = true;
    let mut cursor = open;
    for Field { name, value } in fields {
        let edit = edits.iter().position(|edit| edit.field() == name);
        // What stands before the value: comma, white space, the name, the colon.
        let mut lead = slice(body, cursor..value.start);
        cursor = value.end;
        let replacement = match edit.and_then(|at| edits.get(at)) {
            Some(Splice::Remove(_)) => continue,
            Some(Splice::Set(_, text)) => Some(text.as_bytes()),
            None => None,
        };
        if let Some(flag) = edit.and_then(|at| seen.get_mut(at)) {
            *flag = true;
        }
        if first
            && let Some(comma) = lead.iter().take_while(|b| **b != b'"').position(|b| *b == b',')
        {
            lead = slice(lead, comma + 1..lead.len());
        }
        first = false;
        out.extend_from_slice(lead);
        out.extend_from_slice(replacement.unwrap_or_else(|| slice(body, value)));
    }
    for (edit, seen) in edits.iter().zip(seen) {
        if let Splice::Set(name, text) = edit
            && !seen
        {
            if !first {
                out.push(b',');
            }
            first = false;
            serde_json::to_writer(&mut out, name)?;
            out.push(b':');
            out.extend_from_slice(text.as_bytes());
        }
    }
    out.extend_from_slice(slice(body, cursor..body.len()));
    Ok(out)
}

fn slice(bytes: &[u8], range: Range<usize>) -> &[u8] {
    bytes.get(range).unwrap_or_default()
}

/// A field's name, borrowed where it has no escapes.
#[derive(Deserialize)]
pub(crate) struct Name<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

/// Collects the fields of an object whose text begins at address `base`.
struct ReadFields {
    base: usize,
}

// === impl Splice ===

impl Splice<'_> {
    fn field(&self) -> &str {
        match self {
            Self::Set(field, _) | Self::Remove(field) => field,
        }
    }
}

// === impl ReadFields ===

impl<'de> Visitor<'de> for ReadFields {
    type Value = Vec<Field<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::new();
        while let Some((Name(name), value)) = map.next_entry::<Name<'de>, &'de RawValue>()? {
            let start = (value.get().as_ptr() as usize).saturating_sub(self.base);
            fields.push(Field { name, value: start..start + value.get().len() });
        }
        Ok(fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(body: &str, edits: &[Splice<'_>]) -> String {
        String::from_utf8(splice(body.as_bytes(), edits).unwrap()).unwrap()
    }

    #[test]
    fn replaces_a_value_and_leaves_every_other_byte() {
        let body = " {\n  \"a\" : 1.50 ,\t\"model\":\"x\\u0041\", \"z\":[ 1,2 ] }\n";
        assert_eq!(
            edit(body, &[Splice::Set("model", "\"y\"".into())]),
            " {\n  \"a\" : 1.50 ,\t\"model\":\"y\", \"z\":[ 1,2 ] }\n"
        );
    }

    #[test]
    fn removes_first_middle_last_and_all() {
        let body = r#"{"a":1, "b":2 ,"c":3}"#;
        assert_eq!(edit(body, &[Splice::Remove("a")]), r#"{ "b":2 ,"c":3}"#);
        assert_eq!(edit(body, &[Splice::Remove("b")]), r#"{"a":1 ,"c":3}"#);
        assert_eq!(edit(body, &[Splice::Remove("c")]), r#"{"a":1, "b":2}"#);
        let all = [Splice::Remove("a"), Splice::Remove("b"), Splice::Remove("c")];
        assert_eq!(edit(body, &all), "{}");
    }

    #[test]
    fn appends_a_missing_field_also_to_an_empty_object() {
        assert_eq!(edit("{}", &[Splice::Set("n", "1".into())]), r#"{"n":1}"#);
        assert_eq!(edit(r#"{"a":{}}"#, &[Splice::Set("n", "1".into())]), r#"{"a":{},"n":1}"#);
    }

    #[test]
    fn finds_a_field_written_with_escapes_and_edits_each_repetition() {
        let body = r#"{"mod\u0065l":"a","model":"b"}"#;
        assert_eq!(
            edit(body, &[Splice::Set("model", "\"c\"".into())]),
            r#"{"mod\u0065l":"c","model":"c"}"#
        );
    }

    #[test]
    fn refuses_what_is_not_one_object() {
        assert!(splice(b"[]", &[]).is_err());
        assert!(splice(b"{} {}", &[]).is_err());
        assert!(splice(b"{\"a\":}", &[]).is_err());
    }
}
