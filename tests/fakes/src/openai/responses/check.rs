//! What OpenAI refuses of a responses request, in its words.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    super::check::{explain, invalid, is_closed, list, text},
    memory::Memory,
    shape::REQUEST,
    write::encrypted,
};
use crate::reject::Reject;

/// Checks the shape, and what needs no conversation.
pub(super) fn shape(body: &Value) -> Result<(), Reject> {
    REQUEST.check(&typed(body)).map_err(|wrong| explain(&wrong))?;
    if body.get("input").is_none() && body.get("previous_response_id").is_none() {
        let message = "Missing required parameter: 'input'.";
        return Err(invalid(message).code("missing_required_parameter").param("input"));
    }
    if let Some(least) = body.get("max_output_tokens").and_then(Value::as_i64)
        && least < 16
    {
        let message = format!(
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, \
             but got {least} instead."
        );
        return Err(invalid(message).code("integer_below_min_value").param("max_output_tokens"));
    }
    for (at, tool) in list(body, "tools").iter().enumerate() {
        // Where nothing is said the API makes the schema strict itself, as far as it can be.
        let strict = tool.get("strict") == Some(&Value::Bool(true));
        let schema = tool.get("parameters").filter(|schema| !schema.is_null());
        if text(tool, "type") == "function" && strict && schema.is_some_and(|s| !is_closed(s)) {
            let message = format!(
                "Invalid schema for function '{}': In context=(), 'additionalProperties' is \
                 required to be supplied and to be false.",
                text(tool, "name")
            );
            let path = format!("tools[{at}].parameters");
            return Err(invalid(message).code("invalid_function_parameters").param(path));
        }
    }
    let format = body.pointer("/text/format");
    if format.is_some_and(|format| {
        text(format, "type") == "json_schema"
            && format.get("strict") == Some(&Value::Bool(true))
            && format.get("schema").is_none_or(|schema| !is_closed(schema))
    }) {
        let message = "Invalid schema for response_format: In context=(), 'additionalProperties' \
                       is required to be supplied and to be false.";
        return Err(invalid(message).param("text.format.schema"));
    }
    Ok(())
}

/// The body with the type of every message.
fn typed(body: &Value) -> Value {
    let mut body = body.clone();
    for item in body.get_mut("input").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(fields) = item.as_object_mut().filter(|fields| fields.contains_key("role")) {
            fields.entry("type").or_insert_with(|| "message".into());
        }
    }
    body
}

/// Calls have their outputs, outputs their calls, and reasoning is this provider's own.
pub(super) fn conversation(items: &[Value], memory: &Memory) -> Result<(), Reject> {
    let mut open: BTreeSet<&str> = BTreeSet::new();
    for item in items {
        match text(item, "type") {
            "function_call" => {
                open.insert(text(item, "call_id"));
            }
            "function_call_output" => {
                let id = text(item, "call_id");
                if !open.remove(id) {
                    let message =
                        format!("No tool call found for function call output with call_id {id}.");
                    return Err(invalid(message).param("input"));
                }
            }
            "reasoning" => reasoning(item, memory)?,
            _ => {}
        }
    }
    match open.first() {
        None => Ok(()),
        Some(id) => {
            Err(invalid(format!("No tool output found for function call {id}.")).param("input"))
        }
    }
}

fn reasoning(item: &Value, memory: &Memory) -> Result<(), Reject> {
    let id = text(item, "id");
    match item.get("encrypted_content").and_then(Value::as_str) {
        Some(content) if encrypted(id) == content => Ok(()),
        Some(content) => {
            let head: String = content.chars().take(4).collect();
            let message = format!(
                "The encrypted content {head}... could not be verified. Reason: Encrypted content \
                 could not be decrypted or parsed."
            );
            Err(invalid(message).code("invalid_encrypted_content"))
        }
        None if memory.has(id) => Ok(()),
        None => {
            let message = format!(
                "Item with id '{id}' not found. Items are not persisted when `store` is set to \
                 false. Try again with `store` set to true, or remove this item from your input."
            );
            Err(Reject::new(404, "invalid_request_error", message).param("input"))
        }
    }
}
