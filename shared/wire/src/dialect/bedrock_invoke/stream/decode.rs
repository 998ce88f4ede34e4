//! Upstream bytes to canonical events.

use bytes::Bytes;

use crate::{
    Fault, FaultKind,
    canon::{Event, Usage},
    dialect::{anthropic_messages, bedrock_converse::error, bedrock_invoke::chunk},
    frame::{
        event_stream::{Frame, Framer, Kind},
        sse,
    },
};

/// Upstream bytes to canonical events.
#[derive(Debug, Default)]
pub struct Decoder {
    framer: Framer,
    inner: anthropic_messages::stream::Decoder,
}

// === impl Decoder ===

impl Decoder {
    pub(crate) fn push(&mut self, bytes: &[u8], out: &mut Vec<Event>) -> Result<(), Fault> {
        self.framer.push(bytes);
        while let Some(frame) = self.framer.next_frame()? {
            self.frame(&frame, out)?;
        }
        Ok(())
    }

    fn frame(&mut self, frame: &Frame, out: &mut Vec<Event>) -> Result<(), Fault> {
        match frame.kind() {
            Kind::Event(chunk::EVENT) => {
                let event = chunk::read(frame.payload()).ok_or_else(|| {
                    let message = "The provider sent a stream event that could not be read.";
                    Fault::new(FaultKind::Upstream, message).with_detail("a chunk without bytes")
                })?;
                let mut line = Vec::with_capacity(event.len() + 8);
                sse::write(&mut line, None, &event);
                self.inner.push(&line, out)
            }
            Kind::Exception(code) => Err(error::in_stream(code, frame.payload_bytes())),
            Kind::Error { code, message } => Err(error::stream_fault(code, message, Bytes::new())),
            Kind::Event(_) | Kind::Unknown => Ok(()),
        }
    }

    pub(crate) fn end(&mut self, out: &mut Vec<Event>) -> Result<(), Fault> {
        self.inner.end(out)
    }

    pub(crate) fn usage(&self) -> Option<&Usage> {
        self.inner.usage()
    }
}
