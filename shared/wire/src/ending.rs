//! The endings of file names and the media types they stand for.

/// What models are sent as files. The first ending of a media type is the one that is written.
const ENDINGS: [(&str, &str); 14] = [
    ("pdf", "application/pdf"),
    ("txt", "text/plain"),
    ("md", "text/markdown"),
    ("csv", "text/csv"),
    ("html", "text/html"),
    ("htm", "text/html"),
    ("json", "application/json"),
    ("xml", "application/xml"),
    ("doc", "application/msword"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xls", "application/vnd.ms-excel"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
];

/// The media type that a file's name or path tells; `None` where its ending is not known.
#[must_use]
pub fn media_type_of_name(name: &str) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    ENDINGS.iter().find(|(known, _)| ending.eq_ignore_ascii_case(known)).map(|(_, media)| *media)
}

/// The media type of this name, if files of it have an ending that is known.
#[must_use]
pub fn known_media_type(name: &str) -> Option<&'static str> {
    ENDINGS.iter().map(|(_, media)| *media).find(|media| *media == name)
}

/// The ending of a file of this media type.
pub(crate) fn ending_of(media_type: &str) -> Option<&'static str> {
    ENDINGS.iter().find(|(_, media)| *media == media_type).map(|(ending, _)| *ending)
}
