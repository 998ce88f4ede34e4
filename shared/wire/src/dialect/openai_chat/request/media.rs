//! Addresses and data URLs.

use std::fmt::Write as _;

use super::super::field;
use crate::{
    Fault,
    canon::Data,
    dialect::data_url::{self, DataUrl, standard},
    ending::{ending_of, media_type_of_name},
};

/// An image's or a file's address: a data URL by value, the rest by reference.
pub(in crate::dialect) fn address(
    url: String,
    media_type: Option<&str>,
    path: &str,
) -> Result<Data, Fault> {
    if data_url::strip(&url).is_some() {
        return inline(&url, media_type).ok_or_else(|| {
            Fault::invalid(
                format!(
                    "Invalid '{path}'. Expected a data URL with a media type (e.g. \
                     'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), but got a value without one."
                ),
                path.to_owned(),
            )
        });
    }
    if url.starts_with("s3://") {
        return Ok(Data::S3 { uri: url, owner: None, media_type: media_type.map(str::to_owned) });
    }
    if url.is_empty() {
        return Err(field::missing(path));
    }
    Ok(Data::Url(url))
}

fn inline(url: &str, media_type: Option<&str>) -> Option<Data> {
    let found = DataUrl::parse(url)?;
    let media_type = media_type.map(str::to_owned).or(found.media_type)?;
    Some(Data::Base64 { media_type, base64: found.base64 })
}

/// A file's content: a data URL or bare base64.
pub(in crate::dialect) fn file(
    content: String,
    media_type: Option<&str>,
    name: Option<&str>,
    path: &str,
) -> Result<Data, Fault> {
    if data_url::strip(&content).is_some() {
        return address(content, media_type, path);
    }
    let base64 = standard(&content).filter(|base64| !base64.is_empty()).ok_or_else(|| {
        Fault::invalid(
            format!("Invalid '{path}'. Expected base64-encoded data or a base64 data URL."),
            path.to_owned(),
        )
    })?;
    let media_type = media_type
        .or_else(|| name.and_then(media_type_of_name))
        .or_else(|| type_of_head(&base64))
        // What OpenAI's file parts are unless they say otherwise.
        .unwrap_or("application/pdf")
        .to_owned();
    Ok(Data::Base64 { media_type, base64 })
}

/// The media type by the content's first bytes.
fn type_of_head(base64: &str) -> Option<&'static str> {
    const HEADS: [(&str, &str); 4] = [
        ("JVBERi", "application/pdf"),
        ("iVBORw0KGgo", "image/png"),
        ("/9j/", "image/jpeg"),
        ("R0lGOD", "image/gif"),
    ];
    HEADS.iter().find(|(head, _)| base64.starts_with(head)).map(|(_, media)| *media)
}

/// A file name for content that came without one: OpenAI wants one.
pub(in crate::dialect) fn name_for(media_type: &str) -> String {
    format!("document.{}", ending_of(media_type).unwrap_or("bin"))
}

/// The data URL of content.
pub(in crate::dialect) fn data_url(media_type: &str, base64: &str) -> String {
    let mut url = String::with_capacity(media_type.len() + base64.len() + 13);
    // Writing to a string does not fail.
    let _ = write!(url, "data:{media_type};base64,{base64}");
    url
}
