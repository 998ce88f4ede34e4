//! OpenAI's streams on the verbatim path: every byte passes, and what matters is seen.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::{fs, path::Path};

use sluice_wire::{
    Dialect, Fault, FaultKind, Pump, Stamp,
    canon::{Event, Usage},
    dialect::{Observer, StreamDecoder},
};

const ME: Dialect = Dialect::OpenAiChat;

fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new("tests/fixtures/openai").join(name)).unwrap()
}

fn fixtures() -> Vec<(String, Vec<u8>)> {
    fs::read_dir("tests/fixtures/openai/stream")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.display().to_string(), fs::read(path).unwrap()))
        .collect()
}

fn observe(pieces: &[&[u8]], hide: bool) -> (Vec<u8>, Observer, Result<(), Fault>) {
    let mut observer = Observer::new(ME, hide);
    let mut out = Vec::new();
    let result = pieces
        .iter()
        .try_for_each(|piece| observer.push(piece, &mut out))
        .and_then(|()| observer.end(&mut out));
    (out, observer, result)
}

fn decoded_usage(bytes: &[u8]) -> Option<Usage> {
    let mut decoder = StreamDecoder::new(ME);
    let mut events: Vec<Event> = Vec::new();
    decoder.push(bytes, &mut events).unwrap();
    decoder.end(&mut events).unwrap();
    decoder.usage().cloned()
}

fn count(haystack: &[u8], needle: &str) -> usize {
    String::from_utf8_lossy(haystack).matches(needle).count()
}

#[test]
fn forwards_every_byte_however_it_is_cut() {
    for (name, bytes) in fixtures() {
        let usage = decoded_usage(&bytes);
        let text = observe(&[&bytes], false).1.text_bytes();
        for at in 0..=bytes.len() {
            let (out, observer, result) = observe(&[&bytes[..at], &bytes[at..]], false);
            result.unwrap_or_else(|fault| panic!("{name} cut at {at}: {fault}"));
            assert!(out == bytes, "{name} cut at {at}");
            assert_eq!(observer.usage(), usage.as_ref(), "{name}");
            assert_eq!(observer.text_bytes(), text, "{name}");
            assert!(observer.fault().is_none());
        }
    }
}

#[test]
fn hides_the_frame_that_is_usage_alone() {
    let bytes = fixture("stream/text.sse");
    let (out, observer, _) = observe(&[&bytes], true);
    assert_eq!(count(&out, "data:"), count(&bytes, "data:") - 1);
    assert_eq!(count(&out, "prompt_tokens"), 0);
    assert!(out.ends_with(b"data: [DONE]\n\n"));
    assert_eq!(observer.usage().unwrap().total(), 29);
}

#[test]
fn forwards_a_finish_that_carries_usage_also_when_hiding() {
    for name in ["no_done", "usage_in_every_chunk", "deepseek_reasoning"] {
        let bytes = fixture(&format!("stream/{name}.sse"));
        let (out, observer, result) = observe(&[&bytes], true);
        result.unwrap();
        assert!(out == bytes, "{name}");
        assert!(observer.usage().is_some());
    }
}

#[test]
fn forwards_the_first_chunk_of_azure_also_when_hiding() {
    let (out, ..) = observe(&[&fixture("stream/azure_filter_first.sse")], true);
    assert_eq!(count(&out, "prompt_filter_results"), 1);
    assert_eq!(count(&out, "prompt_tokens"), 0);
}

#[test]
fn counts_text_without_the_escapes() {
    let (_, observer, _) = observe(&[&fixture("stream/text.sse")], false);
    assert_eq!(observer.text_bytes(), "Hello wörld \"\u{1F600}\"\n\\ done".len() as u64);
    let (_, observer, _) = observe(&[&fixture("stream/deepseek_reasoning.sse")], false);
    assert_eq!(observer.text_bytes(), "First, think.Nine".len() as u64);
}

#[test]
fn an_end_too_early_is_a_truncation_told_in_a_frame_of_its_own() {
    for name in ["truncated", "truncated_in_a_frame", "empty"] {
        let bytes = fixture(&format!("broken/{name}.sse"));
        let stamp = Stamp { stream_usage: true, ..Stamp::default() };
        let mut pump = Pump::new(ME, ME, stamp);
        let mut out = Vec::new();
        pump.push(&bytes, &mut out).unwrap();
        assert_eq!(pump.end(&mut out).unwrap_err().kind, FaultKind::Truncated, "{name}");
        let text = String::from_utf8(out).unwrap();
        let last = text.trim_end().rsplit("\n\n").next().unwrap();
        assert!(last.starts_with("data: {\"error\":{"), "{name}: {text}");
        assert!(!text.contains("[DONE]"));
    }
    // A frame whose blank line is missing, and no finish.
    let open = b"data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}";
    let (out, _, result) = observe(&[open], false);
    assert!(result.is_err() && out.ends_with(b"}\n\n"));
}

#[test]
fn an_error_event_is_forwarded_and_told_and_nothing_follows() {
    let bytes = fixture("broken/error_frame.sse");
    let (out, observer, result) = observe(&[&bytes], true);
    assert!(result.is_ok());
    assert!(bytes.strip_suffix(b"data: [DONE]\n\n").unwrap() == out);
    let fault = observer.fault().unwrap();
    assert_eq!(fault.kind, FaultKind::Upstream);
    assert_eq!(fault.upstream.as_ref().unwrap().code.as_deref(), Some("server_error"));
    assert_eq!(
        observe(&[&fixture("broken/error_event.sse")], false).1.fault().unwrap().kind,
        FaultKind::Overloaded
    );
}

#[test]
fn a_corrupt_frame_is_not_forwarded() {
    let (out, _, result) = observe(&[&fixture("broken/not_json.sse")], false);
    assert_eq!(result.unwrap_err().kind, FaultKind::Upstream);
    assert_eq!(count(&out, "html"), 0);
}
