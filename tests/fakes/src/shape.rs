//! What a request body may look like, as a table, and what is wrong with one that does not.
//!
//! Providers refuse what they do not know. A fake that ignored an unknown field would let a
//! gateway send Anthropic's `cache_control` to OpenAI and call it a success.

use serde_json::Value;

/// A shape of JSON. Tables of these are `static` and may refer to each other.
pub(crate) enum Shape {
    /// Anything.
    Any,
    /// A string.
    Text,
    /// A string of bytes in base64.
    Blob,
    /// A number.
    Number,
    /// A whole number.
    Whole,
    /// `true` or `false`.
    Flag,
    /// An object of any fields.
    Open,
    /// One of these strings.
    Word(&'static [&'static str]),
    /// A list.
    List(&'static Shape),
    /// An object: fields that must be there, then fields that may.
    Struct(&'static [Field], &'static [Field]),
    /// An object with exactly one of these fields (AWS calls it a union).
    Union(&'static [Field]),
    /// An object whose field (first) says which shape it has.
    Tagged(&'static str, &'static [Field]),
    /// Any of these, the first that is of the right JSON type.
    Either(&'static [Shape]),
    /// The shape, or `null`.
    Maybe(&'static Shape),
}

/// A name and the shape under it.
pub(crate) type Field = (&'static str, &'static Shape);

/// What is wrong, and where.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// Path of names and positions.
    pub(crate) path: Vec<String>,
    /// What.
    pub(crate) what: What,
}

/// Sorts of wrong.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// The field at the path is not known there.
    Unknown,
    /// The field at the path is missing.
    Missing,
    /// The value at the path is not of the kind named.
    NotA(&'static str),
    /// The value at the path is none of the words.
    NotOneOf(&'static [&'static str]),
    /// A union with no field or with several.
    NotSingle,
    /// The tag at the path is none of the tags.
    Tag(String),
}

// === impl Wrong ===

impl Wrong {
    fn at(path: &[String], what: What) -> Self {
        Self { path: path.to_vec(), what }
    }

    /// `messages.0.content.1.text`
    pub(crate) fn dotted(&self) -> String {
        self.path.join(".")
    }

    /// `messages[0].content[1].text`
    pub(crate) fn bracketed(&self) -> String {
        let mut out = String::new();
        for step in &self.path {
            if step.bytes().all(|byte| byte.is_ascii_digit()) {
                out.push('[');
                out.push_str(step);
                out.push(']');
            } else {
                if !out.is_empty() {
                    out.push('.');
                }
                out.push_str(step);
            }
        }
        out
    }

    /// The last step of the path.
    pub(crate) fn leaf(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }
}

// === impl Shape ===

impl Shape {
    /// Checks a whole body.
    pub(crate) fn check(&self, value: &Value) -> Result<(), Wrong> {
        self.check_at(value, &mut Vec::new())
    }

    fn check_at(&self, value: &Value, path: &mut Vec<String>) -> Result<(), Wrong> {
        let is = |ok: bool, name: &'static str, path: &[String]| {
            if ok { Ok(()) } else { Err(Wrong::at(path, What::NotA(name))) }
        };
        match self {
            Self::Any => Ok(()),
            Self::Text => is(value.is_string(), "string", path),
            Self::Blob => is(value.as_str().is_some_and(is_base64), "base64 string", path),
            Self::Number => is(value.is_number(), "number", path),
            Self::Whole => is(value.is_u64() || value.is_i64(), "integer", path),
            Self::Flag => is(value.is_boolean(), "boolean", path),
            Self::Open => is(value.is_object(), "object", path),
            Self::Word(words) => match value.as_str() {
                Some(word) if words.contains(&word) => Ok(()),
                Some(_) => Err(Wrong::at(path, What::NotOneOf(words))),
                None => Err(Wrong::at(path, What::NotA("string"))),
            },
            Self::List(each) => {
                let Value::Array(items) = value else {
                    return Err(Wrong::at(path, What::NotA("array")));
                };
                items
                    .iter()
                    .enumerate()
                    .try_for_each(|(at, item)| step(path, at.to_string(), each, item))
            }
            Self::Struct(must, may) => check_struct(value, path, must, may, None),
            Self::Union(fields) => {
                let Value::Object(map) = value else {
                    return Err(Wrong::at(path, What::NotA("object")));
                };
                for (name, inner) in map {
                    let Some((_, shape)) = fields.iter().find(|(known, _)| known == name) else {
                        return Err(Wrong::at(&joined(path, name), What::Unknown));
                    };
                    step(path, name.clone(), shape, inner)?;
                }
                if map.len() == 1 { Ok(()) } else { Err(Wrong::at(path, What::NotSingle)) }
            }
            Self::Tagged(tag, shapes) => {
                let Value::Object(map) = value else {
                    return Err(Wrong::at(path, What::NotA("object")));
                };
                let word = match map.get(*tag) {
                    None => return Err(Wrong::at(&joined(path, tag), What::Missing)),
                    Some(Value::String(word)) => word,
                    Some(_) => return Err(Wrong::at(&joined(path, tag), What::NotA("string"))),
                };
                match shapes.iter().find(|(known, _)| known == word) {
                    None => Err(Wrong::at(&joined(path, tag), What::Tag(word.clone()))),
                    Some((_, Self::Struct(must, may))) => {
                        check_struct(value, path, must, may, Some(tag))
                    }
                    Some((_, other)) => other.check_at(value, path),
                }
            }
            Self::Either(shapes) => match shapes.iter().find(|shape| shape.fits(value)) {
                Some(shape) => shape.check_at(value, path),
                None => Err(Wrong::at(path, What::NotA("value of an allowed type"))),
            },
            Self::Maybe(shape) => {
                if value.is_null() {
                    Ok(())
                } else {
                    shape.check_at(value, path)
                }
            }
        }
    }

    /// Whether the value's JSON type is this shape's.
    fn fits(&self, value: &Value) -> bool {
        match self {
            Self::Any => true,
            Self::Text | Self::Blob | Self::Word(_) => value.is_string(),
            Self::Number | Self::Whole => value.is_number(),
            Self::Flag => value.is_boolean(),
            Self::List(_) => value.is_array(),
            Self::Open | Self::Struct(..) | Self::Union(_) | Self::Tagged(..) => value.is_object(),
            Self::Either(shapes) => shapes.iter().any(|shape| shape.fits(value)),
            Self::Maybe(shape) => value.is_null() || shape.fits(value),
        }
    }
}

fn check_struct(
    value: &Value,
    path: &mut Vec<String>,
    must: &[Field],
    may: &[Field],
    tag: Option<&str>,
) -> Result<(), Wrong> {
    let Value::Object(map) = value else {
        return Err(Wrong::at(path, What::NotA("object")));
    };
    for (name, inner) in map {
        if tag == Some(name.as_str()) {
            continue;
        }
        let Some((_, shape)) = must.iter().chain(may).find(|(known, _)| known == name) else {
            return Err(Wrong::at(&joined(path, name), What::Unknown));
        };
        step(path, name.clone(), shape, inner)?;
    }
    match must.iter().find(|(name, _)| !map.contains_key(*name)) {
        Some((name, _)) => Err(Wrong::at(&joined(path, name), What::Missing)),
        None => Ok(()),
    }
}

fn step(path: &mut Vec<String>, name: String, shape: &Shape, value: &Value) -> Result<(), Wrong> {
    path.push(name);
    shape.check_at(value, path)?;
    path.pop();
    Ok(())
}

fn joined(path: &[String], name: &str) -> Vec<String> {
    let mut path = path.to_vec();
    path.push(name.to_owned());
    path
}

fn is_base64(text: &str) -> bool {
    use base64::Engine as _;
    !text.is_empty() && base64::engine::general_purpose::STANDARD.decode(text).is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    static POINT: Shape =
        Shape::Struct(&[("x", &Shape::Number)], &[("name", &Shape::Maybe(&Shape::Text))]);
    static POINTS: Shape = Shape::List(&POINT);
    static KIND: Shape = Shape::Tagged("kind", &[("point", &POINT), ("open", &Shape::Open)]);
    static ONE: Shape = Shape::Union(&[("text", &Shape::Text), ("blob", &Shape::Blob)]);

    fn wrong(shape: &Shape, value: &Value) -> (String, What) {
        let wrong = shape.check(value).unwrap_err();
        (wrong.bracketed(), wrong.what)
    }

    #[test]
    fn names_the_unknown_field_with_its_path() {
        let found = wrong(&POINTS, &json!([{"x": 1}, {"x": 2, "y": 3}]));
        assert_eq!(found, ("[1].y".to_owned(), What::Unknown));
    }

    #[test]
    fn names_the_missing_field() {
        assert_eq!(wrong(&POINT, &json!({"name": null})), ("x".to_owned(), What::Missing));
    }

    #[test]
    fn chooses_the_shape_by_its_tag() {
        assert!(KIND.check(&json!({"kind": "point", "x": 1})).is_ok());
        assert_eq!(
            wrong(&KIND, &json!({"kind": "line"})),
            ("kind".to_owned(), What::Tag("line".to_owned()))
        );
    }

    #[test]
    fn a_union_has_exactly_one_member() {
        assert!(ONE.check(&json!({"blob": "AAAA"})).is_ok());
        assert_eq!(wrong(&ONE, &json!({})).1, What::NotSingle);
        assert_eq!(wrong(&ONE, &json!({"text": "a", "blob": "AAAA"})).1, What::NotSingle);
        assert_eq!(wrong(&ONE, &json!({"blob": "not base64"})).1, What::NotA("base64 string"));
    }
}
