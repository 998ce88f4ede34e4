//! The end of a stream whose frames pass as they are: what every observer of events does alike.

use crate::{
    Fault, FaultKind,
    frame::sse::{Frame, Framer},
};

/// The provider has ended: what is left of the last frame is looked at by `frame`. Unless `over` says
/// that the answer was complete, or that its error has passed, the stream was cut short, and a frame
/// left open is closed: the error that the caller is told next must not join it.
pub(super) fn end<W>(
    framer: &mut Framer,
    watch: &mut W,
    out: &mut Vec<u8>,
    frame: fn(&mut W, &Frame<'_>, &mut Vec<u8>) -> Result<(), Fault>,
    over: fn(&W) -> bool,
) -> Result<(), Fault> {
    let mut open = false;
    let last = framer.end(|last| {
        open = true;
        frame(watch, &last, out)
    });
    if over(watch) {
        return Ok(());
    }
    if open && last.is_ok() {
        out.extend_from_slice(b"\n\n");
    }
    Err(truncated())
}

/// The stream ended before its end.
pub(super) fn truncated() -> Fault {
    Fault::new(FaultKind::Truncated, "The provider's stream ended before the answer was complete.")
}

/// A chunk is not what the dialect says.
pub(super) fn corrupt(data: &[u8]) -> Fault {
    let head = data.get(..200).unwrap_or(data);
    Fault::new(FaultKind::Upstream, "The provider sent a stream event that is not valid.")
        .with_detail(format!("not a chunk: {}", String::from_utf8_lossy(head)))
}
