//! A stream of events in passing, and what it says that it used.

use sluice_wire::{Fault, Watch};

use super::usage::{self, Made};
use crate::corridor::{Flow, Seen};

/// A stream of events. `fallback` is settled where it tells no usage.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) watch: Watch,
    pub(super) made: Made,
    pub(super) fallback: Seen,
}

// === impl Watched ===

impl Flow for Watched {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        self.watch.push(bytes, out)
    }

    fn fail(&mut self, fault: &Fault, out: &mut Vec<u8>) {
        Watch::error(fault, out);
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), Fault> {
        self.watch.end(out)
    }

    fn seen(&self) -> Seen {
        let Some(told) = self.watch.usage() else { return self.fallback.clone() };
        let (usage, units) = usage::read(told, self.made);
        Seen { usage: Some(usage), units, estimated: false, ..self.fallback.clone() }
    }
}
