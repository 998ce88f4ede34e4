//! ApplyGuardrail: priced by text units of up to 1,000 characters and by pictures.
//!
//! Prices: <https://aws.amazon.com/bedrock/pricing/>, "Amazon Bedrock Guardrails", per 1,000 text units;
//! word filters and regular expressions are free.

use serde_json::Value;
use sluice_store::NanoUsd;

/// Characters of a text unit.
const UNIT: usize = 1_000;

/// Units by their name in the answer, and what one costs in nano-dollars.
const PRICES: [(&str, u64); 6] = [
    ("contentPolicyUnits", 150_000),
    ("topicPolicyUnits", 150_000),
    ("sensitiveInformationPolicyUnits", 100_000),
    ("contextualGroundingPolicyUnits", 100_000),
    ("automatedReasoningPolicyUnits", 170_000),
    ("contentPolicyImageUnits", 750_000),
];

/// A guardrail has at most two automated reasoning policies.
const MOST_REASONING: u64 = 2;

/// The most that a request can cost: every policy on every unit.
pub(super) fn worst(body: &[u8]) -> NanoUsd {
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
    let mut nanos = 0_u64;
    for (name, price) in PRICES {
        let count = match name {
            "contentPolicyImageUnits" => pictures,
            "automatedReasoningPolicyUnits" => units.saturating_mul(MOST_REASONING),
            _ => units,
        };
        nanos = nanos.saturating_add(count.saturating_mul(price));
    }
    money(nanos)
}

/// What an answer says was used.
pub(super) fn cost(body: &[u8]) -> NanoUsd {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let count = |name: &str| body.pointer(&format!("/usage/{name}")).and_then(Value::as_u64);
    let nanos = PRICES.iter().fold(0_u64, |sum, (name, price)| {
        sum.saturating_add(count(name).unwrap_or_default().saturating_mul(*price))
    });
    money(nanos)
}

fn money(nanos: u64) -> NanoUsd {
    i64::try_from(nanos).map_or(NanoUsd::MAX, NanoUsd::from_nanos)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_answer_costs_more_than_its_request_could() {
        let request =
            json!({"source": "INPUT", "content": [{"text": {"text": "x".repeat(1_500)}}]});
        let answer = json!({"usage": {"contentPolicyUnits": 2, "topicPolicyUnits": 2,
            "sensitiveInformationPolicyUnits": 2, "wordPolicyUnits": 2,
            "contextualGroundingPolicyUnits": 2, "automatedReasoningPolicyUnits": 4}});
        let worst = worst(request.to_string().as_bytes());
        assert_eq!(worst, cost(answer.to_string().as_bytes()));
        assert_eq!(worst.nanos(), 2 * 500_000 + 4 * 170_000);
        assert_eq!(cost(b"{}"), NanoUsd::ZERO);
    }
}
