//! CloudWatch's embedded metric format ("Specification: Embedded metric format").

use serde_json::json;
use sluice_store::RowStatus;

use super::Line;

/// Namespace of the metrics.
const NAMESPACE: &str = "Sluice";

/// The line, without its end.
pub(super) fn render(line: &Line<'_>) -> Vec<u8> {
    let row = line.row;
    let first_token = row.first_token.map(|at| at.get().saturating_sub(row.started.get()).max(0));
    let duration = u64::try_from(line.verdict.duration.as_millis()).unwrap_or(u64::MAX);
    let ok = row.status == RowStatus::Success;
    let mut metrics = vec![
        json!({ "Name": "Calls", "Unit": "Count" }),
        json!({ "Name": "Failures", "Unit": "Count" }),
        json!({ "Name": "Duration", "Unit": "Milliseconds" }),
        json!({ "Name": "PromptTokens", "Unit": "Count" }),
        json!({ "Name": "CompletionTokens", "Unit": "Count" }),
        json!({ "Name": "CostNanoUsd", "Unit": "Count" }),
    ];
    if first_token.is_some() {
        metrics.push(json!({ "Name": "FirstByte", "Unit": "Milliseconds" }));
    }
    let mut value = json!({
        "_aws": {
            "Timestamp": row.ended.get(),
            "CloudWatchMetrics": [{
                "Namespace": NAMESPACE,
                "Dimensions": [[], ["provider"], ["provider", "model_group"]],
                "Metrics": metrics,
            }],
        },
        "Calls": 1,
        "Failures": u8::from(!ok),
        "Duration": duration,
        "FirstByte": first_token,
        "PromptTokens": row.prompt_tokens,
        "CompletionTokens": row.completion_tokens,
        "CostNanoUsd": row.spend.nanos(),
        "call": row.call.to_string(),
        "key": row.key.short(),
        "key_alias": row.key_alias,
        "call_type": row.call_type,
        "provider": row.provider,
        "model": row.model,
        "model_id": row.model_id,
        "model_group": row.model_group,
        "status": row.status_code,
        "stream": row.stream,
        "cost_input_nanos": line.cost.input.nanos(),
        "cost_output_nanos": line.cost.output.nanos(),
        "cache_read_tokens": row.cache_read_tokens,
        "cache_write_tokens": row.cache_write_tokens,
        "reasoning_tokens": row.reasoning_tokens,
        "estimated": row.estimated,
        "error": row.error,
    });
    if let (Some(fields), false) = (value.as_object_mut(), line.untold.is_empty()) {
        fields.insert("untold".to_owned(), line.untold.into());
    }
    serde_json::to_vec(&value).unwrap_or_default()
}
