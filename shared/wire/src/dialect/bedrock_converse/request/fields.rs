//! `additionalModelRequestFields`: the model's own fields, of which the canonical form knows
//! reasoning, `top_k`, the output's cap and parallel tool calls. What is not recognised stays where it is.

use serde_json::{Map, Value};

use super::{family::Family, thinking};
use crate::{
    Loss,
    canon::{Effort, Request, Thinking},
    dialect::bedrock_converse::caps,
};

pub(super) const KEY: &str = "additionalModelRequestFields";

/// Takes the known fields out. `effort` is the one of `outputConfig`.
pub(super) fn decode(map: &mut Map<String, Value>, effort: Option<Effort>, request: &mut Request) {
    let mut fields = match map.shift_remove(KEY) {
        Some(Value::Object(fields)) => fields,
        Some(other) => {
            map.insert(KEY.to_owned(), other);
            Map::new()
        }
        None => Map::new(),
    };
    request.thinking = match thinking::take(&mut fields) {
        None => effort.or_else(|| thinking::take_effort(&mut fields)).map(Thinking::Effort),
        Some(Thinking::Adaptive(None)) => {
            Some(Thinking::Adaptive(effort.or_else(|| thinking::take_effort(&mut fields))))
        }
        // An effort beside a budget is another thing: it stays.
        known => known,
    };
    request.max_output = request.max_output.max(caps::take(&mut fields));
    request.sampling.top_k = take_number(&mut fields, &["top_k"])
        .or_else(|| take_number(&mut fields, &["inferenceConfig", "topK"]));
    if take_if(&mut fields, &["tool_choice", "disable_parallel_tool_use"], Value::as_bool)
        == Some(true)
    {
        request.parallel_tools = Some(false);
        // Beside the switch there is only the type, which `toolConfig` says too.
        if let Some(Value::Object(choice)) = fields.get("tool_choice")
            && choice.iter().all(|(key, value)| key == "type" && value == "auto")
        {
            fields.shift_remove("tool_choice");
        }
    }
    if !fields.is_empty() {
        map.insert(KEY.to_owned(), Value::Object(fields));
    }
}

fn take_number(fields: &mut Map<String, Value>, path: &[&str]) -> Option<u64> {
    take_if(fields, path, Value::as_u64)
}

/// Takes the value at `path` out where `read` understands it, and the objects that are empty then.
pub(in crate::dialect::bedrock_converse) fn take_if<T>(
    fields: &mut Map<String, Value>,
    path: &[&str],
    read: impl FnOnce(&Value) -> Option<T>,
) -> Option<T> {
    match path {
        [] => None,
        [key] => {
            let value = read(fields.get(*key)?)?;
            fields.shift_remove(*key);
            Some(value)
        }
        [key, rest @ ..] => {
            let inner = fields.get_mut(*key)?.as_object_mut()?;
            let value = take_if(inner, rest, read)?;
            if inner.is_empty() {
                fields.shift_remove(*key);
            }
            Some(value)
        }
    }
}

/// Puts a value at `path`, into the objects that are there or into new ones.
pub(super) fn put(fields: &mut Map<String, Value>, path: &[&str], value: Value) {
    match path {
        [] => {}
        [key] => {
            fields.insert((*key).to_owned(), value);
        }
        [key, rest @ ..] => {
            let inner = fields.entry(*key).or_insert_with(|| Value::Object(Map::new()));
            if !inner.is_object() {
                *inner = Value::Object(Map::new());
            }
            if let Some(inner) = inner.as_object_mut() {
                put(inner, rest, value);
            }
        }
    }
}

/// Switches parallel tool calls off, for a Claude. `chosen` says that `toolConfig` carries a tool
/// choice, `named` that it names the tool.
pub(super) fn one_tool_at_a_time(
    family: Family,
    chosen: bool,
    named: bool,
    fields: &mut Map<String, Value>,
    losses: &mut Vec<Loss>,
) {
    if !matches!(family, Family::Claude(_)) {
        let loss = if named { Loss::minor } else { Loss::of_meaning };
        return losses.push(loss("parallel_tool_calls"));
    }
    put(fields, &["tool_choice", "disable_parallel_tool_use"], true.into());
    // Converse refuses the type where `toolConfig` has a choice, and wants it where not.
    if !chosen {
        put(fields, &["tool_choice", "type"], "auto".into());
    }
}
