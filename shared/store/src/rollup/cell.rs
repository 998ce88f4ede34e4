//! Sums, and what they are sums of.

use serde::{Deserialize, Serialize};

use super::Histogram;
use crate::{KeyHash, NanoUsd, RowStatus, UsageRow};

/// What the calls of a cell have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Kind {
    /// The key that made them.
    pub key: KeyHash,
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
    /// The caller's tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// LiteLLM's name of the kind of call.
    pub call_type: String,
    /// The provider's name of the model.
    pub model: String,
    /// The deployment.
    pub model_id: String,
    /// The name that the caller used.
    pub model_group: String,
    /// The provider.
    pub provider: String,
}

/// Sums over calls.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    /// Calls.
    pub requests: u64,
    /// Those of them that failed, were refused by the provider, or were never settled.
    pub failures: u64,
    /// Those that the gateway's cache answered.
    #[serde(skip_serializing_if = "is_zero")]
    pub cache_hits: u64,
    /// Tokens of the prompts, cached ones included.
    pub prompt_tokens: u64,
    /// Tokens of the answers, reasoning included.
    pub completion_tokens: u64,
    /// Prompt tokens that were read from a cache.
    #[serde(skip_serializing_if = "is_zero")]
    pub cache_read_tokens: u64,
    /// Prompt tokens that were written to a cache.
    #[serde(skip_serializing_if = "is_zero")]
    pub cache_write_tokens: u64,
    /// Tokens of the answers that were reasoning.
    #[serde(skip_serializing_if = "is_zero")]
    pub reasoning_tokens: u64,
    /// What they cost.
    pub spend: NanoUsd,
    /// How long they took, in milliseconds: of calls that were answered.
    #[serde(skip_serializing_if = "Histogram::is_empty")]
    pub duration: Histogram,
    /// How long it took until the first byte of the answer, in milliseconds.
    #[serde(skip_serializing_if = "Histogram::is_empty")]
    pub first_token: Histogram,
}

/// Sums over the calls of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cell {
    /// What they have in common.
    pub of: Kind,
    /// The sums.
    pub sums: Tally,
}

// === impl Kind ===

impl Kind {
    /// The kind that a call is of.
    pub fn of(row: &UsageRow) -> Self {
        Self {
            key: row.key,
            key_alias: row.key_alias.clone(),
            user_id: row.user_id.clone(),
            team_id: row.team_id.clone(),
            organization_id: row.organization_id.clone(),
            end_user: row.end_user.clone(),
            tags: row.tags.clone(),
            call_type: row.call_type.clone(),
            model: row.model.clone(),
            model_id: row.model_id.clone(),
            model_group: row.model_group.clone(),
            provider: row.provider.clone(),
        }
    }
}

// === impl Tally ===

impl Tally {
    /// Adds a call.
    pub fn add(&mut self, row: &UsageRow) {
        let one = Self {
            requests: 1,
            failures: u64::from(row.status != RowStatus::Success),
            cache_hits: u64::from(row.cache_hit),
            prompt_tokens: row.prompt_tokens,
            completion_tokens: row.completion_tokens,
            cache_read_tokens: row.cache_read_tokens,
            cache_write_tokens: row.cache_write_tokens,
            reasoning_tokens: row.reasoning_tokens,
            spend: row.spend,
            ..Self::default()
        };
        self.merge(&one);
        if row.status == RowStatus::Success {
            self.duration.add(row.ended.since(row.started));
            if let Some(first) = row.first_token {
                self.first_token.add(first.since(row.started));
            }
        }
    }

    /// Adds other sums.
    pub fn merge(&mut self, other: &Self) {
        let counts = [
            (&mut self.requests, other.requests),
            (&mut self.failures, other.failures),
            (&mut self.cache_hits, other.cache_hits),
            (&mut self.prompt_tokens, other.prompt_tokens),
            (&mut self.completion_tokens, other.completion_tokens),
            (&mut self.cache_read_tokens, other.cache_read_tokens),
            (&mut self.cache_write_tokens, other.cache_write_tokens),
            (&mut self.reasoning_tokens, other.reasoning_tokens),
        ];
        for (sum, count) in counts {
            *sum = sum.saturating_add(count);
        }
        self.spend = self.spend.saturating_add(other.spend);
        self.duration.merge(&other.duration);
        self.first_token.merge(&other.first_token);
    }
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}
