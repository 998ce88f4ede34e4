//! A multipart form, read as strictly as OpenAI does.

use bytes::Bytes;

/// A part: name, file name, content.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) file: Option<String>,
    pub(crate) content: Bytes,
}

/// The parts of a body; `None` where it is no form.
pub(crate) fn read(content_type: &str, body: &Bytes) -> Option<Vec<Part>> {
    let rest = content_type.strip_prefix("multipart/form-data;")?;
    let boundary = rest.split("boundary=").nth(1)?.split(';').next()?.trim_matches('"');
    let delimiter = format!("--{boundary}");
    let mut parts = Vec::new();
    let mut at = find(body, delimiter.as_bytes(), 0)?;
    loop {
        let start = at + delimiter.len();
        if body.get(start..start + 2)? == b"--" {
            return Some(parts);
        }
        let next = find(body, format!("\r\n{delimiter}").as_bytes(), start)?;
        let head_end = find(body, b"\r\n\r\n", start)?;
        let head = String::from_utf8_lossy(body.get(start..head_end)?).into_owned();
        let value = |name: &str| {
            let after = head.split(&format!(" {name}=\"")).nth(1)?;
            Some(after.split('"').next()?.to_owned())
        };
        parts.push(Part {
            name: value("name")?,
            file: value("filename"),
            content: body.slice(head_end + 4..next.max(head_end + 4)),
        });
        at = next + 2;
    }
}

fn find(body: &[u8], needle: &[u8], from: usize) -> Option<usize> {
    let rest = body.get(from..)?;
    rest.windows(needle.len()).position(|window| window == needle).map(|at| at + from)
}
