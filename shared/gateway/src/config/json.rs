//! Values that are passed on as they are.

use serde_json::{Map, Value};

use super::{
    field::Field,
    outside::OUTSIDE,
    section::Section,
    tree::{Entry, Kind, Node, is_null, load, truth},
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

/// A text of YAML as JSON; variables are not put in.
///
/// # Errors
/// What is wrong with it, for whoever wrote it.
pub(crate) fn yaml(text: &str) -> Result<Value, String> {
    let mut complaints = Vec::new();
    let node = load(text, 0, &mut complaints);
    match complaints.into_iter().next() {
        Some(complaint) => Err(format!("line {}: {}", complaint.at.line, complaint.message)),
        None => Ok(node.as_ref().map(canonical).unwrap_or_default()),
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

/// A JSON value as a node from outside the file. A null says nothing, as in the file.
pub(super) fn node(value: &Value) -> Node {
    let scalar = |text: String, quoted| Kind::Scalar { text, quoted };
    let kind = match value {
        Value::Null => scalar(String::new(), false),
        Value::String(text) => scalar(text.clone(), true),
        Value::Bool(_) | Value::Number(_) => scalar(value.to_string(), false),
        Value::Array(items) => Kind::Sequence(items.iter().map(node).collect()),
        Value::Object(members) => {
            let said = members.iter().filter(|(_, value)| !value.is_null());
            let entry = |(key, value): (&String, &Value)| Entry {
                key: key.clone(),
                at: OUTSIDE,
                value: node(value),
            };
            Kind::Mapping(said.map(entry).collect())
        }
    };
    Node { at: OUTSIDE, kind }
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
