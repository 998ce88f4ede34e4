//! The verbatim path: bytes pass, usage is watched.

use super::{
    error,
    stream::{Frame, corrupt, truncated},
    usage::Meter,
};
use crate::{
    Fault,
    canon::Usage,
    dialect::Rename,
    frame::sse::{self, Framer},
};

/// Watches a stream that is forwarded as it is.
#[derive(Debug, Default)]
pub struct Observer {
    framer: Framer,
    watch: Watch,
    rename: Rename,
}

#[derive(Debug, Default)]
struct Watch {
    meter: Meter,
    fault: Option<Fault>,
    text_bytes: u64,
    done: bool,
}

// === impl Observer ===

impl Observer {
    pub(crate) fn rename(&mut self, rename: Rename) {
        self.rename = rename;
    }

    pub(crate) fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        let watch = &mut self.watch;
        let rename = &self.rename;
        self.framer.push(bytes, |frame| {
            if watch.fault.is_some() {
                // What follows an error is no part of an answer.
                return Ok(());
            }
            watch.frame(&frame)?;
            if frame.event == Some("message_start") {
                rename.write(frame.raw, out);
            } else {
                out.extend_from_slice(frame.raw);
            }
            Ok(())
        })
    }

    pub(crate) fn end(&mut self, out: &mut Vec<u8>) -> Result<(), Fault> {
        let watch = &mut self.watch;
        // A last frame without its blank line counts if it is whole; one that is cut is not
        // forwarded: what is written after it would run into it.
        let _cut = self.framer.end(|frame| {
            if watch.fault.is_some() {
                return Ok(());
            }
            watch.frame(&frame)?;
            // What is not worth reading may be cut all the same.
            if !frame.data.trim_ascii().is_empty() && !frame.is_done() {
                serde_json::from_slice::<serde::de::IgnoredAny>(&frame.data)
                    .map_err(|error| corrupt(error.to_string()))?;
            }
            out.extend_from_slice(frame.raw);
            if !watch.done {
                out.extend_from_slice(b"\n\n");
            }
            Ok(())
        });
        match &self.watch {
            Watch { fault: Some(fault), .. } => Err(fault.clone()),
            Watch { done: true, .. } => Ok(()),
            _ => Err(truncated()),
        }
    }

    pub(crate) fn usage(&self) -> Option<&Usage> {
        self.watch.meter.usage()
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
    fn frame(&mut self, frame: &sse::Frame<'_>) -> Result<(), Fault> {
        // Blocks' starts carry whole results of server tools, pings nothing: not worth reading.
        let idle =
            matches!(frame.event, Some("ping" | "content_block_start" | "content_block_stop"));
        if idle || self.done || frame.data.trim_ascii().is_empty() || frame.is_done() {
            return Ok(());
        }
        let event = Frame::read(frame)?;
        match &*event.r#type {
            "content_block_delta" => {
                let piece = event.piece()?;
                let bytes = [&piece.text, &piece.thinking, &piece.partial_json]
                    .into_iter()
                    .flatten()
                    .map(|text| text.len() as u64)
                    .sum();
                self.text_bytes = self.text_bytes.saturating_add(bytes);
            }
            "message_start" => {
                if let Some(usage) = event.head()?.usage {
                    self.meter.merge(usage);
                }
            }
            "message_delta" => {
                if let Some(usage) = event.usage {
                    self.meter.merge(usage);
                }
            }
            "message_stop" => self.done = true,
            "error" => {
                let body = frame.data.to_vec().into();
                self.fault = Some(error::decode("anthropic", 200, &[], body));
            }
            _ => {}
        }
        // Clients go by the event's name: for them the answer ends here.
        self.done |= frame.event == Some("message_stop");
        Ok(())
    }
}
