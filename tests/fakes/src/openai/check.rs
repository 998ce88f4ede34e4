//! What OpenAI refuses, in its words.

use std::{borrow::Cow, collections::BTreeSet};

use serde_json::Value;

use super::shape::REQUEST;
pub(in crate::openai) use crate::ask::{list, text};
use crate::{
    reject::Reject,
    shape::{What, Wrong},
};

/// The longest id of a tool call.
const CALL_ID: usize = 40;

pub(in crate::openai) fn invalid(message: impl Into<String>) -> Reject {
    Reject::new(400, "invalid_request_error", message)
}

/// Checks a request's shape, then what the shape cannot say.
pub(crate) fn check(body: &Value) -> Result<(), Reject> {
    REQUEST.check(&without_thoughts(body)).map_err(|wrong| explain(&wrong))?;
    let messages = list(body, "messages");
    if messages.is_empty() {
        let message = "Invalid 'messages': empty array. Expected an array with minimum length 1, \
                       but got an empty array instead.";
        return Err(invalid(message).code("empty_array").param("messages"));
    }
    conversation(messages)?;
    for (at, message) in messages.iter().enumerate() {
        pictures(at, message)?;
    }
    options(body)?;
    tools(body)?;
    format(body, messages)
}

/// The body without the thoughts that it hands back: the servers of models that show them take them,
/// OpenAI's own do not.
fn without_thoughts(body: &Value) -> Cow<'_, Value> {
    let model = text(body, "model");
    if model.starts_with("gpt") || model.starts_with('o') {
        return Cow::Borrowed(body);
    }
    let mut body = body.clone();
    let messages = body.get_mut("messages").and_then(Value::as_array_mut);
    for message in messages.into_iter().flatten().filter_map(Value::as_object_mut) {
        if message.get("role").is_some_and(|role| role == "assistant") {
            message.remove("reasoning_content");
        }
    }
    Cow::Owned(body)
}

/// The same sentence that OpenAI's validator writes.
pub(in crate::openai) fn explain(wrong: &Wrong) -> Reject {
    let path = wrong.bracketed();
    let reject = match &wrong.what {
        What::Unknown if wrong.path.len() == 1 => {
            return invalid(format!("Unrecognized request argument supplied: {path}"));
        }
        What::Unknown => invalid(format!("Unknown parameter: '{path}'.")).code("unknown_parameter"),
        What::Missing => invalid(format!("Missing required parameter: '{path}'."))
            .code("missing_required_parameter"),
        What::NotA(kind) => invalid(format!("Invalid type for '{path}': expected one of {kind}."))
            .code("invalid_type"),
        What::NotOneOf(words) => {
            let words: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
            invalid(format!("Invalid value. Supported values are: {}.", words.join(", ")))
                .code("invalid_value")
        }
        What::Tag(word) => invalid(format!("Invalid value: '{word}'.")).code("invalid_value"),
        What::NotSingle => invalid(format!("Invalid value at '{path}'.")).code("invalid_value"),
    };
    reject.param(path)
}

/// Tool calls are followed by their results, and by nothing else.
fn conversation(messages: &[Value]) -> Result<(), Reject> {
    let mut open: BTreeSet<&str> = BTreeSet::new();
    let mut asked = 0;
    for (at, message) in messages.iter().enumerate() {
        let role = text(message, "role");
        if role == "tool" {
            let id = text(message, "tool_call_id");
            if !open.remove(id) {
                let message = "Invalid parameter: messages with role 'tool' must be a response to \
                               a preceeding message with 'tool_calls'.";
                return Err(invalid(message).param(format!("messages.[{at}].role")));
            }
            continue;
        }
        unanswered(&open, asked)?;
        let calls = list(message, "tool_calls");
        if message.get("tool_calls").is_some() && calls.is_empty() {
            let path = format!("messages[{at}].tool_calls");
            let message = format!(
                "Invalid '{path}': empty array. Expected an array with minimum length 1, but got \
                 an empty array instead."
            );
            return Err(invalid(message).code("empty_array").param(path));
        }
        if role == "assistant"
            && calls.is_empty()
            && ["content", "refusal", "audio", "function_call"]
                .iter()
                .all(|name| message.get(name).is_none_or(Value::is_null))
        {
            let message = format!(
                "Invalid value for 'content': expected a string, got null at messages[{at}]."
            );
            return Err(invalid(message).param(format!("messages.[{at}].content")));
        }
        for (place, call) in calls.iter().enumerate() {
            let id = text(call, "id");
            if id.len() > CALL_ID {
                let path = format!("messages[{at}].tool_calls[{place}].id");
                let message = format!(
                    "Invalid '{path}': string too long. Expected a string with maximum length \
                     {CALL_ID}, but got a string with length {} instead.",
                    id.len()
                );
                return Err(invalid(message).code("string_above_max_length").param(path));
            }
            open.insert(id);
            asked = at;
        }
    }
    unanswered(&open, asked)
}

fn unanswered(open: &BTreeSet<&str>, asked: usize) -> Result<(), Reject> {
    if open.is_empty() {
        return Ok(());
    }
    let ids: Vec<&str> = open.iter().copied().collect();
    let message = format!(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to \
         each 'tool_call_id'. The following tool_call_ids did not have response messages: {}",
        ids.join(", ")
    );
    Err(invalid(message).param(format!("messages.[{asked}].role")))
}

fn pictures(at: usize, message: &Value) -> Result<(), Reject> {
    for part in list(message, "content") {
        let Some(url) = part.pointer("/image_url/url").and_then(Value::as_str) else { continue };
        if url.starts_with("http://") || url.starts_with("https://") {
            continue;
        }
        let fine = url
            .strip_prefix("data:image/")
            .and_then(|rest| rest.split_once(";base64,"))
            .is_some_and(|(kind, data)| {
                ["png", "jpeg", "gif", "webp"].contains(&kind) && is_base64(data)
            });
        if !fine {
            let message = "Invalid image URL. Expected a base64-encoded data URL with an image \
                           MIME type (e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), or a \
                           valid 'http(s)' URL.";
            return Err(invalid(message)
                .code("invalid_value")
                .param(format!("messages[{at}].content")));
        }
    }
    Ok(())
}

fn is_base64(data: &str) -> bool {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(data).is_ok()
}

fn options(body: &Value) -> Result<(), Reject> {
    let streams = body.get("stream") == Some(&Value::Bool(true));
    if body.get("stream_options").is_some_and(|options| !options.is_null()) && !streams {
        let message = "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
        return Err(invalid(message).param("stream_options"));
    }
    let model = text(body, "model");
    let reasons = ["o1", "o3", "o4", "gpt-5"].iter().any(|family| model.starts_with(family));
    if reasons && body.get("max_tokens").is_some_and(Value::is_number) {
        let message = "Unsupported parameter: 'max_tokens' is not supported with this model. Use \
                       'max_completion_tokens' instead.";
        return Err(invalid(message).code("unsupported_parameter").param("max_tokens"));
    }
    for name in ["max_tokens", "max_completion_tokens"] {
        if body.get(name).and_then(Value::as_i64).is_some_and(|tokens| tokens < 1) {
            let message = format!(
                "Invalid '{name}': integer below minimum value. Expected a value >= 1, but got \
                 {} instead.",
                body.get(name).map(Value::to_string).unwrap_or_default()
            );
            return Err(invalid(message).code("integer_below_min_value").param(name));
        }
    }
    range(body, "temperature", 0.0, 2.0)?;
    range(body, "top_p", 0.0, 1.0)?;
    if list(body, "stop").len() > 4 {
        let message = format!(
            "Invalid 'stop': array too long. Expected an array with maximum length 4, but got an \
             array with length {} instead.",
            list(body, "stop").len()
        );
        return Err(invalid(message).code("array_above_max_length").param("stop"));
    }
    Ok(())
}

fn range(body: &Value, name: &'static str, low: f64, high: f64) -> Result<(), Reject> {
    match body.get(name).and_then(Value::as_f64) {
        Some(number) if number < low || number > high => {
            let message = format!(
                "Invalid '{name}': decimal out of range. Expected a value between {low} and \
                 {high}, but got {number} instead."
            );
            Err(invalid(message).code("decimal_out_of_range").param(name))
        }
        _ => Ok(()),
    }
}

fn tools(body: &Value) -> Result<(), Reject> {
    let Some(tools) = body.get("tools").and_then(Value::as_array) else {
        return match ["tool_choice", "parallel_tool_calls"]
            .iter()
            .find(|name| body.get(name).is_some())
        {
            Some(name) => {
                let message = format!("'{name}' is only allowed when 'tools' are specified.");
                Err(invalid(message).param(*name))
            }
            None => Ok(()),
        };
    };
    if tools.is_empty() {
        let message = "Invalid 'tools': empty array. Expected an array with minimum length 1, but \
                       got an empty array instead.";
        return Err(invalid(message).code("empty_array").param("tools"));
    }
    for (at, tool) in tools.iter().enumerate() {
        let Some(function) = tool.get("function") else { continue };
        let path = format!("tools[{at}].function");
        let name = text(function, "name");
        let named = !name.is_empty()
            && name.len() <= 64
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        if !named {
            let message = format!(
                "Invalid '{path}.name': string does not match pattern. Expected a string that \
                 matches the pattern '^[a-zA-Z0-9_-]+$'."
            );
            return Err(invalid(message).code("invalid_value").param(format!("{path}.name")));
        }
        let kind = function.pointer("/parameters/type");
        if function
            .get("parameters")
            .is_some_and(|schema| schema.as_object().is_some_and(|map| !map.is_empty()))
            && kind != Some(&Value::String("object".to_owned()))
        {
            let message = format!(
                "Invalid schema for function '{name}': schema must be a JSON Schema of 'type: \
                 \"object\"', got 'type: \"None\"'."
            );
            return Err(invalid(message)
                .code("invalid_function_parameters")
                .param(format!("{path}.parameters")));
        }
    }
    Ok(())
}

fn format(body: &Value, messages: &[Value]) -> Result<(), Reject> {
    let Some(format) = body.get("response_format") else { return Ok(()) };
    if text(format, "type") == "json_object" {
        let said = messages.iter().any(|message| {
            message
                .get("content")
                .is_some_and(|content| content.to_string().to_ascii_lowercase().contains("json"))
        });
        if !said {
            let message = "'messages' must contain the word 'json' in some form, to use \
                           'response_format' of type 'json_object'.";
            return Err(invalid(message).param("messages"));
        }
    }
    let strict = format.pointer("/json_schema/strict") == Some(&Value::Bool(true));
    let schema = format.pointer("/json_schema/schema");
    if strict && schema.is_none_or(|schema| !is_closed(schema)) {
        let name = format.pointer("/json_schema/name").and_then(Value::as_str).unwrap_or_default();
        let message = format!(
            "Invalid schema for response_format '{name}': In context=(), 'additionalProperties' \
             is required to be supplied and to be false."
        );
        return Err(invalid(message).param("response_format"));
    }
    Ok(())
}

/// Whether every object of the schema says that it has no other properties.
pub(in crate::openai) fn is_closed(schema: &Value) -> bool {
    let own = text(schema, "type") != "object"
        || schema.get("additionalProperties") == Some(&Value::Bool(false));
    own && ["properties", "$defs"].iter().all(|name| {
        schema
            .get(name)
            .and_then(Value::as_object)
            .is_none_or(|inner| inner.values().all(is_closed))
    }) && schema.get("items").is_none_or(is_closed)
}
