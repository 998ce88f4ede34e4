//! Tools, and how they may be used, both ways.

use serde_json::{Map, Value, json};

use super::losses::Losses;
use crate::{
    Dialect, Fault,
    canon::{Request, Tool, ToolChoice},
    dialect::{
        openai_chat::{
            field::{self, Fields},
            request::content::cache_point,
        },
        wished_search,
    },
};

/// Reads `tools`; those that the provider runs stay as they are.
pub(super) fn decode(fields: &mut Fields) -> Result<Vec<Tool>, Fault> {
    let tools = fields.array("tools")?.unwrap_or_default();
    tools.into_iter().enumerate().map(|(at, tool)| one(tool, &format!("tools[{at}]"))).collect()
}

pub(in super::super) fn one(tool: Value, path: &str) -> Result<Tool, Fault> {
    let mut fields = Fields::of(tool, path)?;
    let kind = fields.require_string("type")?;
    if kind != "function" {
        fields.restore("type", Value::String(kind));
        let value = Value::Object(fields.rest());
        return Ok(Tool::Native { dialect: Dialect::OpenAiResponses, value });
    }
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
        cache: cache_point(&mut fields)?,
    })
}

/// Reads `tool_choice`. Choices that only this dialect has (among some of the tools, of a tool that
/// the provider runs) stay where they are.
pub(super) fn decode_choice(fields: &mut Fields) -> Result<Option<ToolChoice>, Fault> {
    const CHOICES: [&str; 3] = ["none", "auto", "required"];
    match fields.take("tool_choice") {
        None => Ok(None),
        Some(Value::String(word)) => Ok(Some(match word.as_str() {
            "none" => ToolChoice::None,
            "auto" => ToolChoice::Auto,
            "required" => ToolChoice::Required,
            other => return Err(field::wrong_value("tool_choice", other, &CHOICES)),
        })),
        Some(Value::Object(object)) => {
            if object.get("type").is_some_and(|kind| kind == "function") {
                let mut choice = Fields::of(Value::Object(object), "tool_choice")?;
                return Ok(Some(ToolChoice::Named(choice.require_string("name")?)));
            }
            fields.restore("tool_choice", Value::Object(object));
            Ok(None)
        }
        Some(other) => {
            Err(field::wrong_type("tool_choice", "one of a string or an object", &other))
        }
    }
}

/// A search of the web as a tool; where the user is stands flat here.
fn search(options: &Map<String, Value>) -> Value {
    let mut tool = Map::from_iter([("type".to_owned(), Value::from("web_search"))]);
    for (name, value) in options {
        let value = match value.get("approximate") {
            Some(Value::Object(place)) => {
                let mut place = place.clone();
                place.insert("type".into(), "approximate".into());
                Value::Object(place)
            }
            _ => value.clone(),
        };
        tool.insert(name.clone(), value);
    }
    Value::Object(tool)
}

/// Writes `tools`, `tool_choice` and `parallel_tool_calls`.
pub(super) fn encode(request: &Request, losses: &mut Losses, body: &mut Map<String, Value>) {
    let mut tools = Vec::with_capacity(request.tools.len());
    for (at, tool) in request.tools.iter().enumerate() {
        match tool {
            Tool::Function { name, description, schema, strict, cache } => {
                if cache.is_some() {
                    losses.minor("cache_control");
                }
                tools.push(json!({
                    "type": "function",
                    "name": name,
                    "description": description,
                    "parameters": schema,
                    // Left out, the API would hold the model to a schema that was not made for it.
                    "strict": strict.unwrap_or(false),
                }));
            }
            Tool::Native { dialect: Dialect::OpenAiResponses, value } => tools.push(value.clone()),
            Tool::Native { .. } => losses.meaning(format!("tools[{at}]")),
        }
    }
    tools.extend(wished_search(request).map(search));
    let choice = match &request.tool_choice {
        None => None,
        Some(ToolChoice::Auto | ToolChoice::None) if tools.is_empty() => None,
        Some(ToolChoice::Auto) => Some(json!("auto")),
        Some(ToolChoice::None) => Some(json!("none")),
        Some(ToolChoice::Required) => Some(json!("required")),
        Some(ToolChoice::Named(name)) => Some(json!({"type": "function", "name": name})),
    };
    if let Some(choice) = choice {
        body.insert("tool_choice".into(), choice);
    }
    if !tools.is_empty() {
        body.insert("tools".into(), tools.into());
        if let Some(parallel) = request.parallel_tools {
            body.insert("parallel_tool_calls".into(), parallel.into());
        }
    }
}
