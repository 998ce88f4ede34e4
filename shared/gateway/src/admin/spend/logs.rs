//! `GET /spend/logs`.

use std::sync::Arc;

use serde_json::{Value, json};
use sluice_store::{CallId, KeyHash, Millis, RowFilter, UsageRow};
use sluice_wire::{Fault, FaultKind};

use super::{summary, view};
use crate::{
    App,
    admin::{
        door::Visit,
        keys,
        reply::{Refused, invalid},
    },
};

/// LiteLLM's cap on rows in one answer.
const MOST: usize = 10_000;
/// Without dates: this far back.
const DEFAULT_SPAN_MS: i64 = 24 * 60 * 60 * 1000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Usage rows by request id, key and dates. A plain key sees its own.
pub(in crate::admin) async fn logs(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let app = &*app;
    let key = scope(app, &visit).await?;
    let from = date(&visit, "start_date")?;
    let to = date(&visit, "end_date")?;
    let summarize = visit.asked("summarize").is_none_or(|value| value != "false");
    if let Some(id) = visit.asked("request_id") {
        let found = find(app, id).await?;
        let rows: Vec<Value> = found
            .iter()
            .filter(|row| key.as_ref().is_none_or(|key| row.key == *key))
            .map(view::row)
            .collect();
        return Ok(Value::Array(rows));
    }
    let now = app.clock.now();
    let dated = from.is_some() || to.is_some();
    let to = to.map_or(now.plus(1), |to| to.plus(DAY_MS));
    let from = from.unwrap_or_else(|| to.plus(-DEFAULT_SPAN_MS));
    let rows = app
        .store
        .usage()
        .query(&RowFilter { key, from, to, limit: MOST })
        .await
        .map_err(|error| app.store_fault(&error))?;
    if dated && summarize {
        return Ok(json!(summary::by_day(&rows)));
    }
    Ok(Value::Array(rows.iter().map(view::row).collect()))
}

/// Whose rows may be seen: all of them by the master key, else the caller's own.
async fn scope(app: &App, visit: &Visit) -> Result<Option<KeyHash>, Refused> {
    let actor = &visit.actor;
    let asked = match visit.asked("api_key") {
        Some(named) => Some(keys::id(app, &keys::hash_of(named)).await?),
        None => None,
    };
    if actor.reaches_all() {
        return Ok(asked);
    }
    let own = actor.caller.record.hash;
    match asked {
        Some(asked) if asked != own => Err(Fault::new(
            FaultKind::Permission,
            "You are not allowed to see this key's spend logs. Your role=internal_user",
        )
        .with_param("api_key")
        .into()),
        _ => Ok(Some(own)),
    }
}

/// A row by the call's id, wherever it stands in the id given, or by the provider's id.
async fn find(app: &App, id: &str) -> Result<Option<UsageRow>, Refused> {
    // An answer that the gateway wrote has an id made of a prefix and the call's id.
    let bare = id
        .split_once(['-', '_'])
        .map_or(id, |(prefix, rest)| if matches!(prefix, "chatcmpl" | "msg") { rest } else { id });
    let usage = app.store.usage();
    let row = match CallId::parse(bare) {
        Ok(call) => usage.get(&call).await,
        Err(_) => usage.find(id, app.clock.now()).await,
    };
    Ok(row.map_err(|error| app.store_fault(&error))?)
}

fn date(visit: &Visit, name: &'static str) -> Result<Option<Millis>, Refused> {
    let Some(text) = visit.asked(name) else { return Ok(None) };
    let text = text.trim();
    let midnight = format!("{}T00:00:00Z", text.get(..10).unwrap_or(text));
    Millis::parse(&midnight)
        .map(Some)
        .map_err(|_| invalid(format!("{name} must be a date, YYYY-MM-DD. Got: {text}"), name))
}
