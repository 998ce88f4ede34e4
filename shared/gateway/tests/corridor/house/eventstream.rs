//! AWS's event stream, read by hand: <https://smithy.io/2.0/aws/amazon-eventstream.html>.

use serde_json::Value;

/// One message: its headers of text, and its payload.
#[derive(Debug)]
pub(crate) struct Message {
    headers: Vec<(String, String)>,
    pub(crate) payload: Value,
}

// === impl Message ===

impl Message {
    /// All messages of a body. What is left over fails the test.
    pub(crate) fn all(mut bytes: &[u8]) -> Vec<Self> {
        let mut messages = Vec::new();
        while !bytes.is_empty() {
            let length = usize::try_from(number(bytes)).unwrap();
            let (message, rest) = bytes.split_at_checked(length).unwrap();
            messages.push(Self::one(message));
            bytes = rest;
        }
        messages
    }

    /// A header's text; empty where it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    fn one(message: &[u8]) -> Self {
        let headers_length = usize::try_from(number(message.get(4..).unwrap())).unwrap();
        let mut rest = message.get(12..12 + headers_length).unwrap();
        let payload = message.get(12 + headers_length..message.len() - 4).unwrap();
        let mut headers = Vec::new();
        while let Some((length, after)) = rest.split_first() {
            let (name, after) = after.split_at(usize::from(*length));
            let (kind, after) = after.split_first().unwrap();
            assert_eq!(*kind, 7, "a header that is no text");
            let (length, after) = after.split_first_chunk::<2>().unwrap();
            let (value, after) = after.split_at(usize::from(u16::from_be_bytes(*length)));
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            headers.push((text(name), text(value)));
            rest = after;
        }
        Self { headers, payload: serde_json::from_slice(payload).unwrap() }
    }
}

fn number(bytes: &[u8]) -> u32 {
    u32::from_be_bytes(*bytes.first_chunk().unwrap())
}
