//! ApplyGuardrail: priced by text units of up to 1,000 characters and by pictures.

use serde_json::{Map, Value};
use sluice_store::NanoUsd;

use crate::pricing::{ModelPrice, Rate};

/// Prices by the unit's name in an answer, in pico-dollars; written by `tests/tools/catalogue.py` from
/// LiteLLM's price map (its source: <https://aws.amazon.com/bedrock/pricing/>, "Amazon Bedrock
/// Guardrails").
const PRICES: &str = include_str!("../../data/guardrails.tsv");
/// The prices of every region that has none of its own.
const EVERYWHERE: &str = "bedrock/guardrails";

/// Characters of a text unit.
const UNIT: usize = 1_000;
/// A guardrail has at most two automated reasoning policies.
const MOST_REASONING: u64 = 2;
/// What an answer counts that is no unit.
const NO_UNIT: &str = "automatedReasoningPolicies";

/// What the units of a region cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prices {
    version: &'static str,
    line: &'static str,
}

// === impl Prices ===

impl Prices {
    /// The prices in a region.
    pub(super) fn of(region: Option<&str>) -> Self {
        let (header, lines) = PRICES.split_once('\n').unwrap_or_default();
        let find =
            |key: &str| lines.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('\t'));
        let regional = region.and_then(|region| find(&format!("bedrock/{region}/guardrails")));
        let line = regional.or_else(|| find(EVERYWHERE)).unwrap_or_default();
        Self { version: header.trim_start_matches('#'), line }
    }

    fn each(self) -> impl Iterator<Item = (&'static str, Rate)> {
        self.line.split(' ').filter_map(|item| {
            let (name, pico) = item.split_once('=')?;
            Some((name, Rate::from_pico(pico.parse().ok()?)))
        })
    }

    /// The most that a request can cost: every policy on every unit.
    pub(super) fn worst(self, body: &[u8]) -> NanoUsd {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let blocks = body.get("content").and_then(Value::as_array);
        let (mut units, mut pictures) = (0_u64, 0_u64);
        for block in blocks.into_iter().flatten() {
            match block.pointer("/text/text").and_then(Value::as_str) {
                Some(text) => {
                    let count = text.chars().count().div_ceil(UNIT).max(1);
                    units = units.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
                }
                None => pictures = pictures.saturating_add(1),
            }
        }
        self.sum(|name| match name {
            "contentPolicyImageUnits" => pictures,
            "automatedReasoningPolicyUnits" => units.saturating_mul(MOST_REASONING),
            _ => units,
        })
    }

    /// The price of what an answer says was used.
    pub(super) fn charge(self, answer: &[u8]) -> ModelPrice {
        let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
        let none = Map::new();
        let used = answer.get("usage").and_then(Value::as_object).unwrap_or(&none);
        let count = |name: &str| used.get(name).and_then(Value::as_u64).unwrap_or_default();
        let unknown = used.keys().map(String::as_str).filter(|name| {
            *name != NO_UNIT && count(name) > 0 && self.each().all(|(known, _)| known != *name)
        });
        for unit in unknown {
            tracing::warn!(
                unit,
                units = count(unit),
                "a guardrail's unit has no price and is not charged"
            );
        }
        super::answer::charge(self.sum(count)).listed(self.version)
    }

    fn sum(self, count: impl Fn(&str) -> u64) -> NanoUsd {
        let pico = self.each().fold(0_u128, |sum, (name, rate)| {
            let one = u128::from(rate.pico()).saturating_mul(u128::from(count(name)));
            sum.saturating_add(one)
        });
        i64::try_from(pico.div_ceil(1000)).map_or(NanoUsd::MAX, NanoUsd::from_nanos)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::pricing::Class;

    fn charged(answer: &Value) -> u64 {
        let price = Prices::of(None).charge(answer.to_string().as_bytes());
        price.base(Class::Request).unwrap().pico() / 1000
    }

    #[test]
    fn no_answer_costs_more_than_its_request_could() {
        let request =
            json!({"source": "INPUT", "content": [{"text": {"text": "x".repeat(1_500)}}]});
        let answer = json!({"usage": {"contentPolicyUnits": 2, "topicPolicyUnits": 2,
            "sensitiveInformationPolicyUnits": 2, "wordPolicyUnits": 2, "automatedReasoningPolicies": 1,
            "contextualGroundingPolicyUnits": 2, "automatedReasoningPolicyUnits": 4}});
        let worst = Prices::of(None).worst(request.to_string().as_bytes());
        assert_eq!(worst.nanos().unsigned_abs(), charged(&answer));
        assert_eq!(charged(&answer), 2 * 500_000 + 4 * 170_000);
        assert_eq!(charged(&json!({})), 0);
    }

    #[test]
    fn every_unit_that_bedrock_counts_has_a_price() {
        let known: Vec<&str> = Prices::of(Some("eu-west-1")).each().map(|(name, _)| name).collect();
        for unit in [
            "topicPolicyUnits",
            "contentPolicyUnits",
            "wordPolicyUnits",
            "sensitiveInformationPolicyUnits",
            "sensitiveInformationPolicyFreeUnits",
            "contextualGroundingPolicyUnits",
            "contentPolicyImageUnits",
            "automatedReasoningPolicyUnits",
        ] {
            assert!(known.contains(&unit), "{unit}");
        }
    }
}
