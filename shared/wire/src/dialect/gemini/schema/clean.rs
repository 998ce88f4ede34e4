//! JSON Schema to what Google's `Schema` takes.
//!
//! What it has no word for is told to the model in the description. Rules that Google checks: an
//! array names its items, `required` names only properties there are, an `enum` is of strings,
//! `anyOf` stands alone, references do not exist.

use serde_json::{Map, Value, json};

use super::join::{combine, describe, merge, typed};

/// The most schemas written: what references share is written once for each of them.
const MOST: usize = 4_000;

/// Words that are taken as they are.
const SAME: [&str; 13] = [
    "title",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "minLength",
    "maxLength",
    "pattern",
    "default",
    "minimum",
    "maximum",
    "propertyOrdering",
    "description",
];

/// Words that say nothing about a value, or that Google has no need of.
const SILENT: [&str; 14] = [
    "$schema",
    "$id",
    "$anchor",
    "$comment",
    "$defs",
    "definitions",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "strict",
    "nullable",
    "additionalProperties",
    "required",
];

const FORMATS: [&str; 6] = ["date-time", "enum", "int32", "int64", "float", "double"];

/// The schema as the API takes it, and whether it says less than the caller's. `None` for an object
/// without properties at the top: that is said by leaving it out.
pub(in crate::dialect::gemini) fn clean(schema: &Value) -> (Option<Value>, bool) {
    let mut walk = Walk { root: schema, inside: Vec::new(), left: MOST, weakened: false };
    let cleaned = walk.schema(schema);
    let empty = cleaned.get("type").is_none_or(|kind| kind == "OBJECT")
        && cleaned.get("anyOf").is_none()
        && cleaned.get("properties").is_none_or(|all| all.as_object().is_some_and(Map::is_empty));
    ((!empty).then_some(cleaned), walk.weakened)
}

struct Walk<'s> {
    /// Where references are looked up.
    root: &'s Value,
    /// The references whose target is being written: one that leads back there goes round.
    inside: Vec<String>,
    left: usize,
    weakened: bool,
}

// === impl Walk ===

impl Walk<'_> {
    fn schema(&mut self, schema: &Value) -> Value {
        let outside = self.inside.len();
        let written = match self.flat(schema) {
            Some(fields) => self.fields(&fields),
            None => self.anything(schema),
        };
        self.inside.truncate(outside);
        written
    }

    fn fields(&mut self, fields: &Map<String, Value>) -> Value {
        let mut out = Map::new();
        let mut told = Vec::new();
        let mut nullable = fields.get("nullable") == Some(&Value::Bool(true));
        let kinds = kinds(fields, &mut nullable);
        let mut branches = Vec::new();
        for (name, value) in fields {
            match name.as_str() {
                "type" => {}
                "properties" => {
                    if let Value::Object(named) = value {
                        let cleaned: Map<_, _> = named
                            .iter()
                            .map(|(name, schema)| (name.clone(), self.schema(schema)))
                            .collect();
                        out.insert(name.clone(), cleaned.into());
                    }
                }
                "items" if value.is_object() => {
                    out.insert(name.clone(), self.schema(value));
                }
                "anyOf" | "oneOf" => {
                    self.weakened |= name == "oneOf";
                    for branch in value.as_array().into_iter().flatten() {
                        if branch.get("type") == Some(&json!("null")) {
                            nullable = true;
                        } else {
                            branches.push(self.schema(branch));
                        }
                    }
                }
                "enum" => self.choices(value, &mut nullable, &mut out, &mut told),
                "const" => {
                    let one = Value::Array(vec![value.clone()]);
                    self.choices(&one, &mut nullable, &mut out, &mut told);
                }
                "format" if value.as_str().is_some_and(|word| FORMATS.contains(&word)) => {
                    out.insert(name.clone(), value.clone());
                }
                "additionalProperties" if !value.is_boolean() => {
                    told.push(format!("{name}: {value}"));
                }
                "default" if value.is_null() => {}
                name if SAME.contains(&name) => {
                    out.insert(name.to_owned(), value.clone());
                }
                name if SILENT.contains(&name) || name.starts_with("x-") => {}
                name => told.push(format!("{name}: {value}")),
            }
        }
        self.kind(&kinds, &branches, &mut out);
        required(fields, &mut out);
        if !told.is_empty() {
            self.weakened = true;
            describe(&mut out, &format!("{{{}}}", told.join(", ")));
        }
        if let [kind, other, ..] = kinds.as_slice()
            && branches.is_empty()
        {
            // Several types: one branch each. Constraints of one type do no harm on another.
            for kind in [kind, other].into_iter().chain(kinds.iter().skip(2)) {
                branches.push(typed(kind, &out));
            }
        }
        combine(out, branches, nullable)
    }

    /// The schema's own fields, with references looked up and `allOf` joined; `None` for a schema
    /// that is no object, or a reference that leads nowhere or round.
    fn flat(&mut self, schema: &Value) -> Option<Map<String, Value>> {
        self.left = self.left.checked_sub(1)?;
        let mut fields = schema.as_object()?.clone();
        if let Some(target) = fields.shift_remove("$ref") {
            let target = target.as_str()?.strip_prefix('#')?.to_owned();
            if self.inside.contains(&target) {
                return None;
            }
            let root: &Value = self.root;
            let found = root.pointer(&target)?;
            self.inside.push(target);
            let mut joined = self.flat(found)?;
            joined.extend(fields);
            fields = joined;
        }
        if let Some(Value::Array(all)) = fields.shift_remove("allOf") {
            for one in &all {
                let more = self.flat(one)?;
                merge(&mut fields, more);
            }
        }
        Some(fields)
    }

    /// What stands for "any value", which Google cannot say.
    fn anything(&mut self, schema: &Value) -> Value {
        self.weakened |= *schema != Value::Bool(true);
        if schema.get("$ref").is_some() {
            json!({"type": "OBJECT"})
        } else {
            json!({"type": "STRING"})
        }
    }

    /// Sets the type, made out from the other words where it is not said.
    fn kind(&mut self, kinds: &[String], branches: &[Value], out: &mut Map<String, Value>) {
        let kind = match kinds {
            [kind] => kind.as_str(),
            [_, _, ..] => return,
            [] if out.contains_key("properties") => "OBJECT",
            [] if out.contains_key("items") => "ARRAY",
            [] if out.contains_key("enum") => "STRING",
            [] if !branches.is_empty() => return,
            [] => {
                self.weakened = true;
                "STRING"
            }
        };
        out.insert("type".into(), kind.into());
        if kind == "ARRAY" && !out.contains_key("items") {
            self.weakened = true;
            out.insert("items".into(), json!({"type": "STRING"}));
        }
        if kind != "STRING" && out.get("enum").is_some() {
            out.shift_remove("enum");
        }
    }

    /// An `enum`, if it is of strings; other values are told in the description.
    fn choices(
        &mut self,
        value: &Value,
        nullable: &mut bool,
        out: &mut Map<String, Value>,
        told: &mut Vec<String>,
    ) {
        let all = value.as_array().map(Vec::as_slice).unwrap_or_default();
        *nullable |= all.contains(&Value::Null);
        let said: Vec<Value> = all.iter().filter(|one| !one.is_null()).cloned().collect();
        if said.iter().all(Value::is_string) && !said.is_empty() {
            // An empty string is refused.
            let said: Vec<Value> = said.into_iter().filter(|one| one != "").collect();
            out.insert("enum".into(), said.into());
        } else if !said.is_empty() {
            told.push(format!("enum: {}", Value::from(said)));
        }
    }
}

/// The types in capitals, without `null`.
fn kinds(fields: &Map<String, Value>, nullable: &mut bool) -> Vec<String> {
    let words: Vec<&str> = match fields.get("type") {
        Some(Value::String(word)) => vec![word],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    *nullable |= words.contains(&"null") && words.len() > 1;
    words.iter().filter(|word| **word != "null").map(|word| word.to_ascii_uppercase()).collect()
}

/// `required`, as far as it names properties there are.
fn required(fields: &Map<String, Value>, out: &mut Map<String, Value>) {
    let Some(Value::Array(names)) = fields.get("required") else { return };
    let known = out.get("properties").and_then(Value::as_object);
    let kept: Vec<Value> = names
        .iter()
        .filter(|name| {
            name.as_str().is_some_and(|name| known.is_some_and(|all| all.contains_key(name)))
        })
        .cloned()
        .collect();
    if !kept.is_empty() {
        out.insert("required".into(), kept.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_a_plain_schema_in_googles_words() {
        let schema = json!({"$schema": "x", "type": "object", "additionalProperties": false,
            "properties": {"city": {"type": "string", "minLength": 1},
                "n": {"type": ["integer", "null"], "format": "int32"}},
            "required": ["city", "gone"]});
        assert_eq!(
            clean(&schema),
            (
                Some(json!({"type": "OBJECT",
                    "properties": {"city": {"type": "STRING", "minLength": 1},
                        "n": {"type": "INTEGER", "format": "int32", "nullable": true}},
                    "required": ["city"]})),
                false
            )
        );
        assert_eq!(clean(&json!({"type": "object", "properties": {}})), (None, false));
    }

    #[test]
    fn looks_references_up_and_stops_where_they_go_round() {
        let schema = json!({"type": "object", "properties": {
                "leaf": {"$ref": "#/$defs/Leaf", "description": "mine"},
                "tree": {"$ref": "#/$defs/Tree"}},
            "$defs": {"Leaf": {"type": "string", "description": "theirs"},
                "Tree": {"type": "object", "properties": {
                    "left": {"$ref": "#/$defs/Tree"}}}}});
        let (cleaned, weakened) = clean(&schema);
        let cleaned = cleaned.unwrap();
        assert!(weakened);
        assert_eq!(
            cleaned.pointer("/properties/leaf"),
            Some(&json!({"type": "STRING", "description": "mine"}))
        );
        let text = cleaned.to_string();
        assert!(!text.contains("$ref") && text.len() < 4_000, "{text}");
    }

    #[test]
    fn tells_the_model_what_cannot_be_enforced() {
        let schema = json!({"type": "object", "properties": {
            "n": {"type": "integer", "enum": [1, 2], "description": "How many"},
            "at": {"type": "string", "format": "uri"},
            "list": {"type": "array"},
            "map": {"type": "object", "additionalProperties": {"type": "string"}}}});
        let (cleaned, weakened) = clean(&schema);
        assert!(weakened);
        assert_eq!(
            cleaned.unwrap(),
            json!({"type": "OBJECT", "properties": {
                "n": {"description": "How many\n\n{enum: [1,2]}", "type": "INTEGER"},
                "at": {"type": "STRING", "description": "{format: \"uri\"}"},
                "list": {"type": "ARRAY", "items": {"type": "STRING"}},
                "map": {"type": "OBJECT",
                    "description": "{additionalProperties: {\"type\":\"string\"}}"}}})
        );
    }

    #[test]
    fn any_of_stands_alone() {
        let schema = json!({"type": "object", "properties": {
            "maybe": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": null, "title": "M"},
            "either": {"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "null"}],
                "description": "either"},
            "both": {"type": ["string", "number"], "minimum": 1},
            "all": {"allOf": [{"type": "object", "properties": {"a": {"type": "string"}}},
                {"properties": {"b": {"const": "x"}}, "required": ["b"]}]}}});
        assert_eq!(
            clean(&schema).0.unwrap(),
            json!({"type": "OBJECT", "properties": {
                "maybe": {"title": "M", "type": "STRING", "nullable": true},
                "either": {"anyOf": [
                    {"type": "STRING", "description": "either", "nullable": true},
                    {"type": "NUMBER", "description": "either"}]},
                "both": {"anyOf": [{"type": "STRING"}, {"type": "NUMBER", "minimum": 1}]},
                "all": {"type": "OBJECT",
                    "properties": {"a": {"type": "STRING"}, "b": {"type": "STRING", "enum": ["x"]}},
                    "required": ["b"]}}})
        );
    }
}
