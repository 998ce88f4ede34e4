//! A chunk read at a glance: one pass over its bytes, no tree, no allocation.
//!
//! Most chunks of a stream say nothing that the gateway needs to know. This tells which do, and
//! how much text went by. It follows strings and brackets only, so a key inside a string, or at
//! another depth, is not mistaken for the chunk's own.

/// What a chunk has in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Glance {
    /// A `usage` object.
    pub(super) usage: bool,
    /// At least one choice.
    pub(super) choices: bool,
    /// A `finish_reason` that is not null.
    pub(super) finish: bool,
    /// An error in place of a chunk.
    pub(super) error: bool,
    /// Bytes of generated text, arguments and reasoning included.
    pub(super) text: u64,
}

/// Reads a chunk; `None` where it is not one JSON object, going by its brackets and quotes.
pub(super) fn scan(data: &[u8]) -> Option<Glance> {
    let mut glance = Glance::default();
    let mut rest = data.trim_ascii_start();
    if rest.first() != Some(&b'{') {
        return None;
    }
    let mut depth = 0_usize;
    while let Some((byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return rest.trim_ascii_start().is_empty().then_some(glance);
                }
            }
            b'"' => {
                let (word, _, tail) = string(rest)?;
                rest = tail.trim_ascii_start();
                if let Some(value) = rest.strip_prefix(b":") {
                    rest = value.trim_ascii_start();
                    rest = glance.field(depth, word, rest)?;
                }
            }
            _ => {}
        }
    }
    None
}

/// A string whose opening quote has been read: its bytes as written, its length without the
/// escapes' overhead, and what follows its closing quote.
fn string(bytes: &[u8]) -> Option<(&[u8], usize, &[u8])> {
    let mut at = 0;
    let mut overhead = 0;
    loop {
        let rest = bytes.get(at..)?;
        let next = rest.iter().position(|b| matches!(b, b'"' | b'\\'))?;
        at += next;
        if bytes.get(at) == Some(&b'"') {
            let word = bytes.get(..at)?;
            return Some((word, at.saturating_sub(overhead), bytes.get(at + 1..)?));
        }
        overhead += if bytes.get(at + 1) == Some(&b'u') { 3 } else { 1 };
        at += 2;
    }
}

// === impl Glance ===

impl Glance {
    /// Takes note of a field whose value starts `value`; returns where to go on.
    fn field<'a>(&mut self, depth: usize, name: &[u8], value: &'a [u8]) -> Option<&'a [u8]> {
        let first = value.first().copied()?;
        match (depth, name) {
            (1, b"usage") => self.usage |= first == b'{',
            (1, b"error") => self.error |= first != b'n',
            (1, b"object") => self.error |= value.starts_with(b"\"error\""),
            (1, b"choices") => {
                let inside = value.strip_prefix(b"[").unwrap_or_default();
                self.choices |= inside.trim_ascii_start().first() == Some(&b'{');
            }
            (3, b"finish_reason") => self.finish |= first == b'"',
            // A legacy completion's text stands where a chat has its delta.
            (3, b"text") if first == b'"' => {
                let (_, length, rest) = string(value.get(1..)?)?;
                self.text = self.text.saturating_add(length as u64);
                return Some(rest);
            }
            (4.., b"content" | b"reasoning_content" | b"reasoning" | b"arguments" | b"refusal")
                if first == b'"' =>
            {
                let (_, length, rest) = string(value.get(1..)?)?;
                self.text = self.text.saturating_add(length as u64);
                return Some(rest);
            }
            _ => {}
        }
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_what_a_chunk_has() {
        let text = br#"{"id":"x","choices":[{"index":0,"delta":{"content":"a\nb\u00e9\"c"},"finish_reason":null}],"usage":null}"#;
        assert_eq!(scan(text), Some(Glance { choices: true, text: 8, ..Glance::default() }));
        let finish = br#" {"choices" : [ {"delta":{},"finish_reason" : "stop"}]} "#;
        assert_eq!(scan(finish), Some(Glance { choices: true, finish: true, ..Glance::default() }));
        let usage = br#"{"choices":[],"usage":{"prompt_tokens":1}}"#;
        assert_eq!(scan(usage), Some(Glance { usage: true, ..Glance::default() }));
        let error = br#"{"error":{"message":"x"}}"#;
        assert_eq!(scan(error), Some(Glance { error: true, ..Glance::default() }));
        assert!(scan(br#"{"object":"error","message":"x"}"#).unwrap().error);
    }

    #[test]
    fn is_not_misled_by_text_or_depth() {
        let quoted =
            br#"{"choices":[{"delta":{"content":"\"usage\":{ \\"},"finish_reason":null}]}"#;
        assert_eq!(scan(quoted), Some(Glance { choices: true, text: 11, ..Glance::default() }));
        let nested = br#"{"x":{"usage":{},"error":1},"choices":[{"delta":{"finish_reason":"a"}}]}"#;
        assert_eq!(scan(nested), Some(Glance { choices: true, ..Glance::default() }));
    }

    #[test]
    fn refuses_what_is_not_one_object() {
        for data in ["", "[]", "{", "{\"a\":\"b", "{}x", "{}{}", "{]}", "<html>", "{\"a\":\"\\"] {
            assert_eq!(scan(data.as_bytes()), None, "{data}");
        }
    }
}
