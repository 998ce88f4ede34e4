//! What fetched bytes are: by their first bytes, then by what the server says, then by the
//! address's ending. The first counts for most: it cannot be mistaken, and a server that answers
//! with its sign-in page says `200` as well.

use sluice_wire::{canon::Media, known_media_type, media_type_of_name};

/// Beginnings of files.
const HEADS: [(&[u8], &str); 9] = [
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"%PDF-", "application/pdf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/msword"),
];

/// What a server says of bytes that it knows nothing about.
const UNTOLD: [&str; 3] = ["application/octet-stream", "binary/octet-stream", ""];

/// The media type of fetched content.
///
/// # Errors
/// What it is instead of what it should be.
pub(super) fn media_type(
    media: Media,
    bytes: &[u8],
    declared: &str,
    path: &str,
) -> Result<String, String> {
    let declared = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let found = match by_head(bytes) {
        // Old and new office formats share their heads: the rest tells which.
        Some("application/msword") => {
            office(&declared, path).unwrap_or("application/msword").into()
        }
        Some(head) => head.to_owned(),
        None if UNTOLD.contains(&declared.as_str()) => {
            media_type_of_name(path).map(str::to_owned).unwrap_or_default()
        }
        None if declared == "text/plain" => {
            media_type_of_name(path).unwrap_or("text/plain").to_owned()
        }
        None => declared.clone(),
    };
    let said = if declared.is_empty() { "of no declared type" } else { declared.as_str() };
    match media {
        Media::Image if !found.starts_with("image/") => {
            Err(format!("it is not an image (the server says it is {said})"))
        }
        // What a picture's bytes do not show is not one, whatever the server says.
        Media::Image if by_head(bytes).is_none() => {
            Err(format!("its bytes are not of an image (the server says they are {said})"))
        }
        Media::Document if found.is_empty() => {
            Err("neither its bytes, nor the server, nor its name tell what it is".to_owned())
        }
        // A page in the place of a PDF is a sign-in or an error.
        Media::Document if found != "application/pdf" && ending(path) == Some("pdf".into()) => {
            Err(format!("it is not a PDF (the server says it is {said})"))
        }
        _ => Ok(found),
    }
}

fn by_head(bytes: &[u8]) -> Option<&'static str> {
    if let Some((_, media)) = HEADS.iter().find(|(head, _)| bytes.starts_with(head)) {
        return Some(media);
    }
    let at = |from: usize, to: usize| bytes.get(from..to).unwrap_or_default();
    if at(0, 4) == b"RIFF" && at(8, 12) == b"WEBP" {
        return Some("image/webp");
    }
    match (at(4, 8), at(8, 12)) {
        (b"ftyp", b"avif" | b"avis") => Some("image/avif"),
        (b"ftyp", b"heic" | b"heix" | b"hevc") => Some("image/heic"),
        (b"ftyp", b"mif1" | b"msf1") => Some("image/heif"),
        _ => None,
    }
}

/// The office format that the server or the address names.
fn office(declared: &str, path: &str) -> Option<&'static str> {
    let known = |media: &&str| media.starts_with("application/vnd.ms-");
    known_media_type(declared).or_else(|| media_type_of_name(path)).filter(known)
}

fn ending(path: &str) -> Option<String> {
    let last = path.rsplit('/').next()?;
    Some(last.rsplit_once('.')?.1.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n....";

    #[test]
    fn goes_by_the_bytes_before_what_is_said_of_them() {
        for (bytes, declared, path, found) in [
            (PNG, "image/jpeg", "/a.gif", "image/png"),
            (b"\xff\xd8\xff\xe0".as_slice(), "", "/a", "image/jpeg"),
            (b"RIFF....WEBPVP8 ", "text/html", "/a", "image/webp"),
            (b"....ftypavif....", "", "/a", "image/avif"),
        ] {
            assert_eq!(media_type(Media::Image, bytes, declared, path).as_deref(), Ok(found));
        }
        for (bytes, declared, path, found) in [
            (b"%PDF-1.7".as_slice(), "text/plain", "/a", "application/pdf"),
            (b"a,b", "text/csv; charset=utf-8", "/x", "text/csv"),
            (b"a,b", "application/octet-stream", "/x/y.CSV", "text/csv"),
            (b"# a", "text/plain", "/x.md", "text/markdown"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "", "/x.xls", "application/vnd.ms-excel"),
            (PNG, "", "/a", "image/png"),
        ] {
            assert_eq!(media_type(Media::Document, bytes, declared, path).as_deref(), Ok(found));
        }
    }

    #[test]
    fn refuses_a_page_in_the_place_of_a_picture_or_a_pdf() {
        for (media, bytes, declared, path) in [
            (Media::Image, b"<html>".as_slice(), "text/html", "/a.png"),
            (Media::Image, b"<html>", "image/png", "/a.png"),
            (Media::Image, b"", "", "/a.png"),
            (Media::Image, b"%PDF-1.7", "application/pdf", "/a.pdf"),
            (Media::Document, b"<html>", "text/html", "/a.pdf"),
            (Media::Document, b"??", "application/octet-stream", "/a"),
        ] {
            assert!(media_type(media, bytes, declared, path).is_err(), "{declared} {path}");
        }
    }
}
