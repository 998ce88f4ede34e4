//! `tools` and `toolConfig`, both ways.

use serde_json::{Map, Value, json};

use super::{decode::Kept, loss::Losses};
use crate::{
    Dialect, Fault,
    canon::{Request, Tool, ToolChoice},
    dialect::{
        WEB_SEARCH,
        gemini::{
            reader::{At, camel, take},
            schema,
        },
        search_options, search_tool, web_search,
    },
};

/// Longest name of a function.
const LONGEST_NAME: usize = 64;

pub(super) fn decode(value: Value, kept: &mut Kept) -> Result<Vec<Tool>, Fault> {
    let at = At::root("tools");
    let mut tools = Vec::new();
    for (index, value) in at.list(value)?.into_iter().enumerate() {
        let here = at.index(index);
        let mut map = here.object(value)?;
        if let Some(functions) = take(&mut map, "functionDeclarations") {
            let list = here.key("functionDeclarations");
            for (index, function) in list.list(functions)?.into_iter().enumerate() {
                tools.push(declaration(function, list.index(index), kept)?);
            }
        }
        // What is left are tools that Google runs, one a field.
        for (name, value) in map {
            if !value.is_null() {
                let value = Map::from_iter([(camel(&name), value)]).into();
                tools.push(Tool::Native { dialect: Dialect::Gemini, value });
            }
        }
    }
    Ok(tools)
}

fn declaration(value: Value, at: At<'_>, kept: &mut Kept) -> Result<Tool, Fault> {
    let mut map = at.object(value)?;
    let name = at.key("name").string(at.require(&mut map, "name")?)?;
    let description = match take(&mut map, "description") {
        Some(text) => Some(at.key("description").string(text)?),
        None => None,
    };
    let open = take(&mut map, "parameters").map(|schema| schema::plain(&schema));
    let schema = take(&mut map, "parametersJsonSchema")
        .or(open)
        .unwrap_or_else(|| json!({"type": "object", "properties": {}}));
    if !schema.is_object() {
        return Err(at.key("parameters").fault("it must be a schema."));
    }
    for (name, value) in map {
        if !value.is_null() {
            kept.insert(at.key(&camel(&name)).to_string(), value);
        }
    }
    Ok(Tool::Function { name, description, schema, strict: None, cache: None })
}

/// Reads a `toolConfig`. Tools that may not be called are not offered: other dialects have no list of
/// allowed names.
pub(super) fn decode_config(
    value: Value,
    request: &mut Request,
    kept: &mut Kept,
) -> Result<(), Fault> {
    let at = At::root("toolConfig");
    let mut map = at.object(value)?;
    if let Some(value) = take(&mut map, "functionCallingConfig") {
        let here = at.key("functionCallingConfig");
        let mut config = here.object(value)?;
        let names = match take(&mut config, "allowedFunctionNames") {
            Some(names) => here.key("allowedFunctionNames").strings(names)?,
            None => Vec::new(),
        };
        let mode = match take(&mut config, "mode") {
            Some(mode) => here.key("mode").string(mode)?.to_ascii_uppercase(),
            None => String::new(),
        };
        request.tool_choice = match (mode.as_str(), names.as_slice()) {
            ("" | "MODE_UNSPECIFIED", _) => None,
            ("AUTO" | "VALIDATED", _) => Some(ToolChoice::Auto),
            ("NONE", _) => Some(ToolChoice::None),
            ("ANY", [name]) => Some(ToolChoice::Named(name.clone())),
            ("ANY", _) => Some(ToolChoice::Required),
            _ => {
                return Err(here
                    .key("mode")
                    .fault("it must be one of AUTO, ANY, NONE, VALIDATED."));
            }
        };
        if !names.is_empty() && matches!(mode.as_str(), "ANY" | "VALIDATED") {
            request.tools.retain(|tool| match tool {
                Tool::Function { name, .. } => names.contains(name),
                Tool::Native { .. } => true,
            });
        }
        for (name, value) in config {
            if !value.is_null() && value != Value::Bool(false) {
                kept.insert(here.key(&camel(&name)).to_string(), value);
            }
        }
    }
    for (name, value) in map {
        if !value.is_null() {
            kept.insert(at.key(&camel(&name)).to_string(), value);
        }
    }
    Ok(())
}

/// Writes the tools: all functions in one declaration list, then those that Google runs.
pub(super) fn encode(request: &Request, losses: &mut Losses) -> Vec<Value> {
    let mut functions = Vec::new();
    let mut native = Vec::new();
    for (index, tool) in request.tools.iter().enumerate() {
        match tool {
            Tool::Function { name, description, schema, strict: _, cache } => {
                if cache.is_some() {
                    losses.minor(format!("tools[{index}].cache_control"));
                }
                if !is_name(name) {
                    // The model could not call it by a name that the caller knows.
                    losses.meaning(format!("tools[{index}].name"));
                    continue;
                }
                let mut function = Map::new();
                function.insert("name".into(), name.as_str().into());
                if let Some(text) = description {
                    function.insert("description".into(), text.as_str().into());
                }
                let (cleaned, weakened) = schema::clean(schema);
                if weakened {
                    losses.minor(format!("tools[{index}].parameters"));
                }
                if let Some(cleaned) = cleaned {
                    function.insert("parameters".into(), cleaned);
                }
                functions.push(Value::Object(function));
            }
            Tool::Native { dialect: Dialect::Gemini, value } => native.push(value.clone()),
            // Written below.
            tool if search_tool(tool).is_some() => {}
            Tool::Native { .. } => losses.meaning(format!("tools[{index}]")),
        }
    }
    if let Some(options) = web_search(request) {
        for name in search_options(options) {
            losses.minor(format!("{WEB_SEARCH}.{name}"));
        }
        native.push(json!({"googleSearch": {}}));
    }
    let mut tools = Vec::with_capacity(native.len() + 1);
    if !functions.is_empty() {
        tools.push(json!({"functionDeclarations": functions}));
    }
    tools.extend(native);
    tools
}

/// `[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}`.
fn is_name(name: &str) -> bool {
    name.len() <= LONGEST_NAME
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':' | '-'))
}

/// Writes the `toolConfig`, where functions are offered.
pub(super) fn encode_config(request: &Request) -> Option<Value> {
    if !request.tools.iter().any(|tool| matches!(tool, Tool::Function { .. })) {
        return None;
    }
    let config = match request.tool_choice.as_ref()? {
        ToolChoice::Auto => json!({"mode": "AUTO"}),
        ToolChoice::None => json!({"mode": "NONE"}),
        ToolChoice::Required => json!({"mode": "ANY"}),
        ToolChoice::Named(name) => json!({"mode": "ANY", "allowedFunctionNames": [name]}),
    };
    Some(json!({"functionCallingConfig": config}))
}
