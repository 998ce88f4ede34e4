//! Limits, as they are given and as they are shown: of keys, people, teams, members, budgets.

mod fallbacks;
mod hours;
mod model;
mod shown;

use std::collections::{BTreeMap, HashSet};

use jiff::tz::TimeZone;
use serde_json::{Map, Value};
use sluice_store::{
    Allowance, BudgetDuration, Hours, Millis, ModelBudget, NanoUsd, Rollover, TempBudget,
};

use self::model::PerModel;
use super::{
    body::{Fields, Given},
    reply::{Refused, invalid},
};
use crate::App;

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
    rpd: Given<u64>,
    tpd: Given<u64>,
    schedule: Given<Vec<Hours>>,
    temp_budget: Given<TempBudget>,
    soft_budget: Given<NanoUsd>,
    throttle: Given<bool>,
    fallbacks: Given<BTreeMap<String, Vec<String>>>,
    rollover: Given<bool>,
    /// When it is, and by which clocks.
    clock: Option<(Millis, TimeZone)>,
}

// === impl Limits ===

impl Limits {
    /// Takes the fields out of a body.
    pub(super) fn take(app: &App, fields: &mut Fields) -> Result<Self, Refused> {
        let limits = Self {
            rollover: fields.flag("budget_rollover"),
            clock: Some((app.clock.now(), app.config.timezone().clone())),
            schedule: hours::take(fields, "schedule")?,
            soft_budget: fields.money("soft_budget")?,
            throttle: fields.flag("throttle_on_budget_exceeded"),
            fallbacks: fallbacks::take(fields)?,
            ..Self::of_budget(fields)?.increased(fields)?
        };
        if let (Given::Value(soft), Given::Value(max)) = (&limits.soft_budget, &limits.max_budget)
            && soft >= max
        {
            let message = format!(
                "soft_budget ({}) must be strictly lower than max_budget ({})",
                soft.to_decimal(),
                max.to_decimal()
            );
            return Err(invalid(message, "soft_budget"));
        }
        if limits.rollover == Given::Value(true)
            && !matches!(&limits.budget_duration, Given::Value(length) if length.is_of_days())
        {
            let message =
                "budget_rollover needs a budget_duration of days, weeks or a month beside it";
            return Err(invalid(message, "budget_rollover"));
        }
        Ok(limits)
    }

    /// Takes those that a budget with a name may have: not those that are by the clock, and not what is
    /// done when a budget is used up.
    pub(super) fn of_budget(fields: &mut Fields) -> Result<Self, Refused> {
        Ok(Self {
            max_budget: fields.money("max_budget")?,
            budget_duration: duration(fields, "budget_duration")?,
            budgets: budgets(fields)?,
            rpm: fields.count("rpm_limit")?,
            tpm: fields.count("tpm_limit")?,
            rpd: fields.count("rpd_limit")?,
            tpd: fields.count("tpd_limit")?,
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
            ..Self::default()
        })
    }

    /// The same with what the budget has more for a while.
    pub(super) fn increased(self, fields: &mut Fields) -> Result<Self, Refused> {
        const EXPIRY: &str = "temp_budget_expiry";
        let until = match fields.text(EXPIRY) {
            Given::Absent => Given::Absent,
            Given::Null => Given::Null,
            Given::Value(text) => Given::Value(
                Millis::parse(&text)
                    .map_err(|error| invalid(format!("{EXPIRY}: {error}"), EXPIRY))?,
            ),
        };
        let temp_budget = match (fields.money("temp_budget_increase")?, until) {
            (Given::Absent, Given::Absent) => Given::Absent,
            (Given::Value(increase), Given::Value(until)) => {
                Given::Value(TempBudget { increase, until })
            }
            (Given::Null | Given::Absent, Given::Null | Given::Absent) => Given::Null,
            _ => {
                let message = "temp_budget_increase and temp_budget_expiry are given together";
                return Err(invalid(message, EXPIRY));
            }
        };
        Ok(Self { temp_budget, ..self })
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
            || self.rpd.is_given()
            || self.tpd.is_given()
            || self.schedule.is_given()
            || self.temp_budget.is_given()
            || self.soft_budget.is_given()
            || self.throttle.is_given()
            || self.fallbacks.is_given()
            || self.rollover.is_given()
    }

    /// Writes what was given.
    pub(super) fn apply(&self, allowance: &mut Allowance) {
        let before = (allowance.max_budget, allowance.budget_duration.clone());
        self.max_budget.clone().apply(&mut allowance.max_budget);
        self.budget_duration.clone().apply(&mut allowance.budget_duration);
        self.budgets.set(&mut allowance.budget_limits);
        self.rpm.clone().apply(&mut allowance.rpm_limit);
        self.tpm.clone().apply(&mut allowance.tpm_limit);
        self.parallel.clone().apply(&mut allowance.max_parallel_requests);
        self.model_rpm.set(&mut allowance.model_rpm_limit);
        self.model_tpm.set(&mut allowance.model_tpm_limit);
        self.rpd.clone().apply(&mut allowance.rpd_limit);
        self.tpd.clone().apply(&mut allowance.tpd_limit);
        self.temp_budget.clone().apply(&mut allowance.temp_budget);
        self.soft_budget.clone().apply(&mut allowance.soft_budget);
        self.throttle.set(&mut allowance.throttle_on_budget_exceeded);
        self.fallbacks.set(&mut allowance.budget_fallbacks);
        self.roll(before, allowance);
        if self.schedule.is_given() {
            allowance.schedule.retain(|hours| hours.model.is_some());
            allowance.schedule.extend(self.schedule.clone().value().unwrap_or_default());
        }
        if self.model_budget.is_given() {
            allowance.schedule.retain(|hours| hours.model.is_none());
        }
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
            allowance.schedule.extend(entry.schedule.iter().cloned());
        }
    }

    /// Windows hand on what they leave from the next one on; another length of them begins anew.
    fn roll(
        &self,
        (max, duration): (Option<NanoUsd>, Option<BudgetDuration>),
        allowance: &mut Allowance,
    ) {
        let Some((now, zone)) = &self.clock else { return };
        let known = allowance.budget_rollover.take();
        let wished = match self.rollover {
            Given::Absent => known.is_some(),
            Given::Null => false,
            Given::Value(wished) => wished,
        };
        let Some(length) = allowance.budget_duration.as_ref().filter(|_| wished) else { return };
        allowance.budget_rollover = match known.zip(max) {
            Some((mut known, max)) if duration.as_ref() == Some(length) => {
                if allowance.max_budget != Some(max) {
                    known.regrant(max, length, *now, zone);
                }
                Some(known)
            }
            _ => Rollover::begin(length, *now, zone),
        };
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
