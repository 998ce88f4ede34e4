//! Admit: money is reserved before anything is asked of a provider.

use std::sync::Arc;

use sluice_store::{Admission, Ask, Grant, Millis, NanoUsd, Refusal, Window};
use sluice_wire::{Fault, FaultKind};

use super::{
    Denial, Facts, Intake, Plan, bound, defaults,
    limits::{self, Held, Needs},
    priority::{Mood, Priority},
    standing::Standing,
    terms::Terms,
    tier, together,
    turns::{self, Paid, Served},
};
use crate::{
    App,
    config::BudgetMode,
    identity,
    pricing::{ModelPrice, ServiceTier},
    registry::Member,
};

/// Output tokens below which an answer is not worth paying for.
pub(crate) const FLOOR_TOKENS: u64 = 16;
/// The cap that is set where neither caller nor catalogue knows one and a budget must hold.
const DEFAULT_CAP: u64 = 4_096;

/// A call whose worst case is paid for.
#[derive(Debug)]
pub(crate) struct Admitted {
    pub(crate) grant: Grant,
    /// What the call can use at most; nothing where no budget asked for it.
    bound: Bound,
    /// Whether a budget stands behind the grant.
    budgeted: bool,
    /// How the key's other limits stand.
    pub(crate) standings: Vec<Standing>,
    /// Whose calls go on beyond their budget, slower.
    pub(crate) throttled: Vec<&'static str>,
    /// Whose soft budget is used up.
    pub(crate) warned: Vec<&'static str>,
}

/// Why the ledger said no.
enum Denied {
    /// A limit was reached; whose calls may go on slower, by their place among the terms.
    Over(Box<Denial>, Option<usize>),
    /// What is known of the key is out of date.
    Stale(Box<Denial>),
}

/// What a call can use at most.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Bound {
    /// What it can cost at the dearest deployment that may be tried.
    pub(crate) worst: NanoUsd,
    /// What the least of it that is worth having can cost; the same where it is all or nothing.
    pub(crate) floor: NanoUsd,
    /// Tokens of the prompt.
    pub(crate) prompt: u64,
}

/// What a call is expected to use of token rates: LiteLLM's estimate, a quarter of the prompt's bytes
/// and the output that the caller allows. What it really uses counts afterwards.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tokens {
    pub(crate) input: u64,
    pub(crate) output: u64,
}

/// A call whose use can be bounded before it is made.
pub(crate) trait Bounded: Send + Sync {
    /// The bound over all deployments of the plan. Asked for only under a budget.
    fn bound(&self, plan: &Plan) -> Result<Bound, Fault>;

    /// What it is expected to use of token rates. Asked for only under limits.
    fn tokens(&self) -> Result<Tokens, Fault>;

    /// The deployments that may be tried.
    fn plan(&self, app: &App, facts: &Facts) -> Result<Plan, Fault> {
        Plan::draw(app, facts)
    }
}

// === impl Admitted ===

impl Admitted {
    /// Reserves the worst case of the dearest deployment in the plan, or as much of it as is left.
    /// Returns the plan that was paid for: a new one when the key had changed.
    pub(crate) async fn reserve(
        app: &Arc<App>,
        facts: &mut Facts,
        call: &dyn Bounded,
        plan: Plan,
    ) -> Result<(Self, Plan), Box<Denial>> {
        match Self::attempt(app, facts, call, &plan).await? {
            Ok(admitted) => return Ok((admitted, plan)),
            Err(Denied::Over(denial, _)) => return Err(denial),
            // The record came from the cache and is stale: it is read again, once.
            Err(Denied::Stale(_)) => {}
        }
        if let Some(caller) = &facts.caller {
            facts.caller = Some(identity::recheck(app, caller).await?);
        }
        facts.attend_anew(app).await?;
        let plan = call.plan(app, facts)?;
        match Self::attempt(app, facts, call, &plan).await? {
            Ok(admitted) => Ok((admitted, plan)),
            Err(Denied::Over(denial, _) | Denied::Stale(denial)) => Err(denial),
        }
    }

    /// Asks the ledger; again, where a budget that is used up lets calls go on slower.
    async fn attempt(
        app: &App,
        facts: &Facts,
        call: &dyn Bounded,
        plan: &Plan,
    ) -> Result<Result<Self, Denied>, Fault> {
        let mut throttled = Vec::new();
        loop {
            match Self::ask(app, facts, call, plan, &throttled).await? {
                Err(Denied::Over(_, Some(place))) if !throttled.contains(&place) => {
                    throttled.push(place);
                }
                answered => return Ok(answered),
            }
        }
    }

    async fn ask(
        app: &App,
        facts: &Facts,
        call: &dyn Bounded,
        plan: &Plan,
        throttled: &[usize],
    ) -> Result<Result<Self, Denied>, Fault> {
        let Some(caller) = &facts.caller else {
            return Err(Fault::new(FaultKind::Internal, "a call without a caller"));
        };
        let record = &caller.record;
        let parties = caller.people.parties.iter();
        let parties = parties.chain(facts.named.parties());
        let parties = parties.chain(&app.whole);
        let now = app.clock.now();
        let of = limits::Call { app, facts, plan, now };
        let own = std::iter::once(Terms::of_key(of, &caller.people.own));
        let mut terms: Vec<Terms<'_>> =
            own.chain(parties.map(|party| Terms::of(of, party))).collect();
        let part = app.config.litellm.budget_exceeded_throttle;
        for (place, terms) in terms.iter_mut().enumerate() {
            if let Some(part) = part.filter(|_| throttled.contains(&place)) {
                terms.throttle(part);
            }
        }
        let budgeted = terms.iter().any(|terms| terms.is_budgeted(of));
        let crowds = app.config.litellm.priorities.is_some();
        let limited = crowds || terms.iter().any(|terms| terms.now.is_limited());
        let found = if budgeted { Some(bounded(app, call.bound(plan))?) } else { None };
        let needs = Needs {
            money: found.map(|bound| bound.unwrap_or(COUNTED)),
            tokens: if limited { call.tokens()? } else { Tokens::default() },
        };
        // What nothing bounds is not capped either.
        let budgeted = found.flatten().is_some();
        let bound = needs.money.unwrap_or_default();
        let mut seen = vec![&caller.people.seen];
        seen.extend(facts.named.seen());
        let alone = plan.order.iter().any(|member| turns::Serving::of(app, member).is_budgeted());
        let lease = app.config.general.lease();
        let duration = record.allowance.budget_duration.as_ref();
        let max = terms.first().and_then(|own| own.now.max_budget);
        let until = terms.iter().filter_map(|terms| terms.until(of)).min();
        let asked = async |held: &Held<'_>| {
            let ask = Ask {
                call: &facts.call,
                key: &record.hash,
                version: record.version,
                max,
                base: record.allowance.max_budget.unwrap_or_default(),
                window: window(app, duration, facts.started),
                worst: bound.worst,
                floor: bound.floor,
                now,
                until,
                lease,
                limits: &held.own,
                others: &held.shares(),
            };
            together::reserve(app, &seen, &ask, alone).await
        };
        let priority = Priority::of(app, caller, &plan.group);
        let moods = priority.as_ref().map(|priority| priority.moods(app).map(Some));
        let mut crowded = 1.0;
        let mut refused = None;
        for mood in moods.as_ref().map_or(&[None][..], |moods| moods.as_slice()) {
            let mut held = Held::of(of, &terms, needs);
            if let (Some(priority), Some(mood)) = (&priority, mood) {
                held.add(priority.party(), priority.limits(*mood, needs));
            }
            let refusal = match asked(&held).await? {
                Admission::Granted(grant) => {
                    let standings = held.standings(&grant.readings);
                    let warned = held.warned(app, &grant);
                    let slower = throttled.iter().filter_map(|place| terms.get(*place));
                    let throttled = slower.map(Terms::whose).collect();
                    return Ok(Ok(Self { grant, bound, budgeted, standings, throttled, warned }));
                }
                Admission::Refused(refusal) => refusal,
            };
            let by_model = priority.as_ref().zip(held.of_model(&refusal));
            if let (Some((priority, reading)), Some(Mood::Open)) = (by_model, mood) {
                crowded = priority.crowded(app, reading);
            }
            // What the share refuses is what the caller is told.
            if by_model.is_none() || *mood == Some(Mood::Strict) || refused.is_none() {
                refused = Some((held, refusal));
            }
            if by_model.is_none() {
                break;
            }
        }
        let Some((held, refusal)) = refused else { return Err(unanswered()) };
        let denial = match priority.as_ref().zip(held.of_model(&refusal)) {
            Some((priority, reading)) => priority.refusal(app, reading, crowded).into(),
            None => Box::new(Denial::of(app, record, &held, &refusal)),
        };
        Ok(Err(match refusal {
            Refusal::OverBudget { .. } | Refusal::OverLimit(_) | Refusal::Full { .. } => {
                Denied::Over(denial, part.and_then(|_| held.slows(&refusal)))
            }
            Refusal::Stale | Refusal::StaleShare(_) | Refusal::Missing => Denied::Stale(denial),
        }))
    }

    /// What is held for the call: by its own budgets, or by those of who is to serve it.
    pub(crate) fn paid(&self, served: Option<Paid>) -> Option<Paid> {
        let own = Paid { amount: self.grant.amount, prompt: self.bound.prompt };
        let own = Some(own).filter(|_| self.budgeted);
        own.into_iter().chain(served).min_by_key(|paid| paid.amount)
    }

    /// Who serves the call is settled with it.
    pub(crate) fn served_by(&mut self, served: Option<Served>) {
        let Some(served) = served else { return };
        self.grant.join(served.claim);
        self.standings.extend(served.standings);
    }

    /// The output cap to set on the request for this deployment, where one must be set: lower than
    /// the caller's when the grant does not pay for that much.
    pub(crate) fn cap(
        &self,
        intake: &Intake,
        member: &Member,
        served: Option<Paid>,
    ) -> Option<u64> {
        let Paid { amount, prompt } = self.paid(served)?;
        let price = member.price.as_ref()?;
        if price.is_free() {
            return None;
        }
        let asked = cap(intake, member);
        let tier = tier::reserved(intake, member);
        let affordable = price.affordable_output_at(amount, prompt, tier)? / answers(intake);
        let known = said(intake, member).is_some() || price.max_output.is_some();
        (affordable < asked || !known).then(|| affordable.min(asked).max(1))
    }
}

fn unanswered() -> Fault {
    Fault::new(FaultKind::Internal, "the ledger was not asked")
}

/// The least that can be held: what the call costs is known when it is settled.
pub(super) const COUNTED: Bound =
    Bound { worst: NanoUsd::from_nanos(1), floor: NanoUsd::from_nanos(1), prompt: 0 };

/// The bound of a call under a budget. A call that has none is refused, unless that is told otherwise.
pub(super) fn bounded(app: &App, bound: Result<Bound, Fault>) -> Result<Option<Bound>, Fault> {
    let soft = app.config.general.budget_mode == BudgetMode::Soft;
    match bound {
        Err(fault) if soft && fault.label == Some(UNPRICED) => Ok(None),
        bound => bound.map(Some),
    }
}

/// What the key's budget counts in at an instant.
pub(crate) fn window(
    app: &App,
    duration: Option<&sluice_store::BudgetDuration>,
    now: Millis,
) -> Window {
    duration.map_or_else(Window::default, |duration| duration.window(now, app.config.timezone()))
}

fn cap(intake: &Intake, member: &Member) -> u64 {
    let model = member.price.as_ref().and_then(|price| price.max_output);
    said(intake, member).or(model).unwrap_or(DEFAULT_CAP)
}

/// The cap that the caller sets, or else the deployment for its callers.
fn said(intake: &Intake, member: &Member) -> Option<u64> {
    let default = || defaults::of(intake, member)?.max_output();
    intake.peek.max_output.or_else(default)
}

fn answers(intake: &Intake) -> u64 {
    u64::from(intake.peek.n.max(1))
}

// === impl Bounded ===

impl Bounded for Intake {
    fn bound(&self, plan: &Plan) -> Result<Bound, Fault> {
        let answers = answers(self);
        let prompt = bound::prompt_tokens(self)?;
        let mut bound = Bound { prompt, ..Bound::default() };
        for member in &plan.order {
            let price = bounding(member)?;
            let tier = tier::reserved(self, member);
            let cap = cap(self, member).saturating_mul(answers);
            let least = cap.min(FLOOR_TOKENS.saturating_mul(answers));
            bound.worst = bound.worst.max(worst(member, price, (prompt, cap), tier));
            bound.floor = bound.floor.max(worst(member, price, (prompt, least), tier));
        }
        Ok(bound)
    }

    fn plan(&self, app: &App, facts: &Facts) -> Result<Plan, Fault> {
        Plan::draw(app, facts)?.suit(self)
    }

    fn tokens(&self) -> Result<Tokens, Fault> {
        let bytes = u64::try_from(self.body.len()).unwrap_or(u64::MAX);
        // The bytes of a picture say nothing of its tokens.
        let prompt = bytes.min(bound::prompt_tokens(self)?);
        let output = self.peek.max_output.unwrap_or(0).saturating_mul(answers(self));
        Ok(Tokens { input: (prompt / 4).max(1), output })
    }
}

// === impl Tokens ===

impl Tokens {
    pub(crate) fn total(self) -> u64 {
        self.input.saturating_add(self.output)
    }
}

/// The price that bounds a call of text, which must be known.
pub(crate) fn bounding(member: &Member) -> Result<&ModelPrice, Fault> {
    let bounds = |price: &&ModelPrice| price.prices_tokens() || price.is_by_time();
    member.price.as_ref().filter(bounds).ok_or_else(|| {
        unpriced(
            &member.deployment.group,
            "Set input_cost_per_token and output_cost_per_token, or `model_info.free: true`.",
        )
    })
}

/// The most that tokens of prompt and answer can cost. Where the price is by time nothing bounds it but
/// how long the gateway waits.
fn worst(
    member: &Member,
    price: &ModelPrice,
    (prompt, output): (u64, u64),
    tier: ServiceTier,
) -> NanoUsd {
    match price.is_by_time() {
        true => price.cost_of_time(member.deployment.timeouts.total),
        false => price.worst_case_at(prompt, output, tier),
    }
}

/// What kind of refusal that is.
const UNPRICED: &str = "model_cost_map_missing";

/// A model that a budget cannot be held against, and what to set.
pub(crate) fn unpriced(group: &str, advice: &str) -> Fault {
    Fault::new(
        FaultKind::Permission,
        format!("Model '{group}' has no price, and a budget stands behind this call. {advice}"),
    )
    .with_label(UNPRICED)
    .with_param("model")
}
