//! Requests, both ways.

use crate::{Fault, FaultKind, Target, canon::Request, dialect::Encoded};

pub(crate) fn decode(_body: &[u8]) -> Result<Request, Fault> {
    Err(Fault::new(FaultKind::Internal, "not yet"))
}

pub(crate) fn encode(_request: &Request, _target: Target<'_>) -> Result<Encoded, Fault> {
    Err(Fault::new(FaultKind::Internal, "not yet"))
}
