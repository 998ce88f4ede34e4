//! Tools, how they may be used, and the shape of the answer.

use serde_json::{Map, Value, json};

use super::{
    super::field::{self, Fields},
    content,
};
use crate::{
    Dialect, Fault,
    canon::{Format, Tool, ToolChoice},
};

/// Reads `tools`, and `functions` as they were called before.
pub(super) fn decode(fields: &mut Fields) -> Result<Vec<Tool>, Fault> {
    let mut tools = Vec::new();
    for (at, item) in fields.array("tools")?.unwrap_or_default().into_iter().enumerate() {
        tools.push(tool(item, &format!("tools[{at}]"))?);
    }
    for (at, item) in fields.array("functions")?.unwrap_or_default().into_iter().enumerate() {
        tools.push(function(Fields::of(item, format!("functions[{at}]"))?)?);
    }
    Ok(tools)
}

fn tool(item: Value, path: &str) -> Result<Tool, Fault> {
    let mut fields = Fields::of(item, path)?;
    let kind = fields.require_string("type")?;
    if kind != "function" {
        fields.restore("type", Value::String(kind));
        return Ok(Tool::Native {
            dialect: Dialect::OpenAiChat,
            value: Value::Object(fields.rest()),
        });
    }
    let outer = content::cache_point(&mut fields)?;
    let path = fields.path("function");
    let mut tool = function(Fields::of(fields.require("function")?, path)?)?;
    if let Tool::Function { cache, .. } = &mut tool {
        *cache = outer.or(*cache);
    }
    Ok(tool)
}

fn function(mut fields: Fields) -> Result<Tool, Fault> {
    let name = fields.require_string("name")?;
    if name.is_empty() {
        return Err(field::missing(&fields.path("name")));
    }
    Ok(Tool::Function {
        name,
        description: fields.string("description")?,
        schema: match fields.object("parameters")? {
            Some(schema) => Value::Object(schema.rest()),
            None => json!({"type": "object", "properties": {}}),
        },
        strict: fields.boolean("strict")?,
        cache: content::cache_point(&mut fields)?,
    })
}

/// Reads `tool_choice`, and `function_call` as it was called before. Choices that only this dialect
/// has (`allowed_tools`, custom tools) stay where they are.
pub(super) fn decode_choice(fields: &mut Fields) -> Result<Option<ToolChoice>, Fault> {
    const CHOICES: [&str; 3] = ["none", "auto", "required"];
    match fields.take("tool_choice") {
        None => {}
        Some(Value::String(word)) => {
            return Ok(Some(match word.as_str() {
                "none" => ToolChoice::None,
                "auto" => ToolChoice::Auto,
                "required" | "any" => ToolChoice::Required,
                other => return Err(field::wrong_value("tool_choice", other, &CHOICES)),
            }));
        }
        Some(Value::Object(object)) => {
            let kind = object.get("type").and_then(Value::as_str);
            if kind.is_some_and(|kind| kind != "function") {
                fields.restore("tool_choice", Value::Object(object));
                return Ok(None);
            }
            let mut choice = Fields::of(Value::Object(object), "tool_choice")?;
            choice.require_string("type")?;
            let path = choice.path("function");
            let mut function = Fields::of(choice.require("function")?, path)?;
            return Ok(Some(ToolChoice::Named(function.require_string("name")?)));
        }
        Some(other) => {
            let expected = "one of a string or an object";
            return Err(field::wrong_type("tool_choice", expected, &other));
        }
    }
    Ok(match fields.take("function_call") {
        None => None,
        Some(Value::String(word)) => Some(match word.as_str() {
            "none" => ToolChoice::None,
            "auto" => ToolChoice::Auto,
            other => return Err(field::wrong_value("function_call", other, &["none", "auto"])),
        }),
        Some(other) => {
            let mut named = Fields::of(other, "function_call")?;
            Some(ToolChoice::Named(named.require_string("name")?))
        }
    })
}

/// Reads `response_format`.
pub(super) fn decode_format(fields: &mut Fields) -> Result<Format, Fault> {
    const FORMATS: [&str; 3] = ["json_object", "json_schema", "text"];
    let Some(mut format) = fields.object("response_format")? else { return Ok(Format::Text) };
    let kind = format.require_string("type")?;
    match kind.as_str() {
        "text" => Ok(Format::Text),
        "json_object" => Ok(Format::JsonObject),
        "json_schema" => {
            let path = format.path("json_schema");
            let mut named = Fields::of(format.require("json_schema")?, path)?;
            Ok(Format::JsonSchema {
                name: named.require_string("name")?,
                description: named.string("description")?,
                schema: named.object("schema")?.map_or_else(
                    || Value::Object(Map::new()),
                    |schema| Value::Object(schema.rest()),
                ),
                strict: named.boolean("strict")?,
            })
        }
        other => Err(field::wrong_value("response_format.type", other, &FORMATS)),
    }
}
