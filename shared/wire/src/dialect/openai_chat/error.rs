//! Errors, both ways.

use bytes::Bytes;

use crate::{Fault, FaultKind, dialect::ErrorReply};

pub(crate) fn decode(
    _provider: &str,
    _status: u16,
    _headers: &[(&str, &str)],
    _body: Bytes,
) -> Fault {
    Fault::new(FaultKind::Internal, "not yet")
}

pub(crate) fn encode(_fault: &Fault) -> ErrorReply {
    ErrorReply { status: 500, headers: Vec::new(), body: Vec::new() }
}
