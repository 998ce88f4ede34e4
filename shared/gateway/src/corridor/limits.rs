//! A key's limits besides its budget: as the ledger is asked, and as the caller is told.

use http::{HeaderMap, HeaderName, HeaderValue};
use sluice_store::{KeyRecord, Limit, Measure, Millis, NanoUsd, Reading, Span};

use super::{Bound, Facts, Plan, Tokens, window};
use crate::{App, config::TokenRate};

/// The window of rates, which opens with the first call: LiteLLM's.
const MINUTE: Span<'static> = Span::Rolling(60_000);

/// What a call may use, as far as limits ask.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Needs {
    pub(super) money: Bound,
    pub(super) tokens: Tokens,
}

/// How a limit stood when the call was admitted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    pub(super) descriptor: &'static str,
    pub(super) kind: &'static str,
    max: i64,
    left: i64,
}

/// Whether the key has a budget for the model that is asked for.
pub(super) fn has_model_budget(record: &KeyRecord, facts: &Facts, plan: &Plan) -> bool {
    for_model(&record.model_max_budget, facts, plan).is_some()
}

/// The limits of a key that a call has to pass.
pub(super) fn of_key<'a>(
    app: &App,
    record: &'a KeyRecord,
    (facts, plan): (&Facts, &Plan),
    needs: Needs,
    now: Millis,
) -> Vec<Limit<'a>> {
    let mut limits = Vec::new();
    if !record.is_limited() {
        return limits;
    }
    if let Some((model, budget)) = for_model(&record.model_max_budget, facts, plan) {
        let span = budget.duration.as_ref().map_or(Span::Always, |duration| {
            Span::Fixed(duration.as_str(), window(app, Some(duration), now))
        });
        limits.push(Limit {
            measure: Measure::Money,
            model: Some(model),
            span,
            max: budget.max.nanos(),
            need: needs.money.worst.nanos(),
            floor: needs.money.floor.nanos(),
        });
    }
    let rate = |measure, model: Option<&'a str>, max: u64, need: u64| {
        let (max, need) = (whole(max), whole(need));
        let span = if measure == Measure::Parallel { Span::Always } else { MINUTE };
        Limit { measure, model, span, max, need, floor: need }
    };
    let (measure, tokens) = match app.config.general.token_rate {
        TokenRate::Total => (Measure::Tokens, needs.tokens.total()),
        TokenRate::Input => (Measure::InputTokens, needs.tokens.input),
        TokenRate::Output => (Measure::OutputTokens, needs.tokens.output),
    };
    let tokens = tokens.max(1);
    limits.extend(record.rpm_limit.map(|max| rate(Measure::Requests, None, max, 1)));
    limits.extend(record.tpm_limit.map(|max| rate(measure, None, max, tokens)));
    let slots = record.max_parallel_requests;
    limits.extend(slots.map(|max| rate(Measure::Parallel, None, max, 1)));
    if let Some((model, max)) = for_model(&record.model_rpm_limit, facts, plan) {
        limits.push(rate(Measure::Requests, Some(model), *max, 1));
    }
    if let Some((model, max)) = for_model(&record.model_tpm_limit, facts, plan) {
        limits.push(rate(measure, Some(model), *max, tokens));
    }
    limits
}

/// How the limits stand after the call was admitted.
pub(super) fn standings(limits: &[Limit<'_>], readings: &[Reading]) -> Vec<Standing> {
    readings
        .iter()
        .filter(|reading| reading.share.is_none())
        .filter_map(|reading| {
            let limit = limits.get(reading.limit)?;
            Some(Standing {
                descriptor: descriptor(limit),
                kind: kind(limit.measure)?,
                max: limit.max,
                left: limit.max.saturating_sub(reading.used).max(0),
            })
        })
        .collect()
}

/// LiteLLM's name of what a limit is on.
pub(super) fn descriptor(limit: &Limit<'_>) -> &'static str {
    if limit.model.is_some() { "model_per_key" } else { "api_key" }
}

/// LiteLLM's word for what a limit counts; none for money.
pub(super) fn kind(measure: Measure) -> Option<&'static str> {
    match measure {
        Measure::Requests => Some("requests"),
        Measure::Tokens | Measure::InputTokens | Measure::OutputTokens => Some("tokens"),
        Measure::Parallel => Some("max_parallel_requests"),
        Measure::Money => None,
    }
}

/// A key's own entry for the model that was asked for, by the name it was asked for or the group's.
fn for_model<'a, T>(
    map: &'a std::collections::BTreeMap<String, T>,
    facts: &Facts,
    plan: &Plan,
) -> Option<(&'a str, &'a T)> {
    let (name, value) =
        map.get_key_value(&*facts.requested).or_else(|| map.get_key_value(&plan.group.name))?;
    Some((name.as_str(), value))
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

// === impl Standing ===

impl Standing {
    /// `x-ratelimit-<descriptor>-limit-<kind>` and `-remaining-`, as LiteLLM writes them.
    pub(super) fn write(&self, map: &mut HeaderMap) {
        for (word, value) in [("limit", self.max), ("remaining", self.left)] {
            let name = format!("x-ratelimit-{}-{word}-{}", self.descriptor, self.kind);
            if let Ok(name) = HeaderName::try_from(name) {
                map.insert(name, HeaderValue::from(value));
            }
        }
    }
}

/// An amount that a limit counts, as a person reads it.
pub(super) fn shown(amount: i64) -> String {
    NanoUsd::from_nanos(amount).to_decimal()
}
