//! The model's own messages, handed back.

use serde_json::Value;

use super::{
    super::field::{self, Fields},
    content,
};
use crate::{
    Dialect, Fault,
    canon::{Part, Reasoning, ToolCall},
};

/// Reads an assistant message: reasoning, text, refusal, then calls. Tells the id it gave to a
/// legacy `function_call`. What OpenAI adds to an answer and ignores in a request (`annotations`)
/// is ignored here too.
pub(super) fn decode(fields: &mut Fields, at: usize) -> Result<(Vec<Part>, Option<String>), Fault> {
    let mut parts = Vec::new();
    reasoning(fields, &mut parts)?;
    let cache = content::cache_point(fields)?;
    if let Some(value) = fields.take("content") {
        // An empty string beside tool calls says nothing.
        if value.as_str() != Some("") {
            content::decode(value, &fields.path("content"), &mut parts)?;
        }
    }
    parts.extend(fields.string("refusal")?.map(Part::Refusal));
    if let Some(audio) = fields.take("audio") {
        let value = serde_json::json!({"type": "audio", "audio": audio});
        parts.push(Part::Opaque { dialect: Dialect::OpenAiChat, value });
    }
    for (index, call) in fields.array("tool_calls")?.unwrap_or_default().into_iter().enumerate() {
        let call = Fields::of(call, format!("{}[{index}]", fields.path("tool_calls")))?;
        parts.push(tool_call(call)?);
    }
    let mut function_id_given = None;
    if let Some(mut call) = fields.object("function_call")? {
        let id = function_id(at);
        let (name, arguments) = function(&mut call)?;
        parts.push(Part::ToolCall(ToolCall { id: id.clone(), name, arguments }));
        function_id_given = Some(id);
    }
    parts.extend(cache.map(Part::CachePoint));
    Ok((parts, function_id_given))
}

/// The id of a call that the legacy form gives none.
pub(super) fn function_id(at: usize) -> String {
    format!("call_function_{at}")
}

/// LiteLLM's `thinking_blocks` carry the signatures; `reasoning_content` is the same text without.
fn reasoning(fields: &mut Fields, parts: &mut Vec<Part>) -> Result<(), Fault> {
    let blocks = fields.array("thinking_blocks")?.unwrap_or_default();
    let mut text = fields.string("reasoning_content")?;
    if let (None, Some(Value::String(reasoning))) = (&text, fields.take("reasoning")) {
        text = Some(reasoning);
    }
    for (at, block) in blocks.into_iter().enumerate() {
        let path = format!("{}[{at}]", fields.path("thinking_blocks"));
        let mut block = Fields::of(block, path)?;
        let kind = block.require_string("type")?;
        if !matches!(kind.as_str(), "thinking" | "redacted_thinking") {
            let known = ["thinking", "redacted_thinking"];
            return Err(field::wrong_value(&block.path("type"), &kind, &known));
        }
        parts.push(content::thinking(&kind, &mut block)?);
    }
    if parts.is_empty()
        && let Some(text) = text.filter(|text| !text.is_empty())
    {
        parts.push(Part::Reasoning(Reasoning { text, ..Reasoning::default() }));
    }
    Ok(())
}

fn tool_call(mut call: Fields) -> Result<Part, Fault> {
    // Some clients leave the type out: there was only one for long.
    match call.string("type")?.as_deref() {
        None | Some("function") => {
            let id = call.require_string("id")?;
            let path = call.path("function");
            let mut inner = Fields::of(call.require("function")?, path)?;
            let (name, arguments) = function(&mut inner)?;
            Ok(Part::ToolCall(ToolCall { id, name, arguments }))
        }
        Some(kind) => {
            let kind = Value::String(kind.to_owned());
            call.restore("type", kind);
            Ok(Part::Opaque { dialect: Dialect::OpenAiChat, value: Value::Object(call.rest()) })
        }
    }
}

fn function(fields: &mut Fields) -> Result<(String, String), Fault> {
    let name = fields.require_string("name")?;
    Ok((name, fields.string("arguments")?.unwrap_or_default()))
}
