//! Joining what one schema says in several places: `allOf`, `anyOf`, several types, a description.

use serde_json::{Map, Value, json};

/// Joins the parts of an `allOf`: properties and required names add up, else the first word stands.
pub(super) fn merge(into: &mut Map<String, Value>, from: Map<String, Value>) {
    for (name, value) in from {
        match (into.get_mut(&name), value) {
            (Some(Value::Object(known)), Value::Object(more)) => {
                for (name, schema) in more {
                    known.entry(name).or_insert(schema);
                }
            }
            (Some(Value::Array(known)), Value::Array(more)) if name == "required" => {
                for one in more {
                    if !known.contains(&one) {
                        known.push(one);
                    }
                }
            }
            (Some(_), _) => {}
            (None, value) => {
                into.insert(name, value);
            }
        }
    }
}

/// The fields that make sense for one of several types.
pub(super) fn typed(kind: &str, fields: &Map<String, Value>) -> Value {
    let mine = |name: &str| match kind {
        "OBJECT" => matches!(name, "properties" | "required" | "minProperties" | "maxProperties"),
        "ARRAY" => matches!(name, "items" | "minItems" | "maxItems"),
        "STRING" => matches!(name, "enum" | "pattern" | "minLength" | "maxLength" | "format"),
        _ => matches!(name, "minimum" | "maximum"),
    };
    let mut out = Map::new();
    out.insert("type".into(), kind.into());
    out.extend(fields.iter().filter(|(name, _)| mine(name)).map(|(k, v)| (k.clone(), v.clone())));
    if kind == "ARRAY" {
        out.entry("items").or_insert_with(|| json!({"type": "STRING"}));
    }
    out.into()
}

pub(super) fn describe(fields: &mut Map<String, Value>, more: &str) {
    let text = match fields.get("description").and_then(Value::as_str) {
        Some(text) => format!("{text}\n\n{more}"),
        None => more.to_owned(),
    };
    fields.insert("description".into(), text.into());
}

/// `anyOf` stands alone: a branch that is the only one takes the fields, and several share the
/// description.
pub(super) fn combine(mut out: Map<String, Value>, branches: Vec<Value>, nullable: bool) -> Value {
    let mut whole = match branches.len() {
        0 => out,
        1 => {
            for branch in branches {
                if let Value::Object(fields) = branch {
                    for (name, value) in fields {
                        out.entry(name).or_insert(value);
                    }
                }
            }
            out
        }
        _ => {
            let shared = out.shift_remove("description");
            let branches: Vec<Value> = branches
                .into_iter()
                .map(|mut branch| {
                    if let (Some(text), Some(fields)) = (&shared, branch.as_object_mut()) {
                        fields.entry("description").or_insert_with(|| text.clone());
                    }
                    branch
                })
                .collect();
            Map::from_iter([("anyOf".to_owned(), branches.into())])
        }
    };
    if nullable {
        match whole.get_mut("anyOf").and_then(Value::as_array_mut) {
            Some(branches) => {
                if let Some(Value::Object(first)) = branches.first_mut() {
                    first.insert("nullable".into(), true.into());
                }
            }
            None => {
                whole.insert("nullable".into(), true.into());
            }
        }
    }
    whole.into()
}
