//! What somebody is granted whom another authority vouches for: the limits that a key would have.

use std::fmt::Display;

use serde_json::{Value, json};
use sluice_store::{BudgetDuration, KeyRecord, NanoUsd};

use super::{field::Field, section::Section};

/// The largest limit that is a limit.
const MOST: u64 = 1_000_000_000_000;

/// Models and limits, as a key's record has them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grant {
    /// `models`: model groups; empty for all.
    pub models: Vec<String>,
    /// `max_budget`: dollars in a window.
    pub max_budget: Option<NanoUsd>,
    /// `budget_duration`: the windows; none for one that never ends.
    pub budget_duration: Option<BudgetDuration>,
    /// `rpm_limit`: calls a minute.
    pub rpm_limit: Option<u64>,
    /// `tpm_limit`: tokens a minute.
    pub tpm_limit: Option<u64>,
    /// `max_parallel_requests`: calls at the same time.
    pub max_parallel_requests: Option<u64>,
}

// === impl Grant ===

impl Grant {
    /// Takes its keys from a section that has others as well.
    pub(super) fn take(section: &mut Section<'_, '_>) -> Self {
        let models = section.take("models").and_then(|field| field.names());
        let max_budget = section.take("max_budget").and_then(|field| {
            let parsed = NanoUsd::from_decimal(&field.text()?);
            let parsed = parsed.map_err(|error| error.to_string());
            told(
                &field,
                parsed.and_then(|budget| match budget < NanoUsd::ZERO {
                    true => Err("is below zero".to_owned()),
                    false => Ok(budget),
                }),
            )
        });
        let budget_duration = section.take("budget_duration").and_then(|field| duration(&field));
        let mut limit = |name| section.take(name).and_then(|field| field.whole(0..=MOST));
        Self {
            models: models.unwrap_or_default(),
            max_budget,
            budget_duration,
            rpm_limit: limit("rpm_limit"),
            tpm_limit: limit("tpm_limit"),
            max_parallel_requests: limit("max_parallel_requests"),
        }
    }

    /// The same in a form that is equal for equal grants.
    pub(crate) fn told(&self) -> Value {
        json!([
            self.models,
            self.max_budget.map(NanoUsd::nanos),
            self.budget_duration.as_ref().map(BudgetDuration::as_str),
            self.rpm_limit,
            self.tpm_limit,
            self.max_parallel_requests,
        ])
    }

    /// Writes it into a record.
    pub(crate) fn write(&self, record: &mut KeyRecord) {
        record.models.clone_from(&self.models);
        record.allowance.max_budget = self.max_budget;
        record.allowance.budget_duration.clone_from(&self.budget_duration);
        record.allowance.rpm_limit = self.rpm_limit;
        record.allowance.tpm_limit = self.tpm_limit;
        record.allowance.max_parallel_requests = self.max_parallel_requests;
    }
}

/// The length of a budget's windows.
pub(super) fn duration(field: &Field<'_, '_>) -> Option<BudgetDuration> {
    told(field, BudgetDuration::parse(&field.text()?))
}

fn told<T, E: Display>(field: &Field<'_, '_>, parsed: Result<T, E>) -> Option<T> {
    match parsed {
        Ok(value) => Some(value),
        Err(error) => {
            field.wrong(format!("`{}`: {error}", field.shown()), "");
            None
        }
    }
}
