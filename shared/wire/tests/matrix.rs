//! Golden requests for every ordered pair of dialects, and every stream of every dialect for every
//! caller, cut at every byte. `UPDATE_GOLDEN=1` writes the golden files anew; read the difference.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::{
    fs,
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use serde_json::{Value, json};
use sluice_wire::{Dialect, Line, Pump, Stamp, Target};

const DIALECTS: [(Dialect, &str, &str); 6] = [
    (Dialect::OpenAiChat, "openai_chat", "gpt-4o"),
    (Dialect::OpenAiResponses, "openai_responses", "gpt-5"),
    (Dialect::AnthropicMessages, "anthropic_messages", "claude-sonnet-4-5"),
    (Dialect::BedrockConverse, "bedrock_converse", "anthropic.claude-sonnet-4-5-20250929-v1:0"),
    (Dialect::BedrockInvoke, "bedrock_invoke", "anthropic.claude-sonnet-4-5-20250929-v1:0"),
    (Dialect::Gemini, "gemini", "gemini-2.5-flash"),
];

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn named(name: &str) -> Dialect {
    DIALECTS.iter().find(|(_, known, _)| *known == name).unwrap().0
}

fn stamp() -> Stamp {
    Stamp {
        id: "call".into(),
        model: "group".into(),
        created: 1_700_000_000,
        stream_usage: true,
        ..Stamp::default()
    }
}

/// Cases are `<case>.<dialect>.json`.
fn requests() -> Vec<(String, Dialect, Vec<u8>)> {
    let mut found: Vec<_> = fs::read_dir(fixtures().join("matrix/requests"))
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let dialect = named(stem.split_once('.').unwrap().1);
            (stem, dialect, fs::read(&path).unwrap())
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

#[test]
fn every_request_is_written_in_every_dialect_as_the_golden_file_says() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut wrong = Vec::new();
    for (stem, from, body) in requests() {
        let line = Line { model: Some("group"), stream: Some(false) };
        let request = from.decode_request(&body, line).unwrap();
        for (to, name, model) in DIALECTS {
            let target = Target {
                model,
                max_output: Some(64_000),
                max_completion_tokens: true,
                ..Target::default()
            };
            let encoded = to.encode_request(&request, target).unwrap();
            let losses: Vec<Value> = encoded
                .losses
                .iter()
                .map(|loss| json!({ "field": loss.field, "changes_meaning": loss.changes_meaning }))
                .collect();
            let body: Value = serde_json::from_slice(&encoded.body).unwrap();
            let text = serde_json::to_string_pretty(&json!({ "body": body, "losses": losses }))
                .unwrap()
                + "\n";
            let golden = fixtures().join(format!("matrix/golden/{stem}.to.{name}.json"));
            if update {
                fs::create_dir_all(golden.parent().unwrap()).unwrap();
                fs::write(&golden, &text).unwrap();
            } else if fs::read_to_string(&golden).unwrap_or_default() != text {
                wrong.push(format!("{}:\n{text}", golden.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// No tool result, signature or cache marker is lost between dialects that all have them.
#[test]
fn nothing_both_sides_can_carry_is_lost() {
    for (stem, from, body) in requests() {
        let line = Line { model: Some("group"), stream: Some(false) };
        let request = from.decode_request(&body, line).unwrap();
        for (to, name, model) in DIALECTS {
            let target = Target {
                model,
                max_output: Some(64_000),
                max_completion_tokens: true,
                ..Target::default()
            };
            let text =
                String::from_utf8(to.encode_request(&request, target).unwrap().body).unwrap();
            for word in ["18 C", "Weather of a city", "Which is warmer?", "c2ln", "iVBORw0KGgo="] {
                // A signature is Claude's, or Google's where Google's caller says it, and goes to
                // nobody else; OpenAI's own models have none. That is declared in the losses.
                let others = (from == Dialect::Gemini) != (to == Dialect::Gemini);
                let unsigned = matches!(to, Dialect::OpenAiChat | Dialect::OpenAiResponses);
                let unsayable = word == "c2ln" && (others || unsigned);
                let said = !unsayable && String::from_utf8_lossy(&body).contains(word);
                assert!(!said || text.contains(word), "{stem} to {name} lost {word:?}: {text}");
            }
        }
    }
}

fn pumped(from: Dialect, to: Dialect, pieces: &[&[u8]]) -> (Vec<u8>, bool) {
    let mut pump = Pump::new(from, to, stamp());
    let mut out = Vec::new();
    for piece in pieces {
        if pump.push(piece, &mut out).is_err() {
            return (out, false);
        }
    }
    let ok = pump.end(&mut out).is_ok();
    (out, ok)
}

fn streams() -> Vec<(String, Dialect, Vec<u8>)> {
    let mut found = Vec::new();
    for (folder, dialect) in [
        ("openai/stream", Dialect::OpenAiChat),
        ("openai/broken", Dialect::OpenAiChat),
        ("responses", Dialect::OpenAiResponses),
        ("anthropic", Dialect::AnthropicMessages),
        ("gemini/stream", Dialect::Gemini),
        ("gemini/broken", Dialect::Gemini),
    ] {
        for entry in fs::read_dir(fixtures().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "sse") {
                found.push((path.display().to_string(), dialect, fs::read(&path).unwrap()));
            }
        }
    }
    // Converse's own fixtures are in JSON; its streams here are what the encoder writes.
    let whole = found.clone();
    let twice = [Dialect::Gemini, Dialect::OpenAiResponses];
    let others = whole.into_iter().filter(|(_, dialect, _)| !twice.contains(dialect));
    for (name, dialect, bytes) in others {
        let (converse, ok) = pumped(dialect, Dialect::BedrockConverse, &[&bytes]);
        if ok {
            found.push((format!("{name} as converse"), Dialect::BedrockConverse, converse));
        }
    }
    found
}

/// Calls `check` with every stream for every caller, on all cores: these are most of what this
/// crate's tests compute.
fn for_every_stream_and_caller(check: impl Fn(&str, Dialect, &[u8], Dialect, &str) + Sync) {
    let streams = streams();
    let pairs: Vec<_> = streams
        .iter()
        .flat_map(|stream| DIALECTS.iter().map(move |caller| (stream, caller)))
        .collect();
    let next = AtomicUsize::new(0);
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some((stream, caller)) = pairs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let ((name, from, bytes), (to, caller, _)) = (stream, caller);
                    check(name, *from, bytes, *to, caller);
                }
            });
        }
    });
}

/// The events of responses repeat much; `responses_stream.rs` reads them cut at every byte.
fn step(from: Dialect) -> usize {
    if from == Dialect::OpenAiResponses { 7 } else { 1 }
}

#[test]
fn every_stream_reads_the_same_for_every_caller_wherever_it_is_cut() {
    for_every_stream_and_caller(|name, from, bytes, to, caller| {
        let whole = pumped(from, to, &[bytes]);
        for cut in (0..=bytes.len()).step_by(step(from)) {
            let (head, tail) = bytes.split_at(cut);
            let split = pumped(from, to, &[head, tail]);
            assert_eq!(split.1, whole.1, "{name} for {caller} cut at {cut}");
            assert_eq!(
                String::from_utf8_lossy(&split.0),
                String::from_utf8_lossy(&whole.0),
                "{name} for {caller} cut at {cut}"
            );
        }
    });
}

#[test]
fn a_stream_that_dies_anywhere_never_ends_cleanly() {
    for_every_stream_and_caller(|name, from, bytes, to, caller| {
        let (whole, ok) = pumped(from, to, &[bytes]);
        if !ok {
            let whole = String::from_utf8_lossy(&whole);
            for end in ["data: [DONE]", "event: response.completed"] {
                assert!(!whole.contains(end), "{name} for {caller}");
            }
            return;
        }
        for cut in (0..bytes.len() / 2).step_by(step(from)) {
            let (out, ok) = pumped(from, to, &[&bytes[..cut]]);
            assert!(!ok, "{name} for {caller} ended cleanly after {cut} bytes");
            assert!(!out.is_empty(), "{name} for {caller} said nothing after {cut} bytes");
        }
    });
}
