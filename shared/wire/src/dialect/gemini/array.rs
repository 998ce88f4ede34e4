//! A stream as one JSON array: what `streamGenerateContent` answers without `alt=sse`. Each event
//! becomes an element as it comes.

use crate::{
    Fault,
    frame::sse::{Frame, Framer},
};

/// Turns a caller's server-sent events into the elements of an array.
#[derive(Debug, Default)]
pub struct Array {
    framer: Framer,
    begun: bool,
}

// === impl Array ===

impl Array {
    /// Takes the stream's bytes, cut anywhere; appends the elements that they complete.
    ///
    /// # Errors
    /// An event that is too long.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        let begun = &mut self.begun;
        self.framer.push(bytes, |frame| {
            element(&frame, begun, out);
            Ok(())
        })
    }

    /// The stream has ended: closes the array.
    ///
    /// # Errors
    /// None today; the signature is the framer's.
    pub fn end(&mut self, out: &mut Vec<u8>) -> Result<(), Fault> {
        let begun = &mut self.begun;
        self.framer.end(|frame| {
            if serde_json::from_slice::<serde::de::IgnoredAny>(&frame.data).is_ok() {
                element(&frame, begun, out);
            }
            Ok(())
        })?;
        out.extend_from_slice(if self.begun { b"]" } else { b"[]" });
        Ok(())
    }
}

fn element(frame: &Frame<'_>, begun: &mut bool, out: &mut Vec<u8>) {
    if frame.data.is_empty() || frame.is_done() {
        return;
    }
    out.extend_from_slice(if *begun { b",\r\n" } else { b"[" });
    *begun = true;
    out.extend_from_slice(&frame.data);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_one_array_wherever_the_stream_is_cut() {
        let stream = b"data: {\"a\": 1}\r\n\r\n: ping\n\ndata: {\"b\": 2}\n\ndata: {\"error\": {}}";
        for cut in 0..=stream.len() {
            let (head, tail) = stream.split_at(cut);
            let (mut array, mut out) = (Array::default(), Vec::new());
            array.push(head, &mut out).unwrap();
            array.push(tail, &mut out).unwrap();
            array.end(&mut out).unwrap();
            assert_eq!(out, b"[{\"a\": 1},\r\n{\"b\": 2},\r\n{\"error\": {}}]", "cut at {cut}");
        }
        let mut out = Vec::new();
        Array::default().end(&mut out).unwrap();
        assert_eq!(out, b"[]");
    }
}
