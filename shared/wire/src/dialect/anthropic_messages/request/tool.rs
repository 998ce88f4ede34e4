//! Tools and how they may be used, both ways.

use std::{borrow::Cow, collections::BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::loss::Losses;
use crate::{
    Dialect, Fault,
    canon::{Part, Request, Tool, ToolChoice},
    dialect::{
        anthropic_messages::{
            block::{self, Spare},
            model::Generation,
            read::{At, Object, list, object, value},
            wire::Cache,
        },
        search_tool, web_search,
    },
};

/// A tool as the API takes it.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Wire<'a> {
    /// One that the caller runs.
    Function {
        name: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        description: Option<&'a str>,
        input_schema: Value,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        strict: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<Cache>,
        /// What only this dialect says of a tool (`defer_loading`, `input_examples`).
        #[serde(flatten)]
        spare: Box<Map<String, Value>>,
    },
    /// One that the provider runs.
    Native(Cow<'a, Value>),
}

// === reading ===

/// Reads `tools` and `tool_choice` into `request`.
pub(super) fn decode(
    fields: &mut Object<'_>,
    request: &mut Request,
    spare: &mut Spare,
) -> Result<(), Fault> {
    if let Some(raw) = fields.take("tools") {
        let at = At::Field(&At::Body, "tools");
        for (index, raw) in list(raw, &at)?.into_iter().enumerate() {
            let at = At::Item(&at, index);
            let tool = object(raw, &at)?;
            request.tools.push(match function(tool, &at, spare)? {
                Some(tool) => tool,
                None => {
                    Tool::Native { dialect: Dialect::AnthropicMessages, value: value(raw, &at)? }
                }
            });
        }
    }
    let Some(raw) = fields.take("tool_choice") else { return Ok(()) };
    let at = At::Field(&At::Body, "tool_choice");
    let mut fields = object(raw, &at)?;
    request.tool_choice = Some(match fields.need_string("type", &at)?.as_str() {
        "auto" => ToolChoice::Auto,
        "any" => ToolChoice::Required,
        "none" => ToolChoice::None,
        "tool" => ToolChoice::Named(fields.need_string("name", &at)?),
        _ => {
            return Err(
                At::Field(&at, "type").fault("Input should be 'auto', 'any', 'tool' or 'none'")
            );
        }
    });
    request.parallel_tools =
        fields.flag("disable_parallel_tool_use", &at)?.map(|disabled| !disabled);
    block::keep_rest(fields, &at, spare)
}

/// A tool of the caller's; `None` for one that the provider defines by its `type`.
fn function(mut fields: Object<'_>, at: &At<'_>, spare: &mut Spare) -> Result<Option<Tool>, Fault> {
    if fields.string("type", at)?.is_some_and(|kind| kind != "custom") {
        return Ok(None);
    }
    let name = fields.need_string("name", at)?;
    let schema = fields.need("input_schema", at)?;
    let inside = At::Field(at, "input_schema");
    object(schema, &inside)?;
    let tool = Tool::Function {
        name,
        description: fields.string("description", at)?,
        schema: value(schema, &inside)?,
        strict: fields.flag("strict", at)?,
        cache: block::cache_control(&mut fields, at, spare)?,
    };
    block::keep_rest(fields, at, spare)?;
    Ok(Some(tool))
}

// === writing ===

/// `tools`. A conversation that has calls in it must define tools; where the caller offers none
/// any more, those that were called are defined, and [`choice`] forbids them.
pub(super) fn tools<'a>(
    request: &'a Request,
    generation: Generation,
    own: &mut Map<String, Value>,
    losses: &mut Losses,
) -> Vec<Wire<'a>> {
    let search = web_search(request).map(|options| Wire::Native(Cow::Owned(search(options))));
    if request.tools.is_empty() {
        return called(request).into_iter().map(recalled).chain(search).collect();
    }
    let mut out = Vec::with_capacity(request.tools.len() + 1);
    for (index, tool) in request.tools.iter().enumerate() {
        match tool {
            Tool::Function { name, description, schema, strict, cache } => {
                let strict = *strict == Some(true);
                if strict && !generation.schemas() {
                    losses.minor(format!("tools[{index}].strict"));
                }
                out.push(Wire::Function {
                    name,
                    description: description.as_deref(),
                    input_schema: object_schema(schema),
                    strict: strict && generation.schemas(),
                    cache_control: cache.map(Cache::from),
                    spare: Box::new(spare_of(index, own)),
                });
            }
            Tool::Native { dialect: Dialect::AnthropicMessages, value } => {
                out.push(Wire::Native(Cow::Borrowed(value)));
            }
            // Written below.
            tool if search_tool(tool).is_some() => {}
            Tool::Native { .. } => losses.of_meaning(format!("tools[{index}]")),
        }
    }
    out.extend(search);
    out
}

/// Anthropic's tool for OpenAI's `web_search_options`; the numbers of searches are LiteLLM's.
fn search(options: &Map<String, Value>) -> Value {
    let mut tool = json!({ "type": "web_search_20250305", "name": "web_search" });
    let searches = match options.get("search_context_size").and_then(Value::as_str) {
        Some("low") => Some(1),
        Some("medium") => Some(5),
        Some("high") => Some(10),
        _ => None,
    };
    if let (Some(searches), Value::Object(fields)) = (searches, &mut tool) {
        fields.insert("max_uses".into(), searches.into());
    }
    let place = options.get("user_location").and_then(Value::as_object);
    if let (Some(place), Value::Object(fields)) = (place, &mut tool) {
        let mut location = place.get("approximate").and_then(Value::as_object).cloned();
        let location = location.get_or_insert_with(|| place.clone());
        location.insert("type".into(), "approximate".into());
        fields.insert("user_location".into(), Value::Object(location.clone()));
    }
    tool
}

/// `tool_choice`.
pub(super) fn choice(request: &Request, tools: &[Wire<'_>]) -> Option<Value> {
    let searches = web_search(request).is_some();
    if request.tools.is_empty() && !searches {
        return (!tools.is_empty()).then(|| json!({ "type": "none" }));
    }
    if tools.is_empty() {
        return None;
    }
    let disable = request.parallel_tools.map(|parallel| !parallel);
    let mut choice = match &request.tool_choice {
        Some(ToolChoice::None) => return Some(json!({ "type": "none" })),
        Some(ToolChoice::Auto) => json!({ "type": "auto" }),
        Some(ToolChoice::Required) => json!({ "type": "any" }),
        Some(ToolChoice::Named(name)) => json!({ "type": "tool", "name": name }),
        // Only a prohibition needs to be said.
        None if disable == Some(true) => json!({ "type": "auto" }),
        None => return None,
    };
    if let (Some(disable), Value::Object(fields)) = (disable, &mut choice) {
        fields.insert("disable_parallel_tool_use".into(), disable.into());
    }
    Some(choice)
}

/// The schema, of type `object` as the API requires.
fn object_schema(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) if fields.contains_key("type") => schema.clone(),
        Value::Object(fields) => {
            let mut with_type = Map::new();
            with_type.insert("type".into(), "object".into());
            with_type.extend(fields.clone());
            Value::Object(with_type)
        }
        _ => json!({ "type": "object", "properties": {} }),
    }
}

fn called(request: &Request) -> BTreeSet<&str> {
    let parts = request.turns.iter().flat_map(|turn| &turn.parts);
    parts
        .filter_map(|part| match part {
            Part::ToolCall(call) => Some(call.name.as_str()),
            _ => None,
        })
        .collect()
}

fn recalled(name: &str) -> Wire<'_> {
    Wire::Function {
        name,
        description: None,
        input_schema: json!({ "type": "object", "properties": {} }),
        strict: false,
        cache_control: None,
        spare: Box::default(),
    }
}

/// Takes `tools.<index>.<field>` out of this dialect's own extras.
fn spare_of(index: usize, own: &mut Map<String, Value>) -> Map<String, Value> {
    let prefix = format!("tools.{index}.");
    let direct =
        |name: &&String| name.strip_prefix(&prefix).is_some_and(|field| !field.contains('.'));
    let names: Vec<_> = own.keys().filter(direct).cloned().collect();
    names
        .into_iter()
        .filter_map(|name| {
            let value = own.shift_remove(&name)?;
            Some((name.get(prefix.len()..)?.to_owned(), value))
        })
        .collect()
}
