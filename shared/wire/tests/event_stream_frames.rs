//! The AWS event stream's framer: cut anywhere, damaged anywhere.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use sluice_wire::frame::event_stream::{Framer, Kind, MAX_FRAME, write_event, write_exception};

fn stream() -> Vec<u8> {
    let mut out = Vec::new();
    write_event(&mut out, "messageStart", br#"{"role":"assistant"}"#.to_vec());
    write_event(&mut out, "contentBlockDelta", "{\"delta\":{\"text\":\"h\u{e9}\"}}".into());
    write_event(&mut out, "empty", Vec::new());
    write_exception(&mut out, "throttlingException", br#"{"message":"slow"}"#.to_vec());
    out
}

/// Kind and payload of every frame, and the bytes of all of them.
fn read(pieces: &[&[u8]]) -> (Vec<(String, String)>, Vec<u8>, bool) {
    let mut framer = Framer::default();
    let (mut frames, mut raw) = (Vec::new(), Vec::new());
    for piece in pieces {
        framer.push(piece);
        while let Some(frame) = framer.next_frame().unwrap() {
            let payload = String::from_utf8(frame.payload().to_vec()).unwrap();
            frames.push((format!("{:?}", frame.kind()), payload));
            raw.extend_from_slice(frame.raw());
        }
    }
    (frames, raw, framer.is_empty())
}

#[test]
fn reads_what_it_writes_and_every_byte_belongs_to_a_frame() {
    let bytes = stream();
    let (frames, raw, whole) = read(&[&bytes]);
    assert_eq!(raw, bytes);
    assert!(whole);
    assert_eq!(frames.len(), 4);
    assert_eq!(
        frames[1],
        ("Event(\"contentBlockDelta\")".into(), "{\"delta\":{\"text\":\"hé\"}}".into())
    );
    assert_eq!(frames[3].0, "Exception(\"throttlingException\")");
}

#[test]
fn is_the_same_cut_at_every_byte_and_byte_by_byte() {
    let bytes = stream();
    let whole = read(&[&bytes]);
    for cut in 0..=bytes.len() {
        let (head, tail) = bytes.split_at(cut);
        assert_eq!(read(&[head, tail]), whole, "cut at {cut}");
    }
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(read(&single), whole);
}

#[test]
fn holds_back_a_frame_that_is_cut() {
    let bytes = stream();
    let (frames, _, whole) = read(&[&bytes[..bytes.len() - 1]]);
    assert_eq!(frames.len(), 3);
    assert!(!whole);
}

#[test]
fn detects_damage_at_every_byte() {
    let mut bytes = Vec::new();
    write_event(&mut bytes, "metadata", br#"{"usage":{"inputTokens":1}}"#.to_vec());
    for at in 0..bytes.len() {
        for flip in [0x01, 0x80] {
            let mut damaged = bytes.clone();
            damaged[at] ^= flip;
            let mut framer = Framer::default();
            framer.push(&damaged);
            let fault = framer.next_frame().expect_err(&format!("byte {at} flipped by {flip:#x}"));
            assert_eq!(fault.status, 502);
        }
    }
}

#[test]
fn refuses_a_length_out_of_bounds_as_soon_as_the_prelude_is_there() {
    // Preludes whose checksum holds: of 17 MiB, and of fewer bytes than a frame has at least.
    for length in [u32::try_from(MAX_FRAME).unwrap() + 1, 15, 0] {
        let mut prelude = [length.to_be_bytes(), 0_u32.to_be_bytes()].concat();
        prelude.extend(crc32(&prelude).to_be_bytes());
        let mut framer = Framer::default();
        framer.push(&prelude);
        assert!(framer.next_frame().is_err(), "{length}");
    }
}

#[test]
fn takes_the_protocol_s_own_example_and_passes_over_unknown_kinds() {
    // From the test vectors of aws-c-event-stream: a message without headers.
    let message = [
        0x00, 0x00, 0x00, 0x1D, 0x00, 0x00, 0x00, 0x00, 0xfd, 0x52, 0x8c, 0x5a, 0x7b, 0x27, 0x66,
        0x6f, 0x6f, 0x27, 0x3a, 0x27, 0x62, 0x61, 0x72, 0x27, 0x7d, 0xc3, 0x65, 0x39, 0x36,
    ];
    let mut framer = Framer::default();
    framer.push(&message);
    let frame = framer.next_frame().unwrap().unwrap();
    assert_eq!(frame.payload(), b"{'foo':'bar'}");
    assert_eq!(frame.kind(), Kind::Unknown);
    assert_eq!(frame.header(":event-type"), None);
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 * (crc & 1)))
    })
}
