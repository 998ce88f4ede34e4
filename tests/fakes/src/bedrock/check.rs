//! What Bedrock refuses, in its words.

use serde_json::Value;

use super::shape::REQUEST;
pub(super) use crate::ask::{list, text};
use crate::{
    answer::signature,
    reject::Reject,
    shape::{What, Wrong},
};

pub(crate) fn invalid(message: impl Into<String>) -> Reject {
    Reject::new(400, "ValidationException", message)
}

/// Checks a request's shape, then what the shape cannot say.
pub(super) fn check(body: &Value) -> Result<(), Reject> {
    REQUEST.check(body).map_err(|wrong| explain(&wrong))?;
    let messages = list(body, "messages");
    inference(body)?;
    for (at, block) in list(body, "system").iter().enumerate() {
        if block.get("text").and_then(Value::as_str).is_some_and(|text| text.trim().is_empty()) {
            return Err(blank("SystemContentBlock", &format!("system.{at}")));
        }
    }
    conversation(messages)?;
    for (at, message) in messages.iter().enumerate() {
        for (place, block) in list(message, "content").iter().enumerate() {
            inside(&format!("messages.{at}.content.{place}"), block)?;
        }
    }
    tools(body, messages)?;
    results(messages)
}

/// Bedrock's own sentences where they are known, and the same sense where they are not.
pub(super) fn explain(wrong: &Wrong) -> Reject {
    let path = wrong.dotted();
    invalid(match &wrong.what {
        What::Unknown => format!(
            "Malformed input request: #: extraneous key [{}] is not permitted at {path}, please \
             reformat your input and try again.",
            wrong.leaf()
        ),
        What::Missing => format!(
            "1 validation error detected: Value at '{path}' failed to satisfy constraint: Member \
             must not be null"
        ),
        What::NotOneOf(words) => format!(
            "1 validation error detected: Value at '{path}' failed to satisfy constraint: Member \
             must satisfy enum value set: [{}]",
            words.join(", ")
        ),
        What::NotSingle => format!("The union at {path} must have exactly one member set."),
        What::NotA(kind) => format!("The value at {path} must be a {kind}."),
        What::Tag(word) => format!("The value {word} at {path} is not known."),
    })
}

fn blank(object: &str, path: &str) -> Reject {
    invalid(format!(
        "The text field in the {object} object at {path} is blank. Add text to the text field, \
         and try again."
    ))
}

fn inference(body: &Value) -> Result<(), Reject> {
    let Some(config) = body.get("inferenceConfig") else { return Ok(()) };
    if config.get("maxTokens").and_then(Value::as_i64).is_some_and(|tokens| tokens < 1) {
        let message = "1 validation error detected: Value at 'inferenceConfig.maxTokens' failed \
                       to satisfy constraint: Member must have value greater than or equal to 1";
        return Err(invalid(message));
    }
    for name in ["temperature", "topP"] {
        if config.get(name).and_then(Value::as_f64).is_some_and(|n| !(0.0..=1.0).contains(&n)) {
            return Err(invalid(format!(
                "1 validation error detected: Value at 'inferenceConfig.{name}' failed to satisfy \
                 constraint: Member must have value less than or equal to 1"
            )));
        }
    }
    Ok(())
}

fn conversation(messages: &[Value]) -> Result<(), Reject> {
    if messages.first().is_none_or(|message| text(message, "role") != "user") {
        let message = "A conversation must start with a user message. Try again with a \
                       conversation that starts with a user message.";
        return Err(invalid(message));
    }
    let same = messages
        .iter()
        .zip(messages.iter().skip(1))
        .any(|(before, after)| text(before, "role") == text(after, "role"));
    if same {
        let message = "A conversation must alternate between user and assistant roles. Make sure \
                       the conversation alternates between user and assistant roles and try again.";
        return Err(invalid(message));
    }
    match messages.iter().position(|message| list(message, "content").is_empty()) {
        Some(at) => Err(invalid(format!(
            "The content field in the Message object at messages.{at} is empty. Add a \
             ContentBlock object to the content field and try again."
        ))),
        None => Ok(()),
    }
}

fn inside(path: &str, block: &Value) -> Result<(), Reject> {
    if block.get("text").and_then(Value::as_str).is_some_and(|text| text.trim().is_empty()) {
        return Err(blank("ContentBlock", path));
    }
    if let Some(call) = block.get("toolUse") {
        if !call.get("input").is_some_and(Value::is_object) {
            return Err(invalid(format!(
                "The format of the value at {path}.toolUse.input is invalid. Provide a json \
                 object for the field and try again."
            )));
        }
        named(&format!("{path}.toolUse.name"), text(call, "name"))?;
        identified(&format!("{path}.toolUse.toolUseId"), text(call, "toolUseId"))?;
    }
    if let Some(result) = block.get("toolResult") {
        identified(&format!("{path}.toolResult.toolUseId"), text(result, "toolUseId"))?;
        for part in list(result, "content") {
            // An object is what a model takes; a bare string or list is refused.
            if part.get("json").is_some_and(|json| !json.is_object()) {
                return Err(invalid(format!(
                    "The format of the value at {path}.toolResult.content.0.json is invalid. \
                     Provide a json object for the field and try again."
                )));
            }
        }
    }
    if let Some(name) = block.pointer("/document/name").and_then(Value::as_str) {
        let fine = name.len() <= 200
            && !name.contains("  ")
            && name.chars().all(|c| c.is_alphanumeric() || " -()[]".contains(c));
        if !fine {
            let message = "The document file name can only contain alphanumeric characters, \
                           whitespace characters, hyphens, parentheses, and square brackets. The \
                           name can't contain more than one consecutive whitespace character.";
            return Err(invalid(message));
        }
    }
    if let Some(thought) = block.pointer("/reasoningContent/reasoningText")
        && text(thought, "signature") != signature(text(thought, "text"))
    {
        return Err(invalid(format!(
            "The model returned the following errors: {path}: Invalid `signature` in `thinking` \
             block"
        )));
    }
    Ok(())
}

fn named(path: &str, name: &str) -> Result<(), Reject> {
    let fine = !name.is_empty()
        && name.len() <= 64
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    constraint(fine, path, name, "[a-zA-Z0-9_-]+")
}

fn identified(path: &str, id: &str) -> Result<(), Reject> {
    let fine = !id.is_empty()
        && id.len() <= 64
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte));
    constraint(fine, path, id, "[a-zA-Z0-9_.:-]+")
}

fn constraint(fine: bool, path: &str, value: &str, pattern: &str) -> Result<(), Reject> {
    if fine {
        return Ok(());
    }
    Err(invalid(format!(
        "1 validation error detected: Value '{value}' at '{path}' failed to satisfy constraint: \
         Member must satisfy regular expression pattern: {pattern} and have length of 1 to 64"
    )))
}

fn tools(body: &Value, messages: &[Value]) -> Result<(), Reject> {
    let Some(config) = body.get("toolConfig") else {
        let used = messages.iter().any(|message| {
            ["toolUse", "toolResult"].iter().any(|kind| !ids(message, kind).is_empty())
        });
        return if used {
            let message = "The toolConfig field must be defined when using toolUse and toolResult \
                           content blocks.";
            Err(invalid(message))
        } else {
            Ok(())
        };
    };
    let tools = list(config, "tools");
    if tools.is_empty() {
        let message = "1 validation error detected: Value '[]' at 'toolConfig.tools' failed to \
                       satisfy constraint: Member must have length greater than or equal to 1";
        return Err(invalid(message));
    }
    for (at, spec) in tools.iter().filter_map(|tool| tool.get("toolSpec")).enumerate() {
        let path = format!("toolConfig.tools.{at}.toolSpec");
        named(&format!("{path}.name"), text(spec, "name"))?;
        if spec.get("description").is_some_and(|words| words.as_str().is_some_and(str::is_empty)) {
            return Err(invalid(format!(
                "1 validation error detected: Value '' at '{path}.description' failed to satisfy \
                 constraint: Member must have length greater than or equal to 1"
            )));
        }
        if spec.pointer("/inputSchema/json/type").and_then(Value::as_str) != Some("object") {
            return Err(invalid(format!(
                "The value at {path}.inputSchema.json.type must be one of the following: object."
            )));
        }
    }
    Ok(())
}

/// Every tool use is answered in the next turn, and nothing else is.
fn results(messages: &[Value]) -> Result<(), Reject> {
    let mut asked: Vec<&str> = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        let answered = ids(message, "toolResult");
        let left: Vec<&str> = asked.iter().filter(|id| !answered.contains(id)).copied().collect();
        if !left.is_empty() {
            return Err(invalid(format!(
                "Expected toolResult blocks at messages.{at}.content for the following Ids: {}",
                left.join(", ")
            )));
        }
        if answered.len() > asked.len() {
            return Err(invalid(format!(
                "The number of toolResult blocks at messages.{at}.content exceeds the number of \
                 toolUse blocks of previous turn."
            )));
        }
        asked = ids(message, "toolUse");
    }
    if asked.is_empty() {
        return Ok(());
    }
    Err(invalid(format!(
        "Expected toolResult blocks at messages.{}.content for the following Ids: {}",
        messages.len(),
        asked.join(", ")
    )))
}

fn ids<'a>(message: &'a Value, kind: &str) -> Vec<&'a str> {
    list(message, "content")
        .iter()
        .filter_map(|block| block.get(kind))
        .map(|block| text(block, "toolUseId"))
        .collect()
}
