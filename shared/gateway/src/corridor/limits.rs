//! What a call is held against besides its key's budget: as the ledger is asked, and as the caller is
//! told.

use std::{collections::BTreeMap, sync::LazyLock};

use sluice_store::{
    Allowance, BudgetDuration, Grant, Limit, Measure, Millis, ModelBudget, NanoUsd, Reading,
    Refusal, Share, Span, Subject,
};

use super::{
    Bound, Facts, Plan, Tokens, admit::COUNTED, party, standing::Standing, terms, terms::Terms,
    window,
};
use crate::{
    App,
    config::{Capacity, TokenRate},
    identity::Party,
};

/// The windows of what is counted by the day.
static DAY: LazyLock<Option<BudgetDuration>> = LazyLock::new(|| BudgetDuration::parse("1d").ok());
/// The window of rates, which opens with the first call: LiteLLM's.
pub(super) const MINUTE: Span<'static> = Span::Rolling(60_000);

/// What a call may use, as far as limits ask.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Needs {
    /// What it may cost; nothing is known of that where nobody has a budget.
    pub(super) money: Option<Bound>,
    pub(super) tokens: Tokens,
}

/// A call, as limits see it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) app: &'a App,
    pub(super) facts: &'a Facts,
    pub(super) plan: &'a Plan,
    pub(super) now: Millis,
}

/// All limits that a call is held against.
#[derive(Debug)]
pub(super) struct Held<'a> {
    /// The key's, besides its budget.
    pub(super) own: Vec<Limit<'a>>,
    /// The key's terms, and those of the parties.
    terms: &'a [Terms<'a>],
    theirs: Vec<Vec<Limit<'a>>>,
    /// Parties whose limits no allowance tells: they come last.
    more: Vec<&'a Party>,
    /// The least money that is of use to the call, in nano-dollars.
    floor: i64,
}

// === impl Call ===

impl<'a> Call<'a> {
    /// Whether somebody's budget is about this call.
    pub(super) fn is_budgeted(self, allowance: &Allowance) -> bool {
        allowance.max_budget.is_some()
            || !allowance.budget_limits.is_empty()
            || self.for_model(&allowance.model_max_budget).is_some()
    }

    /// An own entry for the model that was asked for, by the name it was asked for or the group's.
    fn for_model<T>(self, map: &'a BTreeMap<String, T>) -> Option<(&'a str, &'a T)> {
        let asked = map.get_key_value(&*self.facts.requested);
        let (name, value) = asked.or_else(|| map.get_key_value(&self.plan.group.name))?;
        Some((name.as_str(), value))
    }

    /// Adds the limits in an allowance, besides its main budget. Two budgets over the same windows
    /// count in one meter: the smaller one holds.
    fn add(self, limits: &mut Vec<Limit<'a>>, allowance: &'a Allowance, needs: Needs, pays: bool) {
        if !allowance.is_limited() {
            return;
        }
        if let Some(bound) = needs.money.filter(|_| pays) {
            let of_model = self.for_model(&allowance.model_max_budget);
            let of_model = of_model.map(|(model, budget)| (Some(model), budget));
            let others = allowance.budget_limits.iter().map(|budget| (None, budget));
            for (model, budget) in others.chain(of_model) {
                let span = self.span(budget.duration.as_ref());
                let limit = priced(model, span, budget.max.nanos(), bound);
                let same = limits.iter_mut().find(|other| {
                    (other.measure, other.model, other.span) == (limit.measure, model, span)
                });
                match same {
                    Some(same) => same.max = same.max.min(limit.max),
                    None => limits.push(limit),
                }
            }
        }
        let rate = |measure, model: Option<&'a str>, max: u64, need: u64| {
            let (max, need) = (whole(max), whole(need));
            let span = if measure == Measure::Parallel { Span::Always } else { MINUTE };
            Limit { measure, model, span, max, need, floor: need }
        };
        let (measure, tokens) = match self.app.config.general.token_rate {
            TokenRate::Total => (Measure::Tokens, needs.tokens.total()),
            TokenRate::Input => (Measure::InputTokens, needs.tokens.input),
            TokenRate::Output => (Measure::OutputTokens, needs.tokens.output),
        };
        let tokens = tokens.max(1);
        limits.extend(allowance.rpm_limit.map(|max| rate(Measure::Requests, None, max, 1)));
        limits.extend(allowance.tpm_limit.map(|max| rate(measure, None, max, tokens)));
        let slots = allowance.max_parallel_requests;
        limits.extend(slots.map(|max| rate(Measure::Parallel, None, max, 1)));
        if let Some((model, max)) = self.for_model(&allowance.model_rpm_limit) {
            limits.push(rate(Measure::Requests, Some(model), *max, 1));
        }
        if let Some((model, max)) = self.for_model(&allowance.model_tpm_limit) {
            limits.push(rate(measure, Some(model), *max, tokens));
        }
        let day = |measure, max: u64, need: u64| Limit {
            span: span(self.app, DAY.as_ref(), self.now),
            ..rate(measure, None, max, need)
        };
        limits.extend(allowance.rpd_limit.map(|max| day(Measure::Requests, max, 1)));
        limits.extend(allowance.tpd_limit.map(|max| day(measure, max, tokens)));
    }

    /// A party's: its budget, and the others. What it spends is counted where it has no budget as
    /// well, so that one that it is given later begins with what was spent.
    fn of_party(self, terms: &'a Terms<'a>, needs: Needs) -> Vec<Limit<'a>> {
        let allowance = &*terms.now;
        let mut limits = Vec::new();
        if terms.pays() {
            let bound = needs.money.unwrap_or(COUNTED);
            let max = allowance.max_budget.map_or(i64::MAX, NanoUsd::nanos);
            limits.push(priced(None, self.span(allowance.budget_duration.as_ref()), max, bound));
        }
        self.add(&mut limits, allowance, needs, terms.pays());
        limits
    }

    /// A deployment's.
    pub(super) fn of_capacity(
        self,
        capacity: &'a Capacity,
        parallel: Option<u64>,
        needs: Needs,
    ) -> Vec<Limit<'a>> {
        let day = span(self.app, DAY.as_ref(), self.now);
        let Tokens { input, output } = needs.tokens;
        let rates = [
            (Measure::Requests, MINUTE, capacity.rpm, 1),
            (Measure::Requests, day, capacity.rpd, 1),
            (Measure::Tokens, MINUTE, capacity.tpm, needs.tokens.total()),
            (Measure::Tokens, day, capacity.tpd, needs.tokens.total()),
            (Measure::InputTokens, MINUTE, capacity.itpm, input),
            (Measure::OutputTokens, MINUTE, capacity.otpm, output),
            (Measure::Parallel, Span::Always, parallel, 1),
        ];
        let rate = |(measure, span, max, need): (_, _, Option<u64>, u64)| {
            let need = whole(need.max(1));
            Some(Limit { measure, model: None, span, max: whole(max?), need, floor: need })
        };
        let budget = capacity.budget.as_ref().map(|budget| self.of_budget(budget, needs));
        rates.into_iter().filter_map(rate).chain(budget).collect()
    }

    /// A budget of one of those who serve the call.
    pub(super) fn of_budget(self, budget: &'a ModelBudget, needs: Needs) -> Limit<'a> {
        let bound = needs.money.unwrap_or(COUNTED);
        priced(None, self.span(budget.duration.as_ref()), budget.max.nanos(), bound)
    }

    fn span(self, duration: Option<&'a BudgetDuration>) -> Span<'a> {
        span(self.app, duration, self.now)
    }
}

pub(super) fn priced<'a>(
    model: Option<&'a str>,
    span: Span<'a>,
    max: i64,
    bound: Bound,
) -> Limit<'a> {
    let (need, floor) = (bound.worst.nanos(), bound.floor.nanos());
    Limit { measure: Measure::Money, model, span, max, need, floor }
}

/// In what a budget counts at an instant.
pub(crate) fn span<'a>(app: &App, duration: Option<&'a BudgetDuration>, now: Millis) -> Span<'a> {
    duration.map_or(Span::Always, |duration| {
        Span::Fixed(duration.as_str(), window(app, Some(duration), now))
    })
}

pub(super) fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

// === impl Held ===

impl<'a> Held<'a> {
    /// All limits of a key and of the parties behind it: the key's terms come first.
    pub(super) fn of(call: Call<'a>, terms: &'a [Terms<'a>], needs: Needs) -> Self {
        let (mut own, mut theirs) = (Vec::new(), Vec::new());
        for terms in terms {
            match terms.party {
                None => {
                    call.add(&mut own, &terms.now, needs, true);
                    own.extend(terms.rolled(needs));
                }
                Some(_) => {
                    let mut limits = call.of_party(terms, needs);
                    limits.extend(terms.rolled(needs));
                    theirs.push(limits);
                }
            }
        }
        let floor = needs.money.map_or(0, |bound| bound.floor.nanos());
        Self { own, terms, theirs, more: Vec::new(), floor }
    }

    /// Those whose limits are theirs, in their order.
    fn parties(&self) -> impl Iterator<Item = &'a Party> {
        let own = self.terms.iter().filter_map(|terms| terms.party);
        own.chain(self.more.iter().copied())
    }

    /// One more party, with limits that its allowance does not tell.
    pub(super) fn add(&mut self, party: &'a Party, limits: Vec<Limit<'a>>) {
        self.more.push(party);
        self.theirs.push(limits);
    }

    /// The parties, as the ledger is asked.
    pub(super) fn shares(&self) -> Vec<Share<'_>> {
        let both = self.parties().zip(&self.theirs);
        let share =
            both.map(|(party, limits)| Share { subject: &party.subject, version: None, limits });
        share.collect()
    }

    /// The terms whose budget was in the way, where calls go on slower instead.
    pub(super) fn slows(&self, refusal: &Refusal) -> Option<usize> {
        let place = match refusal {
            Refusal::OverBudget { .. } => 0,
            Refusal::OverLimit(reading) => {
                let place = reading.share.map_or(0, |share| share + 1);
                let (_, limit) = self.meant(reading)?;
                let rolled = self.terms.get(place)?.rolled.map(|(span, _)| span);
                // The budget comes first among a party's limits.
                let first = reading.share.is_some() && reading.limit == 0;
                (first || rolled == Some(limit.span)).then_some(place)?
            }
            _ => return None,
        };
        self.terms.get(place)?.may_throttle().then_some(place)
    }

    /// The models that are asked instead of one whose own budget is used up.
    pub(super) fn instead(&self, limit: &Limit<'_>, reading: &Reading) -> &'a [String] {
        let terms = self.terms.get(reading.share.map_or(0, |share| share + 1));
        let model = limit.model.filter(|_| limit.measure == Measure::Money);
        let both = terms.zip(model);
        both.and_then(|(terms, model)| terms.plain.budget_fallbacks.get(model))
            .map_or(&[], Vec::as_slice)
    }

    /// Who had spent as much as they are to be warned of before this call; it is logged as well.
    pub(super) fn warned(&self, app: &App, grant: &Grant) -> Vec<&'static str> {
        let mut warned = Vec::new();
        for (place, terms) in self.terms.iter().enumerate().filter(|(_, terms)| terms.pays()) {
            let Some(soft) = terms.plain.soft_budget else { continue };
            let used = match place.checked_sub(1) {
                None => Some(grant.spent),
                Some(share) => {
                    let mut readings = grant.readings.iter();
                    let main =
                        readings.find(|reading| (reading.share, reading.limit) == (Some(share), 0));
                    main.map(|reading| NanoUsd::from_nanos(reading.used))
                }
            };
            let used = used.map(|used| used.saturating_sub(grant.amount));
            let Some(used) = used.filter(|used| *used >= soft) else { continue };
            let id = match terms.party {
                Some(party) => party::id(&party.subject),
                None => grant.key.to_string(),
            };
            let whose = terms.whose();
            if app.warnings.is_due(&format!("{whose} {id} {soft}"), app.clock.now()) {
                tracing::warn!(
                    whose,
                    id,
                    soft_budget.nanos = soft.nanos(),
                    used.nanos = used.nanos(),
                    "a soft budget is used up"
                );
            }
            warned.push(whose);
        }
        warned
    }

    /// Which limit is meant, and whose: none for the key's.
    pub(super) fn meant(&self, reading: &Reading) -> Option<(Option<&'a Party>, &Limit<'a>)> {
        match reading.share {
            None => Some((None, self.own.get(reading.limit)?)),
            Some(share) => {
                let limit = self.theirs.get(share)?.get(reading.limit)?;
                Some((Some(self.party(Some(share))?), limit))
            }
        }
    }

    /// The reading of a refusal that is about the model's rates.
    pub(super) fn of_model<'r>(&self, refusal: &'r Refusal) -> Option<&'r Reading> {
        let Refusal::OverLimit(reading) = refusal else { return None };
        let (party, _) = self.meant(reading)?;
        party.filter(|party| matches!(party.subject, Subject::Model(_))).map(|_| reading)
    }

    /// When a limit admits something again, as far as anybody knows.
    pub(super) fn opens(&self, app: &App, limit: &Limit<'_>, reading: &Reading) -> Option<Millis> {
        match self.terms.get(reading.share.map_or(0, |share| share + 1)) {
            Some(own) => own.opens(app, reading, limit.floor, |then| terms::amount(then, limit)),
            None => reading.resets_at,
        }
    }

    /// The same of the key's own budget.
    pub(super) fn budget_opens(
        &self,
        app: &App,
        used: NanoUsd,
        max: NanoUsd,
        resets_at: Option<Millis>,
    ) -> Option<Millis> {
        let (used, max) = (used.nanos(), max.nanos());
        let reading = Reading { share: None, limit: 0, used, max, resets_at };
        let of_budget = |then: &Allowance| then.max_budget.map(NanoUsd::nanos);
        self.terms.first()?.opens(app, &reading, self.floor, of_budget)
    }

    /// Who is meant: none for the key.
    pub(super) fn party(&self, share: Option<usize>) -> Option<&'a Party> {
        self.parties().nth(share?)
    }

    /// How the limits stand after the call was admitted.
    pub(super) fn standings(&self, readings: &[Reading]) -> Vec<Standing> {
        readings.iter().filter_map(|reading| self.standing(reading)).collect()
    }

    /// How one stands; none where it is about money.
    pub(super) fn standing(&self, reading: &Reading) -> Option<Standing> {
        let (party, limit) = self.meant(reading)?;
        // How a model stands is nobody's to read: its limit is another one with each mood.
        if party.is_some_and(|party| matches!(party.subject, Subject::Model(_))) {
            return None;
        }
        Some(Standing {
            descriptor: party::descriptor(party.map(|party| &party.subject), limit.model),
            kind: kind(limit)?,
            max: limit.max,
            left: limit.max.saturating_sub(reading.used).max(0),
        })
    }
}

/// LiteLLM's word for what a limit counts; none for money.
pub(super) fn kind(limit: &Limit<'_>) -> Option<&'static str> {
    match (counted(limit.measure), limit.span) {
        (Some("requests"), Span::Fixed(..)) => Some("requests_per_day"),
        (Some("tokens"), Span::Fixed(..)) => Some("tokens_per_day"),
        (counted, _) => counted,
    }
}

/// The same of what is counted, whatever its windows.
pub(super) fn counted(measure: Measure) -> Option<&'static str> {
    match measure {
        Measure::Requests => Some("requests"),
        Measure::Tokens | Measure::InputTokens | Measure::OutputTokens => Some("tokens"),
        Measure::Parallel => Some("max_parallel_requests"),
        Measure::Money => None,
    }
}

/// An amount that a limit counts, as a person reads it.
pub(super) fn shown(amount: i64) -> String {
    NanoUsd::from_nanos(amount).to_decimal()
}
