//! Google reads a field by its name in camelCase and in snake_case. Here it is brought to one.

use serde_json::{Map, Value};

/// Under these stands what is the caller's own, with names of its own.
const FOREIGN: [&str; 6] =
    ["args", "response", "parametersJsonSchema", "responseJsonSchema", "partMetadata", "labels"];

/// Brings the names to camelCase.
pub(super) fn plain(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(plain),
        Value::Object(map) => {
            let fields = std::mem::take(map);
            *map = fields
                .into_iter()
                .map(|(name, mut value)| {
                    let name = camel(&name);
                    if name == "properties" {
                        // Names of the caller's own, over schemas that are Google's.
                        value.as_object_mut().into_iter().flat_map(Map::values_mut).for_each(plain);
                    } else if !FOREIGN.contains(&name.as_str()) {
                        plain(&mut value);
                    }
                    (name, value)
                })
                .collect();
        }
        _ => {}
    }
}

fn camel(name: &str) -> String {
    let mut out = String::new();
    let mut upper = false;
    for letter in name.chars() {
        match letter {
            '_' if !out.is_empty() => upper = true,
            letter if upper => {
                out.push(letter.to_ascii_uppercase());
                upper = false;
            }
            letter => out.push(letter),
        }
    }
    out
}
