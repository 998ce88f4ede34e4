//! Priorities: whose calls a model serves while there is a crowd.
//!
//! A model group has as many requests and tokens a minute as its deployments together, and each priority
//! a share of them. Below the threshold whoever comes is served, and counted under its priority; from
//! there on each priority is held to its share, and all together to what there is. Both are one question
//! to the ledger: below the threshold the model's limit is the threshold itself, and where that is refused
//! the call is asked for again, with the share as a limit. What was the case a moment ago is asked first.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use sluice_store::{Allowance, Limit, Measure, Millis, Reading, Subject};
use sluice_wire::{Fault, FaultKind};

use super::{
    denial::until,
    limits::{MINUTE, Needs, counted, whole},
};
use crate::{
    App,
    config::{Portion, Priorities},
    identity::{Caller, Party},
    registry::Group,
};

/// LiteLLM's name of the calls that have no priority.
const NONE: &str = "default";
/// And of what they share.
const POOL: &str = "default_pool";
/// Models whose crowds are remembered.
const KEPT: usize = 1_024;

/// Models that were crowded a moment ago, and until when that is of interest.
#[derive(Debug, Default)]
pub(crate) struct Crowds(RwLock<HashMap<String, Millis>>);

/// A call's priority at its model.
#[derive(Debug)]
pub(super) struct Priority {
    /// The model, as the ledger and refusals name it.
    party: Party,
    name: Option<String>,
    /// What its share is called.
    pool: String,
    /// Each rate that the model has.
    rates: Vec<Rate>,
}

/// A rate of a model.
#[derive(Debug, Clone, Copy)]
struct Rate {
    measure: Measure,
    /// Of all its deployments.
    all: i64,
    /// Up to where whoever comes is served.
    free: i64,
    /// The priority's.
    share: i64,
}

/// How a call is held to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// While there is room for everybody.
    Open,
    /// Each to its share.
    Strict,
}

// === impl Priority ===

impl Priority {
    /// Of a caller at a model; none where nothing is reserved, or the model has no rates.
    pub(super) fn of(app: &App, caller: &Caller, group: &Group) -> Option<Self> {
        let priorities = app.config.litellm.priorities.as_ref()?;
        let sum = |of: fn(&crate::config::Capacity) -> Option<u64>| {
            let each = group.members.iter().filter_map(|member| of(&member.capacity));
            each.reduce(u64::saturating_add)
        };
        let (rpm, tpm) = (sum(|capacity| capacity.rpm), sum(|capacity| capacity.tpm));
        let name = name(caller);
        let known = name.as_deref().filter(|name| priorities.shares.contains_key(*name));
        let part = part(priorities, known, [rpm, tpm]);
        let rate = |(measure, all): (Measure, Option<u64>)| {
            let all = all?;
            Some(Rate {
                measure,
                all: whole(all),
                free: scaled(all, priorities.threshold),
                share: scaled(all, part),
            })
        };
        let rates = [(Measure::Requests, rpm), (Measure::Tokens, tpm)];
        let rates: Vec<Rate> = rates.into_iter().filter_map(rate).collect();
        let subject = Subject::Model(group.name.clone());
        let party = Party { subject, allowance: Allowance::default(), pays: false };
        let pool = known.unwrap_or(POOL).to_owned();
        (!rates.is_empty()).then_some(Self { party, name, pool, rates })
    }

    pub(super) fn party(&self) -> &Party {
        &self.party
    }

    /// What is tried first, and what then.
    pub(super) fn moods(&self, app: &App) -> [Mood; 2] {
        match app.crowds.holds(self.model(), app.clock.now()) {
            true => [Mood::Strict, Mood::Open],
            false => [Mood::Open, Mood::Strict],
        }
    }

    /// The model's limits: for each rate that of all, and that of the share.
    pub(super) fn limits(&self, mood: Mood, needs: Needs) -> Vec<Limit<'_>> {
        let each = self.rates.iter().flat_map(|rate| {
            let need = match rate.measure {
                Measure::Requests => 1,
                _ => whole(needs.tokens.total().max(1)),
            };
            let (all, share) = match mood {
                // What a share is beyond all of it, nobody is held to.
                Mood::Open => (rate.free, rate.all),
                Mood::Strict => (rate.all, rate.share),
            };
            let limit = |model, max| Limit {
                measure: rate.measure,
                model,
                span: MINUTE,
                max,
                need,
                floor: need,
            };
            [limit(None, all), limit(Some(self.pool.as_str()), share)]
        });
        each.collect()
    }

    /// Below the threshold there was no room: how crowded the model is, and until when.
    pub(super) fn crowded(&self, app: &App, reading: &Reading) -> f64 {
        if let Some(until) = reading.resets_at {
            app.crowds.note(self.model(), until, app.clock.now());
        }
        let rate = self.rates.get(reading.limit / 2);
        rate.map_or(1.0, |rate| ratio(reading.used, rate.all))
    }

    /// The refusal, in LiteLLM's words, and its headers.
    pub(super) fn refusal(
        &self,
        app: &App,
        reading: &Reading,
        crowded: f64,
    ) -> (Fault, Vec<(&'static str, String)>) {
        let of_share = reading.limit % 2 == 1;
        let kind = self.rates.get(reading.limit / 2).and_then(|rate| counted(rate.measure));
        let kind = kind.unwrap_or("requests");
        let name = self.name.as_deref();
        let (model, priority) = (self.model(), name.unwrap_or("None"));
        let rate = |measure| {
            let rate = self.rates.iter().find(|rate| rate.measure == measure);
            rate.map_or_else(|| "not configured".to_owned(), |rate| rate.all.to_string())
        };
        let told = format!(
            "Priority: {priority}, Rate limit type: {kind}, Model TPM: {}, Model RPM: {}, Remaining: {}",
            rate(Measure::Tokens),
            rate(Measure::Requests),
            reading.max.saturating_sub(reading.used).max(0),
        );
        let message = match of_share {
            true => format!(
                "Priority-based rate limit exceeded. Model: {model}, {told}, Model saturation: {:.1}%",
                crowded * 100.0
            ),
            false => format!("Model capacity reached for {model}. {told}"),
        };
        let now = app.clock.now();
        let opens = reading.resets_at.unwrap_or_else(|| now.plus(1_000));
        let fault = Fault::new(FaultKind::RateLimit, message)
            .with_label("rate_limit_error")
            .with_retry_after(until(now, opens));
        let headers = vec![
            ("rate_limit_type", kind.to_owned()),
            ("x-litellm-priority", name.unwrap_or(NONE).to_owned()),
            ("x-litellm-saturation", format!("{:.2}%", crowded * 100.0)),
        ];
        (fault, headers)
    }

    fn model(&self) -> &str {
        match &self.party.subject {
            Subject::Model(name) => name,
            _ => "",
        }
    }
}

/// The team's word goes before the key's (LiteLLM).
fn name(caller: &Caller) -> Option<String> {
    let team = caller.people.team.as_ref().map(|team| &team.metadata);
    let all = team.into_iter().chain([&caller.record.metadata]);
    let mut said = all.filter_map(|metadata| metadata.get("priority")?.as_str());
    said.next().map(ToOwned::to_owned)
}

/// The part of a model's rates that a priority has. Parts that are more than all together are
/// reduced alike.
fn part(priorities: &Priorities, name: Option<&str>, [rpm, tpm]: [Option<u64>; 2]) -> f64 {
    let of = |portion: &Portion| match *portion {
        Portion::Part(part) => part,
        Portion::Requests(calls) => ratio_of(calls, rpm),
        Portion::Tokens(tokens) => ratio_of(tokens, tpm),
    };
    let sum: f64 = priorities.shares.values().map(of).sum();
    let own = name.and_then(|name| priorities.shares.get(name));
    own.map_or(priorities.default, of) / sum.max(1.0)
}

/// LiteLLM gives all of a rate that the model has not.
fn ratio_of(amount: f64, all: Option<u64>) -> f64 {
    match all.and_then(|all| u32::try_from(all).ok()) {
        Some(all) if all > 0 => (amount / f64::from(all)).min(1.0),
        _ => 1.0,
    }
}

fn ratio(used: i64, all: i64) -> f64 {
    let float = |number: i64| u32::try_from(number).map_or(f64::from(u32::MAX), f64::from);
    if all <= 0 { 1.0 } else { float(used) / float(all) }
}

/// A part of a whole, rounded down.
fn scaled(all: u64, part: f64) -> i64 {
    // In parts of a million: what a person writes has no more.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and a million"
    )]
    let millionths = (part.clamp(0.0, 1.0) * 1e6).round() as u64;
    whole(u64::try_from(u128::from(all) * u128::from(millionths) / 1_000_000).unwrap_or(u64::MAX))
}

// === impl Crowds ===

impl Crowds {
    fn holds(&self, model: &str, now: Millis) -> bool {
        let crowds = self.0.read().unwrap_or_else(PoisonError::into_inner);
        crowds.get(model).is_some_and(|until| *until > now)
    }

    fn note(&self, model: &str, until: Millis, now: Millis) {
        let mut crowds = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if crowds.len() >= KEPT {
            crowds.retain(|_, until| *until > now);
        }
        crowds.insert(model.to_owned(), until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_of_what_the_model_has_and_never_more_than_all() {
        let shares = |shares: &[(&str, Portion)]| Priorities {
            shares: shares.iter().map(|(name, one)| ((*name).to_owned(), *one)).collect(),
            default: 0.25,
            threshold: 0.5,
        };
        let of = |all: &Priorities, name: Option<&str>, rates: [Option<u64>; 2]| {
            scaled(1_000, part(all, name, rates))
        };
        let both = [Some(100), Some(1_000)];
        let mixed = shares(&[("a", Portion::Part(0.5)), ("b", Portion::Requests(20.0))]);
        assert_eq!(of(&mixed, Some("a"), both), 500);
        assert_eq!(of(&mixed, Some("b"), both), 200);
        assert_eq!(of(&mixed, None, both), 250);
        let much = shares(&[("a", Portion::Part(0.9)), ("b", Portion::Part(0.9))]);
        assert_eq!(of(&much, Some("a"), both), 500);
        let tokens = shares(&[("a", Portion::Tokens(100.0))]);
        assert_eq!(of(&tokens, Some("a"), both), 100);
        assert_eq!(of(&tokens, Some("a"), [Some(100), None]), 1_000);
        assert_eq!(scaled(7, 0.3), 2);
    }
}
