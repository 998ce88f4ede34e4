//! Events for the wire: server-sent events and AWS event-stream messages.

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use bytes::Bytes;
use serde_json::Value;

/// `data: ...` and an empty line.
pub(crate) fn data(text: &str) -> Bytes {
    Bytes::from(format!("data: {text}\n\n"))
}

/// `event: ...`, `data: ...` and an empty line.
pub(crate) fn event(name: &str, value: &Value) -> Bytes {
    Bytes::from(format!("event: {name}\ndata: {value}\n\n"))
}

/// An AWS event-stream message of an event.
pub(crate) fn message(event: &'static str, kind: &'static str, payload: impl Into<Bytes>) -> Bytes {
    write(&[(":event-type", event), (":content-type", kind), (":message-type", "event")], payload)
}

/// An AWS event-stream message of an exception.
pub(crate) fn exception(name: &'static str, payload: &Value) -> Bytes {
    let headers = [
        (":exception-type", name),
        (":content-type", "application/json"),
        (":message-type", "exception"),
    ];
    write(&headers, payload.to_string())
}

fn write(headers: &[(&'static str, &'static str)], payload: impl Into<Bytes>) -> Bytes {
    let headers = headers
        .iter()
        .map(|(name, value)| Header::new(*name, HeaderValue::String((*value).into())))
        .collect();
    let mut out = Vec::new();
    let written = write_message_to(&Message::new_from_parts(headers, payload), &mut out);
    // Only headers of absurd length cannot be written, and these are constants.
    if written.is_err() {
        out.clear();
    }
    Bytes::from(out)
}

#[cfg(test)]
mod tests {
    use aws_smithy_eventstream::frame::read_message_from;

    use super::*;

    #[test]
    fn a_message_reads_back_with_its_checksums() {
        let bytes = message("contentBlockStop", "application/json", r#"{"contentBlockIndex":0}"#);
        let read = read_message_from(&mut bytes.clone()).unwrap();
        assert_eq!(read.headers()[0].value().as_string().unwrap().as_str(), "contentBlockStop");
        assert_eq!(read.payload().as_ref(), br#"{"contentBlockIndex":0}"#);

        let mut spoiled = bytes.to_vec();
        spoiled[40] ^= 1;
        assert!(read_message_from(&mut spoiled.as_slice()).is_err());
    }
}
