//! An allowance at an instant: with what its schedule says, and with what it has more for a while.

use std::borrow::Cow;

use jiff::tz::TimeZone;

use super::{Allowance, Hours, hours};
use crate::{Millis, ModelBudget};

// === impl Allowance ===

impl Allowance {
    /// The same at an instant: the values of the first entry of the schedule that holds stand in the
    /// place of the plain ones, for each model as for all, and a temporary increase is added.
    /// `zone` is the operator's.
    pub fn at(&self, now: Millis, zone: &TimeZone) -> Cow<'_, Self> {
        self.with(now, |_, hours| hours.holds(now, zone))
    }

    fn with(&self, now: Millis, holds: impl Fn(usize, &Hours) -> bool) -> Cow<'_, Self> {
        let increase = self.temp_budget.filter(|more| now < more.until);
        let mut holding: Vec<&Hours> = Vec::new();
        for (place, hours) in self.schedule.iter().enumerate() {
            let first = holding.iter().all(|other| other.model != hours.model);
            if first && holds(place, hours) {
                holding.push(hours);
            }
        }
        if increase.is_none() && holding.is_empty() {
            return Cow::Borrowed(self);
        }
        let mut then = self.clone();
        for hours in holding {
            then.replace(hours);
        }
        if let (Some(max), Some(more)) = (&mut then.max_budget, increase) {
            *max = max.saturating_add(more.increase);
        }
        Cow::Owned(then)
    }

    fn replace(&mut self, hours: &Hours) {
        match &hours.model {
            None => {
                self.rpm_limit = hours.rpm.or(self.rpm_limit);
                self.tpm_limit = hours.tpm.or(self.tpm_limit);
                self.max_budget = hours.max_budget.or(self.max_budget);
            }
            Some(model) => {
                self.model_rpm_limit.extend(hours.rpm.map(|rpm| (model.clone(), rpm)));
                self.model_tpm_limit.extend(hours.tpm.map(|tpm| (model.clone(), tpm)));
                if let Some(max) = hours.max_budget {
                    let plain = ModelBudget { max, duration: None };
                    self.model_max_budget.entry(model.clone()).or_insert(plain).max = max;
                }
            }
        }
    }

    /// The next instant at which it is not what it is, if that is within a day.
    pub fn changes_at(&self, now: Millis, zone: &TimeZone) -> Option<Millis> {
        let hours = self.schedule.iter().filter_map(|hours| hours.changes_soon(now, zone));
        let increase = self.temp_budget.map(|more| more.until).filter(|until| *until > now);
        hours.chain(increase).min()
    }

    /// The first instant of the week to come, before `end`, at which the schedule makes it such that
    /// `opens` then.
    pub fn opens_at(
        &self,
        now: Millis,
        end: Option<Millis>,
        zone: &TimeZone,
        opens: impl Fn(Millis, &Self) -> bool,
    ) -> Option<Millis> {
        let week = |hours: &Hours| hours.spans(now, hours::WEEK, zone).collect::<Vec<_>>();
        let spans: Vec<_> = self.schedule.iter().map(week).collect();
        let both = spans.iter().flatten().flat_map(|(start, end)| [*start, *end]);
        let end = end.unwrap_or(Millis::new(i64::MAX)).min(now.plus(7 * 86_400_000 + 1));
        let mut changes: Vec<Millis> = both.filter(|at| now < *at && *at < end).collect();
        changes.sort_unstable();
        changes.dedup();
        let holds = |at: Millis, place: usize| {
            let spans = spans.get(place).into_iter().flatten();
            spans.into_iter().any(|(start, end)| *start <= at && at < *end)
        };
        let then = |at: Millis| self.with(at, |place, _| holds(at, place));
        changes.into_iter().find(|at| opens(*at, &then(*at)))
    }
}
