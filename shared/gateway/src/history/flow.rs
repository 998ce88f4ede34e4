//! A streamed answer whose turn is kept: read along, and named in its first event.

use std::sync::Arc;

use serde_json::Value;
use sluice_wire::{Dialect, Fault, Splice, Stamp, history::Record, splice};

use super::Session;
use crate::corridor::{Flow, Seen};

/// A stream that is read along.
pub(crate) struct Recorded {
    inner: Box<dyn Flow>,
    record: Record,
    stamp: Stamp,
    /// The session that the first event is yet to name, and what is held back for it.
    unnamed: Option<(Arc<Session>, Vec<u8>)>,
}

// === impl Recorded ===

impl Recorded {
    pub(crate) fn new(
        inner: Box<dyn Flow>,
        dialect: Dialect,
        stamp: Stamp,
        session: &Arc<Session>,
    ) -> Self {
        let names = dialect == Dialect::OpenAiChat;
        Self {
            inner,
            record: Record::new(dialect),
            stamp,
            unnamed: names.then(|| (Arc::clone(session), Vec::new())),
        }
    }

    /// Gives the caller what stands behind `from`, with the session's name in the first event.
    fn name(&mut self, from: usize, out: &mut Vec<u8>) {
        let Some((session, held)) = &mut self.unnamed else { return };
        held.extend(out.drain(from..));
        let Some((line, event)) = first_event(held) else { return };
        let id = Value::from(session.id.as_str()).to_string();
        let named = splice(event, &[Splice::Set("session_id", id)]);
        out.extend_from_slice(held.get(..line.start).unwrap_or_default());
        match named {
            Ok(named) => out.extend_from_slice(&named),
            Err(_) => out.extend_from_slice(event),
        }
        out.extend_from_slice(held.get(line.end..).unwrap_or_default());
        self.unnamed = None;
    }

    /// There is no first event any more: gives what was held back for it.
    fn release(&mut self, from: usize, out: &mut Vec<u8>) {
        self.name(from, out);
        if let Some((_, held)) = self.unnamed.take() {
            out.extend(held);
        }
    }
}

/// The first line of data that is an object, once it is there whole: where its object stands.
fn first_event(bytes: &[u8]) -> Option<(std::ops::Range<usize>, &[u8])> {
    let mut at = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let start = at;
        at += line.len();
        if !line.ends_with(b"\n") {
            return None;
        }
        let Some(data) = line.strip_prefix(b"data:") else { continue };
        let object = data.trim_ascii();
        if object.starts_with(b"{") {
            let space = data.len() - data.trim_ascii_start().len();
            let from = start + (line.len() - data.len()) + space;
            return Some((from..from + object.len(), object));
        }
    }
    None
}

// === impl Flow ===

impl Flow for Recorded {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        let from = out.len();
        let pushed = self.inner.push(bytes, out);
        self.record.push(out.get(from..).unwrap_or_default());
        match pushed {
            Ok(()) => self.name(from, out),
            Err(_) => self.release(from, out),
        }
        pushed
    }

    fn fail(&mut self, fault: &Fault, out: &mut Vec<u8>) {
        let from = out.len();
        self.inner.fail(fault, out);
        self.release(from, out);
    }

    fn breaks(&self) -> bool {
        self.inner.breaks()
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), Fault> {
        let from = out.len();
        let ended = self.inner.end(out);
        self.record.push(out.get(from..).unwrap_or_default());
        self.release(from, out);
        if ended.is_ok() {
            self.record.end();
        }
        ended
    }

    fn take_answer(&mut self) -> Option<Vec<u8>> {
        self.record.take_answer(&self.stamp)
    }

    fn seen(&self) -> Seen {
        self.inner.seen()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_event_is_found_behind_comments_and_once_it_is_whole() {
        let found = |text: &str| {
            let (range, event) = first_event(text.as_bytes())?;
            assert_eq!(&text.as_bytes()[range], event);
            Some(String::from_utf8(event.to_vec()).unwrap())
        };
        assert_eq!(found("data: {\"a\":1}\n\ndata: {\"b\":1}\n\n").as_deref(), Some("{\"a\":1}"));
        assert_eq!(found(": hello\r\n\r\nevent: x\ndata:{} \r\n").as_deref(), Some("{}"));
        for text in ["", "data: {\"a\"", "data: {\"a\":1}", ": x\n", "data: [DONE]\n\n"] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
