//! An entry of `model_max_budget`.

use serde_json::Value;
use sluice_store::{BudgetDuration, Hours, ModelBudget, NanoUsd};

use super::hours;
use crate::admin::reply::{Refused, invalid};

/// What is given of one model.
#[derive(Debug, Clone)]
pub(super) struct PerModel {
    pub(super) budget: Option<ModelBudget>,
    pub(super) rpm: Option<u64>,
    pub(super) tpm: Option<u64>,
    pub(super) schedule: Vec<Hours>,
}

// === impl PerModel ===

impl PerModel {
    /// `{"max_budget" or "budget_limit", "budget_duration" or "time_period", "rpm_limit", "tpm_limit",
    /// "schedule"}`, or a bare amount.
    pub(super) fn read(model: &str, entry: Value) -> Result<Self, Refused> {
        let wrong = |what: &str| {
            invalid(format!("model_max_budget: '{model}': {what}"), "model_max_budget")
        };
        let Value::Object(mut entry) = entry else {
            let max = amount(&entry).ok_or_else(|| wrong("must be an amount or an object"))?;
            return Ok(Self {
                budget: Some(ModelBudget { max, duration: None }),
                rpm: None,
                tpm: None,
                schedule: Vec::new(),
            });
        };
        let mut first = |names: [&str; 2]| {
            // Both, for both are shown.
            names
                .map(|name| entry.remove(name))
                .into_iter()
                .flatten()
                .find(|value| !value.is_null())
        };
        let max = first(["max_budget", "budget_limit"])
            .map(|value| {
                amount(&value).ok_or_else(|| wrong("max_budget must be an amount, not negative"))
            })
            .transpose()?;
        let duration = match first(["budget_duration", "time_period"]) {
            None => None,
            Some(Value::String(text)) => {
                let parsed = BudgetDuration::parse(&text);
                Some(parsed.map_err(|error| wrong(&format!("budget_duration: {error}")))?)
            }
            Some(_) => return Err(wrong("budget_duration must be a string")),
        };
        let mut limit = |name: &str| match entry.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value
                .as_u64()
                .map(Some)
                .ok_or_else(|| wrong(&format!("{name} must be a whole number, not negative"))),
        };
        let (rpm, tpm) = (limit("rpm_limit")?, limit("tpm_limit")?);
        let schedule = entry.remove("schedule").unwrap_or_default();
        let schedule = hours::of_model(model, schedule)?;
        if let Some(name) = entry.keys().next() {
            return Err(wrong(&format!("unsupported field '{name}'")));
        }
        let budget = max.map(|max| ModelBudget { max, duration });
        Ok(Self { budget, rpm, tpm, schedule })
    }
}

fn amount(value: &Value) -> Option<NanoUsd> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    NanoUsd::from_decimal(&text).ok().filter(|amount| *amount >= NanoUsd::ZERO)
}
