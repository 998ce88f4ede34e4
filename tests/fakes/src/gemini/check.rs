//! What Google refuses, in its words.

use base64::Engine as _;
use serde_json::Value;

use super::{
    shape::{REQUEST, SCHEMA},
    write::SIGNED,
};
use crate::{
    reject::Reject,
    shape::{What, Wrong},
};

/// Taken in the place of a signature (ai.google.dev, "Thought signatures").
const UNSIGNED: &str = "skip_thought_signature_validator";

pub(super) fn invalid(message: impl Into<String>) -> Reject {
    Reject::new(400, "INVALID_ARGUMENT", message)
}

/// Checks a request's shape, then what the shape cannot say.
pub(super) fn check(body: &Value, model: &str) -> Result<(), Reject> {
    REQUEST.check(body).map_err(|wrong| explain(&wrong))?;
    for (at, tool) in list(body, "tools").iter().enumerate() {
        for (index, function) in list(tool, "functionDeclarations").iter().enumerate() {
            let place = format!("tools[{at}].function_declarations[{index}]");
            if !is_name(text(function, "name")) {
                return Err(invalid(format!(
                    "Invalid value at '{place}.name': Must start with a letter or an underscore."
                )));
            }
            if let Some(schema) = function.get("parameters") {
                parameters(schema, &format!("{place}.parameters"))?;
            }
        }
    }
    if let Some(schema) = body.pointer("/generationConfig/responseSchema") {
        parameters(schema, "generation_config.response_schema")?;
    }
    config(body, model)?;
    let contents = list(body, "contents");
    if contents.is_empty() {
        return Err(invalid("* GenerateContentRequest.contents: contents is not specified"));
    }
    for (at, content) in contents.iter().enumerate() {
        turn(at, content)?;
    }
    calls(contents)?;
    signatures(contents, model)
}

/// The sentence that Google's parser writes.
fn explain(wrong: &Wrong) -> Reject {
    let path = wrong.bracketed();
    invalid(match &wrong.what {
        What::Unknown => {
            let (at, name) = path.rsplit_once('.').unwrap_or(("", &path));
            format!(
                "Invalid JSON payload received. Unknown name \"{name}\" at '{at}': Cannot find field."
            )
        }
        What::Missing => format!("* {path}: is not specified"),
        What::NotA(kind) => format!("Invalid value at '{path}' (TYPE_{})", kind.to_uppercase()),
        What::NotOneOf(_) | What::Tag(_) => format!("Invalid value at '{path}' (Type)"),
        What::NotSingle => format!("Invalid value at '{path}', oneof field is already set."),
    })
}

fn parameters(schema: &Value, place: &str) -> Result<(), Reject> {
    SCHEMA.check(schema).map_err(|wrong| explain(&wrong))?;
    let kind = text(schema, "type").to_uppercase();
    if kind == "ARRAY" && schema.get("items").is_none() {
        return Err(invalid(format!("* GenerateContentRequest.{place}.items: missing field.")));
    }
    if schema.get("anyOf").is_none() && kind.is_empty() {
        return Err(invalid(format!("* GenerateContentRequest.{place}.type: must be specified.")));
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    if place.ends_with("].parameters") && properties.is_none_or(serde_json::Map::is_empty) {
        return Err(invalid(format!(
            "* GenerateContentRequest.{place}.properties: should be non-empty for OBJECT type"
        )));
    }
    for name in list(schema, "required").iter().filter_map(Value::as_str) {
        if !properties.is_some_and(|all| all.contains_key(name)) {
            return Err(invalid(format!(
                "* GenerateContentRequest.{place}.required[0]: property is not defined"
            )));
        }
    }
    if kind != "STRING" && schema.get("enum").is_some() {
        return Err(invalid(format!(
            "* GenerateContentRequest.{place}.enum: only allowed for STRING type"
        )));
    }
    let format = schema.get("format").and_then(Value::as_str);
    if kind == "STRING" && format.is_some_and(|word| !["enum", "date-time"].contains(&word)) {
        return Err(invalid(format!(
            "* GenerateContentRequest.{place}.format: only 'enum' and 'date-time' are supported for STRING type"
        )));
    }
    for (name, inner) in properties.into_iter().flatten() {
        parameters(inner, &format!("{place}.properties[{name}]"))?;
    }
    for (at, inner) in list(schema, "anyOf").iter().enumerate() {
        parameters(inner, &format!("{place}.any_of[{at}]"))?;
    }
    match schema.get("items") {
        Some(items) => parameters(items, &format!("{place}.items")),
        None => Ok(()),
    }
}

fn config(body: &Value, model: &str) -> Result<(), Reject> {
    let empty = Value::Null;
    let config = body.get("generationConfig").unwrap_or(&empty);
    let heat = config.get("temperature").and_then(Value::as_f64);
    if heat.is_some_and(|heat| !(0.0..=2.0).contains(&heat)) {
        return Err(invalid(
            "* GenerateContentRequest.generation_config.temperature: must be in the range [0.0, 2.0]",
        ));
    }
    if config.get("maxOutputTokens").and_then(Value::as_i64).is_some_and(|cap| cap < 1) {
        return Err(invalid(
            "* GenerateContentRequest.generation_config.max_output_tokens: must be positive",
        ));
    }
    let shaped =
        ["responseSchema", "responseJsonSchema"].iter().any(|name| config.get(*name).is_some());
    let json = ["application/json", "text/x.enum"].contains(&text(config, "responseMimeType"));
    if shaped && !json {
        return Err(invalid(
            "* GenerateContentRequest.generation_config.response_schema: only allowed when response_mime_type is 'application/json'",
        ));
    }
    let thinking = config.get("thinkingConfig").unwrap_or(&empty);
    let old = model.starts_with("gemini-2.0") || model.starts_with("gemini-1");
    if old && !thinking.is_null() {
        return Err(invalid("Thinking is not enabled for this model."));
    }
    let (budget, level) = (thinking.get("thinkingBudget"), thinking.get("thinkingLevel"));
    if budget.is_some() && level.is_some() {
        return Err(invalid("You can only set only one of thinking budget and thinking level."));
    }
    if level.is_some() && model.starts_with("gemini-2.5") {
        return Err(invalid("Thinking level is not supported for this model."));
    }
    if model.contains("2.5-pro")
        && budget.and_then(Value::as_i64).is_some_and(|b| (0..128).contains(&b))
    {
        return Err(invalid("Budget 0 is invalid. This model only works in thinking mode."));
    }
    let wanted = body.pointer("/toolConfig/functionCallingConfig/allowedFunctionNames");
    if wanted.is_some()
        && body.pointer("/toolConfig/functionCallingConfig/mode") != Some(&"ANY".into())
    {
        return Err(invalid(
            "Allowed function names should be set only when function calling mode is ANY.",
        ));
    }
    Ok(())
}

fn turn(at: usize, content: &Value) -> Result<(), Reject> {
    if !["", "user", "model", "function"].contains(&text(content, "role")) {
        return Err(invalid("Please use a valid role: user, model."));
    }
    let parts = list(content, "parts");
    if parts.is_empty() {
        return Err(invalid(format!(
            "* GenerateContentRequest.contents[{at}].parts: contents.parts must not be empty."
        )));
    }
    for (place, part) in parts.iter().enumerate() {
        let data = [
            "text",
            "inlineData",
            "fileData",
            "functionCall",
            "functionResponse",
            "executableCode",
            "codeExecutionResult",
        ];
        match data.iter().filter(|name| part.get(**name).is_some()).count() {
            0 if part.get("thoughtSignature").is_none() => {
                return Err(invalid(format!(
                    "* GenerateContentRequest.contents[{at}].parts[{place}].data: required oneof field 'data' must have one initialized field"
                )));
            }
            0 | 1 => {}
            _ => {
                return Err(invalid(format!(
                    "Invalid value at 'contents[{at}].parts[{place}]' (oneof), oneof field 'data' is already set."
                )));
            }
        }
        let bytes = part.pointer("/inlineData/data").and_then(Value::as_str);
        if bytes.is_some_and(|text| decode(text).is_none()) {
            return Err(invalid(format!(
                "Invalid value at 'contents[{at}].parts[{place}].inline_data.data' (TYPE_BYTES), Base64 decoding failed"
            )));
        }
    }
    Ok(())
}

/// The calls of a turn are answered in the very next one: as many, by the same names.
fn calls(contents: &[Value]) -> Result<(), Reject> {
    let mut asked: Vec<&str> = Vec::new();
    for content in contents {
        let names = |kind: &str| -> Vec<&str> {
            list(content, "parts")
                .iter()
                .filter_map(|part| part.get(kind))
                .map(|call| text(call, "name"))
                .collect()
        };
        let answered = names("functionResponse");
        if answered.len() != asked.len() {
            return Err(invalid(
                "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.",
            ));
        }
        if answered != asked {
            return Err(invalid(
                "Please ensure that function response turn comes immediately after a function call turn, by the names of the calls.",
            ));
        }
        asked = names("functionCall");
    }
    if asked.is_empty() {
        return Ok(());
    }
    Err(invalid("Please ensure that function call turn is followed by a function response turn."))
}

/// Signatures come back as they were given; the third generation wants one on the first call of each
/// step since the user last spoke.
fn signatures(contents: &[Value], model: &str) -> Result<(), Reject> {
    for part in contents.iter().flat_map(|content| list(content, "parts")) {
        let Some(signed) = part.get("thoughtSignature").and_then(Value::as_str) else { continue };
        let known = decode(signed).is_some_and(|bytes| bytes.starts_with(SIGNED));
        if signed != UNSIGNED && !known {
            return Err(invalid("Corrupted thought signature."));
        }
    }
    if !model.starts_with("gemini-3") {
        return Ok(());
    }
    let spoke = |content: &Value| {
        text(content, "role") != "model"
            && !list(content, "parts").iter().any(|part| part.get("functionResponse").is_some())
    };
    let from = contents.iter().rposition(spoke).unwrap_or(0);
    for content in contents.iter().skip(from) {
        let first = list(content, "parts").iter().find(|part| part.get("functionCall").is_some());
        if first.is_some_and(|part| part.get("thoughtSignature").is_none()) {
            return Err(invalid(
                "Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly.",
            ));
        }
    }
    Ok(())
}

/// Bytes in either alphabet of base64.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let plain: String = text
        .trim_end_matches('=')
        .chars()
        .map(|letter| match letter {
            '-' => '+',
            '_' => '/',
            other => other,
        })
        .collect();
    base64::engine::general_purpose::STANDARD_NO_PAD.decode(plain).ok()
}

fn is_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte))
}

/// A list, or the one thing that stands in its place.
pub(super) fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    match value.get(name) {
        Some(Value::Array(all)) => all,
        Some(one @ Value::Object(_)) => std::slice::from_ref(one),
        _ => &[],
    }
}

pub(super) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}
