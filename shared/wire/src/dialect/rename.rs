//! The model's name in an answer that passes verbatim: the group that the caller asked for stands
//! where the provider wrote its own name. Every other byte stays.

use memchr::memmem;

const KEY: &[u8] = b"\"model\"";

/// Replaces the model's name in stream frames.
#[derive(Debug, Default, Clone)]
pub(crate) struct Rename {
    /// The name as a JSON string; empty where nothing is to be replaced.
    name: Vec<u8>,
}

// === impl Rename ===

impl Rename {
    /// Writes `model` in the place of the provider's name.
    pub(crate) fn to(model: &str) -> Self {
        let name = if model.is_empty() { None } else { serde_json::to_vec(model).ok() };
        Self { name: name.unwrap_or_default() }
    }

    /// Appends `raw` to `out`, renamed. Inside a JSON string the quotes around the key would be
    /// escaped, so that text which speaks of a `"model"` is never taken for it.
    pub(crate) fn write(&self, raw: &[u8], out: &mut Vec<u8>) {
        match self.find(raw) {
            Some((head, tail)) => {
                out.extend_from_slice(head);
                out.extend_from_slice(&self.name);
                out.extend_from_slice(tail);
            }
            None => out.extend_from_slice(raw),
        }
    }

    /// What stands before and after the first value of the key that is a string.
    fn find<'a>(&self, raw: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
        if self.name.is_empty() {
            return None;
        }
        memmem::find_iter(raw, KEY).find_map(|at| {
            let after = raw.get(at + KEY.len()..)?.trim_ascii_start().strip_prefix(b":")?;
            let value = after.trim_ascii_start();
            let text = value.strip_prefix(b"\"")?;
            let mut escaped = false;
            let end = text.iter().position(|byte| {
                let closes = *byte == b'"' && !escaped;
                escaped = *byte == b'\\' && !escaped;
                closes
            })?;
            let head = raw.get(..raw.len() - value.len())?;
            Some((head, text.get(end + 1..)?))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renamed(raw: &str) -> String {
        let mut out = Vec::new();
        Rename::to("my \"group\"").write(raw.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn replaces_the_name_and_no_other_byte() {
        assert_eq!(
            renamed("data: {\"id\":\"a\", \"model\" : \"gpt-4o\\\"x\" ,\"choices\":[]}\r\n\r\n"),
            "data: {\"id\":\"a\", \"model\" : \"my \\\"group\\\"\" ,\"choices\":[]}\r\n\r\n"
        );
    }

    #[test]
    fn leaves_text_and_values_that_only_speak_of_it() {
        for raw in [
            r#"data: {"object":"model","choices":[{"delta":{"content":"{\"model\": \"x\"}"}}]}"#,
            r#"data: {"model":null}"#,
            "data: [DONE]\n\n",
        ] {
            assert_eq!(renamed(raw), raw);
        }
    }

    #[test]
    fn without_a_name_nothing_changes() {
        let mut out = Vec::new();
        Rename::default().write(b"{\"model\":\"a\"}", &mut out);
        assert_eq!(out, b"{\"model\":\"a\"}");
    }
}
