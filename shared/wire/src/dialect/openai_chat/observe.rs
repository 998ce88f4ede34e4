//! The verbatim path: bytes pass, usage is watched.

use serde::Deserialize;
use serde_json::Value;

use super::{error, scan, usage};
use crate::{
    Fault, FaultKind,
    canon::Usage,
    dialect::Rename,
    frame::sse::{Frame, Framer},
};

/// Watches a stream that is forwarded as it is.
#[derive(Debug, Default)]
pub struct Observer {
    framer: Framer,
    watch: Watch,
}

/// What has been seen.
#[derive(Debug, Default)]
struct Watch {
    hide_usage: bool,
    rename: Rename,
    finished: bool,
    done: bool,
    usage: Option<Usage>,
    fault: Option<Fault>,
    text_bytes: u64,
}

#[derive(Deserialize)]
struct Used {
    usage: Value,
}

// === impl Observer ===

impl Observer {
    pub(crate) fn new(hide_usage: bool) -> Self {
        Self { watch: Watch { hide_usage, ..Watch::default() }, ..Self::default() }
    }

    pub(crate) fn rename(&mut self, rename: Rename) {
        self.watch.rename = rename;
    }

    pub(crate) fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        let watch = &mut self.watch;
        self.framer.push(bytes, |frame| watch.frame(&frame, out))
    }

    pub(crate) fn end(&mut self, out: &mut Vec<u8>) -> Result<(), Fault> {
        let watch = &mut self.watch;
        let mut open = false;
        let last = self.framer.end(|frame| {
            open = true;
            watch.frame(&frame, out)
        });
        if watch.done || watch.finished || watch.fault.is_some() {
            return Ok(());
        }
        if open && last.is_ok() {
            // The error that the caller is told next must not join the frame left open.
            out.extend_from_slice(b"\n\n");
        }
        Err(truncated())
    }

    pub(crate) fn usage(&self) -> Option<&Usage> {
        self.watch.usage.as_ref()
    }

    pub(crate) fn fault(&self) -> Option<&Fault> {
        self.watch.fault.as_ref()
    }

    pub(crate) fn text_bytes(&self) -> u64 {
        self.watch.text_bytes
    }
}

// === impl Watch ===

impl Watch {
    fn frame(&mut self, frame: &Frame<'_>, out: &mut Vec<u8>) -> Result<(), Fault> {
        if self.fault.is_some() {
            // Some providers write `[DONE]` after an error: to a caller that would be a clean end.
            return Ok(());
        }
        if frame.data.is_empty() || self.done {
            out.extend_from_slice(frame.raw);
            return Ok(());
        }
        if frame.is_done() {
            self.done = true;
            out.extend_from_slice(frame.raw);
            return Ok(());
        }
        let Some(glance) = scan::scan(&frame.data) else { return Err(corrupt(&frame.data)) };
        if glance.usage {
            self.used(&frame.data);
        }
        if glance.error || frame.event == Some("error") {
            self.fault.get_or_insert_with(|| error::decode_event(&frame.data));
        }
        self.finished |= glance.finish;
        self.text_bytes = self.text_bytes.saturating_add(glance.text);
        if !(self.hide_usage && glance.usage && !glance.choices) {
            self.rename.write(frame.raw, out);
        }
        Ok(())
    }

    fn used(&mut self, data: &[u8]) {
        let used = serde_json::from_slice::<Used>(data).ok();
        if let Some(usage) = used.and_then(|used| usage::decode(used.usage)) {
            self.usage = Some(usage);
        }
    }
}

/// The stream ended before its end.
pub(super) fn truncated() -> Fault {
    Fault::new(FaultKind::Truncated, "The provider's stream ended before the answer was complete.")
}

/// A frame is not what the dialect says.
pub(super) fn corrupt(data: &[u8]) -> Fault {
    let head = data.get(..200).unwrap_or(data);
    Fault::new(FaultKind::Upstream, "The provider sent a stream event that is not valid.")
        .with_detail(format!("not a chunk: {}", String::from_utf8_lossy(head)))
}
