//! The few fields the gateway reads and changes on the verbatim path.

use crate::{Edits, Fault, FaultKind, Peek};

pub(crate) fn peek(_body: &[u8]) -> Result<Peek, Fault> {
    Err(Fault::new(FaultKind::Internal, "not yet"))
}

pub(crate) fn patch(_body: &[u8], _edits: &Edits<'_>) -> Result<Vec<u8>, Fault> {
    Err(Fault::new(FaultKind::Internal, "not yet"))
}
