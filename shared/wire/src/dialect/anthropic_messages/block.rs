//! Content blocks to canonical parts, in requests and in answers.

use serde_json::{Map, Value, value::RawValue};

use super::{
    found,
    read::{At, Object, list, object, string, value},
    source,
};
use crate::{
    Dialect, Fault,
    canon::{CachePoint, Part, Reasoning, ToolCall, ToolResult},
    dialect::Signer,
};

/// What blocks say beyond the canonical form, by its path (`messages.0.content.1.caller`).
pub(super) type Spare = Map<String, Value>;

/// How deep a block of a tool result's content stands: `messages.0.content.0.content.0`.
const INNER: usize = 6;

/// `content`: a string, or a list of blocks.
pub(super) fn content(raw: &RawValue, at: &At<'_>, spare: &mut Spare) -> Result<Vec<Part>, Fault> {
    if raw.get().starts_with('"') {
        return Ok(vec![Part::text(string(raw, at)?)]);
    }
    let mut parts = Vec::new();
    for (index, raw) in list(raw, at)?.into_iter().enumerate() {
        block(raw, &At::Item(at, index), &mut parts, spare)?;
    }
    Ok(parts)
}

/// One block; a cache marker on it becomes a part after it.
pub(super) fn block(
    raw: &RawValue,
    at: &At<'_>,
    parts: &mut Vec<Part>,
    spare: &mut Spare,
) -> Result<(), Fault> {
    let mut fields = object(raw, at)?;
    let kind = fields.need_string("type", at)?;
    // Calls and results stand in messages only: nesting without end would be without end to read.
    if matches!((at.depth(), &*kind), (INNER.., "tool_use" | "tool_result")) {
        let wrong = format!("Input tag '{kind}' is not allowed inside of a tool result");
        return Err(At::Field(at, "type").fault(wrong));
    }
    let cache = cache_control(&mut fields, at, spare)?;
    let part = match kind.as_str() {
        "text" => text(&mut fields, at)?,
        "image" => source::image(&mut fields, at)?,
        "document" => match source::document(&mut fields, at)? {
            Some(document) => document,
            None => return opaque(raw, at, parts),
        },
        "search_result" => match found::decode(&mut fields, at)? {
            Some(found) => found,
            None => return opaque(raw, at, parts),
        },
        "tool_use" => tool_use(&mut fields, at)?,
        "tool_result" => tool_result(&mut fields, at, spare)?,
        "thinking" => thinking(&mut fields, at)?,
        "redacted_thinking" => Part::Reasoning(Reasoning {
            redacted: Some(fields.need_string("data", at)?),
            ..Reasoning::default()
        }),
        // Server tools' calls and results, containers, compaction, and whatever
        // comes: only this dialect knows them, and the marker stays inside.
        _ => return opaque(raw, at, parts),
    };
    parts.push(part);
    parts.extend(cache.map(Part::CachePoint));
    keep_rest(fields, at, spare)
}

/// What is left of an object goes where only this dialect looks.
pub(super) fn keep_rest(fields: Object<'_>, at: &At<'_>, spare: &mut Spare) -> Result<(), Fault> {
    for (name, raw) in fields.rest() {
        let at = At::Field(at, &name);
        // The default that the API itself writes on every call.
        let value = value(raw, &at)?;
        let direct = || value.get("type").is_some_and(|kind| kind == "direct");
        if !(value.is_null() || (name == "caller" && direct())) {
            spare.insert(at.to_string(), value);
        }
    }
    Ok(())
}

/// `cache_control` of a block or of a tool.
pub(super) fn cache_control(
    fields: &mut Object<'_>,
    at: &At<'_>,
    spare: &mut Spare,
) -> Result<Option<CachePoint>, Fault> {
    let Some(raw) = fields.take("cache_control") else { return Ok(None) };
    let at = At::Field(at, "cache_control");
    let mut fields = object(raw, &at)?;
    if fields.need_string("type", &at)? != "ephemeral" {
        return Err(At::Field(&at, "type").fault("Input should be 'ephemeral'"));
    }
    let point = match fields.string("ttl", &at)?.as_deref() {
        None | Some("5m") => CachePoint::FiveMinutes,
        Some("1h") => CachePoint::OneHour,
        Some(_) => return Err(At::Field(&at, "ttl").fault("Input should be '5m' or '1h'")),
    };
    keep_rest(fields, &at, spare)?;
    Ok(Some(point))
}

fn opaque(raw: &RawValue, at: &At<'_>, parts: &mut Vec<Part>) -> Result<(), Fault> {
    parts.push(Part::Opaque { dialect: Dialect::AnthropicMessages, value: value(raw, at)? });
    Ok(())
}

fn text(fields: &mut Object<'_>, at: &At<'_>) -> Result<Part, Fault> {
    let text = fields.need_string("text", at)?;
    let mut citations = Vec::new();
    if let Some(raw) = fields.take("citations") {
        let at = At::Field(at, "citations");
        for (index, raw) in list(raw, &at)?.into_iter().enumerate() {
            citations.push(value(raw, &At::Item(&at, index))?);
        }
    }
    Ok(Part::Text { text, citations })
}

fn tool_use(fields: &mut Object<'_>, at: &At<'_>) -> Result<Part, Fault> {
    let id = fields.need_string("id", at)?;
    let name = fields.need_string("name", at)?;
    let input = fields.need("input", at)?;
    if !input.get().starts_with('{') {
        return Err(At::Field(at, "input").fault("Input should be an object"));
    }
    Ok(Part::ToolCall(ToolCall { id, name, arguments: input.get().to_owned() }))
}

fn tool_result(fields: &mut Object<'_>, at: &At<'_>, spare: &mut Spare) -> Result<Part, Fault> {
    let call_id = fields.need_string("tool_use_id", at)?;
    let is_error = fields.flag("is_error", at)?.unwrap_or(false);
    let parts = match fields.take("content") {
        Some(raw) => content(raw, &At::Field(at, "content"), spare)?,
        None => Vec::new(),
    };
    Ok(Part::ToolResult(ToolResult { call_id, parts, is_error }))
}

fn thinking(fields: &mut Object<'_>, at: &At<'_>) -> Result<Part, Fault> {
    let text = fields.need_string("thinking", at)?;
    // A gateway that had no signature wrote an empty one, because the type requires it.
    let signature = fields.string("signature", at)?.filter(|signature| !signature.is_empty());
    let signature = signature.map(|signature| Signer::Anthropic.name(signature));
    Ok(Part::Reasoning(Reasoning { text, signature, redacted: None }))
}
