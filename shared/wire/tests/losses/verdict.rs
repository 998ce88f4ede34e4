//! What becomes of one feature on its way from one dialect to another.

use std::collections::BTreeSet;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD},
};
use sluice_wire::{Dialect, Habits, Stamp, Target, canon::Media};

use crate::{
    probe::{LINE, Probes},
    told::{self, Cut},
};

/// What becomes of a feature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It arrives.
    Carried,
    /// It arrives after the gateway has fetched what the request only names.
    Fetched,
    /// What does not arrive is declared: refused unless `drop_params`, and only named.
    Lost { refused: Vec<String>, named: Vec<String> },
    /// The request is refused, whatever `drop_params` says.
    Impossible(String),
    /// It does not arrive, or these words of it do not, and nobody says so.
    Silent(Vec<String>),
}

/// The models that stand for a dialect's providers, where models differ in what they take.
pub(crate) fn targets(dialect: Dialect) -> &'static [Target<'static>] {
    const PLAIN: Habits = Habits { cache_markers: false, thoughts: false };
    const fn target(model: &'static str, new: bool) -> Target<'static> {
        let max_output = Some(64_000);
        Target { model, max_output, max_completion_tokens: new, habits: PLAIN }
    }
    const fn compatible(model: &'static str, habits: Habits) -> Target<'static> {
        Target { habits, ..target(model, false) }
    }
    const CHAT: &[Target<'_>] = &[
        target("gpt-5.1", true),
        compatible("a-compatible-model", PLAIN),
        compatible("a-model-that-shows-thoughts", Habits { thoughts: true, ..PLAIN }),
        compatible("a-model-that-takes-cache-markers", Habits { cache_markers: true, ..PLAIN }),
    ];
    const CLAUDES: &[Target<'_>] = &[
        target("claude-sonnet-4-5", false),
        target("claude-opus-4-8", false),
        target("claude-3-haiku-20240307", false),
    ];
    const CLAUDES_THERE: &[Target<'_>] =
        &[target("anthropic.claude-sonnet-4-5-20250929-v1:0", false)];
    const BEDROCK: &[Target<'_>] = &[
        target("anthropic.claude-sonnet-4-5-20250929-v1:0", false),
        target("anthropic.claude-opus-4-8", false),
        target("amazon.nova-2-lite-v1:0", false),
        target("openai.gpt-oss-120b-1:0", false),
        target("meta.llama3-3-70b-instruct-v1:0", false),
    ];
    match dialect.name() {
        "openai_chat" => CHAT,
        "anthropic_messages" => CLAUDES,
        "bedrock_converse" => BEDROCK,
        "bedrock_invoke" => CLAUDES_THERE,
        "gemini" => const { &[target("gemini-2.5-pro", false)] },
        "openai_responses" => const { &[target("gpt-5.1", true)] },
        _ => const { &[target("a-model", false)] },
    }
}

/// What becomes of a feature of a request.
pub(crate) fn request(probes: &Probes, feature: &str, to: Dialect, target: &Target<'_>) -> Verdict {
    let body = probes.with(feature);
    let decode = |body: &[u8]| match probes.dialect.decode_request(body, LINE) {
        Ok(request) => request,
        Err(fault) => panic!("{}: {feature} is no request: {fault}", probes.dialect.name()),
    };
    let mut asked = decode(&body);
    let fetched = asked.needs_bytes(to);
    if fetched {
        for remote in asked.remotes() {
            let media_type = match remote.media {
                Media::Image => "image/png",
                Media::Document => "application/pdf",
            };
            remote.bring(media_type.to_owned(), "KEEPaaaa".to_owned());
        }
    }
    let encoded = match to.encode_request(&asked, *target) {
        Ok(encoded) => encoded,
        Err(fault) => return Verdict::Impossible(fault.message.into_owned()),
    };
    if !encoded.losses.is_empty() {
        let names = |meaning: bool| {
            let losses = encoded.losses.iter().filter(|loss| loss.changes_meaning == meaning);
            losses.map(|loss| loss.field.to_string()).collect()
        };
        return Verdict::Lost { refused: names(true), named: names(false) };
    }
    if probes.is_implied(feature) {
        return Verdict::Carried;
    }
    if fetched && String::from_utf8_lossy(&encoded.body).contains("KEEPaaaa") {
        return Verdict::Fetched;
    }
    let base = to.encode_request(&decode(&probes.base()), *target).unwrap();
    let same = encoded.body == base.body && body != probes.base();
    compare(&body, &encoded.body, same)
}

/// What becomes of a feature of an answer. Nothing of an answer is refused.
pub(crate) fn answer(probes: &Probes, feature: &str, to: Dialect) -> Verdict {
    let body = probes.with(feature);
    let response = told::response(probes.dialect, &body);
    let written = to.encode_response(&response, &stamp());
    let base = to.encode_response(&told::response(probes.dialect, &probes.base()), &stamp());
    let same = written == base && body != probes.base();
    found(compare(&body, &opened(&written), same), to.untold(&response), feature)
}

/// What becomes of a feature of an answer that is streamed.
pub(crate) fn streamed(probes: &Probes, feature: &str, to: Dialect) -> Verdict {
    let body = probes.with(feature);
    let (written, untold) = told::streamed(probes.dialect, to, &body, Cut::Nowhere);
    let (base, _) = told::streamed(probes.dialect, to, &probes.base(), Cut::Nowhere);
    let same = written == base && body != probes.base();
    found(compare(&body, &opened(&written), same), untold, feature)
}

/// What is named is lost, and only that. Why an answer ended may be said less exactly.
fn found(verdict: Verdict, untold: Vec<String>, feature: &str) -> Verdict {
    if untold.is_empty() {
        return verdict;
    }
    let inexact = feature.starts_with("finish: ");
    let whole = verdict == Verdict::Carried && !inexact;
    assert!(!whole, "{feature} arrives, and is named as lost: {untold:?}");
    Verdict::Lost { refused: Vec::new(), named: untold }
}

/// The bytes, and what stands in base64 among them: events of InvokeModel, signatures of Google's, and
/// what this gateway sealed.
fn opened(written: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(written);
    let mut out = written.to_vec();
    for word in text.split('"').filter(|word| word.len() > 7) {
        let word = word.strip_prefix("sluice.v1.").unwrap_or(word);
        let bytes = STANDARD.decode(word).or_else(|_| STANDARD_NO_PAD.decode(word));
        if let Some(text) = bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok()) {
            out.push(b'\n');
            out.extend(opened(text.as_bytes()));
        }
    }
    out
}

pub(crate) fn stamp() -> Stamp {
    Stamp {
        id: "id".into(),
        model: "group".into(),
        created: 1,
        stream_usage: true,
        ..Stamp::default()
    }
}

fn compare(probe: &[u8], written: &[u8], same: bool) -> Verdict {
    let written = String::from_utf8_lossy(written);
    let missing: Vec<_> =
        words(probe).into_iter().filter(|word| !written.contains(word.as_str())).collect();
    if same || !missing.is_empty() { Verdict::Silent(missing) } else { Verdict::Carried }
}

/// The words that must arrive.
fn words(body: &[u8]) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(body);
    let mut found: BTreeSet<String> = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter_map(|word| word.find("KEEP").map(|at| word[at..].to_owned()))
        .collect();
    if text.contains("7654") {
        found.insert("7654".to_owned());
    }
    found
}
