//! The AWS event stream (`application/vnd.amazon.eventstream`).
//!
//! A frame is a prelude (total length, header length, CRC of both), headers, payload, and a CRC of
//! everything before it (Smithy, "Amazon Event Stream"). The prelude is checked as soon as its
//! twelve bytes are there: a damaged length must not make the framer wait for bytes that never
//! come. The rest is read and checked by `aws-smithy-eventstream`. Every byte belongs to the
//! [`Frame::raw`] of exactly one frame, so forwarding the `raw` of all of them forwards the stream.

use aws_smithy_eventstream::frame::{read_message_from, write_message_to};
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use bytes::{Bytes, BytesMut};

use crate::{Fault, FaultKind};

/// The longest frame accepted, in bytes: the protocol's own limit of a message.
pub const MAX_FRAME: usize = 16 << 20;

/// Length of the prelude, its CRC included.
const PRELUDE: usize = 12;

/// Bytes cut anywhere to whole frames.
#[derive(Debug, Default)]
pub struct Framer {
    buffer: BytesMut,
}

/// One frame whose checksums hold.
#[derive(Debug, Clone)]
pub struct Frame {
    raw: Bytes,
    message: Message,
}

/// What a frame is, by its `:message-type` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind<'a> {
    /// An event, by its `:event-type`.
    Event(&'a str),
    /// An error of the service's model, by its `:exception-type`.
    Exception(&'a str),
    /// An error outside the model.
    Error {
        /// `:error-code`.
        code: &'a str,
        /// `:error-message`.
        message: &'a str,
    },
    /// Anything else: to be passed over.
    Unknown,
}

/// Appends an event frame with a JSON payload to `out`.
pub fn write_event(out: &mut Vec<u8>, event_type: &'static str, payload: Vec<u8>) {
    write(out, ":event-type", event_type, "event", payload);
}

/// Appends an exception frame with a JSON payload to `out`.
pub fn write_exception(out: &mut Vec<u8>, exception_type: &'static str, payload: Vec<u8>) {
    write(out, ":exception-type", exception_type, "exception", payload);
}

fn write(
    out: &mut Vec<u8>,
    type_header: &'static str,
    type_name: &'static str,
    message_type: &'static str,
    payload: Vec<u8>,
) {
    let header = |name: &'static str, value: &'static str| {
        Header::new(name, HeaderValue::String(value.into()))
    };
    // The order in which the service writes its headers.
    let message = Message::new(payload)
        .add_header(header(type_header, type_name))
        .add_header(header(":content-type", "application/json"))
        .add_header(header(":message-type", message_type));
    let written = write_message_to(&message, out);
    // Only lengths over 32 bits fail, and then nothing is written: the reader sees a truncation.
    debug_assert!(written.is_ok(), "an event of more than 4 GiB");
}

// === impl Framer ===

impl Framer {
    /// Takes bytes cut anywhere; [`Self::next_frame`] yields the frames they complete.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame, or `None` until more bytes are pushed.
    ///
    /// # Errors
    /// A frame whose checksum, length or headers are wrong. Nothing may be asked for after that: the
    /// boundaries of what follows are not known.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, Fault> {
        let Some((prelude, _)) = self.buffer.split_first_chunk::<PRELUDE>() else {
            return Ok(None);
        };
        let length = check_prelude(*prelude)?;
        if self.buffer.len() < length {
            return Ok(None);
        }
        let raw = self.buffer.split_to(length).freeze();
        let message = read_message_from(raw.clone()).map_err(|error| corrupt(error.to_string()))?;
        Ok(Some(Frame { raw, message }))
    }

    /// No part of a frame is waiting for the rest of it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }
}

/// The frame's total length, from a prelude whose CRC holds.
fn check_prelude(prelude: [u8; PRELUDE]) -> Result<usize, Fault> {
    let [l0, l1, l2, l3, h0, h1, h2, h3, c0, c1, c2, c3] = prelude;
    let length = u32::from_be_bytes([l0, l1, l2, l3]);
    let found = u32::from_be_bytes([c0, c1, c2, c3]);
    let wanted = crc32(&[l0, l1, l2, l3, h0, h1, h2, h3]);
    if found != wanted {
        return Err(corrupt(format!("prelude checksum {found:#010x}, not {wanted:#010x}")));
    }
    match usize::try_from(length) {
        Ok(length) if (PRELUDE + 4..=MAX_FRAME).contains(&length) => Ok(length),
        _ => Err(corrupt(format!("a frame of {length} bytes"))),
    }
}

/// CRC-32 (IEEE 802.3), bit by bit: it is only ever taken of eight bytes.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

fn corrupt(detail: String) -> Fault {
    Fault::new(FaultKind::Upstream, "The provider sent a damaged event stream.")
        .with_status(502)
        .with_detail(detail)
}

// === impl Frame ===

impl Frame {
    /// The frame as it came.
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// The payload.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        self.message.payload()
    }

    /// The payload, shared and not copied.
    #[must_use]
    pub fn payload_bytes(&self) -> Bytes {
        self.message.payload().clone()
    }

    /// A header's value, where it is a string.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let header = self.message.headers().iter().find(|header| header.name().as_str() == name)?;
        header.value().as_string().ok().map(|value| value.as_str())
    }

    /// What the frame is. Without a `:message-type` (LiteLLM's side-car leaves it out) the
    /// `:event-type` decides.
    #[must_use]
    pub fn kind(&self) -> Kind<'_> {
        match (self.header(":message-type"), self.header(":event-type")) {
            (Some("event") | None, Some(event)) => Kind::Event(event),
            (Some("exception"), _) => {
                Kind::Exception(self.header(":exception-type").unwrap_or_default())
            }
            (Some("error"), _) => Kind::Error {
                code: self.header(":error-code").unwrap_or_default(),
                message: self.header(":error-message").unwrap_or_default(),
            },
            _ => Kind::Unknown,
        }
    }
}
