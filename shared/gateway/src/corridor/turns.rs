//! Whose turn it is: the deployments of a plan in their order, those that are full passed over.
//!
//! A deployment and its provider are held to limits of their own, and which of them serves is known only
//! here. So what an attempt needs of them is claimed before anything is sent; a deployment that has too
//! little left is passed over, and nothing is asked of it. One without limits costs no write.

use std::sync::Arc;

use sluice_store::{
    Ask, Claim, Limit, Measure, Millis, ModelBudget, NanoUsd, Reading, Refusal, Share, Subject,
    Window,
};
use sluice_wire::{Fault, FaultKind};

use super::{
    Admitted, Bounded, Facts, Plan,
    admit::{COUNTED, bounded},
    denial::until,
    limits::{self, Needs, shown},
    standing::Standing,
};
use crate::{App, registry::Member};

/// Who has the turn, and what is held of it.
pub(crate) struct Turn {
    pub(crate) member: Arc<Member>,
    pub(crate) served: Option<Served>,
}

/// What is held of who serves a call.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) claim: Claim,
    /// What their budgets pay, where they have any.
    pub(crate) paid: Option<Paid>,
    /// How the deployment's limits stand.
    pub(crate) standings: Vec<Standing>,
}

/// Money that is held for an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paid {
    pub(crate) amount: NanoUsd,
    /// Tokens of the prompt, which are paid first.
    pub(crate) prompt: u64,
}

/// A deployment that was passed over.
struct Full {
    /// In LiteLLM's words, where it is a budget that is used up.
    budget: Option<String>,
    opens: Option<Millis>,
}

/// The turns of a call.
pub(crate) struct Turns<'a> {
    app: &'a App,
    facts: &'a Facts,
    call: &'a dyn Bounded,
    plan: &'a Plan,
    /// Nobody was asked for any limit of the call.
    unasked: bool,
    next: usize,
    passed: Vec<Full>,
}

// === impl Turns ===

impl<'a> Turns<'a> {
    pub(crate) fn new(
        app: &'a App,
        facts: &'a Facts,
        call: &'a dyn Bounded,
        plan: &'a Plan,
        admitted: &Admitted,
    ) -> Self {
        let unasked = admitted.grant.is_unasked();
        Self { app, facts, call, plan, unasked, next: 0, passed: Vec::new() }
    }

    pub(super) fn plan(&self) -> &'a Plan {
        self.plan
    }

    /// The next deployment that has room; `None` where none of the plan has.
    pub(crate) async fn next(&mut self) -> Result<Option<Turn>, Fault> {
        let mut unbounded = None;
        self.passed.clear();
        for _ in 0..self.plan.order.len() {
            let place = self.next.checked_rem(self.plan.order.len()).unwrap_or_default();
            self.next = place + 1;
            let Some(member) = self.plan.order.get(place).map(Arc::clone) else { break };
            if self.unasked || !Serving::of(self.app, &member).is_given() {
                return Ok(Some(Turn { member, served: None }));
            }
            match Box::pin(self.claim(&member)).await {
                Ok(Ok(served)) => return Ok(Some(Turn { member, served })),
                Ok(Err(full)) => self.passed.push(full),
                Err(fault) if fault.kind == FaultKind::Permission => unbounded = Some(fault),
                Err(fault) => return Err(fault),
            }
        }
        match unbounded {
            Some(fault) if self.passed.is_empty() => Err(fault),
            _ => Ok(None),
        }
    }

    /// Takes what the call needs of a deployment and its provider, or says what stood in the way.
    async fn claim(&self, member: &Arc<Member>) -> Result<Result<Option<Served>, Full>, Fault> {
        let held = Serving::of(self.app, member);
        let alone = Plan { group: Arc::clone(&self.plan.group), order: vec![Arc::clone(member)] };
        let found = match held.is_budgeted() {
            true => Some(bounded(self.app, self.call.bound(&alone))?),
            false => None,
        };
        let money = found.map(|bound| bound.unwrap_or(COUNTED));
        let now = self.app.clock.now();
        let call = limits::Call { app: self.app, facts: self.facts, plan: &alone, now };
        let needs = Needs { money, tokens: self.call.tokens()? };
        let own = call.of_capacity(&member.capacity, held.parallel(), needs);
        let budget = held.provider_budget().map(|budget| call.of_budget(budget, needs));
        let deployment = Subject::Deployment(member.deployment.id.clone());
        let provider = Subject::Provider(member.deployment.provider.name.to_owned());
        let both: [(&Subject, &[Limit<'_>]); 2] =
            [(&deployment, &own), (&provider, budget.as_slice())];
        let others: Vec<Share<'_>> = both
            .into_iter()
            .filter(|(_, limits)| !limits.is_empty())
            .map(|(subject, limits)| Share { subject, version: None, limits })
            .collect();
        let ask = Ask {
            call: &self.facts.call,
            key: &self.facts.key(),
            version: 0,
            max: None,
            base: NanoUsd::ZERO,
            window: Window::default(),
            worst: NanoUsd::ZERO,
            floor: NanoUsd::ZERO,
            now,
            until: None,
            lease: self.app.config.general.lease(),
            limits: &[],
            others: &others,
        };
        let claimed = match self.app.store.ledger().claim(&ask).await {
            Ok(claimed) => claimed,
            Err(error) => {
                let fault = self.app.store_fault(&error);
                if !self.app.goes_on(&fault) {
                    return Err(fault);
                }
                tracing::warn!(call = %self.facts.call, "a deployment is asked without a look at its limits");
                return Ok(Ok(None));
            }
        };
        Ok(match claimed {
            Ok(claim) => {
                let standing = |reading: &Reading| {
                    let share = others.get(reading.share?)?;
                    let own = matches!(share.subject, Subject::Deployment(_));
                    let limit = share.limits.get(reading.limit).filter(|_| own)?;
                    Standing::of_deployment(reading, limit)
                };
                let standings = claim.readings.iter().filter_map(standing).collect();
                let paid = claim.amount.zip(found.flatten());
                let paid = paid.map(|(amount, bound)| Paid { amount, prompt: bound.prompt });
                Ok(Some(Served { claim, paid, standings }))
            }
            Err(refusal) => Err(self.passed_over(member, &others, &refusal)),
        })
    }

    fn passed_over(&self, member: &Member, others: &[Share<'_>], refusal: &Refusal) -> Full {
        let soon = self.app.clock.now().plus(1_000);
        let Refusal::OverLimit(reading) = refusal else {
            return Full { budget: None, opens: Some(soon) };
        };
        let share = reading.share.and_then(|place| others.get(place));
        let of_money = |share: &&Share<'_>| {
            let limit = share.limits.get(reading.limit);
            limit.is_some_and(|limit| limit.measure == Measure::Money)
        };
        let Some(share) = share.filter(of_money) else {
            // A slot is free when one of the calls under way ends: nobody knows when.
            return Full { budget: None, opens: reading.resets_at.or(Some(soon)) };
        };
        let deployment = &member.deployment;
        let whose = match share.subject {
            Subject::Provider(name) => format!("provider {name}"),
            _ => format!(
                "deployment model_name: {}, litellm_params.model: {}, model_id: {}",
                deployment.group, deployment.name, deployment.id
            ),
        };
        let (used, max) = (shown(reading.used), shown(reading.max));
        let budget = format!("Exceeded budget for {whose}: {used} >= {max}");
        Full { budget: Some(budget), opens: reading.resets_at }
    }

    /// Why nobody had room, in LiteLLM's words.
    pub(crate) fn fault(&self) -> Fault {
        let opens = self.passed.iter().filter_map(|full| full.opens).min();
        let opens = opens.map(|opens| until(self.app.clock.now(), opens));
        let budgets: Vec<&str> =
            self.passed.iter().filter_map(|full| full.budget.as_deref()).collect();
        let group = &self.plan.group.name;
        let message = if !budgets.is_empty() && budgets.len() == self.passed.len() {
            format!("No deployments available - crossed budget: {}", budgets.join("\n"))
        } else {
            let again = opens.map(|opens| format!(", Try again in {} seconds", opens.as_secs()));
            let again = again.unwrap_or_default();
            format!("No deployments available for selected model{again}. Passed model={group}")
        };
        let fault = Fault::new(FaultKind::RateLimit, message).with_label("rate_limit_error");
        match opens {
            Some(opens) => fault.with_retry_after(opens),
            None => fault,
        }
    }
}

/// What a deployment and its provider are held to.
#[derive(Clone, Copy)]
pub(super) struct Serving<'a> {
    app: &'a App,
    member: &'a Member,
}

// === impl Serving ===

impl<'a> Serving<'a> {
    pub(super) fn of(app: &'a App, member: &'a Member) -> Self {
        Self { app, member }
    }

    fn provider_budget(self) -> Option<&'a ModelBudget> {
        self.app.config.router.provider_budgets.get(self.member.deployment.provider.name)
    }

    fn parallel(self) -> Option<u64> {
        self.member.capacity.parallel.or(self.app.config.router.default_max_parallel_requests)
    }

    fn is_given(self) -> bool {
        self.member.capacity.is_given()
            || self.parallel().is_some()
            || self.provider_budget().is_some()
    }

    /// Whether one of them has a budget: what it pays is written call by call.
    pub(super) fn is_budgeted(self) -> bool {
        self.member.capacity.budget.is_some() || self.provider_budget().is_some()
    }
}
