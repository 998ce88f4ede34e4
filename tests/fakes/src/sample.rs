//! A value that fits a JSON schema, always the same one.

use serde_json::{Map, Value, json};

/// How deep a schema is followed.
const DEPTH: u8 = 12;

/// A value for the schema; `turn` gives another value for the second of two parallel calls.
pub(crate) fn sample(schema: &Value, turn: usize) -> Value {
    Sampler { root: schema, turn }.value(schema, "", DEPTH)
}

struct Sampler<'a> {
    root: &'a Value,
    turn: usize,
}

// === impl Sampler ===

impl Sampler<'_> {
    fn value(&self, schema: &Value, name: &str, depth: u8) -> Value {
        let Some(depth) = depth.checked_sub(1) else { return Value::Null };
        if let Some(fixed) = schema.get("const") {
            return fixed.clone();
        }
        if let Some(Value::Array(words)) = schema.get("enum") {
            return words.get(self.turn).or(words.first()).cloned().unwrap_or(Value::Null);
        }
        if let Some(Value::String(place)) = schema.get("$ref") {
            let target = place.strip_prefix('#').and_then(|path| self.root.pointer(path));
            return target.map_or(Value::Null, |schema| self.value(schema, name, depth));
        }
        for choice in ["anyOf", "oneOf", "allOf"] {
            if let Some(first) = schema.get(choice).and_then(|all| all.get(0)) {
                return self.value(first, name, depth);
            }
        }
        let kind = match schema.get("type") {
            Some(Value::Array(kinds)) => kinds.first().and_then(Value::as_str),
            Some(Value::String(kind)) => Some(kind.as_str()),
            _ => schema.get("properties").map(|_| "object"),
        };
        match kind {
            Some("object") => self.object(schema, depth),
            Some("array") => {
                let each = schema.get("items").map(|each| self.value(each, name, depth));
                Value::Array(each.into_iter().collect())
            }
            Some("integer") => schema.get("minimum").cloned().unwrap_or(json!(1)),
            Some("number") => schema.get("minimum").cloned().unwrap_or(json!(1)),
            Some("boolean") => json!(true),
            Some("null") => Value::Null,
            _ => json!(self.word(name)),
        }
    }

    fn object(&self, schema: &Value, depth: u8) -> Value {
        let mut object = Map::new();
        if let Some(Value::Object(properties)) = schema.get("properties") {
            for (name, inner) in properties {
                object.insert(name.clone(), self.value(inner, name, depth));
            }
        }
        Value::Object(object)
    }

    fn word(&self, name: &str) -> &'static str {
        let name = name.to_ascii_lowercase();
        let words = if ["city", "location", "place"].iter().any(|known| name.contains(known)) {
            ["Paris", "Zürich"]
        } else if name.contains("country") {
            ["France", "Switzerland"]
        } else if name.contains("date") {
            ["2026-01-31", "2026-02-28"]
        } else if name.contains("name") {
            ["Ada", "Grace"]
        } else {
            ["example", "another"]
        };
        if self.turn == 0 { words[0] } else { words[1] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_every_property_with_its_type() {
        let schema = json!({
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "unit": {"enum": ["celsius", "fahrenheit"]},
                "days": {"type": "integer"},
                "exact": {"type": ["boolean", "null"]},
                "stops": {"type": "array", "items": {"$ref": "#/$defs/stop"}}
            },
            "$defs": {"stop": {"type": "object", "properties": {"name": {"type": "string"}}}}
        });
        assert_eq!(
            sample(&schema, 0),
            json!({"city": "Paris", "unit": "celsius", "days": 1, "exact": true,
                   "stops": [{"name": "Ada"}]})
        );
        assert_eq!(sample(&schema, 1).get("city"), Some(&json!("Zürich")));
    }

    #[test]
    fn a_schema_that_refers_to_itself_ends() {
        let schema = json!({"$ref": "#"});
        assert_eq!(sample(&schema, 0), Value::Null);
    }
}
