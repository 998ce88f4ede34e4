//! One call's usage row.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sluice_wire::Verbatim;

use crate::{CallId, KeyHash, Millis, NanoUsd, WindowId};

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RowStatus {
    /// It was answered.
    #[default]
    Success,
    /// It was refused or it failed.
    Failure,
    /// Nobody settled it within its lease: it is charged in full until its settlement arrives.
    Expired,
}

/// What one call used and cost. No prompt and no answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct UsageRow {
    /// The call.
    pub call: CallId,
    /// The key that made it.
    pub key: KeyHash,
    /// The provider's id of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The key's alias at the time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_alias: Option<String>,
    /// Whose key it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// Which team's key it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team_id: Option<String>,
    /// Which organisation's team or key it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<String>,
    /// The customer that the caller named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_user: Option<String>,
    /// LiteLLM's name of the kind of call: `acompletion`, `anthropic_messages`, `converse`.
    pub call_type: String,
    /// The provider's name of the model.
    pub model: String,
    /// The deployment.
    pub model_id: String,
    /// The name that the caller used.
    pub model_group: String,
    /// The provider.
    pub provider: String,
    /// Where the provider was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_base: Option<String>,
    /// When the call arrived.
    pub started: Millis,
    /// When its answer had ended.
    pub ended: Millis,
    /// When the first byte of the answer came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_token: Option<Millis>,
    /// Tokens of the prompt, cached ones included.
    pub prompt_tokens: u64,
    /// Tokens of the answer, reasoning included.
    pub completion_tokens: u64,
    /// Prompt tokens that were read from a cache.
    #[serde(skip_serializing_if = "is_nothing")]
    pub cache_read_tokens: u64,
    /// Prompt tokens that were written to a cache.
    #[serde(skip_serializing_if = "is_nothing")]
    pub cache_write_tokens: u64,
    /// Tokens of the answer that were reasoning.
    #[serde(skip_serializing_if = "is_nothing")]
    pub reasoning_tokens: u64,
    /// What the call cost; stored beside the document, as what sums are made of.
    #[serde(skip)]
    pub spend: NanoUsd,
    /// The budget window that it is charged to.
    pub window: WindowId,
    /// How it ended; stored beside the document.
    #[serde(skip)]
    pub status: RowStatus,
    /// The HTTP status that the caller saw.
    pub status_code: u16,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Whether the answer came from the gateway's cache.
    #[serde(skip_serializing_if = "is_nothing")]
    pub cache_hit: bool,
    /// Whether the answer was streamed.
    #[serde(skip_serializing_if = "is_nothing")]
    pub stream: bool,
    /// Whether the usage is our estimate, for want of the provider's.
    #[serde(skip_serializing_if = "is_nothing")]
    pub estimated: bool,
    /// The version of the price catalogue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catalogue: Option<String>,
    /// The provider's usage as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage_raw: Option<Verbatim>,
    /// The caller's tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Where the caller was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requester_ip: Option<String>,
    /// The caller's session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// The caller's own id of the call, where it gave one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller_call_id: Option<String>,
    /// What the caller wants noted of it: LiteLLM's `spend_logs_metadata`, an object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<Value>,
}

/// What reads the same when it is not written.
fn is_nothing<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
