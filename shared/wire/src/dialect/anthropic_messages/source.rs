//! Sources of pictures and documents, both ways.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Serialize;
use serde_json::value::RawValue;

use super::read::{At, Object, list, object, string};
use crate::{
    Fault,
    canon::{Data, Document, Image, Part},
};

/// A source as the API takes it.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Source<'a> {
    /// Bytes.
    Base64 { media_type: &'a str, data: &'a str },
    /// An address.
    Url { url: &'a str },
    /// A file of the Files API.
    File { file_id: &'a str },
    /// Plain text (documents).
    Text { media_type: &'static str, data: Cow<'a, str> },
    /// Plain text in chunks (documents).
    Content { content: Vec<Chunk<'a>> },
}

/// A chunk of a document.
#[derive(Debug, Serialize)]
pub(super) struct Chunk<'a> {
    r#type: &'static str,
    text: &'a str,
}

// === reading ===

/// An `image` block.
pub(super) fn image(fields: &mut Object<'_>, at: &At<'_>) -> Result<Part, Fault> {
    let raw = fields.need("source", at)?;
    let at = At::Field(at, "source");
    let mut source = object(raw, &at)?;
    let kind = source.need_string("type", &at)?;
    let data = binary(&kind, &mut source, &at)?
        .ok_or_else(|| At::Field(&at, "type").fault("Input should be 'base64', 'url' or 'file'"))?;
    Ok(Part::Image(Image { data, detail: None }))
}

/// A `document` block; `None` where its content is made of blocks that the canonical form has no
/// room for (pictures).
pub(super) fn document(fields: &mut Object<'_>, at: &At<'_>) -> Result<Option<Part>, Fault> {
    let raw = fields.need("source", at)?;
    let name = fields.string("title", at)?;
    let context = fields.string("context", at)?;
    let citations = cites(fields, at)?;
    let at = At::Field(at, "source");
    let mut source = object(raw, &at)?;
    let kind = source.need_string("type", &at)?;
    let data = match kind.as_str() {
        "text" => Data::Text(source.need_string("data", &at)?),
        "content" => {
            let content = source.need("content", &at)?;
            match chunks(content, &At::Field(&at, "content"), citations)? {
                Some(data) => data,
                None => return Ok(None),
            }
        }
        _ => binary(&kind, &mut source, &at)?.ok_or_else(|| {
            At::Field(&at, "type")
                .fault("Input should be 'base64', 'text', 'content', 'url' or 'file'")
        })?,
    };
    Ok(Some(Part::Document(Document { data, name, context, citations })))
}

/// Whether a block is to be cited.
pub(super) fn cites(fields: &mut Object<'_>, at: &At<'_>) -> Result<bool, Fault> {
    let Some(raw) = fields.take("citations") else { return Ok(false) };
    let at = At::Field(at, "citations");
    Ok(object(raw, &at)?.flag("enabled", &at)?.unwrap_or(false))
}

fn binary(kind: &str, source: &mut Object<'_>, at: &At<'_>) -> Result<Option<Data>, Fault> {
    Ok(Some(match kind {
        "base64" => Data::Base64 {
            media_type: source.need_string("media_type", at)?,
            base64: source.need_string("data", at)?,
        },
        "url" => Data::Url(source.need_string("url", at)?),
        "file" => Data::File(source.need_string("file_id", at)?),
        _ => return Ok(None),
    }))
}

/// The text of a document written as content; citations refer to its chunks, so that they must
/// stay chunks.
fn chunks(raw: &RawValue, at: &At<'_>, citations: bool) -> Result<Option<Data>, Fault> {
    if raw.get().starts_with('"') {
        return string(raw, at).map(|text| Some(Data::Text(text)));
    }
    let mut texts = Vec::new();
    for (index, raw) in list(raw, at)?.into_iter().enumerate() {
        let at = At::Item(at, index);
        let mut chunk = object(raw, &at)?;
        if chunk.need_string("type", &at)? != "text" {
            return Ok(None);
        }
        texts.push(chunk.need_string("text", &at)?);
        // What else is said of a chunk (a cache marker) has no place but its own dialect.
        if chunk.rest().next().is_some() {
            return Ok(None);
        }
    }
    let chunks = Data::Chunks(texts);
    Ok(Some(if citations {
        chunks
    } else {
        Data::Text(chunks.inline().unwrap_or_default().into())
    }))
}

// === writing ===

impl<'a> Source<'a> {
    /// For an `image` block; `None` for what the API cannot fetch or take.
    pub(super) fn of_image(data: &'a Data) -> Option<Self> {
        match data {
            Data::Base64 { media_type, base64 } => {
                Some(Self::Base64 { media_type: picture(media_type), data: base64 })
            }
            Data::Url(url) => Some(Self::Url { url }),
            Data::File(id) => Some(Self::File { file_id: id }),
            Data::Text(_) | Data::Chunks(_) | Data::S3 { .. } => None,
        }
    }

    /// For a `document` block: PDF by value or by reference, anything textual as plain text.
    pub(super) fn of_document(data: &'a Data) -> Option<Self> {
        match data {
            Data::Base64 { media_type, base64 } if media_type == "application/pdf" => {
                Some(Self::Base64 { media_type, data: base64 })
            }
            Data::Base64 { media_type, base64 } if textual(media_type) => {
                let text = String::from_utf8(STANDARD.decode(base64).ok()?).ok()?;
                Some(Self::Text { media_type: "text/plain", data: Cow::Owned(text) })
            }
            Data::Url(url) => Some(Self::Url { url }),
            Data::File(id) => Some(Self::File { file_id: id }),
            Data::Text(text) => {
                Some(Self::Text { media_type: "text/plain", data: Cow::Borrowed(text) })
            }
            Data::Chunks(chunks) => Some(Self::Content {
                content: chunks.iter().map(|text| Chunk { r#type: "text", text }).collect(),
            }),
            Data::Base64 { .. } | Data::S3 { .. } => None,
        }
    }
}

/// A document that is a picture is shown as one.
pub(super) fn is_picture(data: &Data) -> bool {
    matches!(data, Data::Base64 { media_type, .. } if media_type.starts_with("image/"))
}

/// `image/jpg` is what many callers write; the API knows `image/jpeg` only.
fn picture(media_type: &str) -> &str {
    if media_type == "image/jpg" { "image/jpeg" } else { media_type }
}

fn textual(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence.starts_with("text/")
        || essence.ends_with("+json")
        || essence.ends_with("+xml")
        || matches!(
            essence,
            "application/json" | "application/xml" | "application/yaml" | "application/x-yaml"
        )
}
