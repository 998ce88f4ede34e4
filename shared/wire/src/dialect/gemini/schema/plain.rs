//! Google's `Schema` to JSON Schema.

use serde_json::{Map, Value};

use crate::dialect::gemini::reader::{camel, integer};

/// The same schema in JSON Schema's words.
pub(in crate::dialect::gemini) fn plain(schema: &Value) -> Value {
    let Value::Object(fields) = schema else { return schema.clone() };
    let mut out = Map::with_capacity(fields.len());
    let mut nullable = false;
    for (name, value) in fields {
        let name = camel(name);
        match (name.as_str(), value) {
            // Only how the answer's fields are ordered, and what its format is called.
            (_, Value::Null) | ("propertyOrdering", _) => {}
            ("format", Value::String(format)) if format == "enum" => {}
            ("type", Value::String(word)) if word == "TYPE_UNSPECIFIED" => {}
            ("type", Value::String(word)) => {
                out.insert(name, word.to_ascii_lowercase().into());
            }
            ("nullable", value) => nullable = *value == Value::Bool(true),
            ("example", value) => {
                out.insert("examples".into(), Value::Array(vec![value.clone()]));
            }
            ("defs" | "$defs", Value::Object(named)) => {
                out.insert("$defs".into(), each(named));
            }
            ("ref", value) => {
                out.insert("$ref".into(), value.clone());
            }
            ("properties", Value::Object(named)) => {
                out.insert(name, each(named));
            }
            ("items" | "additionalProperties", value) => {
                out.insert(name, plain(value));
            }
            ("anyOf", Value::Array(list)) => {
                out.insert(name, list.iter().map(plain).collect());
            }
            (
                "minItems" | "maxItems" | "minLength" | "maxLength" | "minProperties"
                | "maxProperties",
                Value::String(_),
            ) => {
                let number = integer(value).map_or_else(|| value.clone(), Value::from);
                out.insert(name, number);
            }
            (_, value) => {
                out.insert(name, value.clone());
            }
        }
    }
    if nullable {
        allow_null(&mut out);
    }
    Value::Object(out)
}

fn each(named: &Map<String, Value>) -> Value {
    named.iter().map(|(name, schema)| (name.clone(), plain(schema))).collect::<Map<_, _>>().into()
}

fn allow_null(schema: &mut Map<String, Value>) {
    let null = Value::from("null");
    if let Some(list) = schema.get_mut("enum").and_then(Value::as_array_mut)
        && !list.contains(&Value::Null)
    {
        list.push(Value::Null);
    }
    if let Some(kind) = schema.get_mut("type") {
        *kind = Value::Array(vec![kind.take(), null]);
    } else if let Some(list) = schema.get_mut("anyOf").and_then(Value::as_array_mut) {
        list.push(Map::from_iter([("type".to_owned(), null)]).into());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn says_the_same_in_json_schema() {
        let schema = json!({"type": "OBJECT", "property_ordering": ["a"], "properties": {
            "type": {"type": "STRING", "format": "enum", "enum": ["x"]},
            "when": {"type": "STRING", "format": "date-time", "nullable": true},
            "tags": {"type": "ARRAY", "minItems": "1", "items": {"type": "INTEGER"}},
            "either": {"any_of": [{"type": "STRING"}, {"type": "NUMBER"}], "nullable": true}},
            "required": ["type"]});
        assert_eq!(
            plain(&schema),
            json!({"type": "object", "properties": {
                "type": {"type": "string", "enum": ["x"]},
                "when": {"type": ["string", "null"], "format": "date-time"},
                "tags": {"type": "array", "minItems": 1, "items": {"type": "integer"}},
                "either": {"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "null"}]}},
                "required": ["type"]})
        );
    }
}
