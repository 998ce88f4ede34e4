//! Limits, as they are given and as they are shown: of keys, people, teams, members, budgets.

mod model;
mod shown;

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value};
use sluice_store::{Allowance, BudgetDuration, ModelBudget, NanoUsd};

use self::model::PerModel;
use super::{
    body::{Fields, Given},
    reply::{Refused, invalid},
};

pub(super) use shown::{account, accounts, shown, spend};

/// What is given of them.
#[derive(Debug, Default)]
pub(super) struct Limits {
    max_budget: Given<NanoUsd>,
    budget_duration: Given<BudgetDuration>,
    budgets: Given<Vec<ModelBudget>>,
    rpm: Given<u64>,
    tpm: Given<u64>,
    parallel: Given<u64>,
    model_rpm: Given<BTreeMap<String, u64>>,
    model_tpm: Given<BTreeMap<String, u64>>,
    model_budget: Given<BTreeMap<String, PerModel>>,
}

// === impl Limits ===

impl Limits {
    /// Takes the fields out of a body.
    pub(super) fn take(fields: &mut Fields) -> Result<Self, Refused> {
        Ok(Self {
            max_budget: fields.money("max_budget")?,
            budget_duration: duration(fields, "budget_duration")?,
            budgets: budgets(fields)?,
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

    /// The same under other names: what a team says of a member or of all.
    pub(super) fn named(
        fields: &mut Fields,
        [max_budget, budget_duration, rpm, tpm]: [&'static str; 4],
    ) -> Result<Self, Refused> {
        Ok(Self {
            max_budget: fields.money(max_budget)?,
            budget_duration: duration(fields, budget_duration)?,
            rpm: fields.count(rpm)?,
            tpm: fields.count(tpm)?,
            ..Self::default()
        })
    }

    /// Whether anything was given.
    pub(super) fn is_given(&self) -> bool {
        self.max_budget.is_given()
            || self.budget_duration.is_given()
            || self.budgets.is_given()
            || self.rpm.is_given()
            || self.tpm.is_given()
            || self.parallel.is_given()
            || self.model_rpm.is_given()
            || self.model_tpm.is_given()
            || self.model_budget.is_given()
    }

    /// Writes what was given.
    pub(super) fn apply(&self, allowance: &mut Allowance) {
        self.max_budget.clone().apply(&mut allowance.max_budget);
        self.budget_duration.clone().apply(&mut allowance.budget_duration);
        self.budgets.set(&mut allowance.budget_limits);
        self.rpm.clone().apply(&mut allowance.rpm_limit);
        self.tpm.clone().apply(&mut allowance.tpm_limit);
        self.parallel.clone().apply(&mut allowance.max_parallel_requests);
        self.model_rpm.set(&mut allowance.model_rpm_limit);
        self.model_tpm.set(&mut allowance.model_tpm_limit);
        let entries = match &self.model_budget {
            Given::Absent => return,
            Given::Null => {
                allowance.model_max_budget.clear();
                return;
            }
            Given::Value(entries) => entries,
        };
        allowance.model_max_budget = entries
            .iter()
            .filter_map(|(model, entry)| Some((model.clone(), entry.budget.clone()?)))
            .collect();
        for (model, entry) in entries {
            allowance.model_rpm_limit.extend(entry.rpm.map(|limit| (model.clone(), limit)));
            allowance.model_tpm_limit.extend(entry.tpm.map(|limit| (model.clone(), limit)));
        }
    }
}

fn duration(fields: &mut Fields, name: &'static str) -> Result<Given<BudgetDuration>, Refused> {
    Ok(match fields.text(name) {
        Given::Absent => Given::Absent,
        Given::Null => Given::Null,
        Given::Value(text) => Given::Value(
            BudgetDuration::parse(&text)
                .map_err(|error| invalid(format!("{name}: {error}"), name))?,
        ),
    })
}

/// `[{"budget_duration", "max_budget"}]`, each with windows of its own.
fn budgets(fields: &mut Fields) -> Result<Given<Vec<ModelBudget>>, Refused> {
    const NAME: &str = "budget_limits";
    let mut seen = HashSet::new();
    let mut read = |entry: Map<String, Value>| {
        let mut entry = Fields::of(entry);
        let max = entry.money("max_budget")?.value();
        let duration = duration(&mut entry, "budget_duration")?.value();
        // It is shown, so it may come back; it follows from the duration.
        let _ = entry.text("reset_at");
        entry.finish()?;
        match (max, duration) {
            (Some(max), Some(duration)) if seen.insert(duration.as_str().to_owned()) => {
                Ok(ModelBudget { max, duration: Some(duration) })
            }
            (Some(_), Some(duration)) => {
                let message = format!("{NAME}: two budgets over {}", duration.as_str());
                Err(invalid(message, NAME))
            }
            _ => Err(invalid(format!("{NAME}: each needs max_budget and budget_duration"), NAME)),
        }
    };
    Ok(match fields.objects(NAME) {
        Given::Absent => Given::Absent,
        Given::Null => Given::Null,
        Given::Value(entries) => {
            Given::Value(entries.into_iter().map(&mut read).collect::<Result<_, Refused>>()?)
        }
    })
}
