//! Usage, both ways. OpenAI counts cached and audio tokens inside `prompt_tokens`, and reasoning
//! inside `completion_tokens`; a few compatible providers count reasoning beside it, which
//! `total_tokens` gives away.

use serde_json::{Value, json};

use crate::{Verbatim, canon::Usage, dialect::Counts};

/// Reads a `usage` object; `None` where it is not one.
pub(crate) fn decode(raw: Verbatim) -> Option<Usage> {
    let fields = Counts::read(raw.text())?;
    let prompt = fields.count(&["prompt_tokens", "input_tokens"]);
    let completion = fields.count(&["completion_tokens", "output_tokens"]);
    let inputs = fields.inside(&["prompt_tokens_details", "input_tokens_details"]);
    let outputs = fields.inside(&["completion_tokens_details", "output_tokens_details"]);

    let cache_read = inputs
        .count(&["cached_tokens"])
        .max(fields.count(&["cache_read_input_tokens", "prompt_cache_hit_tokens", "cached_tokens"]))
        .min(prompt);
    let written = inputs
        .count(&["cache_creation_tokens", "cache_write_tokens"])
        .max(fields.count(&["cache_creation_input_tokens"]))
        .min(prompt.saturating_sub(cache_read));
    let lifetimes = inputs.inside(&["cache_creation_token_details"]);
    let cache_write_1h = lifetimes.count(&["ephemeral_1h_input_tokens"]).min(written);
    let cached = inputs.inside(&["cached_tokens_details"]);
    let cache_read_audio = cached.count(&["audio_tokens"]).min(cache_read);
    let input_audio = inputs
        .count(&["audio_tokens"])
        .saturating_sub(cache_read_audio)
        .min(prompt.saturating_sub(cache_read + written));

    let output_reasoning =
        outputs.count(&["reasoning_tokens"]).max(fields.count(&["reasoning_tokens"]));
    let total = fields.count(&["total_tokens"]);
    let beside = output_reasoning > 0
        && (output_reasoning > completion
            || total >= prompt.saturating_add(completion).saturating_add(output_reasoning));
    let visible = if beside { completion } else { completion.saturating_sub(output_reasoning) };
    let output_audio = outputs.count(&["audio_tokens"]).min(visible);
    let output_image = outputs.count(&["image_tokens"]).min(visible - output_audio);

    Some(Usage {
        input: prompt.saturating_sub(cache_read + written + input_audio),
        cache_read,
        cache_read_audio,
        cache_write_5m: written.saturating_sub(cache_write_1h),
        cache_write_1h,
        input_audio,
        output: visible - output_audio - output_image,
        output_reasoning,
        output_audio,
        output_image,
        service_tier: None,
        raw: Some(raw),
    })
}

/// Writes a `usage` object, with LiteLLM's cache fields where a cache was used.
pub(super) fn encode(usage: &Usage) -> Value {
    let written = usage.cache_write_5m.saturating_add(usage.cache_write_1h);
    let mut out = json!({
        "prompt_tokens": usage.prompt(),
        "completion_tokens": usage.completion(),
        "total_tokens": usage.total(),
        "prompt_tokens_details": {
            "cached_tokens": usage.cache_read,
            "audio_tokens": usage.input_audio.saturating_add(usage.cache_read_audio),
        },
        "completion_tokens_details": {
            "reasoning_tokens": usage.output_reasoning,
            "audio_tokens": usage.output_audio,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    });
    if usage.output_image > 0
        && let Some(Value::Object(outputs)) = out.get_mut("completion_tokens_details")
    {
        outputs.insert("image_tokens".into(), usage.output_image.into());
    }
    if let Some(fields) = out.as_object_mut()
        && (written > 0 || usage.cache_read > 0)
    {
        if let Some(Value::Object(inputs)) = fields.get_mut("prompt_tokens_details") {
            inputs.insert("cache_creation_tokens".into(), written.into());
            if usage.cache_read_audio > 0 {
                let audio = json!({"audio_tokens": usage.cache_read_audio});
                inputs.insert("cached_tokens_details".into(), audio);
            }
            if usage.cache_write_1h > 0 {
                inputs.insert(
                    "cache_creation_token_details".into(),
                    json!({
                        "ephemeral_5m_input_tokens": usage.cache_write_5m,
                        "ephemeral_1h_input_tokens": usage.cache_write_1h,
                    }),
                );
            }
        }
        fields.insert("cache_creation_input_tokens".into(), written.into());
        fields.insert("cache_read_input_tokens".into(), usage.cache_read.into());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &Value) -> Usage {
        Usage { raw: None, ..decode(Verbatim::from(raw)).unwrap() }
    }

    #[test]
    fn takes_the_classes_apart() {
        let usage = read(&json!({
            "prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150,
            "prompt_tokens_details": {"cached_tokens": 40, "audio_tokens": 10},
            "completion_tokens_details": {"reasoning_tokens": 30, "audio_tokens": 5,
                "accepted_prediction_tokens": 3, "rejected_prediction_tokens": 2},
        }));
        assert_eq!(
            usage,
            Usage {
                input: 50,
                cache_read: 40,
                input_audio: 10,
                output: 15,
                output_reasoning: 30,
                output_audio: 5,
                ..Usage::default()
            }
        );
    }

    #[test]
    fn sees_reasoning_that_is_counted_beside_the_completion() {
        let usage = read(&json!({
            "prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 45,
            "completion_tokens_details": {"reasoning_tokens": 30},
        }));
        assert_eq!((usage.output, usage.output_reasoning, usage.total()), (5, 30, 45));
    }

    #[test]
    fn reads_the_cache_fields_of_other_providers() {
        let deepseek = read(&json!({"prompt_tokens": 10, "completion_tokens": 1,
            "prompt_cache_hit_tokens": 8, "prompt_cache_miss_tokens": 2}));
        assert_eq!((deepseek.input, deepseek.cache_read), (2, 8));
        let litellm = read(&json!({"prompt_tokens": 10, "completion_tokens": 1,
            "cache_creation_input_tokens": 3, "cache_read_input_tokens": 4}));
        assert_eq!((litellm.input, litellm.cache_read, litellm.cache_write_5m), (3, 4, 3));
    }

    #[test]
    fn never_counts_more_than_the_prompt() {
        let usage = read(&json!({"prompt_tokens": 10, "completion_tokens": null,
            "prompt_tokens_details": {"cached_tokens": 40, "audio_tokens": 9}}));
        assert_eq!((usage.prompt(), usage.cache_read, usage.completion()), (10, 10, 0));
        assert_eq!(decode(Verbatim::from(&Value::Null)), None);
    }

    #[test]
    fn what_is_written_reads_the_same() {
        let usage = Usage {
            input: 1,
            cache_read: 20,
            cache_read_audio: 9,
            cache_write_5m: 300,
            cache_write_1h: 4000,
            input_audio: 5,
            output: 6,
            output_reasoning: 70,
            output_audio: 8,
            output_image: 3,
            ..Usage::default()
        };
        assert_eq!(read(&encode(&usage)), usage);
    }
}
