//! Forms with files (RFC 7578): read where the parts stand, change one field, leave every other byte.

use std::ops::Range;

use crate::Fault;

/// A form: its parts, and where they stand in the body.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Form {
    /// In the order of the body.
    pub parts: Vec<Part>,
    boundary: String,
    /// Where the closing delimiter begins.
    end: usize,
}

/// One part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The field's name, `image[]` as it was written.
    pub name: String,
    /// The file's name, where it is a file.
    pub file: Option<String>,
    /// The part's own content type.
    pub content_type: Option<String>,
    /// Where its content stands in the body.
    pub content: Range<usize>,
    /// Where all of it stands, with the delimiter before it.
    pub whole: Range<usize>,
}

// === impl Form ===

impl Form {
    /// Reads a body whose content type is `content_type`.
    ///
    /// # Errors
    /// A fault of the caller when there is no boundary, or the body is not what it promises.
    pub fn read(content_type: &str, body: &[u8]) -> Result<Self, Fault> {
        let boundary = boundary(content_type)
            .ok_or_else(|| malformed("the content type names no boundary"))?;
        let delimiter = format!("--{boundary}");
        let find = |from: usize| {
            let at = memchr::memmem::find(body.get(from..)?, delimiter.as_bytes())?;
            from.checked_add(at)
        };
        let mut parts = Vec::new();
        let mut at = find(0).ok_or_else(|| malformed("the boundary is nowhere in the body"))?;
        loop {
            let after = at.saturating_add(delimiter.len());
            let rest = body.get(after..).unwrap_or_default();
            if rest.starts_with(b"--") {
                return Ok(Self { parts, boundary, end: at });
            }
            // A line break belongs to the delimiter that follows it.
            let head = after.saturating_add(line_break(rest));
            let next = find_delimiter(body, head, &delimiter)
                .ok_or_else(|| malformed("the last part has no end"))?;
            parts.push(part(body, at..next, head..next.saturating_sub(2).max(head))?);
            at = next;
        }
    }

    /// The content of the last field of this name that is not a file, as text.
    #[must_use]
    pub fn text<'a>(&self, body: &'a [u8], name: &str) -> Option<&'a str> {
        let part = self.parts.iter().rev().find(|part| part.name == name && part.file.is_none())?;
        std::str::from_utf8(body.get(part.content.clone())?).ok()
    }

    /// Files of this name, or of `name[]`.
    pub fn files<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Part> + 'a {
        self.parts.iter().filter(move |part| {
            part.file.is_some() && part.name.strip_suffix("[]").unwrap_or(&part.name) == name
        })
    }

    /// Reads a body of the same boundary: this form, changed.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn again(&self, body: &[u8]) -> Result<Self, Fault> {
        Self::read(&format!("multipart/form-data; boundary=\"{}\"", self.boundary), body)
    }

    /// The body without the fields, files aside, whose names are `unwanted`.
    #[must_use]
    pub fn without(&self, body: &[u8], unwanted: impl Fn(&str) -> bool) -> Vec<u8> {
        let mut out = Vec::with_capacity(body.len());
        let mut from = 0;
        for part in self.parts.iter().filter(|part| part.file.is_none() && unwanted(&part.name)) {
            out.extend_from_slice(body.get(from..part.whole.start).unwrap_or_default());
            from = part.whole.end;
        }
        out.extend_from_slice(body.get(from..).unwrap_or_default());
        out
    }

    /// The body with this value in every field of the name, or with the field added at its end.
    #[must_use]
    pub fn with(&self, body: &[u8], name: &str, value: &str) -> Vec<u8> {
        let mut out =
            Vec::with_capacity(body.len().saturating_add(value.len()).saturating_add(256));
        let mut from = 0;
        for part in self.parts.iter().filter(|part| part.name == name && part.file.is_none()) {
            out.extend_from_slice(body.get(from..part.content.start).unwrap_or_default());
            out.extend_from_slice(value.as_bytes());
            from = part.content.end;
        }
        if from == 0 {
            let boundary = &self.boundary;
            out.extend_from_slice(body.get(..self.end).unwrap_or_default());
            let field = format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
            out.extend_from_slice(field.as_bytes());
            from = self.end;
        }
        out.extend_from_slice(body.get(from..).unwrap_or_default());
        out
    }
}

/// A delimiter that begins a line and ends it, or the form. What begins with it and goes on is content.
fn find_delimiter(body: &[u8], from: usize, delimiter: &str) -> Option<usize> {
    let line = format!("\r\n{delimiter}");
    // A part without content: its head's empty line is the delimiter's.
    let mut from = from.saturating_sub(2);
    loop {
        let found = memchr::memmem::find(body.get(from..)?, line.as_bytes())?;
        let at = from.checked_add(found)?.checked_add(2)?;
        let rest = body.get(at.checked_add(delimiter.len())?..)?;
        let ends_line = rest.get(..line_break(rest)).is_some_and(|end| end.ends_with(b"\r\n"));
        if rest.starts_with(b"--") || ends_line {
            return Some(at);
        }
        from = at;
    }
}

fn line_break(rest: &[u8]) -> usize {
    let spaces = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    match rest.get(spaces..) {
        Some([b'\r', b'\n', ..]) => spaces.saturating_add(2),
        _ => spaces,
    }
}

fn part(body: &[u8], whole: Range<usize>, at: Range<usize>) -> Result<Part, Fault> {
    let bytes = body.get(at.clone()).unwrap_or_default();
    let head =
        memchr::memmem::find(bytes, b"\r\n\r\n").ok_or_else(|| malformed("a part has no head"))?;
    let lines = String::from_utf8_lossy(bytes.get(..head).unwrap_or_default());
    let header = |name: &str| {
        lines.split("\r\n").find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    let disposition = header("content-disposition").unwrap_or_default();
    let name = parameter(&disposition, "name").ok_or_else(|| malformed("a part has no name"))?;
    let start = at.start.saturating_add(head).saturating_add(4);
    Ok(Part {
        name,
        file: parameter(&disposition, "filename"),
        content_type: header("content-type"),
        content: start..at.end.max(start),
        whole,
    })
}

/// A parameter of a header, quoted or not.
fn parameter(header: &str, name: &str) -> Option<String> {
    let mut rest = header;
    loop {
        let (_, after) = rest.split_once(';')?;
        let after = after.trim_start();
        let (known, value) = after.split_once('=')?;
        let (value, next) = match value.strip_prefix('"') {
            Some(quoted) => {
                let end = quoted.find('"')?;
                (quoted.get(..end)?, quoted.get(end..)?)
            }
            None => (value.split(';').next()?.trim(), value),
        };
        if known.trim().eq_ignore_ascii_case(name) {
            return Some(value.to_owned());
        }
        rest = next;
    }
}

fn boundary(content_type: &str) -> Option<String> {
    let form = content_type.trim_start().to_ascii_lowercase().starts_with("multipart/form-data");
    parameter(content_type, "boundary").filter(|boundary| form && !boundary.is_empty())
}

fn malformed(detail: &'static str) -> Fault {
    Fault::invalid(format!("The request is not a multipart form: {detail}."), "request_body")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=\"x-y\"";
    const BODY: &[u8] =
        b"--x-y\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper\r\n\
        --x-y\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a;b.mp3\"\r\n\
        Content-Type: audio/mpeg\r\n\r\n\xff\xfb\x00--x-\r\n\r\n--x\r\n--x-yz\r\n--x-y\r\n\
        Content-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n--x-y--\r\n";

    #[test]
    fn finds_the_parts_and_changes_one_field_only() {
        let form = Form::read(TYPE, BODY).unwrap();
        assert_eq!(form.text(BODY, "model"), Some("whisper"));
        assert_eq!(form.text(BODY, "empty"), Some(""));
        assert_eq!(form.text(BODY, "file"), None);
        let files: Vec<&Part> = form.files("file").collect();
        assert_eq!(files.len(), 1);
        assert_eq!(files[0].file.as_deref(), Some("a;b.mp3"));
        assert_eq!(files[0].content_type.as_deref(), Some("audio/mpeg"));
        assert_eq!(&BODY[files[0].content.clone()], b"\xff\xfb\x00--x-\r\n\r\n--x\r\n--x-yz");

        let changed = form.with(BODY, "model", "other-model");
        let text = |bytes: &[u8]| bytes.escape_ascii().to_string();
        assert_eq!(text(&changed), text(BODY).replace("whisper", "other-model"));
        let again = Form::read(TYPE, &changed).unwrap();
        assert_eq!(again.text(&changed, "model"), Some("other-model"));
    }

    #[test]
    fn adds_a_field_that_is_missing() {
        let form = Form::read(TYPE, BODY).unwrap();
        let changed = form.with(BODY, "user", "me");
        let again = Form::read(TYPE, &changed).unwrap();
        assert_eq!(again.text(&changed, "user"), Some("me"));
        assert_eq!(again.parts.len(), form.parts.len() + 1);
        assert!(changed.starts_with(&BODY[..form.end]));
    }

    #[test]
    fn takes_fields_out_and_leaves_every_other_byte() {
        let form = Form::read(TYPE, BODY).unwrap();
        let rest = form.without(BODY, |name| name != "empty");
        let again = form.again(&rest).unwrap();
        // A file is no field.
        let names: Vec<&str> = again.parts.iter().map(|part| part.name.as_str()).collect();
        assert_eq!(names, ["file", "empty"]);
        assert_eq!(rest, BODY[form.parts[0].whole.end..]);
        assert_eq!(form.without(BODY, |_| false), BODY);
    }

    #[test]
    fn refuses_what_is_no_form() {
        for (kind, body) in [
            ("application/json", &b"{}"[..]),
            ("multipart/form-data", BODY),
            ("multipart/form-data; boundary=other", BODY),
            (TYPE, b"--x-y\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nno end"),
            (TYPE, b"--x-y\r\nno head--x-y--"),
            (TYPE, b"--x-y\r\nContent-Disposition: form-data\r\n\r\nno name\r\n--x-y--"),
            (TYPE, b""),
        ] {
            let fault = Form::read(kind, body).unwrap_err();
            assert_eq!(fault.param.as_deref(), Some("request_body"), "{kind} {body:?}");
        }
    }

    #[test]
    fn a_body_cut_anywhere_is_refused_or_read_and_never_more() {
        for end in 0..BODY.len() {
            if let Ok(form) = Form::read(TYPE, &BODY[..end]) {
                assert!(form.parts.iter().all(|part| part.content.end <= end));
            }
        }
    }
}
