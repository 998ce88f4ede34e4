//! A usage row as LiteLLM's SpendLogs shows it.

use serde_json::{Value, json};
use sluice_store::{Millis, RowStatus, UsageRow};

/// The row.
pub(super) fn row(row: &UsageRow) -> Value {
    let duration = row.ended.get().saturating_sub(row.started.get());
    json!({
        "request_id": row.request_id.clone().unwrap_or_else(|| row.call.to_string()),
        "litellm_call_id": row.caller_call_id.clone().unwrap_or_else(|| row.call.to_string()),
        "call_type": row.call_type,
        "api_key": row.key.to_string(),
        "spend": row.spend.to_json_number(),
        "spend_nanos": row.spend.nanos(),
        "total_tokens": row.prompt_tokens.saturating_add(row.completion_tokens),
        "prompt_tokens": row.prompt_tokens,
        "completion_tokens": row.completion_tokens,
        "startTime": row.started.rfc3339(),
        "endTime": row.ended.rfc3339(),
        "completionStartTime": row.first_token.map(Millis::rfc3339),
        "request_duration_ms": duration,
        "model": row.model,
        "model_id": row.model_id,
        "model_group": row.model_group,
        "custom_llm_provider": row.provider,
        "api_base": row.api_base,
        "user": row.user_id,
        "team_id": row.team_id,
        "organization_id": row.organization_id,
        "end_user": row.end_user,
        "cache_hit": if row.cache_hit { "True" } else { "False" },
        "request_tags": row.tags,
        "requester_ip_address": row.requester_ip,
        "session_id": row.session_id,
        "status": status(row.status),
        "metadata": {
            "user_api_key_alias": row.key_alias,
            "usage_object": row.usage_raw,
            "cache_read_tokens": row.cache_read_tokens,
            "cache_write_tokens": row.cache_write_tokens,
            "reasoning_tokens": row.reasoning_tokens,
            "usage_estimated": row.estimated,
            "stream": row.stream,
            "status_code": row.status_code,
            "error_information": row.error,
            "price_catalogue": row.catalogue,
            "spend_logs_metadata": row.notes,
        },
    })
}

/// LiteLLM knows success and failure; a lease that was charged in full is neither.
fn status(status: RowStatus) -> &'static str {
    match status {
        RowStatus::Success => "success",
        RowStatus::Failure => "failure",
        RowStatus::Expired => "expired",
    }
}
