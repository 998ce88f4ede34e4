//! What a prompt says of its variables: their types, and what they are where nobody says.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// A prompt's variables.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Inputs {
    types: BTreeMap<String, Type>,
    defaults: Map<String, Value>,
}

/// Types by LiteLLM's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    String,
    Number,
    Integer,
    Boolean,
    Array,
    Object,
}

// === impl Inputs ===

impl Inputs {
    /// Reads `input` of a prompt's front matter.
    pub(super) fn read(input: Option<Value>) -> Result<Self, String> {
        let mut inputs = Self::default();
        let fields = match input {
            None => return Ok(inputs),
            Some(Value::Object(fields)) => fields,
            Some(_) => return Err("must be a mapping".to_owned()),
        };
        for (name, value) in fields {
            match (name.as_str(), value) {
                ("schema", Value::Object(schema)) => {
                    for (name, told) in schema {
                        let word = told.as_str().unwrap_or_default();
                        let kind = Type::read(word.split(',').next().unwrap_or_default().trim());
                        let kind =
                            kind.ok_or_else(|| format!("'{told}' of '{name}' is no type"))?;
                        let optional = name.strip_suffix('?');
                        let name = optional.unwrap_or(&name).to_owned();
                        if optional.is_some() {
                            inputs.defaults.entry(name.clone()).or_insert_with(|| "".into());
                        }
                        inputs.types.insert(name, kind);
                    }
                }
                ("default", Value::Object(defaults)) => inputs.defaults.extend(defaults),
                _ => return Err(format!("'{name}' is not in effect here")),
            }
        }
        Ok(inputs)
    }

    /// A caller's values with those that the caller does not give.
    ///
    /// # Errors
    /// What is of another type than the prompt says.
    pub(super) fn filled(&self, given: &Map<String, Value>) -> Result<Map<String, Value>, String> {
        let mut values = self.defaults.clone();
        for (name, value) in given {
            if let Some(kind) = self.types.get(name)
                && !kind.takes(value)
            {
                return Err(format!("'{name}' must be of the type {}", kind.word()));
            }
            values.insert(name.clone(), value.clone());
        }
        Ok(values)
    }
}

// === impl Type ===

impl Type {
    fn read(word: &str) -> Option<Self> {
        Some(match word {
            "string" | "str" => Self::String,
            "number" | "float" => Self::Number,
            "integer" | "int" => Self::Integer,
            "boolean" | "bool" => Self::Boolean,
            "array" | "list" => Self::Array,
            "object" | "dict" => Self::Object,
            _ => return None,
        })
    }

    fn word(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Array => "array",
            Self::Object => "object",
        }
    }

    fn takes(self, value: &Value) -> bool {
        match self {
            Self::String => value.is_string(),
            Self::Number => value.is_number(),
            Self::Integer => value.is_i64() || value.is_u64(),
            Self::Boolean => value.is_boolean(),
            Self::Array => value.is_array(),
            Self::Object => value.is_object(),
        }
    }
}
