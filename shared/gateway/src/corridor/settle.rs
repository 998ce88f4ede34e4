//! Settle and record: what a call really used, exactly once, whatever became of it.

use std::{mem, sync::Arc, time::Duration};

use futures_util::future::join;
use sluice_providers::Deployment;
use sluice_store::{Grant, Millis, NanoUsd, RowStatus, UsageRow};
use sluice_wire::{Fault, canon::Usage};

use super::{Admitted, Facts};
use crate::{
    App,
    pricing::{Breakdown, Class, ModelPrice, ServiceTier, Units},
    registry::{Member, api_base},
    telemetry::{Line, Verdict},
    uses,
};

/// How often a settlement is tried before it is left to the lease.
const TRIES: u32 = 4;

/// What was seen of an answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// The provider's id for the answer.
    pub(crate) response_id: Option<String>,
    /// What the provider says was used.
    pub(crate) usage: Option<Usage>,
    /// What else was used that has a price: images, seconds, characters.
    pub(crate) units: Units,
    /// The price of what was asked for, where it differs from the deployment's.
    pub(crate) price: Option<ModelPrice>,
    /// The service level that was asked for, or that the answer's headers name: it counts where the
    /// usage itself names none.
    pub(crate) service_tier: Option<String>,
    /// When the provider was asked: where the price is by time, and no sound's seconds were counted.
    pub(crate) asked: Option<Millis>,
    /// The provider told no usage, and what stands here was worked out.
    pub(crate) estimated: bool,
    /// Bytes of generated text, for an estimate.
    pub(crate) text_bytes: u64,
    /// When the first byte arrived.
    pub(crate) first_byte: Option<Millis>,
    /// What of the answer the caller's dialect has no words for.
    pub(crate) untold: Vec<String>,
    /// What went wrong, if anything.
    pub(crate) fault: Option<Fault>,
    /// Retries before this answer.
    pub(crate) retries: u32,
}

/// What a settled call cost.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settled {
    pub(crate) cost: Breakdown,
    /// The key's spend in its window, this call included; `None` where the store did not say.
    pub(crate) spend: Option<NanoUsd>,
}

/// Settles an answered call.
pub(crate) async fn answered(
    app: &App,
    facts: &Facts,
    grant: &Grant,
    prompt_bytes: usize,
    member: &Member,
    mut seen: Seen,
) -> Settled {
    let (usage, estimated) = match seen.usage.take() {
        Some(usage) => (usage, seen.estimated),
        None => (guess(prompt_bytes, seen.text_bytes), true),
    };
    let price = seen.price.as_ref().or(member.price.as_ref());
    let told = usage.service_tier.as_deref().or(seen.service_tier.as_deref());
    let tier = ServiceTier::from_wire(told);
    if let (Some(asked), Some(true)) = (seen.asked, price.map(ModelPrice::is_by_time))
        && !seen.units.has_seconds()
    {
        let took = app.clock.now().get().saturating_sub(asked.get());
        let took = Duration::from_millis(u64::try_from(took).unwrap_or_default());
        seen.units = mem::take(&mut seen.units).with_time(took);
    }
    let cost = price.map(|price| price.cost_of_at(&usage, &seen.units, tier)).unwrap_or_default();
    let untold = mem::take(&mut seen.untold);
    let row = row(app, facts, grant, Some(member), usage, cost.total, estimated, seen);
    let verdict = verdict(facts, &row);
    app.telemetry.line(&Line { verdict, row: &row, cost: &cost, untold: &untold });
    let spend = match app.uses.due(member, row.ended) {
        None => write(app, grant, row).await,
        Some(name) => {
            let caller = facts.caller.as_ref();
            Box::pin(join(write(app, grant, row), uses::write(app, name, caller))).await.0
        }
    };
    Settled { cost, spend }
}

/// Settles a call that no provider answered: it costs nothing, and it leaves a row. Returns
/// what its key has spent.
pub(crate) async fn failed(
    app: &App,
    facts: &Facts,
    admitted: &Admitted,
    member: Option<&Member>,
    fault: &Fault,
) -> Option<NanoUsd> {
    let seen = Seen { fault: Some(fault.clone()), ..Seen::default() };
    let row =
        row(app, facts, &admitted.grant, member, Usage::default(), NanoUsd::ZERO, false, seen);
    app.telemetry.line(&Line {
        verdict: verdict(facts, &row),
        row: &row,
        cost: &Breakdown::default(),
        untold: &[],
    });
    write(app, &admitted.grant, row).await
}

/// Writes the settlement, insisting. After the last try it is left to the ledger's own; should the
/// process end before it is written, the lease charges in full and says so.
async fn write(app: &App, grant: &Grant, row: UsageRow) -> Option<NanoUsd> {
    let row = Arc::new(row);
    let mut wait = Duration::from_millis(50);
    // The store gave no answer a moment ago: nobody is kept waiting for it.
    let tries = if grant.is_unasked() { 1 } else { TRIES };
    for attempt in 1..=tries {
        match app.store.ledger().settle(grant, Arc::clone(&row)).await {
            Ok(spend) => return Some(spend),
            Err(error) if attempt < tries => {
                tracing::warn!(call = %row.call, attempt, error = %error, "settlement is tried again");
                tokio::time::sleep(wait).await;
                wait = wait.saturating_mul(4);
            }
            Err(error) => {
                tracing::error!(
                    call = %row.call,
                    cost.nanos = row.spend.nanos(),
                    error = %error,
                    "settlement failed; it is tried again later"
                );
                app.store.ledger().settle_later(grant, Arc::clone(&row));
            }
        }
    }
    None
}

/// Usage where the provider told none: about four bytes to a token, in favour of nobody.
fn guess(prompt_bytes: usize, text_bytes: u64) -> Usage {
    let prompt = u64::try_from(prompt_bytes).unwrap_or(u64::MAX);
    Usage { input: prompt.div_ceil(4), output: text_bytes.div_ceil(4), ..Usage::default() }
}

fn verdict(facts: &Facts, row: &UsageRow) -> Verdict {
    Verdict {
        dialect: facts.dialect,
        duration: facts.clock.elapsed(),
        ok: row.status == RowStatus::Success,
    }
}

/// The call's tags, and those of the deployment that answered.
fn tags(facts: &Facts, deployment: Option<&Deployment>) -> Vec<String> {
    let mut tags = facts.tags.clone();
    let own = deployment.map(|deployment| deployment.tags.as_slice()).unwrap_or_default();
    tags.extend(own.iter().filter(|tag| !facts.tags.contains(tag)).cloned());
    tags
}

#[expect(clippy::too_many_arguments, reason = "a row has many sources and is made in one place")]
fn row(
    app: &App,
    facts: &Facts,
    grant: &Grant,
    member: Option<&Member>,
    usage: Usage,
    spend: NanoUsd,
    estimated: bool,
    seen: Seen,
) -> UsageRow {
    let record = facts.caller.as_ref().map(|caller| Arc::clone(&caller.record));
    let organisation = facts.caller.as_ref().and_then(|caller| caller.organisation());
    let deployment = member.map(|member| &member.deployment);
    UsageRow {
        call: facts.call.clone(),
        key: facts.key(),
        request_id: seen.response_id,
        key_alias: record.as_ref().and_then(|record| record.alias.clone()),
        user_id: record.as_ref().and_then(|record| record.user_id.clone()),
        team_id: record.as_ref().and_then(|record| record.team_id.clone()),
        organization_id: organisation.map(ToOwned::to_owned),
        end_user: facts.end_user.clone(),
        call_type: facts.call_type.to_owned(),
        model: deployment.map_or_else(|| facts.requested.to_string(), |d| d.model.clone()),
        model_id: deployment.map(|d| d.id.clone()).unwrap_or_default(),
        model_group: deployment.map_or_else(|| facts.requested.to_string(), |d| d.group.clone()),
        provider: deployment.map(|d| d.provider.name.to_owned()).unwrap_or_default(),
        api_base: deployment.and_then(api_base).map(ToOwned::to_owned),
        started: facts.started,
        ended: app.clock.now(),
        first_token: seen.first_byte,
        prompt_tokens: usage.prompt().saturating_add(seen.units.of(Class::ImageTokenInput)),
        completion_tokens: usage
            .completion()
            .saturating_add(seen.units.of(Class::ImageTokenOutput)),
        cache_read_tokens: usage.cache_read,
        cache_write_tokens: usage.cache_write_5m.saturating_add(usage.cache_write_1h),
        reasoning_tokens: usage.output_reasoning,
        spend,
        window: grant.window,
        status: if seen.fault.is_some() { RowStatus::Failure } else { RowStatus::Success },
        status_code: seen.fault.as_ref().map_or(200, |fault| fault.status),
        error: seen.fault.as_ref().map(|fault| fault.message.chars().take(300).collect()),
        cache_hit: false,
        stream: facts.stream,
        estimated,
        catalogue: seen
            .price
            .as_ref()
            .or(member.and_then(|member| member.price.as_ref()))
            .map(|price| price.version().to_owned()),
        usage_raw: usage.raw,
        tags: tags(facts, deployment),
        requester_ip: facts.address.clone(),
        session_id: facts.session.clone(),
        caller_call_id: facts.caller_call.clone(),
        notes: facts.notes.clone(),
    }
}
