//! Images and documents, both ways: `{format, source}` against a media type.

use serde_json::{Map, Value, json};

use super::reader::{At, take};
use crate::{
    Fault,
    canon::{Data, Document, Image},
    dialect::data_url::DataUrl,
};

/// `ImageFormat` and its media type.
const IMAGES: [(&str, &str); 4] =
    [("png", "image/png"), ("jpeg", "image/jpeg"), ("gif", "image/gif"), ("webp", "image/webp")];

/// `DocumentFormat` and its media type.
const DOCUMENTS: [(&str, &str); 9] = [
    ("pdf", "application/pdf"),
    ("csv", "text/csv"),
    ("doc", "application/msword"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xls", "application/vnd.ms-excel"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("html", "text/html"),
    ("txt", "text/plain"),
    ("md", "text/markdown"),
];

type Formats = [(&'static str, &'static str)];

pub(super) fn decode_image(value: Value, at: At<'_>) -> Result<Image, Fault> {
    let mut map = at.object(value)?;
    let format = at.key("format").string(at.require(&mut map, "format")?)?;
    let media_type = media_type(&IMAGES, &format, at.key("format"))?;
    let source = at.key("source");
    let (member, value) = source.union(at.require(&mut map, "source")?)?;
    let data = located(&member, value, Some(media_type), source)?
        .ok_or_else(|| source.fault("Member must have one of the members bytes, s3Location set"))?;
    Ok(Image { data, detail: None })
}

/// A document.
pub(super) fn decode_document(value: Value, at: At<'_>) -> Result<Document, Fault> {
    let mut map = at.object(value)?;
    let format = match take(&mut map, "format") {
        Some(format) => Some(at.key("format").string(format)?),
        None => None,
    };
    let media_type = match &format {
        Some(format) => Some(media_type(&DOCUMENTS, format, at.key("format"))?),
        None => None,
    };
    let name = at.key("name").string(at.require(&mut map, "name")?)?;
    let context = match take(&mut map, "context") {
        Some(context) => Some(at.key("context").string(context)?),
        None => None,
    };
    let citations = cites(take(&mut map, "citations"), at)?;
    let source = at.key("source");
    let (member, value) = source.union(at.require(&mut map, "source")?)?;
    let data = match member.as_str() {
        "text" => Data::Text(source.key("text").string(value)?),
        "content" => Data::Chunks(chunks(value, source.key("content"))?),
        _ => located(&member, value, media_type, source)?.ok_or_else(|| {
            source.fault("Member must have one of the members bytes, s3Location, text, content set")
        })?,
    };
    Ok(Document { data, name: Some(name), context, citations })
}

/// Chunks of content, which are texts (`DocumentContentBlock`).
fn chunks(value: Value, at: At<'_>) -> Result<Vec<String>, Fault> {
    let mut chunks = Vec::new();
    for (index, block) in at.list(value)?.into_iter().enumerate() {
        let at = at.index(index);
        let (member, value) = at.union(block)?;
        if member != "text" {
            return Err(at.fault("Member must have one of the members text set"));
        }
        chunks.push(at.key("text").string(value)?);
    }
    Ok(chunks)
}

/// Whether a block with this `CitationsConfig` is to be cited.
pub(super) fn cites(config: Option<Value>, block: At<'_>) -> Result<bool, Fault> {
    let Some(config) = config else { return Ok(false) };
    let at = block.key("citations");
    let enabled = at.require(&mut at.object(config)?, "enabled")?;
    at.key("enabled").boolean(&enabled)
}

fn media_type(formats: &Formats, format: &str, at: At<'_>) -> Result<&'static str, Fault> {
    formats.iter().find(|(name, _)| *name == format).map(|(_, media)| *media).ok_or_else(|| {
        let names: Vec<_> = formats.iter().map(|(name, _)| *name).collect();
        at.fault(format!("Member must satisfy enum value set: [{}]", names.join(", ")))
    })
}

/// `bytes` or `s3Location`; `None` for another member.
fn located(
    member: &str,
    value: Value,
    media_type: Option<&'static str>,
    at: At<'_>,
) -> Result<Option<Data>, Fault> {
    match member {
        "bytes" => Ok(Some(Data::Base64 {
            media_type: media_type.unwrap_or("application/octet-stream").to_owned(),
            base64: at.key("bytes").base64(value)?,
        })),
        "s3Location" => {
            let at = at.key("s3Location");
            let mut map = at.object(value)?;
            let uri = at.key("uri").string(at.require(&mut map, "uri")?)?;
            let owner = match take(&mut map, "bucketOwner") {
                Some(owner) => Some(at.key("bucketOwner").string(owner)?),
                None => None,
            };
            Ok(Some(Data::S3 { uri, owner, media_type: media_type.map(str::to_owned) }))
        }
        _ => Ok(None),
    }
}

/// Whether a picture can be shown to a caller.
pub(in crate::dialect) fn shows(image: &Image) -> bool {
    encode_image(image, "output").is_ok()
}

/// Whether a document can be shown to a caller.
pub(in crate::dialect) fn shows_document(document: &Document) -> bool {
    encode_document(document, "document", "output").is_ok()
}

/// An image block's content. `param` names the image for the fault.
pub(super) fn encode_image(image: &Image, param: &str) -> Result<Value, Fault> {
    let (format, source) = source(&image.data, &IMAGES, "image", param)?;
    let format = format.ok_or_else(|| unknown_format("image", &IMAGES, param))?;
    Ok(json!({"format": format, "source": source}))
}

/// A document block's content, under a name that is already valid and unique.
pub(super) fn encode_document(
    document: &Document,
    name: &str,
    param: &str,
) -> Result<Value, Fault> {
    let (format, source) = match &document.data {
        Data::Text(text) => (Some("txt"), json!({"text": text})),
        Data::Chunks(chunks) => {
            let chunks: Vec<Value> = chunks.iter().map(|text| json!({"text": text})).collect();
            (None, json!({"content": chunks}))
        }
        data => source(data, &DOCUMENTS, "document", param)?,
    };
    let mut out = Map::new();
    if let Some(format) = format {
        out.insert("format".to_owned(), format.into());
    }
    out.insert("name".to_owned(), name.into());
    out.insert("source".to_owned(), source);
    if let Some(context) = &document.context {
        out.insert("context".to_owned(), context.as_str().into());
    }
    if document.citations {
        out.insert("citations".to_owned(), json!({"enabled": true}));
    }
    Ok(Value::Object(out))
}

fn source(
    data: &Data,
    formats: &'static Formats,
    what: &'static str,
    param: &str,
) -> Result<(Option<&'static str>, Value), Fault> {
    let bytes = |media_type: &str, base64: &str| match by_media_type(formats, media_type) {
        // A document whose format its owner did not say is let through: the service may know.
        None if media_type != "application/octet-stream" => {
            Err(unknown_format(what, formats, param))
        }
        format => Ok((format, json!({"bytes": base64}))),
    };
    match data {
        Data::Base64 { media_type, base64 } => bytes(media_type, base64),
        Data::Url(url) => match DataUrl::parse(url).map(DataUrl::into_parts) {
            Some((media_type, base64)) => bytes(&media_type, &base64),
            None => Err(Fault::invalid(
                format!(
                    "The {what} at {param} is given by URL. Bedrock takes bytes or an s3:// location: send the {what} as base64."
                ),
                param.to_owned(),
            )),
        },
        Data::S3 { uri, owner, media_type } => {
            let format = match media_type {
                Some(media_type) => by_media_type(formats, media_type),
                None => by_extension(formats, uri),
            };
            let mut location = Map::new();
            location.insert("uri".to_owned(), uri.as_str().into());
            if let Some(owner) = owner {
                location.insert("bucketOwner".to_owned(), owner.as_str().into());
            }
            Ok((format, json!({"s3Location": location})))
        }
        Data::File(_) | Data::Text(_) | Data::Chunks(_) => Err(Fault::invalid(
            format!(
                "The {what} at {param} cannot be carried to Bedrock: it takes bytes or an s3:// location."
            ),
            param.to_owned(),
        )),
    }
}

fn by_media_type(formats: &'static Formats, media_type: &str) -> Option<&'static str> {
    let bare = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let bare = if bare == "image/jpg" { "image/jpeg" } else { bare.as_str() };
    formats.iter().find(|(_, media)| *media == bare).map(|(format, _)| *format)
}

fn by_extension(formats: &'static Formats, uri: &str) -> Option<&'static str> {
    let extension = uri.rsplit_once('.')?.1.to_ascii_lowercase();
    let extension = if extension == "jpg" { "jpeg" } else { extension.as_str() };
    formats.iter().find(|(format, _)| *format == extension).map(|(format, _)| *format)
}

fn unknown_format(what: &str, formats: &Formats, param: &str) -> Fault {
    let names: Vec<_> = formats.iter().map(|(name, _)| *name).collect();
    Fault::invalid(
        format!(
            "The {what} at {param} has a format that Bedrock does not take. It takes: {}.",
            names.join(", ")
        ),
        param.to_owned(),
    )
}
