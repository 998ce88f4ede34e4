//! Admit: money is reserved before anything is asked of a provider.

use std::{sync::Arc, time::Duration};

use sluice_store::{Admission, Ask, Grant, KeyHash, Millis, NanoUsd, Refusal, Window};
use sluice_wire::{Fault, FaultKind};

use super::{Facts, Intake, Plan, bound};
use crate::{App, identity, registry::Member};

/// Output tokens below which an answer is not worth paying for.
const FLOOR_TOKENS: u64 = 16;
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

/// A call whose use can be bounded before it is made.
pub(crate) trait Bounded: Send + Sync {
    /// The bound over all deployments of the plan. Asked for only under a budget.
    fn bound(&self, plan: &Plan) -> Result<Bound, Fault>;

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
    ) -> Result<(Self, Plan), Fault> {
        match Self::attempt(app, facts, call, &plan).await? {
            Ok(admitted) => return Ok((admitted, plan)),
            Err(refusal @ (Refusal::OverBudget { .. } | Refusal::OverLimit(_))) => {
                return Err(refusal_fault(app, facts, &refusal));
            }
            // The record came from the cache and is stale: it is read again, once.
            Err(Refusal::Stale | Refusal::StaleShare(_) | Refusal::Missing) => {}
        }
        let hash = facts.key();
        app.forget_key(&hash);
        facts.caller = Some(identity::recheck(app, hash).await?);
        let plan = call.plan(app, facts)?;
        match Self::attempt(app, facts, call, &plan).await? {
            Ok(admitted) => Ok((admitted, plan)),
            Err(refusal @ (Refusal::OverBudget { .. } | Refusal::OverLimit(_))) => {
                Err(refusal_fault(app, facts, &refusal))
            }
            Err(Refusal::Stale | Refusal::StaleShare(_) | Refusal::Missing) => Err(Fault::new(
                FaultKind::Unavailable,
                "The key is being changed at this moment. Try again.",
            )
            .with_retry_after(Duration::from_secs(1))),
        }
    }

    async fn attempt(
        app: &App,
        facts: &Facts,
        call: &dyn Bounded,
        plan: &Plan,
    ) -> Result<Result<Self, Refusal>, Fault> {
        let Some(caller) = &facts.caller else {
            return Err(Fault::new(FaultKind::Internal, "a call without a caller"));
        };
        let record = &caller.record;
        let budgeted = record.max_budget.is_some();
        let bound = if budgeted { call.bound(plan)? } else { Bound::default() };
        let window = window(app, record.budget_duration.as_ref(), facts.started);
        let ask = Ask {
            call: &facts.call,
            key: &record.hash,
            version: record.version,
            max: record.max_budget,
            window,
            worst: bound.worst,
            floor: bound.floor,
            now: app.clock.now(),
            lease: app.config.general.lease(),
            limits: &[],
            others: &[],
        };
        match app.store.ledger().reserve(&ask).await.map_err(|error| app.store_fault(&error))? {
            Admission::Granted(grant) => Ok(Ok(Self { grant, bound, budgeted })),
            Admission::Refused(refusal) => Ok(Err(refusal)),
        }
    }

    /// The output cap to set on the request for this deployment, where one must be set: lower than
    /// the caller's when the grant does not pay for that much.
    pub(crate) fn cap(&self, intake: &Intake, member: &Member) -> Option<u64> {
        let price = member.price.as_ref().filter(|_| self.budgeted)?;
        if price.is_free() {
            return None;
        }
        let asked = cap(intake, member);
        let affordable =
            price.affordable_output(self.grant.amount, self.bound.prompt)? / answers(intake);
        let known = intake.peek.max_output.is_some() || price.max_output.is_some();
        (affordable < asked || !known).then(|| affordable.min(asked).max(1))
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
    intake.peek.max_output.or(model).unwrap_or(DEFAULT_CAP)
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
            let Some(price) = member.price.as_ref().filter(|price| price.prices_tokens()) else {
                return Err(unpriced(
                    &plan.group.name,
                    "Set input_cost_per_token and output_cost_per_token, or `model_info.free: true`.",
                ));
            };
            let cap = cap(self, member).saturating_mul(answers);
            let least = cap.min(FLOOR_TOKENS.saturating_mul(answers));
            bound.worst = bound.worst.max(price.worst_case(prompt, cap));
            bound.floor = bound.floor.max(price.worst_case(prompt, least));
        }
        Ok(bound)
    }

    fn plan(&self, app: &App, facts: &Facts) -> Result<Plan, Fault> {
        Plan::draw(app, facts)?.suit(self)
    }
}

/// A model that a budget cannot be held against, and what to set.
pub(crate) fn unpriced(group: &str, advice: &str) -> Fault {
    Fault::new(
        FaultKind::Permission,
        format!("Model '{group}' has no price, and this key has a budget. {advice}"),
    )
    .with_label("model_cost_map_missing")
    .with_param("model")
}

fn refusal_fault(app: &App, facts: &Facts, refusal: &Refusal) -> Fault {
    let Refusal::OverBudget { spent, max, resets_at, .. } = refusal else {
        return Fault::new(FaultKind::Internal, "a refusal without a reason");
    };
    let record = facts.caller.as_ref().map(|caller| &caller.record);
    let key = record.map_or_else(String::new, |record| {
        describe(record.alias.as_deref(), &record.hash, &record.name)
    });
    let mut fault = Fault::new(
        FaultKind::Budget,
        format!(
            "Budget has been exceeded! Key={key} Current cost: {}, Max budget: {}",
            spent.to_decimal(),
            max.to_decimal()
        ),
    )
    .with_status(app.config.litellm.budget_exceeded_status_code);
    if let Some(resets_at) = resets_at {
        let wait = resets_at.get().saturating_sub(app.clock.now().get()).max(0);
        fault = fault.with_retry_after(Duration::from_millis(u64::try_from(wait).unwrap_or(0)));
    }
    fault
}

fn describe(alias: Option<&str>, hash: &KeyHash, name: &str) -> String {
    match alias {
        Some(alias) => format!("{alias} ({name})"),
        None => format!("{name} ({})", hash.short()),
    }
}
