//! The verbatim path's look at a whole answer: its id and its usage, and nothing else is built.

use std::ops::Range;

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{
    Dialect, anthropic_messages, bedrock_converse, bedrock_invoke, gemini, openai_chat,
    openai_responses,
};
use crate::{Fault, FaultKind, canon::Usage};

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

#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    model: Option<&'a RawValue>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    service_tier: Option<Value>,
    #[serde(rename = "serviceTier")]
    bedrock_tier: Option<Value>,
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
        let fields: Fields<'_> = serde_json::from_slice(body).map_err(|error| {
            Fault::new(FaultKind::Upstream, "The provider's answer is not what its API promises.")
                .with_status(502)
                .with_detail(error.to_string())
        })?;
        let tier = fields.service_tier.as_ref();
        let usage = fields.usage.and_then(|raw| match self {
            Self::OpenAiChat => Some(openai_chat::usage::decode(raw.into())?.served(tier)),
            Self::OpenAiResponses => {
                Some(openai_responses::usage::decode(raw.into())?.served(tier))
            }
            Self::AnthropicMessages => anthropic_messages::usage::read(raw.into()),
            Self::BedrockConverse => {
                let tier = bedrock_converse::usage::tier(fields.bedrock_tier.as_ref());
                let raw = serde_json::from_str(raw.get()).ok()?;
                Some(bedrock_converse::usage::decode(&raw)?.served(tier))
            }
            Self::BedrockInvoke | Self::Gemini => None,
        });
        Ok(Glance {
            id: fields.id.and_then(|id| serde_json::from_str(id.get()).ok()),
            model: fields.model.map(|value| {
                let start = (value.get().as_ptr() as usize).saturating_sub(body.as_ptr() as usize);
                start..start + value.get().len()
            }),
            usage,
        })
    }
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
    }

    #[test]
    fn an_answer_that_is_no_json_all_through_is_the_providers_fault() {
        for body in
            [&b"<html>"[..], br#"{"id":"x","choices":[{"index":}]}"#, br#"{"id":"x"}}"#, b"[]"]
        {
            let fault = Dialect::OpenAiChat.glance(body).unwrap_err();
            assert_eq!(fault.status, 502, "{}", String::from_utf8_lossy(body));
        }
    }
}
