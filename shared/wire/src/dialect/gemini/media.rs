//! Pictures, documents and sounds, both ways: `inlineData` (bytes) and `fileData` (an address).

use serde_json::{Map, Value, json};

use super::{
    base64::standard,
    reader::{At, take},
};
use crate::{
    Dialect, Fault,
    canon::{Data, Document, Image, Part},
};

/// Media types by the ending of a name, where an address is all there is.
const ENDINGS: [(&str, &str); 20] = [
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("webp", "image/webp"),
    ("gif", "image/gif"),
    ("heic", "image/heic"),
    ("heif", "image/heif"),
    ("pdf", "application/pdf"),
    ("txt", "text/plain"),
    ("md", "text/markdown"),
    ("csv", "text/csv"),
    ("html", "text/html"),
    ("mp3", "audio/mpeg"),
    ("wav", "audio/wav"),
    ("flac", "audio/flac"),
    ("ogg", "audio/ogg"),
    ("mp4", "video/mp4"),
    ("mov", "video/quicktime"),
    ("webm", "video/webm"),
    ("mpeg", "video/mpeg"),
];

/// Where files live that only Google can read.
const GOOGLE_FILES: [&str; 2] = ["gs://", "https://generativelanguage.googleapis.com/"];

/// Reads an `inlineData`.
pub(super) fn decode_inline(value: Value, at: At<'_>) -> Result<Part, Fault> {
    let mut map = at.object(value)?;
    let media_type = at.key("mimeType").string(at.require(&mut map, "mimeType")?)?;
    let data = at.key("data");
    let text = data.string(take(&mut map, "data").ok_or_else(|| data.missing())?)?;
    let base64 = standard(&text).ok_or_else(|| data.fault("it must be base64, and not empty."))?;
    let name = name(&mut map, at)?;
    if is_played(&media_type) {
        let value = json!({"inlineData": {"mimeType": media_type, "data": base64}});
        return Ok(Part::Opaque { dialect: Dialect::Gemini, value });
    }
    Ok(part(&media_type.clone(), Data::Base64 { media_type, base64 }, name))
}

/// Reads a `fileData`.
pub(super) fn decode_file(value: Value, at: At<'_>) -> Result<Part, Fault> {
    let whole = at.object(value)?;
    let mut map = whole.clone();
    let uri = at.key("fileUri").string(at.require(&mut map, "fileUri")?)?;
    let media_type = match take(&mut map, "mimeType") {
        Some(media_type) => at.key("mimeType").string(media_type)?,
        None => by_ending(&uri).unwrap_or_default().to_owned(),
    };
    let name = name(&mut map, at)?;
    // Sounds, films and what does not say: only Google knows what to do with them.
    if media_type.is_empty() || is_played(&media_type) {
        return Ok(Part::Opaque { dialect: Dialect::Gemini, value: json!({"fileData": whole}) });
    }
    let data = if uri.starts_with("s3://") {
        Data::S3 { uri, owner: None, media_type: Some(media_type.clone()) }
    } else if GOOGLE_FILES.iter().any(|home| uri.starts_with(home)) || !uri.starts_with("http") {
        Data::File(uri)
    } else {
        Data::Url(uri)
    };
    Ok(part(&media_type, data, name))
}

fn name(map: &mut Map<String, Value>, at: At<'_>) -> Result<Option<String>, Fault> {
    take(map, "displayName").map(|name| at.key("displayName").string(name)).transpose()
}

fn part(media_type: &str, data: Data, name: Option<String>) -> Part {
    if media_type.starts_with("image/") {
        Part::Image(Image { data, detail: None })
    } else {
        Part::Document(Document { data, name, context: None, citations: false })
    }
}

fn is_played(media_type: &str) -> bool {
    media_type.starts_with("audio/") || media_type.starts_with("video/")
}

/// Content as a part, or `None` where Google cannot be given it.
pub(super) fn encode(data: &Data) -> Option<Value> {
    match data {
        Data::Base64 { media_type, base64 } => Some(inline(media_type, base64)),
        Data::Url(url) => match data_url(url) {
            Some((media_type, base64)) => Some(inline(media_type, base64)),
            None => Some(file(url)),
        },
        Data::File(uri) if uri.contains("://") => Some(file(uri)),
        Data::Text(_) | Data::Chunks(_) => Some(json!({"text": data.inline()?})),
        Data::File(_) | Data::S3 { .. } => None,
    }
}

/// Whether content can be shown to a caller.
pub(in crate::dialect) fn shows(data: &Data) -> bool {
    encode(data).is_some()
}

/// Bytes as a part.
pub(super) fn inline(media_type: &str, base64: &str) -> Value {
    let media_type = if media_type == "image/jpg" { "image/jpeg" } else { media_type };
    json!({"inlineData": {"mimeType": media_type, "data": base64}})
}

fn file(uri: &str) -> Value {
    let mut file = Map::new();
    if let Some(media_type) = by_ending(uri) {
        file.insert("mimeType".into(), media_type.into());
    }
    file.insert("fileUri".into(), uri.into());
    json!({"fileData": file})
}

fn by_ending(uri: &str) -> Option<&'static str> {
    let path = uri.split(['?', '#']).next().unwrap_or(uri);
    let ending = path.rsplit_once('.')?.1.to_ascii_lowercase();
    ENDINGS.iter().find(|(known, _)| *known == ending).map(|(_, media_type)| *media_type)
}

/// `data:image/png;base64,....` in its two halves.
fn data_url(url: &str) -> Option<(&str, &str)> {
    let (head, base64) = url.strip_prefix("data:")?.split_once(',')?;
    let media_type = head.strip_suffix(";base64")?;
    Some((media_type.split(';').next().unwrap_or(media_type), base64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_pictures_documents_and_sounds_apart() {
        let at = At::root("part");
        let read = |media_type: &str| {
            decode_inline(json!({"mime_type": media_type, "data": "-_8"}), at).unwrap()
        };
        let Part::Image(Image { data: Data::Base64 { base64, .. }, .. }) = read("image/png") else {
            panic!()
        };
        assert_eq!(base64, "+/8=");
        assert!(matches!(read("application/pdf"), Part::Document(_)));
        assert!(matches!(read("audio/wav"), Part::Opaque { .. }));
    }

    #[test]
    fn tells_addresses_that_only_google_reads() {
        let at = At::root("part");
        let read = |uri: &str| decode_file(json!({"fileUri": uri}), at).unwrap();
        let image = |data| Part::Image(Image { data, detail: None });
        assert_eq!(read("https://h/a.png?x=1"), image(Data::Url("https://h/a.png?x=1".into())));
        assert_eq!(read("gs://b/a.png"), image(Data::File("gs://b/a.png".into())));
        assert!(matches!(read("https://www.youtube.com/watch?v=1"), Part::Opaque { .. }));
        assert_eq!(
            encode(&Data::Url("https://h/a.jpg".into())).unwrap(),
            json!({"fileData": {"mimeType": "image/jpeg", "fileUri": "https://h/a.jpg"}})
        );
        assert_eq!(encode(&Data::File("file-abc".into())), None);
    }
}
