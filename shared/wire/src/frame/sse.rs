//! Server-sent events (WHATWG HTML, "Server-sent events").
//!
//! A frame ends at a blank line; lines end with LF, CR or CRLF. A frame that is whole in the bytes
//! pushed is not copied; only what is cut is carried over to the next push. Every byte belongs to
//! the [`Frame::raw`] of exactly one frame, so forwarding the `raw` of all of them forwards the
//! stream. Comments, keep-alives and stray blank lines are frames too, with empty data: a reader
//! skips them, a forwarder passes them on.

use std::borrow::Cow;

use crate::{Fault, FaultKind};

/// The longest frame accepted, in bytes. A provider that sends more without a blank line is broken,
/// and a gateway must not buffer without bound.
pub const MAX_FRAME: usize = 16 << 20;

/// Bytes cut anywhere to whole frames.
#[derive(Debug, Default)]
pub struct Framer {
    carry: Vec<u8>,
    scan: Scan,
    begun: bool,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The `event` field, where there is one.
    pub event: Option<&'a str>,
    /// The `data` lines, joined by LF. Empty where the frame carries no data (comments,
    /// keep-alives): nothing is to be read from it.
    pub data: Cow<'a, [u8]>,
    /// The frame as it came, its closing blank line included.
    pub raw: &'a [u8],
}

/// Where in a line the scanner stands.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Scan {
    /// At the start of a line.
    #[default]
    Start,
    /// Inside a line that has content.
    Inside,
    /// After a CR that ended a line with content: an LF may belong to it.
    Cr,
    /// After a CR that ended a blank line: an LF may belong to it, then the frame ends.
    BlankCr,
}

/// Appends one event to `out`. Data with line breaks becomes several `data` lines.
pub fn write(out: &mut Vec<u8>, event: Option<&str>, data: &[u8]) {
    if let Some(event) = event {
        out.extend_from_slice(b"event: ");
        out.extend_from_slice(event.as_bytes());
        out.push(b'\n');
    }
    for line in data.split(|b| *b == b'\n') {
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(line);
        out.push(b'\n');
    }
    out.push(b'\n');
}

// === impl Framer ===

impl Framer {
    /// Takes bytes cut anywhere and hands each frame they complete to `sink`.
    ///
    /// # Errors
    /// A frame longer than [`MAX_FRAME`], or what `sink` returns: it ends the push. Nothing may be
    /// pushed after an error.
    pub fn push(
        &mut self,
        bytes: &[u8],
        mut sink: impl FnMut(Frame<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let mut rest = bytes;
        while let Some(end) = self.scan.boundary(rest) {
            let (head, tail) = rest.split_at_checked(end).unwrap_or((rest, &[]));
            rest = tail;
            if self.carry.is_empty() {
                sink(parse(head, !self.begun))?;
            } else {
                self.carry(head)?;
                sink(parse(&self.carry, !self.begun))?;
                self.carry.clear();
            }
            self.begun = true;
        }
        self.carry(rest)
    }

    /// The input has ended: hands over the last frame where its blank line is missing.
    ///
    /// That frame may have been cut: data that does not parse then means truncation, not corruption.
    ///
    /// # Errors
    /// What `sink` returns.
    pub fn end(&mut self, sink: impl FnOnce(Frame<'_>) -> Result<(), Fault>) -> Result<(), Fault> {
        self.scan = Scan::Start;
        let last = std::mem::take(&mut self.carry);
        if last.is_empty() { Ok(()) } else { sink(parse(&last, !self.begun)) }
    }

    fn carry(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        if self.carry.len().saturating_add(bytes.len()) > MAX_FRAME {
            return Err(Fault::new(
                FaultKind::Upstream,
                "The provider sent a stream event that is too long.",
            )
            .with_detail(format!("an SSE frame of more than {MAX_FRAME} bytes")));
        }
        self.carry.extend_from_slice(bytes);
        Ok(())
    }
}

// === impl Scan ===

impl Scan {
    /// Where the current frame ends in `bytes`, which follow what has been scanned before.
    fn boundary(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while let Some(byte) = bytes.get(at).copied() {
            *self = match (*self, byte) {
                (Self::Start, b'\n') | (Self::BlankCr, b'\n') => {
                    *self = Self::Start;
                    return Some(at + 1);
                }
                (Self::BlankCr, _) => {
                    *self = Self::Start;
                    return Some(at);
                }
                (Self::Start | Self::Cr, b'\r') => Self::BlankCr,
                (Self::Cr, b'\n') => Self::Start,
                (Self::Inside, b'\n') => Self::Start,
                (Self::Inside, b'\r') => Self::Cr,
                (Self::Start | Self::Cr | Self::Inside, _) => {
                    let rest = bytes.get(at..).unwrap_or_default();
                    // To the last byte before the end of the line.
                    at += rest
                        .iter()
                        .position(|b| matches!(b, b'\n' | b'\r'))
                        .unwrap_or(rest.len())
                        .saturating_sub(1);
                    Self::Inside
                }
            };
            at += 1;
        }
        None
    }
}

// === impl Frame ===

impl Frame<'_> {
    /// Whether it is OpenAI's closing `data: [DONE]`.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.data.trim_ascii() == b"[DONE]"
    }
}

fn parse(raw: &[u8], first: bool) -> Frame<'_> {
    let mut event = None;
    let mut data: Option<Cow<'_, [u8]>> = None;
    let mut rest = raw;
    if first {
        rest = rest.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(rest);
    }
    while !rest.is_empty() {
        let end = rest.iter().position(|b| matches!(b, b'\n' | b'\r')).unwrap_or(rest.len());
        let (line, tail) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        // The LF of a CRLF is then read as a blank line, which means nothing inside a frame.
        rest = tail.split_first().map_or(&[], |(_, tail)| tail);
        if let Some(value) = field(line, b"data") {
            data = Some(match data.take() {
                None => Cow::Borrowed(value),
                Some(lines) => {
                    let mut lines = lines.into_owned();
                    lines.push(b'\n');
                    lines.extend_from_slice(value);
                    Cow::Owned(lines)
                }
            });
        } else if let Some(value) = field(line, b"event") {
            event = std::str::from_utf8(value).ok();
        }
    }
    Frame { event, data: data.unwrap_or_default(), raw }
}

/// The value of the line, where the line is of the field `name`.
fn field<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let rest = line.strip_prefix(name)?;
    if rest.is_empty() {
        return Some(rest);
    }
    let value = rest.strip_prefix(b":")?;
    Some(value.strip_prefix(b" ").unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Seen = Vec<(Option<String>, String)>;

    /// Frames with data, and all raw bytes; cut at every offset given.
    fn read(stream: &[u8], cuts: &[usize]) -> (Seen, Vec<u8>) {
        let (mut seen, mut raw) = (Vec::new(), Vec::new());
        let mut framer = Framer::default();
        let mut take = |frame: Frame<'_>| {
            raw.extend_from_slice(frame.raw);
            if !frame.data.is_empty() {
                let data = String::from_utf8(frame.data.to_vec()).unwrap();
                seen.push((frame.event.map(str::to_owned), data));
            }
            Ok(())
        };
        let mut from = 0;
        for cut in cuts.iter().copied().chain([stream.len()]) {
            framer.push(&stream[from..cut], &mut take).unwrap();
            from = cut;
        }
        framer.end(&mut take).unwrap();
        (seen, raw)
    }

    fn data(lines: &[&str]) -> Seen {
        lines.iter().map(|line| (None, (*line).to_owned())).collect()
    }

    #[test]
    fn cut_at_any_byte_gives_the_same_frames_and_every_byte() {
        let streams: [&[u8]; 6] = [
            b"data: a\n\ndata:b\n\n: ping\n\ndata: c\n\n",
            b"data: a\r\n\r\ndata: b\r\n\r\nevent: x\r\ndata: c\r\n\r\n",
            b"data: a\r\rdata: b\r\r",
            b"\xEF\xBB\xBFdata: a\n\nid: 7\nretry: 5\nevent: e\ndata: 1\ndata: 2\n\n",
            b"\n\n\ndata: a\n\n\n\ndata\n\ndatax: no\n\ndata: last",
            "data: h\u{e9}llo \u{1F600}\n\ndata: \u{4e2d}\r\n\r\n".as_bytes(),
        ];
        for stream in streams {
            let whole = read(stream, &[]);
            assert_eq!(whole.1, stream);
            for first in 0..=stream.len() {
                for second in first..=stream.len() {
                    assert_eq!(read(stream, &[first, second]), whole, "{first} {second}");
                }
            }
        }
    }

    #[test]
    fn reads_every_kind_of_line_end() {
        for end in ["\n", "\r\n", "\r"] {
            let stream = format!("event: e{end}data: a{end}data: b{end}{end}data: c{end}{end}");
            let (seen, _) = read(stream.as_bytes(), &[]);
            assert_eq!(seen, [(Some("e".into()), "a\nb".into()), (None, "c".into())]);
        }
    }

    #[test]
    fn strips_a_byte_order_mark_only_at_the_start() {
        let (seen, raw) = read(b"\xEF\xBB\xBFdata: a\n\n\xEF\xBB\xBFdata: b\n\n", &[]);
        assert_eq!(seen, data(&["a"]));
        assert_eq!(raw.len(), 24);
    }

    #[test]
    fn hands_over_a_last_frame_without_its_blank_line() {
        assert_eq!(read(b"data: a\n\ndata: [DONE]", &[]).0, data(&["a", "[DONE]"]));
        assert_eq!(read(b"data: a\n\ndata: [DONE]\n", &[]).0, data(&["a", "[DONE]"]));
    }

    #[test]
    fn hands_over_a_frame_as_soon_as_its_blank_line_is_there() {
        let mut framer = Framer::default();
        let mut count = 0;
        for byte in b"data: a\r\n\r\n" {
            assert_eq!(count, 0);
            framer
                .push(&[*byte], |_| {
                    count += 1;
                    Ok(())
                })
                .unwrap();
        }
        assert_eq!(count, 1);
    }

    #[test]
    fn refuses_a_frame_without_end() {
        let mut framer = Framer::default();
        let megabyte = vec![b'x'; 1 << 20];
        let mut pushes = 0;
        let fault = loop {
            match framer.push(&megabyte, |_| Ok(())) {
                Ok(()) => pushes += 1,
                Err(fault) => break fault,
            }
        };
        assert_eq!((pushes, fault.kind), (16, FaultKind::Upstream));
    }

    #[test]
    fn writes_what_it_reads() {
        let mut out = Vec::new();
        write(&mut out, None, b"{}");
        write(&mut out, Some("ping"), b"a\nb");
        assert_eq!(out, b"data: {}\n\nevent: ping\ndata: a\ndata: b\n\n");
        assert_eq!(
            read(&out, &[]).0,
            [(None, "{}".into()), (Some("ping".to_owned()), "a\nb".to_owned())]
        );
    }
}
