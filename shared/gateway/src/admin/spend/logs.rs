//! `GET /spend/logs`.

use std::sync::Arc;

use serde_json::{Value, json};
use sluice_store::{CallId, RowFilter, UsageRow};

use super::{
    days::{DAY_MS, date},
    scope::Scope,
    summary, view,
};
use crate::{
    App,
    admin::{door::Visit, reply::Refused},
};

/// LiteLLM's cap on rows in one answer.
pub(super) const MOST: usize = 10_000;

/// Usage rows by request id, key, user and dates, of the last day without dates. A plain key sees its own.
pub(in crate::admin) async fn logs(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let scope = Scope::asked(&app, &visit).await?;
    let from = date(&visit, "start_date")?;
    let to = date(&visit, "end_date")?;
    if let Some(id) = visit.asked("request_id") {
        let found = find(&app, id).await?;
        return Ok(found.iter().filter(|row| scope.has(row)).map(view::row).collect());
    }
    let now = app.clock.now();
    let dated = from.is_some() || to.is_some();
    let to = to.map_or(now.plus(1), |to| to.plus(DAY_MS));
    let from = from.unwrap_or_else(|| to.plus(-DAY_MS));
    let filter = RowFilter { key: scope.key(), from, to, limit: MOST };
    let rows = app.store.usage().query(&filter).await;
    let mut rows = rows.map_err(|error| app.store_fault(&error))?;
    rows.retain(|row| scope.has(row));
    let summarize = visit.asked("summarize").is_none_or(|value| value != "false");
    if dated && summarize {
        return Ok(json!(summary::by_day(&rows)));
    }
    Ok(rows.iter().map(view::row).collect())
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
