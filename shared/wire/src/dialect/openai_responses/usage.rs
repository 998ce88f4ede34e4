//! Usage, both ways. The classes are the chat dialect's under other names.

use serde_json::{Value, json};

use crate::canon::Usage;
pub(crate) use crate::dialect::openai_chat::usage::decode;

/// Writes a `usage` object; how long written tokens are cached is told where it is an hour, and
/// tokens of sound and of pictures (in LiteLLM's words) where there are any.
pub(super) fn encode(usage: &Usage) -> Value {
    let written = usage.cache_write_5m.saturating_add(usage.cache_write_1h);
    let mut inputs = json!({"cached_tokens": usage.cache_read, "cache_write_tokens": written});
    if let (Some(inputs), true) = (inputs.as_object_mut(), usage.cache_write_1h > 0) {
        inputs.insert(
            "cache_creation_token_details".into(),
            json!({
                "ephemeral_5m_input_tokens": usage.cache_write_5m,
                "ephemeral_1h_input_tokens": usage.cache_write_1h,
            }),
        );
    }
    let mut outputs = json!({"reasoning_tokens": usage.output_reasoning});
    let heard = usage.input_audio.saturating_add(usage.cache_read_audio);
    for (details, audio) in [(&mut inputs, heard), (&mut outputs, usage.output_audio)] {
        if let (Some(details), true) = (details.as_object_mut(), audio > 0) {
            details.insert("audio_tokens".into(), audio.into());
        }
    }
    if let (Some(outputs), true) = (outputs.as_object_mut(), usage.output_image > 0) {
        outputs.insert("image_tokens".into(), usage.output_image.into());
    }
    if let (Some(inputs), true) = (inputs.as_object_mut(), usage.cache_read_audio > 0) {
        let cached = json!({"audio_tokens": usage.cache_read_audio});
        inputs.insert("cached_tokens_details".into(), cached);
    }
    json!({
        "input_tokens": usage.prompt(),
        "input_tokens_details": inputs,
        "output_tokens": usage.completion(),
        "output_tokens_details": outputs,
        "total_tokens": usage.total(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Verbatim;

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
        let read = decode(Verbatim::from(&encode(&usage))).unwrap();
        assert_eq!(Usage { raw: None, ..read }, usage);
    }
}
