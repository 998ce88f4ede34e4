//! Content: a string, or a list of typed parts.

use serde_json::Value;

use super::{
    super::field::{self, Fields},
    media,
};
use crate::{
    Dialect, Fault,
    canon::{CachePoint, Document, Image, Part, Reasoning},
    dialect::Signer,
};

const STRING_OR_PARTS: &str = "one of a string or array of objects";

/// Reads content at `path` into parts.
pub(super) fn decode(content: Value, path: &str, out: &mut Vec<Part>) -> Result<(), Fault> {
    match content {
        Value::String(text) => {
            out.push(Part::text(text));
            Ok(())
        }
        Value::Array(items) => {
            for (at, item) in items.into_iter().enumerate() {
                part(item, &format!("{path}[{at}]"), out)?;
            }
            Ok(())
        }
        other => Err(field::wrong_type(path, STRING_OR_PARTS, &other)),
    }
}

fn part(item: Value, path: &str, out: &mut Vec<Part>) -> Result<(), Fault> {
    let mut fields = Fields::of(item, path)?;
    let cache = cache_point(&mut fields)?;
    let kind = fields.require_string("type")?;
    out.push(match kind.as_str() {
        "text" => Part::text(fields.require_string("text")?),
        "image_url" => image(&mut fields)?,
        "file" => document(&mut fields)?,
        "refusal" => Part::Refusal(fields.require_string("refusal")?),
        "thinking" | "redacted_thinking" => thinking(&kind, &mut fields)?,
        // Audio, video and whatever else only this dialect's providers know.
        _ => {
            fields.restore("type", Value::String(kind));
            Part::Opaque { dialect: Dialect::OpenAiChat, value: Value::Object(fields.rest()) }
        }
    });
    out.extend(cache.map(Part::CachePoint));
    Ok(())
}

/// `image_url`: an object with an address, or (LiteLLM) the address itself.
fn image(fields: &mut Fields) -> Result<Part, Fault> {
    let path = fields.path("image_url");
    let value = fields.require("image_url")?;
    if let Value::String(url) = value {
        return Ok(Part::Image(Image { data: media::address(url, None, &path)?, detail: None }));
    }
    let mut image = Fields::of(value, path)?;
    let url = image.require_string("url")?;
    let format = image.string("format")?;
    let data = media::address(url, format.as_deref(), &image.path("url"))?;
    Ok(Part::Image(Image { data, detail: image.string("detail")? }))
}

fn document(fields: &mut Fields) -> Result<Part, Fault> {
    use crate::canon::Data;

    let path = fields.path("file");
    let mut file = Fields::of(fields.require("file")?, path)?;
    let name = file.string("filename")?;
    let format = file.string("format")?;
    let data = if let Some(content) = file.string("file_data")? {
        let path = file.path("file_data");
        media::file(content, format.as_deref(), name.as_deref(), &path)?
    } else {
        let id = file.require_string("file_id")?;
        // LiteLLM lets an address stand where the id does.
        let is_address =
            ["http://", "https://", "s3://", "data:"].iter().any(|scheme| id.starts_with(scheme));
        if is_address {
            media::address(id, format.as_deref(), &file.path("file_id"))?
        } else {
            Data::File(id)
        }
    };
    Ok(Part::Document(Document { data, name, context: None, citations: false }))
}

/// A block of Anthropic's reasoning, as LiteLLM hands it to callers and takes it back.
pub(super) fn thinking(kind: &str, fields: &mut Fields) -> Result<Part, Fault> {
    Ok(Part::Reasoning(if kind == "redacted_thinking" {
        Reasoning { redacted: Some(fields.require_string("data")?), ..Reasoning::default() }
    } else {
        Reasoning {
            text: fields.string("thinking")?.unwrap_or_default(),
            signature: fields
                .string("signature")?
                .filter(|signature| !signature.is_empty())
                .map(|signature| Signer::Anthropic.name(signature)),
            redacted: None,
        }
    }))
}

/// LiteLLM's `cache_control`, in Anthropic's shape.
pub(in crate::dialect) fn cache_point(fields: &mut Fields) -> Result<Option<CachePoint>, Fault> {
    let Some(mut control) = fields.object("cache_control")? else { return Ok(None) };
    let kind = control.require_string("type")?;
    if kind != "ephemeral" {
        return Err(field::wrong_value(&control.path("type"), &kind, &["ephemeral"]));
    }
    match control.string("ttl")?.as_deref() {
        None | Some("5m") => Ok(Some(CachePoint::FiveMinutes)),
        Some("1h") => Ok(Some(CachePoint::OneHour)),
        Some(other) => Err(field::wrong_value(&control.path("ttl"), other, &["5m", "1h"])),
    }
}
