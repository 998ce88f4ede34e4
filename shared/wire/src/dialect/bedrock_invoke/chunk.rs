//! `chunk` frames (`PayloadPart`).

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;

use crate::frame::event_stream;

/// The event type of a frame that carries a part of the answer.
pub(super) const EVENT: &str = "chunk";

#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(borrow)]
    bytes: Cow<'a, str>,
}

/// The family's own event in a frame's payload; `None` where there is none to be read.
pub(super) fn read(payload: &[u8]) -> Option<Vec<u8>> {
    let payload: Payload<'_> = serde_json::from_slice(payload).ok()?;
    STANDARD.decode(payload.bytes.as_bytes()).ok()
}

/// Appends a frame that carries an event.
pub(super) fn write(out: &mut Vec<u8>, event: &[u8]) {
    // Base64 needs no escapes in JSON.
    let payload = format!("{{\"bytes\":\"{}\"}}", STANDARD.encode(event));
    event_stream::write_event(out, EVENT, payload.into_bytes());
}
