//! The verbatim path's look at a whole answer: its id and its usage, and nothing else is built.

use std::ops::Range;

use serde::de::IgnoredAny;
use serde_json::{Value, value::RawValue};

use super::{
    Dialect, anthropic_messages, bedrock_converse, bedrock_invoke, gemini, openai_chat,
    openai_responses,
};
use crate::{Fault, FaultKind, Fields, canon::Usage};

/// What the gateway needs to know of an answer that it forwards.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Glance {
    /// The provider's id for the answer, where the dialect has one.
    pub id: Option<String>,
    /// Where in the body the value of `model` stands, where the dialect names it.
    pub model: Option<Range<usize>>,
    /// What it used, where the provider said so.
    pub usage: Option<Usage>,
}

// === impl Dialect ===

impl Dialect {
    /// Looks at a provider's whole answer without decoding it.
    ///
    /// # Errors
    /// A fault of the provider when the body is not a JSON object.
    pub fn glance(self, body: &[u8]) -> Result<Glance, Fault> {
        if self == Self::Gemini {
            return gemini::glance::glance(body);
        }
        if self == Self::BedrockInvoke {
            return bedrock_invoke::response::glance(body);
        }
        let fields = Fields::find(body).ok_or_else(|| unpromised(body))?;
        let tier = fields.get::<Value>("service_tier");
        let tier = tier.as_ref();
        let usage = fields.get::<&RawValue>("usage").and_then(|raw| match self {
            Self::OpenAiChat => Some(openai_chat::usage::decode(raw.into())?.served(tier)),
            Self::OpenAiResponses => {
                Some(openai_responses::usage::decode(raw.into())?.served(tier))
            }
            Self::AnthropicMessages => anthropic_messages::usage::read(raw.into()),
            Self::BedrockConverse => {
                let tier = fields.get::<Value>("serviceTier");
                let tier = bedrock_converse::usage::tier(tier.as_ref());
                let raw = serde_json::from_str(raw.get()).ok()?;
                Some(bedrock_converse::usage::decode(&raw)?.served(tier))
            }
            Self::BedrockInvoke | Self::Gemini => None,
        });
        Ok(Glance { id: fields.get("id"), model: fields.place("model"), usage })
    }
}

/// The fault of an answer that is no JSON object.
fn unpromised(body: &[u8]) -> Fault {
    let why = match serde_json::from_slice::<IgnoredAny>(body) {
        Ok(_) => "it is not a JSON object".to_owned(),
        Err(error) => error.to_string(),
    };
    Fault::new(FaultKind::Upstream, "The provider's answer is not what its API promises.")
        .with_status(502)
        .with_detail(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_id_and_usage_of_each_dialect() {
        let openai = br#"{"id":"chatcmpl-1","choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":4}}}"#;
        let glance = Dialect::OpenAiChat.glance(openai).unwrap();
        assert_eq!(glance.id.as_deref(), Some("chatcmpl-1"));
        let usage = glance.usage.unwrap();
        assert_eq!((usage.input, usage.cache_read, usage.output), (6, 4, 5));

        let named = br#"{"x":{"model":"inner"}, "model" : "gpt-4o" }"#;
        let at = Dialect::OpenAiChat.glance(named).unwrap().model.unwrap();
        assert_eq!(&named[at], b"\"gpt-4o\"");

        let anthropic = br#"{"id":"msg_1","usage":{"input_tokens":6,"cache_read_input_tokens":4,"output_tokens":5}}"#;
        let usage = Dialect::AnthropicMessages.glance(anthropic).unwrap().usage.unwrap();
        assert_eq!((usage.input, usage.cache_read, usage.output), (6, 4, 5));

        let converse = br#"{"output":{},"usage":{"inputTokens":6,"outputTokens":5,"totalTokens":15,"cacheReadInputTokens":4}}"#;
        let usage = Dialect::BedrockConverse.glance(converse).unwrap().usage.unwrap();
        assert_eq!((usage.input, usage.cache_read, usage.output), (6, 4, 5));
    }

    #[test]
    fn tells_absent_and_null_usage_from_zero() {
        for body in [&br#"{"id":"x"}"#[..], br#"{"usage":null}"#, br#"{"usage":7}"#] {
            assert_eq!(Dialect::OpenAiChat.glance(body).unwrap().usage, None);
        }
        assert!(Dialect::OpenAiChat.glance(b"<html>").is_err());
    }
}
