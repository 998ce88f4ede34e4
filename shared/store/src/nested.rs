//! JSON inside a string of JSON, written in one go: as it is written, its quotes are escaped.

use std::io;

use serde::Serialize;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter, Serializer};

/// Writes a value as the text between the quotes of a JSON string.
///
/// # Errors
/// The value's own.
pub(crate) fn write<T: Serialize>(out: &mut Vec<u8>, value: &T) -> Result<(), serde_json::Error> {
    value.serialize(&mut Serializer::with_formatter(out, Nested))
}

struct Nested;

// === impl Nested ===

impl Formatter for Nested {
    fn begin_string<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b"\\\"")
    }

    fn end_string<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b"\\\"")
    }

    fn write_char_escape<W: io::Write + ?Sized>(
        &mut self,
        out: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        let mut written = Vec::new();
        CompactFormatter.write_char_escape(&mut written, escape)?;
        escaped(out, &written)
    }

    fn write_raw_fragment<W: io::Write + ?Sized>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        escaped(out, fragment.as_bytes())
    }
}

/// Escapes JSON. Control characters stand only between its parts, and are left out.
fn escaped<W: io::Write + ?Sized>(out: &mut W, json: &[u8]) -> io::Result<()> {
    let pieces = json.split_inclusive(|byte| matches!(byte, b'"' | b'\\' | ..b' '));
    for piece in pieces {
        match piece.split_last() {
            Some((last @ (b'"' | b'\\'), before)) => {
                out.write_all(before)?;
                out.write_all(&[b'\\', *last])?;
            }
            Some((..b' ', before)) => out.write_all(before)?,
            _ => out.write_all(piece)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json, value::RawValue};

    use super::*;

    #[test]
    fn reads_back_as_the_text_of_the_value() {
        let value = json!({
            "a \"b\"": ["\\ \n \u{1} \u{e9} \u{1f600}", 1, -2.5, null, true, {"c": {}}],
            "d": "",
        });
        let mut out = b"\"".to_vec();
        write(&mut out, &value).unwrap();
        out.push(b'"');
        let text: String = serde_json::from_slice(&out).unwrap();
        assert_eq!(text, value.to_string());
    }

    #[test]
    fn raw_values_are_escaped_as_well() {
        let raw: &RawValue = serde_json::from_str("{\n\t\"a\": \"x\\\"\\n\"\n}").unwrap();
        let mut out = b"\"".to_vec();
        write(&mut out, &raw).unwrap();
        out.push(b'"');
        let text: String = serde_json::from_slice(&out).unwrap();
        assert_eq!(text, r#"{"a": "x\"\n"}"#);
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read, json!({"a": "x\"\n"}));
    }
}
