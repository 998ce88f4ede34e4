//! Streams, both ways.

use crate::{
    Fault, FaultKind, Stamp,
    canon::{Event, Usage},
};

/// Upstream bytes to canonical events.
#[derive(Debug, Default)]
pub struct Decoder {}

impl Decoder {
    pub(crate) fn push(&mut self, _bytes: &[u8], _out: &mut Vec<Event>) -> Result<(), Fault> {
        Err(Fault::new(FaultKind::Internal, "not yet"))
    }

    pub(crate) fn end(&mut self, _out: &mut Vec<Event>) -> Result<(), Fault> {
        Ok(())
    }

    pub(crate) fn usage(&self) -> Option<&Usage> {
        None
    }
}

/// Canonical events to the caller's bytes.
#[derive(Debug)]
pub struct Encoder {}

impl Encoder {
    pub(crate) fn new(_stamp: Stamp) -> Self {
        Self {}
    }

    pub(crate) fn event(&mut self, _event: &Event, _out: &mut Vec<u8>) {}

    pub(crate) fn error(&mut self, _fault: &Fault, _out: &mut Vec<u8>) {}
}
