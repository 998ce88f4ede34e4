//! The level of service that an answer says it was served at, in each dialect's words.

use super::Dialect;
use crate::canon::Usage;

impl Dialect {
    /// The level that a provider told, as this dialect calls it; `None` where it has no such level.
    pub(crate) fn tier(self, usage: Option<&Usage>) -> Option<&'static str> {
        let told = usage?.service_tier.as_deref()?;
        let usual = matches!(told, "default" | "standard" | "on_demand");
        let known: &[&'static str] = match self {
            Self::OpenAiChat | Self::OpenAiResponses if usual => return Some("default"),
            Self::OpenAiChat | Self::OpenAiResponses => &["priority", "flex", "scale"],
            Self::AnthropicMessages | Self::BedrockInvoke if usual => return Some("standard"),
            Self::AnthropicMessages | Self::BedrockInvoke => &["priority", "batch"],
            Self::BedrockConverse if usual => return Some("default"),
            Self::BedrockConverse => &["priority", "flex", "reserved"],
            Self::Gemini if usual => return Some("ON_DEMAND"),
            Self::Gemini if told == "priority" => return Some("ON_DEMAND_PRIORITY"),
            Self::Gemini if told == "flex" => return Some("ON_DEMAND_FLEX"),
            Self::Gemini => &[],
        };
        known.iter().find(|word| **word == told).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_has_each_dialects_word_or_none() {
        let said = |told: &str| {
            let usage = Usage { service_tier: Some(told.to_owned()), ..Usage::default() };
            Dialect::ALL.iter().map(|to| to.tier(Some(&usage))).collect::<Vec<_>>()
        };
        let usual = [
            Some("default"),
            Some("default"),
            Some("standard"),
            Some("default"),
            Some("standard"),
            Some("ON_DEMAND"),
        ];
        assert_eq!(said("standard"), usual);
        assert_eq!(said("default"), usual);
        let google = Some("ON_DEMAND_FLEX");
        assert_eq!(said("flex"), [Some("flex"), Some("flex"), None, Some("flex"), None, google]);
        assert_eq!(said("made_up"), [None; 6]);
    }
}
