//! A key's limits besides its budget, as they are given and as they are shown.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use sluice_store::{BudgetDuration, KeyRecord, ModelBudget, NanoUsd};

use super::draft::set;
use crate::admin::{
    body::{Fields, Given},
    reply::{Refused, invalid},
};

/// What is given of them.
#[derive(Debug)]
pub(super) struct Rates {
    rpm: Given<u64>,
    tpm: Given<u64>,
    parallel: Given<u64>,
    model_rpm: Given<BTreeMap<String, u64>>,
    model_tpm: Given<BTreeMap<String, u64>>,
    model_budget: Given<BTreeMap<String, PerModel>>,
}

/// An entry of `model_max_budget`.
#[derive(Debug, Clone)]
struct PerModel {
    budget: Option<ModelBudget>,
    rpm: Option<u64>,
    tpm: Option<u64>,
}

// === impl Rates ===

impl Rates {
    /// Takes the fields out of a body.
    pub(super) fn take(fields: &mut Fields) -> Result<Self, Refused> {
        Ok(Self {
            rpm: fields.count("rpm_limit")?,
            tpm: fields.count("tpm_limit")?,
            parallel: fields.count("max_parallel_requests")?,
            model_rpm: fields.counts("model_rpm_limit")?,
            model_tpm: fields.counts("model_tpm_limit")?,
            model_budget: match fields.object("model_max_budget") {
                Given::Absent => Given::Absent,
                Given::Null => Given::Null,
                Given::Value(entries) => Given::Value(
                    entries
                        .into_iter()
                        .map(|(model, entry)| {
                            let entry = PerModel::read(&model, entry)?;
                            Ok((model, entry))
                        })
                        .collect::<Result<_, Refused>>()?,
                ),
            },
        })
    }

    /// Writes what was given into a record.
    pub(super) fn apply(&self, record: &mut KeyRecord) {
        self.rpm.clone().apply(&mut record.rpm_limit);
        self.tpm.clone().apply(&mut record.tpm_limit);
        self.parallel.clone().apply(&mut record.max_parallel_requests);
        set(&self.model_rpm, &mut record.model_rpm_limit);
        set(&self.model_tpm, &mut record.model_tpm_limit);
        let entries = match &self.model_budget {
            Given::Absent => return,
            Given::Null => {
                record.model_max_budget.clear();
                return;
            }
            Given::Value(entries) => entries,
        };
        record.model_max_budget = entries
            .iter()
            .filter_map(|(model, entry)| Some((model.clone(), entry.budget.clone()?)))
            .collect();
        for (model, entry) in entries {
            record.model_rpm_limit.extend(entry.rpm.map(|limit| (model.clone(), limit)));
            record.model_tpm_limit.extend(entry.tpm.map(|limit| (model.clone(), limit)));
        }
    }
}

// === impl PerModel ===

impl PerModel {
    /// `{"max_budget" or "budget_limit", "budget_duration" or "time_period", "rpm_limit", "tpm_limit"}`,
    /// or a bare amount.
    fn read(model: &str, entry: Value) -> Result<Self, Refused> {
        let wrong = |what: &str| {
            invalid(format!("model_max_budget: '{model}': {what}"), "model_max_budget")
        };
        let Value::Object(mut entry) = entry else {
            let max = amount(&entry).ok_or_else(|| wrong("must be an amount or an object"))?;
            return Ok(Self {
                budget: Some(ModelBudget { max, duration: None }),
                rpm: None,
                tpm: None,
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
        if let Some(name) = entry.keys().next() {
            return Err(wrong(&format!("unsupported field '{name}'")));
        }
        let budget = max.map(|max| ModelBudget { max, duration });
        Ok(Self { budget, rpm, tpm })
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

/// A record's limits as fields of the key's row. The budgets of models carry both of LiteLLM's
/// spellings.
pub(super) fn shown(record: &KeyRecord) -> Map<String, Value> {
    let budgets: Map<String, Value> = record
        .model_max_budget
        .iter()
        .map(|(model, budget)| {
            let max = budget.max.to_json_number();
            let duration = budget.duration.as_ref().map(BudgetDuration::as_str);
            let entry = json!({
                "max_budget": max, "budget_limit": max,
                "budget_duration": duration, "time_period": duration,
            });
            (model.clone(), entry)
        })
        .collect();
    Map::from_iter([
        ("rpm_limit".to_owned(), json!(record.rpm_limit)),
        ("tpm_limit".to_owned(), json!(record.tpm_limit)),
        ("max_parallel_requests".to_owned(), json!(record.max_parallel_requests)),
        ("model_max_budget".to_owned(), Value::Object(budgets)),
        ("model_rpm_limit".to_owned(), json!(record.model_rpm_limit)),
        ("model_tpm_limit".to_owned(), json!(record.model_tpm_limit)),
    ])
}
