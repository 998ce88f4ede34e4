//! `TokenUsage`, both ways. `inputTokens` counts neither what was read from the cache nor what was
//! written to it; `totalTokens` counts everything.

use serde_json::{Map, Value, json};

use crate::{Dialect, canon::Usage};

/// Reads a `TokenUsage`; `None` where it is none, which is not the same as no tokens.
pub(crate) fn decode(value: &Value) -> Option<Usage> {
    value.as_object()?;
    let count = |key: &str| value.get(key).and_then(Value::as_u64).unwrap_or_default();
    let written = count("cacheWriteInputTokens");
    let (short, long) = by_ttl(value);
    Some(Usage {
        input: count("inputTokens"),
        cache_read: count("cacheReadInputTokens"),
        // The total is the authority; the breakdown says how much of it was for an hour.
        cache_write_5m: written.max(short.saturating_add(long)).saturating_sub(long),
        cache_write_1h: long,
        output: count("outputTokens"),
        raw: Some(value.into()),
        ..Usage::default()
    })
}

/// The type of a `serviceTier`.
pub(crate) fn tier(value: Option<&Value>) -> Option<&Value> {
    value.and_then(|tier| tier.get("type"))
}

/// The `serviceTier` that an answer tells.
pub(super) fn served(usage: Option<&Usage>) -> Option<Value> {
    Dialect::BedrockConverse.tier(usage).map(|tier| json!({"type": tier}))
}

/// Tokens written for five minutes and for an hour, where the breakdown is there.
fn by_ttl(value: &Value) -> (u64, u64) {
    let details = value.get("cacheDetails").and_then(Value::as_array);
    details.into_iter().flatten().fold((0, 0), |(short, long), detail| {
        let tokens = detail.get("inputTokens").and_then(Value::as_u64).unwrap_or_default();
        match detail.get("ttl").and_then(Value::as_str) {
            Some("1h") => (short, long.saturating_add(tokens)),
            _ => (short.saturating_add(tokens), long),
        }
    })
}

/// The shape requires the object and its three counts, so unknown usage is written as zeros.
pub(super) fn encode(usage: Option<&Usage>) -> Value {
    let Some(usage) = usage else {
        return json!({"inputTokens": 0, "outputTokens": 0, "totalTokens": 0});
    };
    let mut out = Map::new();
    let mut put = |key: &str, count: u64| out.insert(key.to_owned(), Value::from(count));
    put("inputTokens", usage.input.saturating_add(usage.input_audio));
    put("outputTokens", usage.completion());
    put("totalTokens", usage.total());
    let written = usage.cache_write_5m.saturating_add(usage.cache_write_1h);
    if usage.cache_read > 0 || written > 0 {
        put("cacheReadInputTokens", usage.cache_read);
        put("cacheWriteInputTokens", written);
    }
    // Sorted by duration, the longest first, as the service writes it.
    let details: Vec<Value> = [("1h", usage.cache_write_1h), ("5m", usage.cache_write_5m)]
        .into_iter()
        .filter(|(_, tokens)| *tokens > 0)
        .map(|(ttl, tokens)| json!({"ttl": ttl, "inputTokens": tokens}))
        .collect();
    if !details.is_empty() {
        out.insert("cacheDetails".to_owned(), details.into());
    }
    Value::Object(out)
}
