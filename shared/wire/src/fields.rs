//! Where the fields of a JSON object stand in its text.
//!
//! For text that is JSON: quotes and brackets are followed, and what is between them is not looked at.
//! A body is read once to see that it is JSON; after that this finds its fields at a tenth of the cost.

use std::{borrow::Cow, ops::Range};

use memchr::memchr2;
use serde::Deserialize;

/// The top-level fields of an object.
#[derive(Debug)]
pub struct Fields<'a> {
    body: &'a [u8],
    fields: Vec<Field<'a>>,
}

/// A field: its name, and where its value stands.
#[derive(Debug)]
pub(crate) struct Field<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) value: Range<usize>,
}

/// A place in a text.
struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
}

// === impl Fields ===

impl<'a> Fields<'a> {
    /// Finds them; `None` where the text has not the structure of one object.
    #[must_use]
    pub fn find(body: &'a [u8]) -> Option<Self> {
        let mut cursor = Cursor { text: body, at: 0 };
        let mut fields = Vec::with_capacity(16);
        cursor.take(b'{')?;
        while cursor.take(b'}').is_none() {
            if !fields.is_empty() {
                cursor.take(b',')?;
            }
            let name = cursor.name()?;
            cursor.take(b':')?;
            fields.push(Field { name, value: cursor.value()? });
        }
        let rest = body.get(cursor.at..)?;
        rest.trim_ascii_start().is_empty().then_some(Self { body, fields })
    }

    /// What a field holds, if it is that; of a repeated field the last one counts.
    pub fn get<T: Deserialize<'a>>(&self, name: &str) -> Option<T> {
        serde_json::from_slice(self.body.get(self.place(name)?)?).ok()
    }

    /// Whether there is a field of this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name)
    }

    /// Where a field's value stands in the text.
    pub(crate) fn place(&self, name: &str) -> Option<Range<usize>> {
        let field = self.fields.iter().rev().find(|field| field.name == name)?;
        Some(field.value.clone())
    }

    pub(crate) fn into_vec(self) -> Vec<Field<'a>> {
        self.fields
    }
}

// === impl Cursor ===

impl<'a> Cursor<'a> {
    /// Goes past white space, and past this byte if it follows.
    fn take(&mut self, byte: u8) -> Option<()> {
        self.space();
        (self.next()? == byte).then(|| self.at += 1)
    }

    fn space(&mut self) {
        while self.next().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn next(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// Goes past a string; what stands between its quotes.
    fn string(&mut self) -> Option<&'a [u8]> {
        self.take(b'"')?;
        let from = self.at;
        loop {
            self.at += memchr2(b'"', b'\\', self.text.get(self.at..)?)?;
            if self.next()? == b'"' {
                let within = self.text.get(from..self.at);
                self.at += 1;
                return within;
            }
            self.at += 2;
        }
    }

    fn name(&mut self) -> Option<Cow<'a, str>> {
        let written = std::str::from_utf8(self.string()?).ok()?;
        if written.contains('\\') {
            return serde_json::from_str(&format!("\"{written}\"")).ok().map(Cow::Owned);
        }
        Some(Cow::Borrowed(written))
    }

    /// Goes past a value; where it stands.
    fn value(&mut self) -> Option<Range<usize>> {
        self.space();
        let from = self.at;
        match self.next()? {
            b'"' => drop(self.string()?),
            b'{' | b'[' => self.nested()?,
            _ => self.scalar()?,
        }
        Some(from..self.at)
    }

    /// Goes past an object or a list.
    fn nested(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.next()? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Some(());
            }
        }
    }

    /// Goes past a number or a word.
    fn scalar(&mut self) -> Option<()> {
        let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']') || byte.is_ascii_whitespace();
        let length = self.text.get(self.at..)?.iter().position(ends)?;
        self.at += length;
        (length > 0).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(body: &str) -> Option<Vec<(String, &str)>> {
        let fields = Fields::find(body.as_bytes())?.into_vec().into_iter();
        Some(fields.map(|field| (field.name.into_owned(), &body[field.value])).collect())
    }

    #[test]
    fn finds_each_field_and_is_not_misled_by_what_is_inside() {
        let body =
            r#" { "a" : "x\"},\\" ,"b":[{"a":"]}"},2], "mod\u0065l":-1.5e3,"e":{},"n":null } "#;
        let expected = [
            ("a", r#""x\"},\\""#),
            ("b", r#"[{"a":"]}"},2]"#),
            ("model", "-1.5e3"),
            ("e", "{}"),
            ("n", "null"),
        ];
        assert_eq!(found(body).unwrap(), expected.map(|(name, value)| (name.to_owned(), value)));
        assert_eq!(found("{}").unwrap(), []);
    }

    #[test]
    fn gets_the_last_of_a_name_if_it_is_of_the_type() {
        let fields = Fields::find(br#"{"a":1,"a":"x","b":true}"#).unwrap();
        assert_eq!(fields.get::<&str>("a"), Some("x"));
        assert_eq!(fields.get::<u64>("a"), None);
        assert_eq!((fields.get::<bool>("b"), fields.get::<bool>("c")), (Some(true), None));
    }

    #[test]
    fn finds_nothing_in_what_is_not_one_object() {
        for text in [
            "",
            "[]",
            "{",
            "{}{}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1",
            "{\"a\":1 2}",
            "{,}",
            "{\"a\":\"\\",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
