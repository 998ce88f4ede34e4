//! What becomes of a streamed answer's bytes on their way to the caller.

use sluice_wire::{Fault, Pump};

use super::Seen;

/// A stream in passing: forwarded and watched, or translated. It does no I/O.
pub(crate) trait Flow: Send {
    /// Takes bytes as they arrive, cut anywhere; appends what the caller gets for them. After an
    /// error nothing is pushed any more, and `out` ends with it in the caller's dialect.
    fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Fault>;

    /// The connection broke: appends the error in the caller's dialect, where it has a way to say so.
    fn fail(&mut self, fault: &Fault, out: &mut Vec<u8>);

    /// [`Self::fail`] cannot say it: the caller's connection is broken instead, for a clean end would
    /// pass for the whole answer.
    fn breaks(&self) -> bool {
        false
    }

    /// The provider has closed the stream: appends what was held back. An error where that was no
    /// end.
    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), Fault>;

    /// The whole answer, once it is complete and where it may be kept. Told once.
    fn take_answer(&mut self) -> Option<Vec<u8>> {
        None
    }

    /// What has been seen of the answer.
    fn seen(&self) -> Seen;
}

/// Bytes that pass unread.
#[derive(Debug, Default)]
pub(crate) struct Forward {
    bytes: u64,
}

// === impl Forward ===

impl Flow for Forward {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        out.extend_from_slice(bytes);
        Ok(())
    }

    fn fail(&mut self, _: &Fault, _: &mut Vec<u8>) {}

    fn breaks(&self) -> bool {
        true
    }

    fn end(&mut self, _: &mut Vec<u8>) -> Result<(), Fault> {
        Ok(())
    }

    fn seen(&self) -> Seen {
        Seen { text_bytes: self.bytes, ..Seen::default() }
    }
}

// === impl Pump ===

impl Flow for Pump {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        Self::push(self, bytes, out)
    }

    fn fail(&mut self, fault: &Fault, out: &mut Vec<u8>) {
        Self::fail(self, fault, out);
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), Fault> {
        Self::end(self, out)
    }

    fn take_answer(&mut self) -> Option<Vec<u8>> {
        Self::take_answer(self)
    }

    fn seen(&self) -> Seen {
        Seen {
            usage: self.usage().cloned(),
            text_bytes: self.text_bytes(),
            untold: self.untold(),
            ..Seen::default()
        }
    }
}
