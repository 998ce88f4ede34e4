//! The verbatim path: bytes pass, usage and the whole answer are watched.

use serde_json::{Map, Value};

use super::{
    error,
    response::retell,
    stream::{Answered, Frame, Text},
};
use crate::{
    Fault, Splice,
    canon::Usage,
    dialect::{Rename, watched},
    frame::sse::{self, Framer},
    splice,
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
    rename: Rename,
    /// What answers repeat of the request.
    echo: Map<String, Value>,
    done: bool,
    usage: Option<Usage>,
    fault: Option<Fault>,
    text_bytes: u64,
    answer: Option<Vec<u8>>,
}

// === impl Observer ===

impl Observer {
    pub(crate) fn rename(&mut self, rename: Rename) {
        self.watch.rename = rename;
    }

    pub(crate) fn tell(&mut self, echo: Map<String, Value>) {
        self.watch.echo = echo;
    }

    pub(crate) fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        let watch = &mut self.watch;
        self.framer.push(bytes, |frame| watch.frame(&frame, out))
    }

    pub(crate) fn end(&mut self, out: &mut Vec<u8>) -> Result<(), Fault> {
        watched::end(&mut self.framer, &mut self.watch, out, Watch::frame, |watch| {
            watch.done || watch.fault.is_some()
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

    /// The whole answer, once it is complete.
    pub(crate) fn take_answer(&mut self) -> Option<Vec<u8>> {
        self.watch.answer.take()
    }
}

// === impl Watch ===

impl Watch {
    fn frame(&mut self, frame: &sse::Frame<'_>, out: &mut Vec<u8>) -> Result<(), Fault> {
        if self.fault.is_some() {
            return Ok(());
        }
        if self.done || frame.data.trim_ascii().is_empty() || frame.is_done() {
            out.extend_from_slice(frame.raw);
            return Ok(());
        }
        let event = Frame::read(frame)?;
        if let Some(text) = Text::of(event.delta.as_ref()) {
            self.text_bytes = self.text_bytes.saturating_add(text.len() as u64);
        }
        if event.is_error() {
            self.fault = Some(error::decode_event(&frame.data));
        }
        let Some(response) = event.response else {
            out.extend_from_slice(frame.raw);
            return Ok(());
        };
        match event.r#type.as_ref() {
            "response.completed" | "response.incomplete" => self.done = true,
            "response.failed" => self.fault = Some(error::failed(&event.response())),
            _ => {}
        }
        let retold = retell(response.get().as_bytes(), &self.echo);
        let response = retold.as_deref().unwrap_or(response.get().as_bytes());
        if self.done || self.fault.is_some() {
            let used = event.answered().ok().and_then(Answered::used);
            self.usage = used.or(self.usage.take());
            let mut answer = Vec::with_capacity(response.len());
            self.rename.write(response, &mut answer);
            self.answer = Some(answer);
        }
        let data = retold.as_deref().and_then(|response| {
            let edit = Splice::Set("response", String::from_utf8(response.to_vec()).ok()?);
            splice(&frame.data, &[edit]).ok()
        });
        match data {
            Some(data) => {
                let mut written = Vec::with_capacity(data.len() + 64);
                sse::write(&mut written, frame.event, &data);
                self.rename.write(&written, out);
            }
            None => self.rename.write(frame.raw, out),
        }
        Ok(())
    }
}
