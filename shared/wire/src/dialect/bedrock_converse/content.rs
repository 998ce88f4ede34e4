//! Content blocks read to parts. Requests and answers share them.

use serde_json::{Map, Value};

use super::{
    found, media,
    reader::{At, take},
};
use crate::{
    Dialect, Fault,
    canon::{CachePoint, Part, Reasoning, ToolCall, ToolResult},
    dialect::Signer,
};

/// Blocks of a message.
pub(super) fn decode_list(value: Value, at: At<'_>) -> Result<Vec<Part>, Fault> {
    at.list(value)?
        .into_iter()
        .enumerate()
        .map(|(index, block)| decode(block, at.index(index)))
        .collect()
}

/// One block of a message, of the system prompt or of a tool result.
pub(super) fn decode(value: Value, at: At<'_>) -> Result<Part, Fault> {
    let (member, value) = at.union(value)?;
    let here = at.key(&member);
    Ok(match member.as_str() {
        "text" => Part::text(here.string(value)?),
        "image" => Part::Image(media::decode_image(value, here)?),
        "document" => Part::Document(media::decode_document(value, here)?),
        "searchResult" => Part::SearchResult(found::decode(value, here)?),
        // A `type` marks a tool that the provider runs by itself.
        "toolUse" | "toolResult" if value.get("type").is_some_and(Value::is_string) => {
            opaque(member, value)
        }
        "toolUse" => Part::ToolCall(tool_use(value, here)?),
        "toolResult" => Part::ToolResult(tool_result(value, here)?),
        "reasoningContent" => match reasoning(&value, here)? {
            Some(reasoning) => Part::Reasoning(reasoning),
            None => opaque(member, value),
        },
        "cachePoint" => Part::CachePoint(cache_point(value, here)?),
        "citationsContent" => cited(value, here)?,
        _ => opaque(member, value),
    })
}

fn opaque(member: String, value: Value) -> Part {
    let mut block = Map::new();
    block.insert(member, value);
    Part::Opaque { dialect: Dialect::BedrockConverse, value: Value::Object(block) }
}

fn tool_use(value: Value, at: At<'_>) -> Result<ToolCall, Fault> {
    let mut map = at.object(value)?;
    Ok(ToolCall {
        id: at.key("toolUseId").string(at.require(&mut map, "toolUseId")?)?,
        name: at.key("name").string(at.require(&mut map, "name")?)?,
        arguments: arguments(&at.require(&mut map, "input")?),
    })
}

/// A tool's input as JSON text. A string is what a model wrote that was no JSON: see
/// [`super::response::encode`].
fn arguments(input: &Value) -> String {
    match input {
        Value::String(raw) => raw.clone(),
        other => other.to_string(),
    }
}

fn tool_result(value: Value, at: At<'_>) -> Result<ToolResult, Fault> {
    let mut map = at.object(value)?;
    let call_id = at.key("toolUseId").string(at.require(&mut map, "toolUseId")?)?;
    let parts = decode_list(at.require(&mut map, "content")?, at.key("content"))?;
    let status = at.key("status");
    let is_error = match take(&mut map, "status") {
        None => false,
        Some(value) => match status.string(value)?.as_str() {
            "success" => false,
            "error" => true,
            _ => {
                return Err(status.fault("Member must satisfy enum value set: [success, error]"));
            }
        },
    };
    Ok(ToolResult { call_id, parts, is_error })
}

/// `None` for a member this version does not know.
fn reasoning(value: &Value, at: At<'_>) -> Result<Option<Reasoning>, Fault> {
    let (member, value) = at.union(value.clone())?;
    let at = at.key(&member);
    match member.as_str() {
        "reasoningText" => {
            let mut map = at.object(value)?;
            let text = at.key("text").string(at.require(&mut map, "text")?)?;
            let signature = match take(&mut map, "signature") {
                Some(signature) => {
                    Some(Signer::Anthropic.name(at.key("signature").string(signature)?))
                }
                None => None,
            };
            Ok(Some(Reasoning { text, signature, redacted: None }))
        }
        "redactedContent" => {
            Ok(Some(Reasoning { redacted: Some(at.base64(value)?), ..Reasoning::default() }))
        }
        _ => Ok(None),
    }
}

/// A cache point's duration; also of those among tools.
pub(super) fn cache_point(value: Value, at: At<'_>) -> Result<CachePoint, Fault> {
    let mut map = at.object(value)?;
    let kind = at.key("type").string(at.require(&mut map, "type")?)?;
    if kind != "default" {
        return Err(at.key("type").fault("Member must satisfy enum value set: [default]"));
    }
    let ttl = at.key("ttl");
    match take(&mut map, "ttl") {
        None => Ok(CachePoint::FiveMinutes),
        Some(value) => match ttl.string(value)?.as_str() {
            "5m" => Ok(CachePoint::FiveMinutes),
            "1h" => Ok(CachePoint::OneHour),
            _ => Err(ttl.fault("Member must satisfy enum value set: [5m, 1h]")),
        },
    }
}

/// Text with its citations, which keep Converse's shape.
fn cited(value: Value, at: At<'_>) -> Result<Part, Fault> {
    let mut map = at.object(value)?;
    let mut text = String::new();
    if let Some(content) = take(&mut map, "content") {
        let at = at.key("content");
        for (index, block) in at.list(content)?.into_iter().enumerate() {
            let at = at.index(index);
            let (member, value) = at.union(block)?;
            if member == "text" {
                text.push_str(&at.key("text").string(value)?);
            }
        }
    }
    let citations = match take(&mut map, "citations") {
        Some(citations) => at.key("citations").list(citations)?,
        None => Vec::new(),
    };
    Ok(Part::Text { text, citations })
}
