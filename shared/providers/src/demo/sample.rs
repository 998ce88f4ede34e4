//! A value that fits a JSON schema, well enough for a tool's arguments.

use serde_json::{Map, Value, json};

/// Schemas nest; a demo need not follow them far.
const DEPTH: usize = 8;

/// A value for `schema`; texts say `text`.
pub(super) fn value(schema: &Value, text: &str) -> Value {
    at_depth(schema, text, DEPTH)
}

fn at_depth(schema: &Value, text: &str, depth: usize) -> Value {
    if let Some(constant) = schema.get("const") {
        return constant.clone();
    }
    if let Some(first) = schema.get("enum").and_then(|all| all.get(0)) {
        return first.clone();
    }
    let Some(depth) = depth.checked_sub(1) else {
        return Value::Null;
    };
    for variants in ["anyOf", "oneOf"] {
        if let Some(first) = schema.get(variants).and_then(|all| all.get(0)) {
            return at_depth(first, text, depth);
        }
    }
    let kind = schema.get("type").map(|kind| kind.get(0).unwrap_or(kind));
    match kind.and_then(Value::as_str) {
        Some("string") => json!(text),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("boolean") => json!(true),
        Some("null") => Value::Null,
        Some("array") => match schema.get("items") {
            Some(items) => json!([at_depth(items, text, depth)]),
            None => json!([]),
        },
        _ => object(schema, text, depth),
    }
}

fn object(schema: &Value, text: &str, depth: usize) -> Value {
    let properties = schema.get("properties").and_then(Value::as_object);
    let fields = properties.into_iter().flatten();
    let object: Map<String, Value> =
        fields.map(|(name, schema)| (name.clone(), at_depth(schema, text, depth))).collect();
    Value::Object(object)
}
