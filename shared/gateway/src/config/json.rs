//! Values that are passed on as they are.

use serde_json::{Map, Value};

use super::{
    field::Field,
    section::Section,
    tree::{Kind, Node, is_null, truth},
};

// === impl Field ===

impl Field<'_, '_> {
    /// A mapping as a JSON object, with variables put in.
    pub(super) fn json_object(&self) -> Option<Map<String, Value>> {
        let section = Section::open(self)?;
        let members =
            section.each().filter_map(|(key, field)| Some((key.to_owned(), field.json()?)));
        Some(members.collect())
    }

    /// Any value as JSON, with variables put in.
    pub(super) fn json(&self) -> Option<Value> {
        match &self.node().kind {
            Kind::Mapping(_) => self.json_object().map(Value::Object),
            Kind::Sequence(_) => {
                Some(Value::Array(self.items()?.iter().filter_map(Self::json).collect()))
            }
            Kind::Scalar { text, quoted } => {
                let resolved = self.text()?;
                let plain = !quoted && resolved == *text;
                Some(if plain { scalar(text) } else { Value::String(resolved) })
            }
        }
    }
}

/// A node as it is written, keys sorted: equal for equal content.
pub(super) fn canonical(node: &Node) -> Value {
    match &node.kind {
        Kind::Scalar { text, quoted: false } => scalar(text),
        Kind::Scalar { text, .. } => Value::String(text.clone()),
        Kind::Sequence(items) => Value::Array(items.iter().map(canonical).collect()),
        Kind::Mapping(entries) => {
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_by_key(|entry| &entry.key);
            let members = entries.into_iter().map(|e| (e.key.clone(), canonical(&e.value)));
            Value::Object(members.collect())
        }
    }
}

/// A plain scalar: null, a truth value, a number of JSON's form, or text.
fn scalar(text: &str) -> Value {
    if is_null(text) {
        return Value::Null;
    }
    if let Some(flag) = truth(text) {
        return Value::Bool(flag);
    }
    let number = text.starts_with(['-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    match serde_json::from_str::<serde_json::Number>(text) {
        Ok(parsed) if number => Value::Number(parsed),
        _ => Value::String(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_plain_scalars_as_yaml_does() {
        for (text, value) in [
            ("", json!(null)),
            ("~", json!(null)),
            ("yes", json!(true)),
            ("False", json!(false)),
            ("42", json!(42)),
            ("-1.5e3", json!(-1500.0)),
            ("0123", json!("0123")),
            ("1.2.3", json!("1.2.3")),
            ("2024-08-06", json!("2024-08-06")),
            ("nan", json!("nan")),
        ] {
            assert_eq!(scalar(text), value, "{text}");
        }
    }
}
