//! What somebody may use: the limits of a person, a team, a member, a customer, a budget.

mod hours;
mod now;
mod rollover;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{BudgetDuration, Millis, ModelBudget, NanoUsd};

pub use hours::{Day, Hours, HoursError, TimeOfDay, Zone};
pub use rollover::Rollover;

/// Limits; none of them where nothing is said.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Allowance {
    /// What may be spent in a window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_budget: Option<NanoUsd>,
    /// The windows; none for one that never ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_duration: Option<BudgetDuration>,
    /// What may be spent in other windows beside it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub budget_limits: Vec<ModelBudget>,
    /// What may be spent in a window on one model, by the model's name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub model_max_budget: BTreeMap<String, ModelBudget>,
    /// Calls a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rpm_limit: Option<u64>,
    /// Tokens a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tpm_limit: Option<u64>,
    /// Calls at the same time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_parallel_requests: Option<u64>,
    /// Calls a minute to one model.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub model_rpm_limit: BTreeMap<String, u64>,
    /// Tokens a minute to one model.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub model_tpm_limit: BTreeMap<String, u64>,
    /// Calls a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rpd_limit: Option<u64>,
    /// Tokens a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tpd_limit: Option<u64>,
    /// Hours in which other values hold; the first entry that holds counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schedule: Vec<Hours>,
    /// What the budget has more for a while.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temp_budget: Option<TempBudget>,
    /// From what on whoever spends is warned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub soft_budget: Option<NanoUsd>,
    /// Whether calls go on beyond the budget, at a part of the rates.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub throttle_on_budget_exceeded: bool,
    /// Whether windows hand on what they leave, and since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_rollover: Option<Rollover>,
    /// Which models are asked in the place of one whose own budget is used up, by its name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub budget_fallbacks: BTreeMap<String, Vec<String>>,
}

/// More money, for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TempBudget {
    /// How much.
    pub increase: NanoUsd,
    /// Until when.
    pub until: Millis,
}

// === impl Allowance ===

impl Allowance {
    /// Whether anything but the budget is limited.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        !self.budget_limits.is_empty()
            || !self.model_max_budget.is_empty()
            || self.rpm_limit.is_some()
            || self.tpm_limit.is_some()
            || self.max_parallel_requests.is_some()
            || !self.model_rpm_limit.is_empty()
            || !self.model_tpm_limit.is_empty()
            || self.rpd_limit.is_some()
            || self.tpd_limit.is_some()
    }

    /// Whether anything is said.
    #[must_use]
    pub fn is_given(&self) -> bool {
        self.max_budget.is_some() || self.is_limited() || !self.schedule.is_empty()
    }

    /// The same, with what it does not say as a budget by name says it.
    #[must_use]
    pub fn or_budget(&self, budget: Option<&crate::BudgetRecord>) -> Self {
        budget.map_or_else(|| self.clone(), |budget| self.or(&budget.allowance))
    }

    /// What it leaves open is filled from another one.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        let mut filled = self.clone();
        if filled.max_budget.is_none() {
            filled.max_budget = other.max_budget;
        }
        if filled.budget_duration.is_none() {
            filled.budget_duration.clone_from(&other.budget_duration);
        }
        if filled.budget_limits.is_empty() {
            filled.budget_limits.clone_from(&other.budget_limits);
        }
        filled.rpm_limit = filled.rpm_limit.or(other.rpm_limit);
        filled.tpm_limit = filled.tpm_limit.or(other.tpm_limit);
        filled.max_parallel_requests = filled.max_parallel_requests.or(other.max_parallel_requests);
        filled.rpd_limit = filled.rpd_limit.or(other.rpd_limit);
        filled.tpd_limit = filled.tpd_limit.or(other.tpd_limit);
        if filled.schedule.is_empty() {
            filled.schedule.clone_from(&other.schedule);
        }
        filled.temp_budget = filled.temp_budget.or(other.temp_budget);
        fill(&mut filled.model_max_budget, &other.model_max_budget);
        fill(&mut filled.model_rpm_limit, &other.model_rpm_limit);
        fill(&mut filled.model_tpm_limit, &other.model_tpm_limit);
        filled
    }
}

fn fill<T: Clone>(own: &mut BTreeMap<String, T>, other: &BTreeMap<String, T>) {
    for (model, limit) in other {
        own.entry(model.clone()).or_insert_with(|| limit.clone());
    }
}
