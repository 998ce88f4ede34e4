//! Anthropic's own stream in Bedrock's envelope: each event as it came, so that what the canonical form
//! has no word for survives.

use super::{chunk, stream::Encoder};
use crate::{
    Fault, Stamp,
    canon::Usage,
    dialect::{Rename, anthropic_messages::observe::Observer},
    frame::sse::Framer,
};

/// Upstream SSE to `chunk` frames, watched.
#[derive(Debug)]
pub(crate) struct Wrap {
    observer: Observer,
    framer: Framer,
    encoder: Encoder,
    passed: Vec<u8>,
}

// === impl Wrap ===

impl Wrap {
    /// For one stream.
    pub(crate) fn new(stamp: Stamp) -> Self {
        let mut observer = Observer::default();
        observer.rename(Rename::to(&stamp.model));
        let encoder = Encoder::new(stamp);
        Self { observer, framer: Framer::default(), encoder, passed: Vec::new() }
    }

    /// Takes upstream bytes, cut anywhere.
    ///
    /// # Errors
    /// What the upstream did wrong; `out` says so.
    pub(crate) fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        self.passed.clear();
        let result = self.observer.push(bytes, &mut self.passed);
        // What was whole before the damage has been said.
        let result = self.wrap(out).and(result);
        let result = result.and_then(|()| self.observer.fault().cloned().map_or(Ok(()), Err));
        result.inspect_err(|fault| self.encoder.error(fault, out))
    }

    /// The upstream has ended.
    ///
    /// # Errors
    /// When it ended too early; `out` says so.
    pub(crate) fn end(&mut self, out: &mut Vec<u8>) -> Result<(), Fault> {
        self.passed.clear();
        let result = self.observer.end(&mut self.passed);
        let result = self.wrap(out).and(result);
        result.inspect_err(|fault| self.encoder.error(fault, out))
    }

    /// Writes what the observer has let pass: always whole frames.
    fn wrap(&mut self, out: &mut Vec<u8>) -> Result<(), Fault> {
        let Self { observer, framer, encoder, passed } = self;
        framer.push(passed, |frame| {
            match frame.event {
                // Bedrock keeps its connection alive by other means, and has exceptions for errors.
                Some("ping" | "error") => {}
                _ if frame.data.trim_ascii().is_empty() => {}
                Some("message_stop") => chunk::write(out, &encoder.stop_with(observer.usage())),
                _ => chunk::write(out, &frame.data),
            }
            Ok(())
        })
    }

    /// The driver gives up.
    pub(crate) fn fail(&mut self, fault: &Fault, out: &mut Vec<u8>) {
        self.encoder.error(fault, out);
    }

    pub(crate) fn usage(&self) -> Option<&Usage> {
        self.observer.usage()
    }

    pub(crate) fn text_bytes(&self) -> u64 {
        self.observer.text_bytes()
    }
}
