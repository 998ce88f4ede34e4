//! The verbatim path: bytes pass, usage is watched.

use crate::{Fault, canon::Usage};

/// Watches a stream that is forwarded as it is.
#[derive(Debug, Default)]
pub struct Observer {}

impl Observer {
    pub(crate) fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        out.extend_from_slice(bytes);
        Ok(())
    }

    pub(crate) fn end(&mut self, _out: &mut Vec<u8>) -> Result<(), Fault> {
        Ok(())
    }

    pub(crate) fn usage(&self) -> Option<&Usage> {
        None
    }

    pub(crate) fn fault(&self) -> Option<&Fault> {
        None
    }

    pub(crate) fn text_bytes(&self) -> u64 {
        0
    }
}
