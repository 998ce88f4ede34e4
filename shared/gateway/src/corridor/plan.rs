//! Authorise and route: may this key use this model, and which deployments are tried in what order.

use std::sync::Arc;

use sluice_providers::Reach;
use sluice_wire::{Dialect, Fault, FaultKind, dialect::bedrock_invoke};

use super::{
    Facts, Intake, access,
    prepare::{is_wrapped, passes},
    spoken::spoken,
};
use crate::{
    App,
    registry::{Group, Member},
};

/// Deployments in the order they are tried.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) group: Arc<Group>,
    pub(crate) order: Vec<Arc<Member>>,
}

// === impl Plan ===

impl Plan {
    /// Draws the plan of a call.
    pub(crate) fn draw(app: &App, facts: &Facts) -> Result<Self, Fault> {
        let group = group(app, facts, &facts.requested)?;
        let mut order = order(app, &group)?;
        if let Some(prefer) = &facts.prefer {
            order.sort_by_key(|member| member.deployment.id != **prefer);
        }
        Ok(Self { group, order })
    }

    /// Leaves out the deployments that cannot take the request at all: the native body of a model
    /// family passes unread, to Bedrock alone.
    pub(crate) fn suit(mut self, intake: &Intake) -> Result<Self, Fault> {
        if intake.line.dialect != Dialect::BedrockInvoke
            || bedrock_invoke::speaks_anthropic(&intake.body)?
        {
            return Ok(self);
        }
        self.order.retain(|member| member.deployment.provider.reach == Reach::Bedrock);
        if self.order.is_empty() {
            // Says why.
            intake.canonical()?;
        }
        Ok(self)
    }

    /// Where the first choice is not sent the caller's own bytes the request is decoded now: one that
    /// cannot be is refused before any money is reserved.
    pub(crate) fn check(&self, intake: &Intake) -> Result<(), Fault> {
        if let Some(first) = self.order.first()
            && !passes(intake, first)
            && !is_wrapped(intake, spoken(intake, first))
        {
            intake.canonical()?;
        }
        Ok(())
    }
}

/// The group that answers for a model, where the caller may use it.
pub(super) fn group(app: &App, facts: &Facts, requested: &str) -> Result<Arc<Group>, Fault> {
    let name = facts.caller.as_ref().map_or(requested, |caller| caller.meaning(requested));
    let registry = app.registry();
    let seen = registry.seen_by(facts.caller.as_ref().and_then(|caller| caller.team()));
    let mut found = seen.group(name);
    if found.is_none() && is_bedrock(facts.dialect) {
        // AWS's clients name the model; the group that reaches it on Bedrock answers.
        found = seen.group_on_bedrock(name).cloned();
    }
    let group = found.as_ref().map(|group| group.name.as_str());
    if let Some(caller) = &facts.caller
        && let Some(denier) = access::denier(&seen, caller, Some(&facts.named), requested, group)
    {
        return Err(access::denied(denier, requested));
    }
    let group = found.ok_or_else(|| unknown(facts.route, requested))?;
    if group.members.is_empty() { Err(asleep(requested)) } else { Ok(group) }
}

fn is_bedrock(dialect: Dialect) -> bool {
    matches!(dialect, Dialect::BedrockConverse | Dialect::BedrockInvoke)
}

/// Lowest `order` first; within it a shuffle weighted by `weight`, else `rpm`, else `tpm`.
fn order(app: &App, group: &Group) -> Result<Vec<Arc<Member>>, Fault> {
    let [only] = group.members.as_slice() else {
        let mut seed = [0; 8];
        app.random
            .fill(&mut seed)
            .map_err(|error| Fault::new(FaultKind::Internal, error.to_string()))?;
        let mut random = fastrand::Rng::with_seed(u64::from_le_bytes(seed));
        let mut keyed: Vec<(i64, f64, &Arc<Member>)> = group
            .members
            .iter()
            .map(|member| {
                // Weighted sampling without replacement: the largest u^(1/w) comes first
                // (Efraimidis and Spirakis 2006); a weight of 0 is a backup that comes last.
                let weight = weight(member);
                let key =
                    if weight > 0.0 { random.f64().powf(1.0 / weight) } else { -random.f64() };
                (member.deployment.order.unwrap_or(i64::MAX), key, member)
            })
            .collect();
        keyed.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
        return Ok(keyed.into_iter().map(|(_, _, member)| Arc::clone(member)).collect());
    };
    Ok(vec![Arc::clone(only)])
}

fn weight(member: &Member) -> f64 {
    let deployment = &member.deployment;
    let limit =
        |limit: Option<u64>| limit.and_then(|limit| u32::try_from(limit).ok()).map(f64::from);
    deployment
        .weight
        .or_else(|| limit(deployment.rpm))
        .or_else(|| limit(deployment.tpm))
        .unwrap_or(1.0)
}

/// The refusal of a model whose deployments are all blocked, in LiteLLM's words.
fn asleep(model: &str) -> Fault {
    Fault::new(
        FaultKind::RateLimit,
        format!(
            "No deployments available for selected model: they are blocked. Passed model={model}. \
             Update via `/model/unblock` if you're an admin."
        ),
    )
    .with_param("model")
}

fn unknown(route: &str, model: &str) -> Fault {
    Fault::invalid(
        format!(
            "{route}: Invalid model name passed in model={model}. Call `/v1/models` to view available \
             models for your key."
        ),
        "model",
    )
}
