//! What a handler asks for, noted while it asks.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// A book that a request carries to its handler. The handler finds nothing in body or query, and what
/// it looked for is in the book.
#[derive(Debug, Clone, Default)]
pub(crate) struct Book(Arc<Mutex<Notes>>);

/// What was asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Notes {
    /// The path of the route's row in the table of roles.
    pub(crate) rule: Option<&'static str>,
    /// Fields of the body with their schemas.
    pub(crate) fields: Vec<Asked>,
    /// Values of the query.
    pub(crate) query: Vec<Asked>,
}

/// A parameter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Asked {
    pub(crate) name: String,
    pub(crate) schema: Value,
    pub(crate) required: bool,
}

// === impl Book ===

impl Book {
    /// The notes so far.
    pub(crate) fn notes(&self) -> Notes {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn rule(&self, path: &'static str) {
        self.0.lock().unwrap().rule = Some(path);
    }

    /// A field of the body, by pydantic's word for a wrong one.
    pub(crate) fn field(&self, name: &str, kind: &str, message: &str) {
        let schema = schema(kind, message);
        note(&mut self.0.lock().unwrap().fields, name, schema, false);
    }

    /// The field that was asked for last has to be there.
    pub(crate) fn has_to_be(&self, name: &str) {
        note(&mut self.0.lock().unwrap().fields, name, json!({ "type": "string" }), true);
    }

    /// A value of the query.
    pub(crate) fn query(&self, name: &str, required: bool) {
        let schema = json!({ "type": "string" });
        note(&mut self.0.lock().unwrap().query, name, schema, required);
    }
}

fn note(notes: &mut Vec<Asked>, name: &str, schema: Value, required: bool) {
    match notes.iter_mut().find(|asked| asked.name == name) {
        Some(asked) if required => (asked.required, asked.schema) = (true, schema),
        Some(_) => {}
        None => notes.push(Asked { name: name.to_owned(), schema, required }),
    }
}

/// The schema of a field that is refused with this word and message.
fn schema(kind: &str, message: &str) -> Value {
    let text = json!({ "type": "string" });
    let object = json!({ "type": "object" });
    let whole = json!({ "type": "integer", "minimum": 0 });
    let null = json!({ "type": "null" });
    let any_of = |schemas: Vec<Value>| json!({ "anyOf": schemas });
    let map = |of: Value| json!({ "type": "object", "additionalProperties": of });
    match kind {
        "string_type" => json!({ "type": ["string", "null"] }),
        "bool_type" => json!({ "type": ["boolean", "null"] }),
        "list_type" if message.contains("of strings") => {
            json!({ "type": ["array", "null"], "items": text })
        }
        "list_type" if message.contains("of dictionaries") => {
            any_of(vec![json!({ "type": "array", "items": object }), object, null])
        }
        "list_type" => json!({ "type": ["array", "null"] }),
        "dict_type" if message.contains("of strings") => any_of(vec![map(text), null]),
        "dict_type" if message.contains("of integers") => any_of(vec![map(whole), null]),
        "dict_type" => json!({ "type": ["object", "null"] }),
        "int_parsing" => json!({ "type": ["integer", "null"], "minimum": 0 }),
        "float_type" => any_of(vec![
            json!({ "type": "number", "minimum": 0 }),
            json!({ "type": "string", "description": "a decimal number" }),
            null,
        ]),
        _ => json!({}),
    }
}
