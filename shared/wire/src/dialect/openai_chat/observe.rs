//! The verbatim path: bytes pass, usage is watched.

use serde::Deserialize;
use serde_json::Value;

use super::{error, scan, usage};
use crate::{
    Fault, Verbatim,
    canon::Usage,
    dialect::{Rename, watched},
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
    usage: Verbatim,
    #[serde(default)]
    service_tier: Option<Value>,
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
        watched::end(&mut self.framer, &mut self.watch, out, Watch::frame, |watch| {
            watch.done || watch.finished || watch.fault.is_some()
        })
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
        let Some(glance) = scan::scan(&frame.data) else {
            return Err(watched::corrupt(&frame.data));
        };
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
        let Ok(used) = serde_json::from_slice::<Used>(data) else { return };
        if let Some(usage) = usage::decode(used.usage) {
            self.usage = Some(usage.served(used.service_tier.as_ref()));
        }
    }
}
