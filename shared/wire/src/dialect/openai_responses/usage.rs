//! Usage, both ways. The classes are the chat dialect's under other names.

use serde_json::{Value, json};

use crate::canon::Usage;
pub(crate) use crate::dialect::openai_chat::usage::decode;

/// Writes a `usage` object; how long written tokens are cached is told where it is an hour.
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
    json!({
        "input_tokens": usage.prompt(),
        "input_tokens_details": inputs,
        "output_tokens": usage.completion(),
        "output_tokens_details": {"reasoning_tokens": usage.output_reasoning},
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
            cache_write_5m: 300,
            cache_write_1h: 4000,
            output: 6,
            output_reasoning: 70,
            ..Usage::default()
        };
        let read = decode(Verbatim::from(&encode(&usage))).unwrap();
        assert_eq!(Usage { raw: None, ..read }, usage);
    }
}
