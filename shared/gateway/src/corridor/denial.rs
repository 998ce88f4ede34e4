//! Why a call was not admitted, as its caller is told.

use std::time::Duration;

use axum::response::Response;
use http::{HeaderName, HeaderValue};
use sluice_store::{KeyRecord, Limit, Millis, Reading, Refusal};
use sluice_wire::{Fault, FaultKind};

use super::{
    Facts,
    fallback::Outcome,
    limits::{Held, kind, shown},
    party, refuse,
    standing::Standing,
};
use crate::{App, identity::Party};

/// What stood in the way.
#[derive(Debug)]
pub(crate) struct Denial {
    fault: Fault,
    headers: Vec<(&'static str, String)>,
    /// How the limit stands that was in the way.
    standing: Option<Standing>,
    /// The models that are asked instead, where it was the budget of one.
    instead: Vec<String>,
}

// === impl Denial ===

impl Denial {
    /// A limit was reached, or the key is not what it was.
    pub(super) fn of(app: &App, record: &KeyRecord, held: &Held<'_>, refusal: &Refusal) -> Self {
        match refusal {
            Refusal::OverBudget { spent, reserved, max, resets_at } => {
                let used = spent.saturating_add(*reserved);
                let opens = held.budget_opens(app, used, *max, *resets_at);
                let (spent, max) = (spent.to_decimal(), max.to_decimal());
                let message = party::key_over_budget(record, &spent, &max);
                let fault = over_budget(app, message, opens);
                let headers = vec![("x-litellm-key-spend", spent)];
                Self { headers, ..fault.into() }
            }
            Refusal::OverLimit(reading) => match held.meant(reading) {
                Some((party, limit)) => {
                    let opens = held.opens(app, limit, reading);
                    let reading = Reading { resets_at: opens, ..*reading };
                    let standing = held.standing(&reading);
                    let instead = held.instead(limit, &reading).to_vec();
                    Self { standing, instead, ..over_limit(app, record, party, limit, &reading) }
                }
                None => changing().into(),
            },
            Refusal::Full { share, calls } => full(record, held.party(*share), *calls).into(),
            Refusal::Stale | Refusal::StaleShare(_) | Refusal::Missing => changing().into(),
        }
    }

    /// What comes of the call: the refusal, or that other models are asked.
    pub(super) fn outcome(mut self, facts: &Facts) -> Outcome {
        let instead = std::mem::take(&mut self.instead);
        let response = self.render(facts);
        match instead.is_empty() {
            true => Outcome::Final(response),
            false => Outcome::Exhausted(response, instead),
        }
    }

    /// The refusal, with the headers that LiteLLM's clients read.
    pub(crate) fn render(self, facts: &Facts) -> Response {
        let mut response = refuse(facts.dialect, &self.fault, facts);
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
        }
        if let Some(standing) = &self.standing {
            standing.write(response.headers_mut());
        }
        response
    }
}

impl From<(Fault, Vec<(&'static str, String)>)> for Box<Denial> {
    fn from((fault, headers): (Fault, Vec<(&'static str, String)>)) -> Self {
        Self::new(Denial { headers, ..fault.into() })
    }
}

impl From<Fault> for Denial {
    fn from(fault: Fault) -> Self {
        Self { fault, headers: Vec::new(), standing: None, instead: Vec::new() }
    }
}

impl From<Fault> for Box<Denial> {
    fn from(fault: Fault) -> Self {
        Self::new(fault.into())
    }
}

fn over_limit(
    app: &App,
    record: &KeyRecord,
    party: Option<&Party>,
    limit: &Limit<'_>,
    reading: &Reading,
) -> Denial {
    let subject = party.map(|party| &party.subject);
    let Some(kind) = kind(limit) else {
        let (spent, max) = (shown(reading.used), shown(reading.max));
        let message = match (limit.model, subject) {
            (Some(model), _) => party::over_model_budget(record, subject, model, &spent, &max),
            (None, Some(subject)) => party::over_budget(subject, &spent, &max),
            (None, None) => party::key_over_budget(record, &spent, &max),
        };
        return over_budget(app, message, reading.resets_at).into();
    };
    let now = app.clock.now();
    // A slot is free when one of the calls under way ends: nobody knows when.
    let opens = reading.resets_at.unwrap_or_else(|| now.plus(1_000));
    let reset_at = stamp(opens);
    let mut whose = subject.map_or_else(|| record.hash.to_string(), party::id);
    if let Some(model) = limit.model {
        whose = format!("{whose}:{model}");
    }
    let message = format!(
        "Rate limit exceeded for {}: {whose}. Limit type: {kind}. Current limit: {}, Remaining: {}. \
         Limit resets at: {reset_at}",
        party::descriptor(subject, limit.model),
        reading.max,
        reading.max.saturating_sub(reading.used).max(0),
    );
    let fault = Fault::new(FaultKind::RateLimit, message)
        .with_label("rate_limit_error")
        .with_retry_after(until(now, opens));
    let headers = vec![("rate_limit_type", kind.to_owned()), ("reset_at", reset_at)];
    Denial { headers, ..fault.into() }
}

fn over_budget(app: &App, message: String, resets_at: Option<Millis>) -> Fault {
    let fault = Fault::new(FaultKind::Budget, message)
        .with_status(app.config.litellm.budget_exceeded_status_code);
    match resets_at {
        Some(resets_at) => fault.with_retry_after(until(app.clock.now(), resets_at)),
        None => fault,
    }
}

/// One item of the store holds all calls that are under way for somebody.
fn full(record: &KeyRecord, party: Option<&Party>, calls: usize) -> Fault {
    let subject = party.map(|party| &party.subject);
    let message = format!(
        "Too many calls are under way for {}: {}. The store has no room for more than {calls}; try again \
         when some of them have ended.",
        party::descriptor(subject, None),
        subject.map_or_else(|| record.hash.to_string(), party::id),
    );
    Fault::new(FaultKind::RateLimit, message)
        .with_label("rate_limit_error")
        .with_retry_after(Duration::from_secs(1))
}

fn changing() -> Fault {
    Fault::new(FaultKind::Unavailable, "The key is being changed at this moment. Try again.")
        .with_retry_after(Duration::from_secs(1))
}

/// Whole seconds, so that whoever comes back then is not early.
pub(super) fn until(now: Millis, then: Millis) -> Duration {
    let wait = u64::try_from(then.since(now).max(0)).unwrap_or(0);
    Duration::from_secs(wait.div_ceil(1000))
}

/// As LiteLLM writes it: `2026-01-01 00:01:00 UTC`.
fn stamp(at: Millis) -> String {
    let whole = Millis::new(at.seconds().saturating_mul(1000));
    whole.rfc3339().replace('T', " ").replace('Z', " UTC")
}
