//! `usageMetadata`, both ways. What was read from a cache is counted inside `promptTokenCount`;
//! thoughts and what tools of the provider's put into the prompt are counted beside.

use serde_json::{Map, Value, json};

use super::reader;
use crate::{Dialect, canon::Usage};

pub(crate) fn decode(value: &Value) -> Usage {
    let count = |key: &str| reader::get(value, key).and_then(as_count).unwrap_or_default();
    let prompt = count("promptTokenCount");
    let by_tools = count("toolUsePromptTokenCount");
    let cache_read = count("cachedContentTokenCount").min(prompt);
    let audio = of(value, "promptTokensDetails", "AUDIO");
    let cached_audio = of(value, "cacheTokensDetails", "AUDIO");
    let cache_read_audio = cached_audio.min(cache_read);
    let input_audio = audio.saturating_sub(cached_audio).min(prompt - cache_read);

    let candidates = count("candidatesTokenCount").max(count("responseTokenCount"));
    let thoughts = count("thoughtsTokenCount");
    // Some servers count the thoughts inside, which the total gives away.
    let inside = thoughts > 0
        && candidates >= thoughts
        && count("totalTokenCount") == prompt.saturating_add(by_tools).saturating_add(candidates);
    let visible = if inside { candidates - thoughts } else { candidates };
    let made = |modality: &str| {
        of(value, "candidatesTokensDetails", modality).max(of(
            value,
            "responseTokensDetails",
            modality,
        ))
    };
    let output_audio = made("AUDIO").min(visible);
    let output_image = made("IMAGE").min(visible - output_audio);
    Usage {
        input: (prompt - cache_read - input_audio).saturating_add(by_tools),
        cache_read,
        cache_read_audio,
        input_audio,
        service_tier: tier(value),
        output: visible - output_audio - output_image,
        output_reasoning: thoughts,
        output_audio,
        output_image,
        raw: Some(value.into()),
        ..Usage::default()
    }
}

/// Vertex AI's `trafficType`: `ON_DEMAND_PRIORITY`, `ON_DEMAND_FLEX`.
fn tier(value: &Value) -> Option<String> {
    let told = reader::get(value, "trafficType").and_then(Value::as_str)?;
    Some(told.strip_prefix("ON_DEMAND_").unwrap_or("default").to_ascii_lowercase())
}

fn as_count(value: &Value) -> Option<u64> {
    reader::integer(value).and_then(|number| u64::try_from(number).ok())
}

/// Tokens of a modality in a list of them.
fn of(value: &Value, key: &str, modality: &str) -> u64 {
    let details = reader::get(value, key).and_then(Value::as_array);
    details
        .into_iter()
        .flatten()
        .filter(|detail| detail.get("modality").and_then(Value::as_str) == Some(modality))
        .filter_map(|detail| reader::get(detail, "tokenCount").and_then(as_count))
        .fold(0, u64::saturating_add)
}

/// Writes a `usageMetadata`. There is no word for what was written to a cache: it is part of the
/// prompt.
pub(super) fn encode(usage: &Usage) -> Value {
    let mut out = Map::new();
    let visible = usage.completion().saturating_sub(usage.output_reasoning);
    out.insert("promptTokenCount".into(), usage.prompt().into());
    out.insert("candidatesTokenCount".into(), visible.into());
    out.insert("totalTokenCount".into(), usage.total().into());
    if usage.cache_read > 0 {
        out.insert("cachedContentTokenCount".into(), usage.cache_read.into());
    }
    if usage.output_reasoning > 0 {
        out.insert("thoughtsTokenCount".into(), usage.output_reasoning.into());
    }
    if let Some(tier) = Dialect::Gemini.tier(Some(usage)) {
        out.insert("trafficType".into(), tier.into());
    }
    let audio = usage.input_audio.saturating_add(usage.cache_read_audio);
    let input = [("TEXT", usage.prompt().saturating_sub(audio)), ("AUDIO", audio)];
    out.insert("promptTokensDetails".into(), details(&input));
    if usage.cache_read_audio > 0 {
        let text = usage.cache_read.saturating_sub(usage.cache_read_audio);
        let cached = [("TEXT", text), ("AUDIO", usage.cache_read_audio)];
        out.insert("cacheTokensDetails".into(), details(&cached));
    }
    let output =
        [("TEXT", usage.output), ("AUDIO", usage.output_audio), ("IMAGE", usage.output_image)];
    out.insert("candidatesTokensDetails".into(), details(&output));
    Value::Object(out)
}

fn details(of: &[(&str, u64)]) -> Value {
    of.iter()
        .filter(|(_, tokens)| *tokens > 0)
        .map(|(modality, tokens)| json!({"modality": modality, "tokenCount": tokens}))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_cache_out_of_the_prompt_and_leaves_thoughts_beside_the_answer() {
        let usage = decode(&json!({
            "promptTokenCount": 100, "cachedContentTokenCount": 40, "candidatesTokenCount": 20,
            "thoughtsTokenCount": 30, "totalTokenCount": 155, "toolUsePromptTokenCount": 5,
            "promptTokensDetails": [
                {"modality": "TEXT", "tokenCount": 70}, {"modality": "AUDIO", "tokenCount": 30}],
            "cacheTokensDetails": [{"modality": "AUDIO", "tokenCount": 10}],
            "candidatesTokensDetails": [{"modality": "AUDIO", "tokenCount": 8},
                {"modality": "IMAGE", "tokenCount": 5}]}));
        assert_eq!((usage.input, usage.cache_read, usage.input_audio), (45, 40, 20));
        assert_eq!(usage.cache_read_audio, 10);
        assert_eq!((usage.output, usage.output_reasoning, usage.output_audio), (7, 30, 8));
        assert_eq!(usage.output_image, 5);
        assert_eq!(usage.total(), 155);
    }

    #[test]
    fn notices_thoughts_that_are_counted_inside() {
        let usage = decode(&json!({"promptTokenCount": 10, "candidatesTokenCount": 50,
            "thoughtsTokenCount": 30, "totalTokenCount": 60}));
        assert_eq!((usage.output, usage.output_reasoning, usage.total()), (20, 30, 60));
    }

    #[test]
    fn reads_what_it_writes() {
        let usage = Usage {
            input: 7,
            cache_read: 4,
            cache_read_audio: 1,
            input_audio: 3,
            output: 5,
            output_reasoning: 6,
            output_audio: 2,
            output_image: 9,
            ..Usage::default()
        };
        let read = decode(&encode(&usage));
        assert_eq!(Usage { raw: None, ..read }, usage);
    }

    #[test]
    fn an_absurd_usage_never_underflows() {
        let usage = decode(&json!({"promptTokenCount": 1, "cachedContentTokenCount": 9,
            "candidatesTokenCount": "2", "thoughtsTokenCount": -5,
            "promptTokensDetails": [{"modality": "AUDIO", "tokenCount": 99}],
            "candidatesTokensDetails": [{"modality": "AUDIO", "tokenCount": 99}]}));
        assert_eq!((usage.input, usage.cache_read, usage.output_audio), (0, 1, 2));
    }
}
