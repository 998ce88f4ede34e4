//! What somebody may use now, and when that changes.

use std::borrow::Cow;

use sluice_store::{Allowance, Limit, Measure, Millis, NanoUsd, Reading, Span};

use super::{
    limits::{Call, Needs, priced, whole},
    party,
};
use crate::{App, config::Fraction, identity::Party};

/// What somebody may use now: by the hour, and with what they have more for a while.
#[derive(Debug)]
pub(super) struct Terms<'a> {
    /// Who; none for the key.
    pub(super) party: Option<&'a Party>,
    /// At any time.
    pub(super) plain: &'a Allowance,
    /// Now.
    pub(super) now: Cow<'a, Allowance>,
    /// Where its windows hand on what they leave: in what its budget counts, and what may have been
    /// spent by now, in nano-dollars.
    pub(super) rolled: Option<(Span<'a>, i64)>,
}

// === impl Terms ===

impl<'a> Terms<'a> {
    pub(super) fn of_key(call: Call<'a>, plain: &'a Allowance) -> Self {
        let mut now = plain.at(call.now, call.app.config.timezone());
        let rolled = now.max_budget.and_then(|max| rolled(call, plain, max));
        if rolled.is_some() {
            now.to_mut().max_budget = None;
        }
        Self { party: None, plain, now, rolled }
    }

    pub(super) fn of(call: Call<'a>, party: &'a Party) -> Self {
        Self { party: Some(party), ..Self::of_key(call, &party.allowance) }
    }

    /// Whether its budgets are about the call.
    pub(super) fn pays(&self) -> bool {
        self.party.is_none_or(|party| party.pays)
    }

    /// Calls go on beyond the budget, at this part of the rates.
    pub(super) fn throttle(&mut self, part: Fraction) {
        self.rolled = None;
        let now = self.now.to_mut();
        now.max_budget = None;
        now.rpm_limit = now.rpm_limit.map(|rpm| part.of(rpm));
        now.tpm_limit = now.tpm_limit.map(|tpm| part.of(tpm));
    }

    /// Whether some budget of theirs is about the call.
    pub(super) fn is_budgeted(&self, call: Call<'_>) -> bool {
        self.pays() && (self.rolled.is_some() || call.is_budgeted(&self.now))
    }

    /// The budget whose windows hand on what they leave.
    pub(super) fn rolled(&self, needs: Needs) -> Option<Limit<'a>> {
        let ((span, max), bound) = self.rolled.zip(needs.money.filter(|_| self.pays()))?;
        Some(priced(None, span, max, bound))
    }

    /// Whether they can go on so.
    pub(super) fn may_throttle(&self) -> bool {
        let rated = self.now.rpm_limit.is_some() || self.now.tpm_limit.is_some();
        self.pays() && self.plain.throttle_on_budget_exceeded && rated
    }

    /// LiteLLM's word for whose they are.
    pub(super) fn whose(&self) -> &'static str {
        party::descriptor(self.party.map(|party| &party.subject), None)
    }

    /// When they become other ones by themselves, if that is soon.
    pub(super) fn until(&self, call: Call<'_>) -> Option<Millis> {
        self.plain.changes_at(call.now, call.app.config.timezone())
    }

    /// When a limit admits something again that it refuses now: when its window ends, or when other
    /// hours begin.
    pub(super) fn opens(
        &self,
        app: &App,
        reading: &Reading,
        least: i64,
        amount: impl Fn(&Allowance) -> Option<i64>,
    ) -> Option<Millis> {
        let least = least.max(1);
        // A limit that is too small for the call opens with no window.
        let reset = reading.resets_at.filter(|_| reading.max >= least);
        let is_left = |at: Millis, then: &Allowance| {
            let over = reading.resets_at.is_some_and(|reset| at >= reset);
            let used = if over { 0 } else { reading.used };
            amount(then).is_none_or(|max| max.saturating_sub(used) >= least)
        };
        let opens = self.plain.opens_at(app.clock.now(), reset, app.config.timezone(), is_left);
        opens.or(reset).or(reading.resets_at)
    }
}

/// What may have been spent by now where windows hand on what they leave, and `max` is the budget of
/// this one.
fn rolled<'a>(call: Call<'_>, plain: &'a Allowance, max: NanoUsd) -> Option<(Span<'a>, i64)> {
    let (now, zone) = (call.now, call.app.config.timezone());
    let (rollover, duration) =
        plain.budget_rollover.as_ref().zip(plain.budget_duration.as_ref())?;
    let plain = plain.max_budget?;
    let total = rollover.total(plain, duration, now, zone)?;
    let total = total.saturating_add(max.saturating_sub(plain));
    Some((rollover.span(duration, now, zone), total.nanos()))
}

/// What an allowance says of a limit that hours may change.
pub(super) fn amount(allowance: &Allowance, limit: &Limit<'_>) -> Option<i64> {
    let main = match (limit.span, &allowance.budget_duration) {
        (Span::Fixed(length, _), Some(duration)) => length == duration.as_str(),
        (Span::Always, None) => true,
        _ => false,
    };
    match (limit.measure, limit.model, limit.span) {
        (Measure::Money, None, _) if main => allowance.max_budget.map(NanoUsd::nanos),
        (Measure::Money, None, _) => Some(limit.max),
        (Measure::Money, Some(model), _) => {
            allowance.model_max_budget.get(model).map(|budget| budget.max.nanos())
        }
        (_, _, Span::Fixed(..) | Span::Always) => Some(limit.max),
        (Measure::Requests, None, _) => allowance.rpm_limit.map(whole),
        (Measure::Requests, Some(model), _) => {
            allowance.model_rpm_limit.get(model).copied().map(whole)
        }
        (_, None, _) => allowance.tpm_limit.map(whole),
        (_, Some(model), _) => allowance.model_tpm_limit.get(model).copied().map(whole),
    }
}
