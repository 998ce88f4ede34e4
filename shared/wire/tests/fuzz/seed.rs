//! Inputs to begin with: every fixture and probe, in the form that the properties take.

use std::{fs, path::Path};

use serde_json::{Map, Value};
use sluice_wire::{Dialect, Pump, Stamp};

/// What every property begins with: its name and its inputs.
pub(crate) fn seeds(property: &str) -> Vec<Vec<u8>> {
    match property {
        "request" => of_dialects(|dialect| bodies("probes/requests", dialect)),
        "response" => of_dialects(|dialect| bodies("probes/answers", dialect)),
        "error" => of_dialects(|_| errors()),
        "stream" => streams().into_iter().map(|(at, bytes)| [&[at, 7], &*bytes].concat()).collect(),
        "sse" => streams()
            .into_iter()
            .filter(|(at, _)| !binary(*at))
            .map(|(_, bytes)| [&[7], &*bytes].concat())
            .collect(),
        "event_stream" => streams()
            .into_iter()
            .filter(|(at, _)| binary(*at))
            .map(|(_, bytes)| [&[7], &*bytes].concat())
            .collect(),
        _ => of_dialects(|dialect| bodies("probes/requests", dialect)),
    }
}

fn binary(at: u8) -> bool {
    let dialect = Dialect::ALL[usize::from(at)];
    dialect.stream_content_type() == "application/vnd.amazon.eventstream"
}

fn of_dialects(bodies: impl Fn(Dialect) -> Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let all = Dialect::ALL.iter().enumerate();
    all.flat_map(|(at, dialect)| {
        let at = u8::try_from(at).unwrap();
        bodies(*dialect).into_iter().map(move |body| [&[at], &*body].concat())
    })
    .collect()
}

/// The probes of a dialect (Anthropic's for Bedrock's InvokeModel, which is the same inside).
fn bodies(folder: &str, dialect: Dialect) -> Vec<Vec<u8>> {
    let name = match dialect.name() {
        "bedrock_invoke" => "anthropic_messages",
        name => name,
    };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let Ok(text) = fs::read(path.join(format!("{name}.json"))) else { return Vec::new() };
    let file: Map<String, Value> = serde_json::from_slice(&text).unwrap();
    let features = file["features"].as_object().unwrap().values();
    features
        .map(|feature| {
            let mut body = file["base"].as_object().unwrap().clone();
            body.extend(feature.as_object().unwrap().clone());
            serde_json::to_vec(&body).unwrap()
        })
        .collect()
}

fn errors() -> Vec<Vec<u8>> {
    [
        r#"{"error":{"message":"m","type":"invalid_request_error","param":"p","code":"context_length_exceeded"}}"#,
        r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"r"}"#,
        r#"{"message":"Too many tokens","__type":"com.amazonaws#ThrottlingException"}"#,
        r#"{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"3s"}]}}"#,
        r#"{"detail":[{"loc":["body"],"msg":"m"}]}"#,
        "upstream connect error",
    ]
    .iter()
    .map(|body| [&[0, 1], body.as_bytes()].concat())
    .collect()
}

/// Streams by the place of their dialect: recorded ones, and what those are in every other dialect.
fn streams() -> Vec<(u8, Vec<u8>)> {
    let place = |wanted: Dialect| {
        let at = Dialect::ALL.iter().position(|dialect| *dialect == wanted).unwrap();
        u8::try_from(at).unwrap()
    };
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut found = Vec::new();
    for (folder, dialect) in [
        ("openai/stream", Dialect::OpenAiChat),
        ("openai/broken", Dialect::OpenAiChat),
        ("anthropic", Dialect::AnthropicMessages),
        ("gemini/stream", Dialect::Gemini),
        ("gemini/broken", Dialect::Gemini),
    ] {
        let mut paths: Vec<_> = fs::read_dir(fixtures.join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        for path in paths.iter().filter(|path| path.extension().is_some_and(|end| end == "sse")) {
            let bytes = fs::read(path).unwrap();
            for to in Dialect::ALL.iter().filter(|to| **to != dialect) {
                let stamp = Stamp { id: "x".into(), stream_usage: true, ..Stamp::default() };
                let mut pump = Pump::new(dialect, *to, stamp);
                let mut out = Vec::new();
                let _ = pump.push(&bytes, &mut out).and_then(|()| pump.end(&mut out));
                found.push((place(*to), out));
            }
            found.push((place(dialect), bytes));
        }
    }
    found
}
