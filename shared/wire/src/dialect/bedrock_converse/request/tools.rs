//! `toolConfig`, both ways.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{family::Family, messages::cache_point, names};
use crate::{
    Dialect, Fault, Loss,
    canon::{Part, Request, Tool, ToolChoice},
    dialect::{
        WEB_SEARCH,
        bedrock_converse::{
            content,
            reader::{At, take},
        },
        search_options, search_tool, web_search,
    },
};

pub(super) fn decode(config: Value) -> Result<(Vec<Tool>, Option<ToolChoice>), Fault> {
    let at = At::root("toolConfig");
    let mut map = at.object(config)?;
    let list = at.key("tools");
    let mut tools: Vec<Tool> = Vec::new();
    for (index, value) in list.list(at.require(&mut map, "tools")?)?.into_iter().enumerate() {
        let here = list.index(index);
        let (member, value) = here.union(value)?;
        match (member.as_str(), tools.last_mut()) {
            ("toolSpec", _) => tools.push(spec(value, here.key("toolSpec"))?),
            ("cachePoint", Some(Tool::Function { cache: cache @ None, .. })) => {
                *cache = Some(content::cache_point(value, here.key("cachePoint"))?);
            }
            _ => {
                let value = json!({ member: value });
                tools.push(Tool::Native { dialect: Dialect::BedrockConverse, value });
            }
        }
    }
    let choice = match take(&mut map, "toolChoice") {
        Some(choice) => Some(decode_choice(choice, at.key("toolChoice"))?),
        None => None,
    };
    Ok((tools, choice))
}

fn spec(value: Value, at: At<'_>) -> Result<Tool, Fault> {
    let mut map = at.object(value)?;
    let name = at.key("name").string(at.require(&mut map, "name")?)?;
    let description = match take(&mut map, "description") {
        Some(description) => Some(at.key("description").string(description)?),
        None => None,
    };
    let schema = at.key("inputSchema");
    let (member, json) = schema.union(at.require(&mut map, "inputSchema")?)?;
    if member != "json" || !json.is_object() {
        return Err(schema.fault("Member must have the member json set to a structure"));
    }
    let strict = match take(&mut map, "strict") {
        Some(strict) => Some(at.key("strict").boolean(&strict)?),
        None => None,
    };
    Ok(Tool::Function { name, description, schema: json, strict, cache: None })
}

fn decode_choice(value: Value, at: At<'_>) -> Result<ToolChoice, Fault> {
    let (member, value) = at.union(value)?;
    match member.as_str() {
        "auto" => Ok(ToolChoice::Auto),
        "any" => Ok(ToolChoice::Required),
        "tool" => {
            let at = at.key("tool");
            let mut map = at.object(value)?;
            Ok(ToolChoice::Named(at.key("name").string(at.require(&mut map, "name")?)?))
        }
        _ => Err(at.fault("Member must have one of the members auto, any, tool set")),
    }
}

/// The tool configuration, or `None` where there is none.
///
/// The history decides as well: Converse refuses tool blocks without a `toolConfig`, also where the
/// caller offers no tools any more.
pub(super) fn encode(request: &Request, family: Family, losses: &mut Vec<Loss>) -> Option<Value> {
    let used = used_names(request);
    let choice = request.tool_choice.as_ref();
    if choice == Some(&ToolChoice::None) && !request.tools.is_empty() {
        if used.is_empty() {
            // There is no "none" in Converse: without tools there is nothing to call.
            return None;
        }
        losses.push(Loss::minor("tool_choice"));
    }
    let mut tools = offered(request, family, losses);
    tools.extend(search(request, family, losses));
    if tools.is_empty() {
        // Nothing may be called by these: they only let the history be read.
        tools.extend(used.iter().map(
            |name| json!({"toolSpec": {"name": name, "inputSchema": {"json": {"type": "object"}}}}),
        ));
    }
    if tools.is_empty() {
        return None;
    }
    let mut out = Map::new();
    out.insert("tools".to_owned(), tools.into());
    let choice = match choice {
        Some(ToolChoice::Auto) => Some(json!({"auto": {}})),
        Some(ToolChoice::Required) => Some(json!({"any": {}})),
        Some(ToolChoice::Named(name)) => Some(json!({"tool": {"name": names::tool(name)}})),
        Some(ToolChoice::None) | None => None,
    };
    if let Some(choice) = choice {
        out.insert("toolChoice".to_owned(), choice);
    }
    Some(Value::Object(out))
}

fn offered(request: &Request, family: Family, losses: &mut Vec<Loss>) -> Vec<Value> {
    let mut out = Vec::new();
    for (index, tool) in request.tools.iter().enumerate() {
        match tool {
            Tool::Function { name, description, schema, strict, cache } => {
                let written = names::tool(name);
                if written != name.as_str() {
                    // The model will call it by a name that the caller does not know.
                    losses.push(Loss::of_meaning(format!("tools[{index}].name")));
                }
                let mut spec = Map::new();
                spec.insert("name".to_owned(), written.into());
                if let Some(text) = description.as_ref().filter(|text| !text.is_empty()) {
                    spec.insert("description".to_owned(), text.as_str().into());
                }
                spec.insert("inputSchema".to_owned(), json!({"json": object_schema(schema)}));
                if let Some(strict) = strict {
                    spec.insert("strict".to_owned(), (*strict).into());
                }
                out.push(json!({"toolSpec": spec}));
                match cache {
                    Some(point) if family.caches_tools() => out.push(cache_point(*point, family)),
                    Some(_) => losses.push(Loss::minor(format!("tools[{index}].cache_control"))),
                    None => {}
                }
            }
            Tool::Native { dialect: Dialect::BedrockConverse, value } => out.push(value.clone()),
            // Written as the family's own.
            tool if family.searches() && search_tool(tool).is_some() => {}
            Tool::Native { .. } => losses.push(Loss::of_meaning(format!("tools[{index}]"))),
        }
    }
    out
}

/// Nova's search for OpenAI's `web_search_options`. It takes no options.
fn search(request: &Request, family: Family, losses: &mut Vec<Loss>) -> Option<Value> {
    let options = web_search(request).filter(|_| family.searches())?;
    for option in search_options(options) {
        losses.push(Loss::minor(format!("{WEB_SEARCH}.{option}")));
    }
    Some(json!({"systemTool": {"name": "nova_grounding"}}))
}

/// A schema that Converse takes: its root must say that it is an object.
fn object_schema(schema: &Value) -> Value {
    match schema {
        Value::Object(map) if map.contains_key("type") => schema.clone(),
        Value::Object(map) => {
            let mut map = map.clone();
            map.insert("type".to_owned(), "object".into());
            Value::Object(map)
        }
        _ => json!({"type": "object"}),
    }
}

/// The names of the tools that the history calls, as they are written; a placeholder where there are
/// results and no calls.
fn used_names(request: &Request) -> BTreeSet<String> {
    let parts = || request.turns.iter().flat_map(|turn| &turn.parts);
    let mut used: BTreeSet<String> = parts()
        .filter_map(|part| match part {
            Part::ToolCall(call) => Some(names::tool(&call.name).into_owned()),
            _ => None,
        })
        .collect();
    if used.is_empty() && parts().any(|part| matches!(part, Part::ToolResult(_))) {
        used.insert("unknown_tool".to_owned());
    }
    used
}
