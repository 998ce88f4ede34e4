//! `POST /key/{key}/reset_spend`.

use std::sync::Arc;

use serde_json::{Value, json};
use sluice_store::{Ask, NanoUsd, UsageRow};
use sluice_wire::{Fault, FaultKind};

use super::{naming, rights, view};
use crate::{
    App,
    admin::{
        body::{Given, lacking},
        door::Visit,
        reply::{Refused, invalid},
    },
    corridor,
};

/// The kind of call that its row says.
pub(in crate::admin) const RESET: &str = "reset_spend";

/// Sets what a key has spent in its window. The difference is a row of its own, so that the rows
/// still sum to the account.
pub(in crate::admin) async fn reset_spend(
    app: Arc<App>,
    mut visit: Visit,
) -> Result<Value, Refused> {
    let to = match visit.fields.money("reset_to")? {
        Given::Value(to) => to,
        _ => return Err(lacking("reset_to")),
    };
    visit.fields.finish()?;
    let record = naming::find(&app, visit.named.as_deref().unwrap_or_default()).await?;
    rights::reach(&app, &visit.actor, &record).await?;
    let now = app.clock.now();
    let window = corridor::window(&app, record.allowance.budget_duration.as_ref(), now);
    let ledger = app.store.ledger();
    let failed = |error| app.store_fault(&error);
    let before = ledger.spend(&record.hash, window).await.map_err(failed)?.spent;
    if to > before {
        let message = format!("reset_to must not be more than the spend: {}", before.to_decimal());
        return Err(invalid(message, "reset_to"));
    }
    let call = corridor::mint(&app, now, &record.hash)?;
    let row = UsageRow {
        call: call.clone(),
        key: record.hash,
        key_alias: record.alias.clone(),
        user_id: record.user_id.clone(),
        team_id: record.team_id.clone(),
        call_type: RESET.to_owned(),
        started: now,
        ended: now,
        spend: to.saturating_sub(before),
        status_code: 200,
        ..UsageRow::default()
    };
    let ask = Ask {
        call: &call,
        key: &record.hash,
        version: record.version,
        max: record.allowance.max_budget,
        base: record.allowance.max_budget.unwrap_or_default(),
        window,
        worst: NanoUsd::ZERO,
        floor: NanoUsd::ZERO,
        now,
        until: None,
        lease: app.config.general.lease(),
        limits: &[],
        others: &[],
    };
    if ledger.correct(&visit.actor.deed, &ask, row, before).await.map_err(failed)?.is_none() {
        let message = "The key is being changed at this moment. Try again.";
        return Err(Fault::new(FaultKind::Unavailable, message).into());
    }
    app.forget_key(&record.hash);
    let row = view::row(&app, &record).await?;
    Ok(json!({
        "key_hash": record.hash.to_string(),
        "spend": row.get("spend"),
        "previous_spend": before.to_json_number(),
        "max_budget": row.get("max_budget"),
        "budget_reset_at": row.get("budget_reset_at"),
    }))
}
