//! Schemas of answers, brought into what the API compiles (platform.claude.com, "Structured
//! outputs", "JSON Schema limitations").
//!
//! Objects must be closed, and constraints on numbers, lengths and counts are not known. What is
//! not known is told to the model in the description instead, as Anthropic's own SDKs do.

use serde_json::{Map, Value};

/// Said to the model where a caller asks for JSON without a schema: the API has no such mode.
pub(super) const JSON_OBJECT: &str = "Answer with a single JSON object and nothing else.";

/// Keywords that the API refuses.
const UNKNOWN: [&str; 15] = [
    "contains",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maxContains",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minContains",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "patternProperties",
    "uniqueItems",
];

const FORMATS: [&str; 10] =
    ["date", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "time", "uri", "uuid"];

/// The schema as the API takes it, and whether it says less than the caller's.
pub(crate) fn adapt(schema: &Value) -> (Value, bool) {
    let mut weakened = false;
    (walk(schema, &mut weakened), weakened)
}

fn walk(schema: &Value, weakened: &mut bool) -> Value {
    let Value::Object(fields) = schema else { return schema.clone() };
    let mut out = Map::with_capacity(fields.len() + 1);
    let mut told = Vec::new();
    for (name, value) in fields {
        match name.as_str() {
            "properties" | "$defs" | "definitions" => {
                out.insert(name.clone(), each_of(value, weakened));
            }
            "items" | "not" => {
                out.insert(name.clone(), walk(value, weakened));
            }
            "anyOf" | "allOf" | "prefixItems" => {
                out.insert(name.clone(), all_of(value, weakened));
            }
            "oneOf" => {
                *weakened = true;
                out.insert("anyOf".into(), all_of(value, weakened));
            }
            "additionalProperties" => *weakened |= *value != Value::Bool(false),
            name if refused(name, value) => told.push(format!("{name}: {value}")),
            _ => {
                out.insert(name.clone(), value.clone());
            }
        }
    }
    if is_object(fields) {
        *weakened |= !fields.contains_key("additionalProperties");
        out.insert("additionalProperties".into(), false.into());
    }
    if !told.is_empty() {
        *weakened = true;
        let told = format!("{{{}}}", told.join(", "));
        let text = match out.get("description").and_then(Value::as_str) {
            Some(text) => format!("{text}\n\n{told}"),
            None => told,
        };
        out.insert("description".into(), text.into());
    }
    Value::Object(out)
}

fn refused(name: &str, value: &Value) -> bool {
    match name {
        "minItems" => value.as_u64().is_none_or(|n| n > 1),
        "format" => value.as_str().is_none_or(|format| !FORMATS.contains(&format)),
        name => UNKNOWN.contains(&name),
    }
}

fn is_object(fields: &Map<String, Value>) -> bool {
    let object = |value: &Value| value == "object";
    match fields.get("type") {
        Some(Value::Array(types)) => types.iter().any(object),
        Some(value) => object(value),
        None => fields.contains_key("properties"),
    }
}

fn each_of(value: &Value, weakened: &mut bool) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, schema)| (name.clone(), walk(schema, weakened)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

fn all_of(value: &Value, weakened: &mut bool) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|schema| walk(schema, weakened)).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn leaves_a_schema_that_fits_as_it_is() {
        let schema = json!({"type": "object", "properties": {"minimum": {"type": "string"},
            "when": {"type": ["string", "null"], "format": "date-time"}},
            "required": ["minimum"], "additionalProperties": false});
        assert_eq!(adapt(&schema), (schema, false));
    }

    #[test]
    fn closes_objects_and_tells_the_model_what_cannot_be_enforced() {
        let (adapted, weakened) = adapt(&json!({"type": "object", "properties": {
            "n": {"type": "integer", "minimum": 1, "maximum": 5, "description": "How many"},
            "tags": {"type": "array", "minItems": 2, "items": {"type": "string", "minLength": 3}}},
            "$defs": {"x": {"oneOf": [{"type": "null"}, {"type": "object"}]}}}));
        assert!(weakened);
        assert_eq!(
            adapted,
            json!({"type": "object", "properties": {
                "n": {"type": "integer", "description": "How many\n\n{minimum: 1, maximum: 5}"},
                "tags": {"type": "array", "description": "{minItems: 2}",
                    "items": {"type": "string", "description": "{minLength: 3}"}}},
                "$defs": {"x": {"anyOf": [{"type": "null"},
                    {"type": "object", "additionalProperties": false}]}},
                "additionalProperties": false})
        );
    }
}
