//! `outputConfig`, both ways: the shape of the answer, and the effort.

use serde_json::{Map, Value, json};

use super::{family::Family, thinking::read_effort};
use crate::{
    Fault, Loss,
    canon::{Effort, Format, Request},
    dialect::{
        anthropic_messages::request::adapt_schema,
        bedrock_converse::reader::{At, take},
    },
};

const KEY: &str = "outputConfig";

/// What stands in for a format that Converse does not have.
const JSON_PLEASE: &str = "Answer with a single JSON object and nothing else.";

/// Reads the format, and gives back the effort.
pub(super) fn decode(
    map: &mut Map<String, Value>,
    request: &mut Request,
) -> Result<Option<Effort>, Fault> {
    let Some(config) = take(map, KEY) else { return Ok(None) };
    let at = At::root(KEY);
    let mut config = at.object(config)?;
    if let Some(format) = take(&mut config, "textFormat") {
        request.format = text_format(format, at.key("textFormat"))?;
    }
    let effort = config.get("effort").and_then(Value::as_str).and_then(read_effort);
    if effort.is_some() {
        config.shift_remove("effort");
    }
    if !config.is_empty() {
        map.insert(KEY.to_owned(), Value::Object(config));
    }
    Ok(effort)
}

fn text_format(value: Value, at: At<'_>) -> Result<Format, Fault> {
    let mut map = at.object(value)?;
    let kind = at.key("type").string(at.require(&mut map, "type")?)?;
    if kind != "json_schema" {
        return Err(at.key("type").fault("Member must satisfy enum value set: [json_schema]"));
    }
    let at = at.key("structure");
    let (member, value) = at.union(take(&mut map, "structure").ok_or_else(|| at.missing())?)?;
    if member != "jsonSchema" {
        return Err(at.fault("Member must have the member jsonSchema set"));
    }
    let at = at.key("jsonSchema");
    let mut map = at.object(value)?;
    let schema = at.key("schema");
    let text = schema.string(at.require(&mut map, "schema")?)?;
    let parsed = serde_json::from_str(&text)
        .map_err(|error| schema.fault(format!("Member must be a JSON schema: {error}")))?;
    let mut optional = |key: &str| match take(&mut map, key) {
        Some(value) => at.key(key).string(value).map(Some),
        None => Ok(None),
    };
    Ok(Format::JsonSchema {
        name: optional("name")?.unwrap_or_else(|| "response".to_owned()),
        description: optional("description")?,
        schema: parsed,
        strict: Some(true),
    })
}

/// Writes the format into `outputConfig`. Converse has no mode for "some JSON object": the model is
/// asked for it in the system prompt, and the loss says that it is not held to it.
pub(super) fn encode(
    format: &Format,
    family: Family,
    system: &mut Vec<Value>,
    config: &mut Map<String, Value>,
    losses: &mut Vec<Loss>,
) {
    match format {
        Format::Text => {}
        Format::JsonObject => {
            system.push(json!({"text": JSON_PLEASE}));
            losses.push(Loss::minor("response_format"));
        }
        Format::JsonSchema { .. }
            if family.claude().is_some_and(|generation| !generation.schemas()) =>
        {
            losses.push(Loss::of_meaning("response_format"));
        }
        Format::JsonSchema { name, description, schema, strict: _ } => {
            let closed = if family.claude().is_some() {
                let (adapted, weakened) = adapt_schema(schema);
                if weakened {
                    losses.push(Loss::minor("response_format.json_schema.schema"));
                }
                adapted
            } else {
                let mut closed = schema.clone();
                close(&mut closed);
                closed
            };
            let mut definition = Map::new();
            definition.insert("schema".to_owned(), closed.to_string().into());
            definition.insert("name".to_owned(), name.as_str().into());
            if let Some(description) = description {
                definition.insert("description".to_owned(), description.as_str().into());
            }
            let format = json!({"type": "json_schema", "structure": {"jsonSchema": definition}});
            config.insert("textFormat".to_owned(), format);
        }
    }
}

/// Bedrock refuses an object schema that does not say `additionalProperties: false`; where a schema
/// does not say anything, it is said for it.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            let is_object = map.get("type").is_some_and(|kind| {
                kind == "object"
                    || kind
                        .as_array()
                        .is_some_and(|kinds| kinds.iter().any(|kind| kind == "object"))
            }) || map.contains_key("properties");
            for (key, value) in map.iter_mut() {
                match key.as_str() {
                    // Under these stand names and values of the caller's own, not keywords.
                    "properties" | "$defs" | "definitions" | "patternProperties" => {
                        if let Some(named) = value.as_object_mut() {
                            named.values_mut().for_each(close);
                        }
                    }
                    "enum" | "const" | "default" | "examples" => {}
                    _ => close(value),
                }
            }
            if is_object {
                map.entry("additionalProperties").or_insert(Value::Bool(false));
            }
        }
        Value::Array(list) => list.iter_mut().for_each(close),
        _ => {}
    }
}
