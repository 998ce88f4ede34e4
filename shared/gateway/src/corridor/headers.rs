//! Response headers (LiteLLM's, so that its users' dashboards and tests go on working).

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use sluice_store::NanoUsd;
use sluice_wire::{Dialect, canon::Usage};

use super::{
    Admitted, Facts,
    attempt::{Failed, Reached},
    settle::Settled,
};
use crate::{history::Session, registry::Member};

/// Upstream headers that speak of the connection or of the body's encoding, not of the answer.
const HOP: [&str; 9] = [
    "connection",
    "content-length",
    "content-encoding",
    "content-type",
    "transfer-encoding",
    "keep-alive",
    "set-cookie",
    "trailer",
    "upgrade",
];

/// Room for what an answer carries, at once.
const ROOM: usize = 32;

/// A header's name, read when this is compiled: as text it would be read at every use.
const fn known(name: &'static str) -> HeaderName {
    HeaderName::from_static(name)
}

/// What every answer and refusal carries: the call's id, also under the names the SDKs read.
pub(crate) fn call(map: &mut HeaderMap, facts: &Facts) {
    map.reserve(ROOM);
    identify(map, facts.dialect, facts.call.to_string());
    if let Some(id) = &facts.caller_call {
        put(map, const { known("x-litellm-call-id") }, id.clone());
    }
    patience(map, facts);
}

/// The session that the answer is part of.
pub(crate) fn session(map: &mut HeaderMap, session: Option<&Session>) {
    if let Some(session) = session {
        put(map, const { known("x-session-id") }, session.id.clone());
    }
}

/// An id under LiteLLM's name and under the one that the dialect's clients read.
pub(crate) fn identify(map: &mut HeaderMap, dialect: Dialect, id: String) {
    let Ok(id) = HeaderValue::try_from(id) else { return };
    let own = match dialect {
        Dialect::AnthropicMessages => const { known("request-id") },
        Dialect::BedrockConverse | Dialect::BedrockInvoke => const { known("x-amzn-requestid") },
        _ => const { known("x-request-id") },
    };
    map.insert(own, id.clone());
    map.insert(const { known("x-litellm-call-id") }, id);
    map.insert(
        const { known("x-litellm-version") },
        HeaderValue::from_static(concat!("sluice-", env!("CARGO_PKG_VERSION"))),
    );
}

/// What an answer carries that is neither paid for nor recorded.
pub(crate) fn describe(map: &mut HeaderMap, facts: &Facts, member: Option<&Member>) {
    call(map, facts);
    if let Some(member) = member {
        self::member(map, member);
    }
    durations(map, facts, Duration::ZERO);
}

/// Who answered, or would have.
pub(crate) fn member(map: &mut HeaderMap, member: &Member) {
    let labels = &member.labels;
    let pairs = [
        (const { known("x-litellm-model-id") }, &labels.id),
        (const { known("x-litellm-model-name") }, &labels.name),
        (const { known("x-litellm-model-group") }, &labels.group),
        (const { known("x-litellm-model-api-base") }, &labels.api_base),
        (const { known("x-litellm-model-region") }, &labels.region),
    ];
    for (name, value) in pairs {
        if let Some(value) = value {
            map.insert(name, value.clone());
        }
    }
}

/// How long the caller said that it waits.
fn patience(map: &mut HeaderMap, facts: &Facts) {
    if let Some(wait) = facts.patience.wait(facts.stream) {
        put(map, const { known("x-litellm-timeout") }, wait.as_secs_f64().to_string());
    }
}

/// Who answered, after how many attempts, and what was left out or lowered on the way.
pub(crate) fn reached(map: &mut HeaderMap, reached: &Reached) {
    member(map, &reached.member);
    tries(map, reached.attempts, reached.max_retries);
    if !reached.dropped.is_empty() {
        put(map, const { known("x-sluice-dropped") }, names(&reached.dropped));
    }
    if let Some(cap) = reached.capped {
        map.insert(const { known("x-sluice-max-tokens") }, HeaderValue::from(cap));
    }
}

fn tries(map: &mut HeaderMap, attempts: u32, max_retries: u32) {
    map.insert(const { known("x-litellm-attempted-retries") }, HeaderValue::from(attempts));
    map.insert(const { known("x-litellm-max-retries") }, HeaderValue::from(max_retries));
    fallbacks(map, 0);
}

/// How many models were asked after the one that was asked for.
pub(crate) fn fallbacks(map: &mut HeaderMap, asked: u32) {
    map.insert(const { known("x-litellm-attempted-fallbacks") }, HeaderValue::from(asked));
}

/// Who failed, after how many attempts, and what its key has spent.
pub(crate) fn failed(map: &mut HeaderMap, facts: &Facts, failed: &Failed, spend: Option<NanoUsd>) {
    if let Some(member) = &failed.member {
        self::member(map, member);
        tries(map, failed.attempts, failed.max_retries);
    }
    self::spend(map, spend);
    durations(map, facts, failed.upstream);
}

/// What the key has spent, where the ledger has said it.
pub(crate) fn spend(map: &mut HeaderMap, spend: Option<NanoUsd>) {
    if let Some(spend) = spend {
        put(map, const { known("x-litellm-key-spend") }, spend.to_decimal());
    }
}

/// Names for a header: what cannot stand in one is escaped, and a list that is too long for
/// clients' limits ends in dots.
fn names(dropped: &[String]) -> String {
    const MOST: usize = 4_000;
    let mut out = String::new();
    for name in dropped {
        let name: String = name.escape_default().collect();
        if out.len() + name.len() > MOST {
            out.push_str(if out.is_empty() { "..." } else { ",..." });
            break;
        }
        if !out.is_empty() {
            out.push(',');
        }
        out.push_str(&name);
    }
    out
}

/// What it cost. Parts sum to the total; input excludes cached tokens; reasoning is in output.
pub(crate) fn cost(map: &mut HeaderMap, facts: &Facts, settled: &Settled) {
    let cost = &settled.cost;
    put(map, const { known("x-litellm-response-cost") }, cost.total.to_decimal());
    let parts = [
        (const { known("x-litellm-response-cost-input") }, cost.input),
        (const { known("x-litellm-response-cost-output") }, cost.output),
        (const { known("x-litellm-response-cost-cache-read") }, cost.cache_read),
        (const { known("x-litellm-response-cost-cache-creation") }, cost.cache_creation),
        (const { known("x-litellm-response-cost-reasoning") }, cost.reasoning),
    ];
    for (name, part) in parts {
        if part != NanoUsd::ZERO {
            put(map, name, part.to_decimal());
        }
    }
    spend(map, settled.spend);
    budget(map, facts);
}

/// How the key's rates stand, in LiteLLM's headers; whose soft budget is used up, and whose calls go on
/// slower.
pub(crate) fn limits(map: &mut HeaderMap, admitted: &Admitted) {
    for standing in &admitted.standings {
        standing.write(map);
    }
    for (name, whose) in [
        (const { known("x-sluice-soft-budget-exceeded") }, &admitted.warned),
        (const { known("x-sluice-throttled") }, &admitted.throttled),
    ] {
        if !whose.is_empty() {
            put(map, name, whose.join(","));
        }
    }
}

/// The key's own budget and rates.
pub(crate) fn budget(map: &mut HeaderMap, facts: &Facts) {
    if let Some(max) = facts.caller.as_ref().and_then(|caller| caller.record.allowance.max_budget) {
        put(map, const { known("x-litellm-key-max-budget") }, max.to_decimal());
    }
    let Some(record) = facts.caller.as_ref().map(|caller| &caller.record) else { return };
    if let Some(limit) = record.allowance.tpm_limit {
        map.insert(const { known("x-litellm-key-tpm-limit") }, HeaderValue::from(limit));
    }
    if let Some(limit) = record.allowance.rpm_limit {
        map.insert(const { known("x-litellm-key-rpm-limit") }, HeaderValue::from(limit));
    }
}

/// The provider's own headers under a prefix, and its rate-limit headers as they are.
pub(crate) fn upstream(map: &mut HeaderMap, upstream: &HeaderMap) {
    for (name, value) in upstream {
        if HOP.contains(&name.as_str()) {
            continue;
        }
        if let Ok(prefixed) = HeaderName::try_from(format!("llm_provider-{name}")) {
            map.append(prefixed, value.clone());
        }
        if name.as_str().starts_with("x-ratelimit-") {
            map.insert(name.clone(), value.clone());
        }
    }
}

/// What InvokeModel tells beside its body: Bedrock's own headers as they are, its counts where another
/// provider told them, and what a stream's events are.
pub(crate) fn bedrock(
    map: &mut HeaderMap,
    facts: &Facts,
    usage: Option<&Usage>,
    upstream: &HeaderMap,
) {
    if facts.dialect != Dialect::BedrockInvoke {
        return;
    }
    if facts.stream {
        map.insert(
            const { known("x-amzn-bedrock-content-type") },
            HeaderValue::from_static("application/json"),
        );
    }
    if let Some(usage) = usage {
        let written = usage.cache_write_5m.saturating_add(usage.cache_write_1h);
        for (name, count) in [
            (const { known("x-amzn-bedrock-input-token-count") }, usage.input),
            (const { known("x-amzn-bedrock-output-token-count") }, usage.completion()),
            (const { known("x-amzn-bedrock-cache-read-input-token-count") }, usage.cache_read),
            (const { known("x-amzn-bedrock-cache-write-input-token-count") }, written),
        ] {
            map.insert(name, HeaderValue::from(count));
        }
    }
    for (name, value) in upstream {
        if name.as_str().starts_with("x-amzn-bedrock-") {
            map.insert(name.clone(), value.clone());
        }
    }
}

/// How long the call took so far, and how much of that was the gateway.
pub(crate) fn durations(map: &mut HeaderMap, facts: &Facts, upstream: Duration) {
    let total = facts.clock.elapsed();
    put(map, const { known("x-litellm-response-duration-ms") }, millis(total));
    put(
        map,
        const { known("x-litellm-overhead-duration-ms") },
        millis(total.saturating_sub(upstream)),
    );
}

fn millis(duration: Duration) -> String {
    let mut text = duration.as_millis().to_string();
    // The thousandths, with the zeros before them.
    let part = (1000 + duration.subsec_micros() % 1000).to_string();
    text.push('.');
    text.push_str(part.get(1..).unwrap_or_default());
    text
}

fn put(map: &mut HeaderMap, name: HeaderName, text: String) {
    if let Ok(value) = HeaderValue::try_from(text) {
        map.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_places() {
        for (micros, text) in
            [(0, "0.000"), (7, "0.007"), (999, "0.999"), (1_111, "1.111"), (12_030, "12.030")]
        {
            assert_eq!(millis(Duration::from_micros(micros)), text);
        }
    }

    #[test]
    fn any_name_can_stand_in_the_header_and_the_header_is_bounded() {
        let named =
            |dropped: &[&str]| names(&dropped.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>());
        assert_eq!(named(&["n", "messages[2].name"]), "n,messages[2].name");
        let odd = named(&["a\r\nx-injected: 1", "\u{e9}\u{1f600}"]);
        assert_eq!(odd, "a\\r\\nx-injected: 1,\\u{e9}\\u{1f600}");
        assert!(HeaderValue::from_str(&odd).is_ok());
        let long = named(&["messages[0].content[0]"; 1_000]);
        assert!(long.len() < 4_100 && long.ends_with(",..."), "{}", long.len());
        assert_eq!(named(&[&"x".repeat(5_000)]), "...");
    }
}
