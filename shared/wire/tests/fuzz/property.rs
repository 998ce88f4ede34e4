//! What must hold for any bytes at all. Each function takes an input, and panics where a law is
//! broken; `tests/fuzz` runs them over mutations of the fixtures, `fuzz/` under libFuzzer.

use serde::de::IgnoredAny;
use serde_json::Value;
use sluice_wire::{
    Dialect, Edits, Fault, FaultKind, Line, Pump, Splice, Stamp, Target,
    canon::{Event, Laws, Usage},
    dialect::{Observer, StreamDecoder},
    frame::{event_stream, sse},
    splice, splice_read,
};

/// A property, by its name.
pub(crate) type Property = (&'static str, fn(&[u8]));

/// All of them.
pub(crate) const ALL: [Property; 7] = [
    ("request", request),
    ("response", response),
    ("error", error),
    ("stream", stream),
    ("sse", sse_frames),
    ("event_stream", event_stream_frames),
    ("splice", splices),
];

const LINE: Line<'_> = Line { model: Some("group"), stream: Some(false) };

/// The models that a request is written for: their families take different fields.
const MODELS: [&str; 4] =
    ["gpt-5", "claude-opus-4-8", "anthropic.claude-sonnet-4-5-v1:0", "amazon.nova-2-lite-v1:0"];

/// A dialect by the first byte, and the rest.
fn pick(data: &[u8]) -> Option<(Dialect, &[u8])> {
    let (first, rest) = data.split_first()?;
    let at = usize::from(*first) % Dialect::ALL.len();
    Dialect::ALL.get(at).map(|dialect| (*dialect, rest))
}

fn is_json(bytes: &[u8]) -> bool {
    match serde_json::from_slice::<IgnoredAny>(bytes) {
        Ok(_) => true,
        // What came in at the limit of depth is over it with a wrapper around it.
        Err(error) => error.to_string().contains("recursion limit"),
    }
}

/// The same JSON with every field once: readers may differ on which of two counts.
fn plain(body: &[u8]) -> Option<Vec<u8>> {
    serde_json::to_vec(&serde_json::from_slice::<Value>(body).ok()?).ok()
}

/// A request that is read is peeked at with the same result, and is written in every dialect as
/// JSON.
pub(crate) fn request(data: &[u8]) {
    let Some((from, body)) = pick(data) else { return };
    if from.peek(body, LINE).is_ok() {
        written(from, body);
    }
    let Some(body) = plain(body) else { return };
    let peek = from.peek(&body, LINE);
    let Ok(request) = from.decode_request(&body, LINE) else { return };
    let peek = match peek {
        Ok(peek) => peek,
        Err(fault) => panic!("{} decodes and cannot be peeked at: {fault}", from.name()),
    };
    assert_eq!(peek.model, request.model, "{}: the model", from.name());
    assert_eq!(peek.stream, request.stream, "{}: the stream", from.name());
    assert_eq!(peek.max_output, request.max_output, "{}: the cap", from.name());
    // Google's candidates are asked for, and paid for, and only then refused elsewhere.
    assert!(peek.n >= request.n.unwrap_or(1), "{}: the answers", from.name());
    patched(from, &body);
}

/// Whatever is read is written in every dialect as JSON.
fn written(from: Dialect, body: &[u8]) {
    let Ok(request) = from.decode_request(body, LINE) else { return };
    for to in Dialect::ALL {
        for model in MODELS {
            let target = Target {
                model,
                max_output: Some(8_000),
                max_completion_tokens: true,
                ..Target::default()
            };
            let Ok(encoded) = to.encode_request(&request, target) else { continue };
            let text = String::from_utf8_lossy(&encoded.body);
            assert!(is_json(&encoded.body), "{} to {}: {text}", from.name(), to.name());
            assert!(encoded.losses.iter().all(|loss| !loss.field.is_empty()));
        }
    }
}

/// An edit changes what it says, and the body is a request still.
fn patched(dialect: Dialect, body: &[u8]) {
    let edits = Edits { model: Some("other"), max_output: Some(7), ..Edits::default() };
    let patched = match dialect.patch(body, &edits) {
        Ok(patched) => patched,
        Err(fault) => panic!("{} decodes and cannot be patched: {fault}", dialect.name()),
    };
    let text = String::from_utf8_lossy(&patched);
    let line = Line { model: Some("other"), ..LINE };
    match dialect.peek(&patched, line) {
        Ok(peek) => assert_eq!(
            (peek.model.as_str(), peek.max_output),
            ("other", Some(7)),
            "{}: {text}",
            dialect.name()
        ),
        Err(fault) => panic!("{}: patched to no request: {fault}: {text}", dialect.name()),
    }
}

/// An answer that is read is glanced at with the same usage, and is written in every dialect as JSON.
pub(crate) fn response(data: &[u8]) {
    let Some((from, body)) = pick(data) else { return };
    let Ok(response) = from.decode_response(body) else { return };
    if let Some(body) = plain(body)
        && let (Ok(glance), Ok(response)) = (from.glance(&body), from.decode_response(&body))
    {
        let bare = |usage: Option<Usage>| usage.map(|usage| Usage { raw: None, ..usage });
        let (seen, read) = (bare(glance.usage), bare(response.usage));
        assert_eq!(seen, read, "{}: the usage", from.name());
    }
    for to in Dialect::ALL {
        let written = to.encode_response(&response, &stamp());
        let text = String::from_utf8_lossy(&written);
        assert!(is_json(&written), "{} to {}: {text}", from.name(), to.name());
        assert!(to.untold(&response).is_sorted(), "{}", to.name());
    }
}

/// Any error answer becomes a fault of 4xx or 5xx that every dialect can say.
pub(crate) fn error(data: &[u8]) {
    let Some((from, rest)) = pick(data) else { return };
    let Some((status, body)) = rest.split_first_chunk::<2>() else { return };
    let status = 400 + u16::from_le_bytes(*status) % 200;
    let headers = [("retry-after", "1")];
    let fault = from.decode_error("provider", status, &headers, body.to_vec().into());
    assert!((400..600).contains(&fault.status), "{}: {}", from.name(), fault.status);
    assert_eq!(fault.upstream.as_ref().map(|upstream| &*upstream.body), Some(body));
    for to in Dialect::ALL {
        let reply = to.encode_error(&fault, "id");
        assert!((400..600).contains(&reply.status) && is_json(&reply.body), "{}", to.name());
    }
}

/// What a stream comes to: what was written, and how it ended.
type Outcome<T> = (T, Result<(), (FaultKind, String)>);

fn told(result: Result<(), Fault>) -> Result<(), (FaultKind, String)> {
    result.map_err(|fault| (fault.kind, fault.message.into_owned()))
}

/// A stream reads the same wherever it is cut, keeps the laws, and passes an observer unchanged.
pub(crate) fn stream(data: &[u8]) {
    let Some((from, rest)) = pick(data) else { return };
    let Some((size, bytes)) = rest.split_first() else { return };
    let size = usize::from(*size).max(1);

    let whole = decoded(from, &[bytes]);
    let pieces: Vec<&[u8]> = bytes.chunks(size).collect();
    assert_eq!(decoded(from, &pieces), whole, "{} in pieces of {size}", from.name());

    let (seen, end) = observed(from, &[bytes]);
    assert_eq!(observed(from, &pieces), (seen.clone(), end.clone()), "{} observed", from.name());
    if end.is_ok() {
        assert!(bytes.starts_with(&seen), "{} changed on its way", from.name());
    }
    for to in Dialect::ALL {
        assert_eq!(
            pumped(from, *to, &pieces),
            pumped(from, *to, &[bytes]),
            "{} to {} in pieces of {size}",
            from.name(),
            to.name()
        );
    }
}

fn decoded(dialect: Dialect, pieces: &[&[u8]]) -> Outcome<Vec<Event>> {
    let mut decoder = StreamDecoder::new(dialect);
    let mut events = Vec::new();
    let mut result = Ok(());
    for piece in pieces {
        result = decoder.push(piece, &mut events);
        if result.is_err() {
            break;
        }
    }
    if result.is_ok() {
        result = decoder.end(&mut events);
    }
    let mut laws = Laws::default();
    for event in &events {
        if let Err(law) = laws.check(event) {
            panic!("{}: {law}: {event:?} of {events:?}", dialect.name());
        }
    }
    let finished = events.iter().any(|event| matches!(event, Event::Finish { .. }));
    assert!(result.is_err() || finished, "{}: a clean end without a finish", dialect.name());
    (events, told(result))
}

fn observed(dialect: Dialect, pieces: &[&[u8]]) -> Outcome<Vec<u8>> {
    let mut observer = Observer::new(dialect, false);
    let mut out = Vec::new();
    for piece in pieces {
        if let Err(fault) = observer.push(piece, &mut out) {
            return (out, told(Err(fault)));
        }
    }
    let result = observer.end(&mut out);
    (out, told(result))
}

fn pumped(from: Dialect, to: Dialect, pieces: &[&[u8]]) -> Outcome<Vec<u8>> {
    let mut pump = Pump::new(from, to, stamp());
    let mut out = Vec::new();
    for piece in pieces {
        if let Err(fault) = pump.push(piece, &mut out) {
            return (out, told(Err(fault)));
        }
    }
    let result = pump.end(&mut out);
    (out, told(result))
}

fn stamp() -> Stamp {
    Stamp {
        id: "call".into(),
        model: "group".into(),
        created: 1,
        stream_usage: true,
        ..Stamp::default()
    }
}

/// Frames are the same wherever the bytes are cut, and together they are the bytes.
pub(crate) fn sse_frames(data: &[u8]) {
    let Some((size, bytes)) = data.split_first() else { return };
    let read = |pieces: &[&[u8]]| {
        let mut framer = sse::Framer::default();
        let mut frames = Vec::new();
        let mut raw = Vec::new();
        let mut take = |frame: sse::Frame<'_>| {
            raw.extend_from_slice(frame.raw);
            frames.push((frame.event.map(str::to_owned), frame.data.into_owned()));
            Ok(())
        };
        for piece in pieces {
            if framer.push(piece, &mut take).is_err() {
                return (frames, raw, false);
            }
        }
        let ok = framer.end(&mut take).is_ok();
        (frames, raw, ok)
    };
    let whole = read(&[bytes]);
    assert!(!whole.2 || whole.1 == bytes, "bytes were lost");
    let pieces: Vec<&[u8]> = bytes.chunks(usize::from(*size).max(1)).collect();
    assert_eq!(read(&pieces), whole);
}

/// The same of AWS's event streams.
pub(crate) fn event_stream_frames(data: &[u8]) {
    let Some((size, bytes)) = data.split_first() else { return };
    let read = |pieces: &[&[u8]]| {
        let mut framer = event_stream::Framer::default();
        let mut raw = Vec::new();
        for piece in pieces {
            framer.push(piece);
            loop {
                match framer.next_frame() {
                    Ok(Some(frame)) => raw.push(frame.raw().to_vec()),
                    Ok(None) => break,
                    Err(fault) => return (raw, Some(fault.message)),
                }
            }
        }
        (raw, None)
    };
    let whole = read(&[bytes]);
    assert!(bytes.starts_with(&whole.0.concat()));
    let pieces: Vec<&[u8]> = bytes.chunks(usize::from(*size).max(1)).collect();
    assert_eq!(read(&pieces), whole);
}

/// A spliced object is the object with its fields set and removed, and nothing else.
pub(crate) fn splices(data: &[u8]) {
    let Some((which, body)) = data.split_first() else { return };
    let name = ["model", "a", "stream", "messages"][usize::from(which % 4)];
    let edits = [Splice::Set(name, "[1]".to_owned()), Splice::Remove("b")];
    let Ok(Value::Object(mut expected)) = serde_json::from_slice::<Value>(body) else { return };
    expected.insert(name.to_owned(), serde_json::json!([1]));
    expected.remove("b");
    let spliced = splice(body, &edits).unwrap_or_else(|error| panic!("an object: {error}"));
    let found: Value = serde_json::from_slice(&spliced)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&spliced)));
    assert_eq!(found, Value::Object(expected));
    assert_eq!(splice(body, &[]).ok().as_deref(), Some(body));
    assert_eq!(splice_read(body, &edits).ok(), Some(spliced));
}
