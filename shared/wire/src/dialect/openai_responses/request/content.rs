//! Content of messages and of results: a string, or a list of typed parts.

use serde_json::Value;

use super::super::annotation;
use crate::{
    Dialect, Fault,
    canon::{Data, Document, Image, Part},
    dialect::openai_chat::{
        field::{self, Fields},
        request::{content::cache_point, media},
    },
};

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
        other => Err(field::wrong_type(path, "one of a string or array of objects", &other)),
    }
}

fn part(item: Value, path: &str, out: &mut Vec<Part>) -> Result<(), Fault> {
    let mut fields = Fields::of(item, path)?;
    let cache = cache_point(&mut fields)?;
    let kind = fields.require_string("type")?;
    out.push(match kind.as_str() {
        "input_text" | "output_text" | "text" => {
            let citations = fields.array("annotations")?.unwrap_or_default();
            Part::Text {
                text: fields.require_string("text")?,
                citations: citations.into_iter().map(annotation::decode).collect(),
            }
        }
        "refusal" => Part::Refusal(fields.require_string("refusal")?),
        "input_image" => image(&mut fields)?,
        "input_file" => document(&mut fields)?,
        _ => {
            fields.restore("type", Value::String(kind));
            Part::Opaque { dialect: Dialect::OpenAiResponses, value: Value::Object(fields.rest()) }
        }
    });
    out.extend(cache.map(Part::CachePoint));
    Ok(())
}

fn image(fields: &mut Fields) -> Result<Part, Fault> {
    let path = fields.path("image_url");
    let data = match (fields.string("image_url")?, fields.string("file_id")?) {
        (Some(url), _) => media::address(url, None, &path)?,
        (None, Some(id)) => Data::File(id),
        (None, None) => return Err(field::missing(&path)),
    };
    Ok(Part::Image(Image { data, detail: fields.string("detail")? }))
}

fn document(fields: &mut Fields) -> Result<Part, Fault> {
    let name = fields.string("filename")?;
    let data = if let Some(content) = fields.string("file_data")? {
        media::file(content, None, name.as_deref(), &fields.path("file_data"))?
    } else if let Some(url) = fields.string("file_url")? {
        media::address(url, None, &fields.path("file_url"))?
    } else {
        Data::File(fields.require_string("file_id")?)
    };
    Ok(Part::Document(Document { data, name, context: None, citations: false }))
}
