//! A row as LiteLLM tells it.

use serde_json::{Map, Value};
use sluice_store::{Millis, NanoUsd};

use crate::admin::{
    body::Fields,
    reply::{Refused, invalid},
};

/// Fields that LiteLLM takes beside the others and keeps within `metadata` (1.109.1,
/// `proxy/_types.py`, both lists of `LiteLLM_ManagementEndpoint_MetadataFields`).
const WITHIN_METADATA: [&str; 30] = [
    "model_rpm_limit",
    "model_tpm_limit",
    "model_itpm_limit",
    "model_otpm_limit",
    "default_estimated_output_tokens",
    "default_estimated_output_tokens_per_model",
    "mcp_rpm_limit",
    "tag_rpm_limit",
    "rpm_limit_type",
    "tpm_limit_type",
    "enforced_params",
    "temp_budget_increase",
    "temp_budget_expiry",
    "allowed_vector_store_indexes",
    "enforced_batch_output_expires_after",
    "enforced_file_expires_after",
    "throttle_on_budget_exceeded",
    "enable_prompt_caching",
    "end_user_budget_id",
    "require_trace_id",
    "disable_global_guardrails",
    "guardrails",
    "policies",
    "tags",
    "team_member_key_duration",
    "prompts",
    "logging",
    "secret_manager_settings",
    "allowed_passthrough_routes",
    "denied_passthrough_routes",
];

/// A row.
#[derive(Debug, Clone, Default)]
pub(super) struct Row(Map<String, Value>);

// === impl Row ===

impl Row {
    /// A row, if it is an object.
    pub(super) fn of(value: Value) -> Option<Self> {
        match value {
            Value::Object(fields) => Some(Self(fields)),
            _ => None,
        }
    }

    /// A text that says something.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// Whether a switch is on.
    pub(super) fn is_on(&self, name: &str) -> bool {
        self.0.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// Takes a field.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|value| !value.is_null())
    }

    /// Takes a text.
    pub(super) fn take_text(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// Takes a row within the row.
    pub(super) fn take_row(&mut self, name: &str) -> Option<Self> {
        self.take(name).and_then(Self::of)
    }

    /// Takes a list of rows within the row.
    pub(super) fn take_rows(&mut self, name: &str) -> Vec<Self> {
        match self.take(name) {
            Some(Value::Array(rows)) => rows.into_iter().filter_map(Self::of).collect(),
            _ => Vec::new(),
        }
    }

    /// Takes an instant. One that is not understood is no absent one.
    pub(super) fn take_instant(&mut self, name: &'static str) -> Result<Option<Millis>, Refused> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let parsed = value.as_str().and_then(|text| Millis::parse(text).ok());
        parsed.map(Some).ok_or_else(|| invalid(format!("{name}: {value} is no instant"), name))
    }

    /// Takes what was spent in the window that it is now: nothing of one that is over.
    pub(super) fn take_spend(&mut self, now: Millis) -> Result<NanoUsd, Refused> {
        let ended = self.take_instant("budget_reset_at")?.is_some_and(|end| end <= now);
        let spend = match self.take("spend") {
            Some(Value::Number(number)) => NanoUsd::from_json(&number)
                .map_err(|error| invalid(format!("spend: {error}"), "spend"))?,
            _ => NanoUsd::ZERO,
        };
        Ok(if ended { NanoUsd::ZERO } else { spend.max(NanoUsd::ZERO) })
    }

    /// Leaves out what only tells, or follows from something else.
    pub(super) fn forget(&mut self, names: &[&str]) {
        for name in names {
            self.0.remove(*name);
        }
    }

    /// The same by their names.
    pub(super) fn forget_all(&mut self, of: impl Fn(&str) -> bool) {
        self.0.retain(|name, _| !of(name));
    }

    /// An object within the row.
    pub(super) fn object(&self, name: &str) -> Option<&Map<String, Value>> {
        self.0.get(name)?.as_object()
    }

    /// Takes a field of an object within the row.
    pub(super) fn within(&mut self, name: &str, field: &str) -> Option<Value> {
        self.0.get_mut(name)?.as_object_mut()?.remove(field)
    }

    /// Puts a field.
    pub(super) fn put(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// The fields that stand within `metadata`, beside the others.
    pub(super) fn unpack(&mut self) {
        let Some(Value::Object(metadata)) = self.0.get_mut("metadata") else { return };
        let inner: Vec<(String, Value)> = WITHIN_METADATA
            .iter()
            .filter_map(|name| metadata.remove_entry(*name))
            .filter(|(_, value)| !says_nothing(value))
            .collect();
        for (name, value) in inner {
            if self.0.get(&name).is_none_or(says_nothing) {
                self.0.insert(name, value);
            }
        }
    }

    /// All that says something, as the fields of a request.
    pub(super) fn into_fields(self) -> Fields {
        let mut fields = self.0;
        fields.retain(|_, value| !says_nothing(value));
        Fields::of(fields)
    }

    /// The object itself.
    pub(super) fn into_object(self) -> Map<String, Value> {
        self.0
    }
}

/// What is left of fields once all was taken that has an effect here, in the order of the alphabet.
pub(super) fn lost(fields: &mut Fields) -> Result<Vec<String>, Refused> {
    let mut left = fields.left()?;
    left.sort_unstable();
    Ok(left)
}

/// LiteLLM tells every field that it knows, most of them empty, down into objects.
pub(super) fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(says_nothing),
        Value::Number(_) | Value::Bool(true) => false,
    }
}
