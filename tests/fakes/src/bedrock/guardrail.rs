//! `POST /guardrail/{id}/version/{version}/apply` (Bedrock Runtime API reference, "ApplyGuardrail"):
//! a guardrail that blocks what says `forbidden`.

use serde_json::{Value, json};

use super::check::{invalid, list, text};
use crate::reject::Reject;

/// Applies it.
pub(super) fn apply(id: &str, body: &Value) -> Result<Value, Reject> {
    if id.contains("missing") {
        let message = "The guardrail identifier or version provided in the request does not exist.";
        return Err(Reject::new(404, "ResourceNotFoundException", message));
    }
    if !["INPUT", "OUTPUT"].contains(&text(body, "source")) {
        return Err(invalid(
            "1 validation error detected: Value at 'source' failed to satisfy constraint: Member must \
             satisfy enum value set: [OUTPUT, INPUT]",
        ));
    }
    let texts: Vec<&str> = list(body, "content")
        .iter()
        .filter_map(|block| block.pointer("/text/text")?.as_str())
        .collect();
    if texts.is_empty() {
        return Err(invalid("The content field is empty."));
    }
    let units = texts.iter().map(|text| text.chars().count().div_ceil(1000)).sum::<usize>();
    let blocked = texts.iter().any(|text| text.contains("forbidden"));
    let outputs =
        if blocked { json!([{"text": "Sorry, I cannot help with that."}]) } else { json!([]) };
    let usage = json!({
        "topicPolicyUnits": units,
        "contentPolicyUnits": units,
        "wordPolicyUnits": units,
        "sensitiveInformationPolicyUnits": units,
        "sensitiveInformationPolicyFreeUnits": 0,
        "contextualGroundingPolicyUnits": 0,
        "contentPolicyImageUnits": 0,
    });
    Ok(json!({
        "usage": usage,
        "action": if blocked { "GUARDRAIL_INTERVENED" } else { "NONE" },
        "outputs": outputs,
        "assessments": [{"invocationMetrics": {"guardrailProcessingLatency": 120, "usage": usage}}],
        "guardrailCoverage": {"textCharacters": {"guarded": 1, "total": 1}},
    }))
}
