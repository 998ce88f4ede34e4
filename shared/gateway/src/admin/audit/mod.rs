//! `GET /audit` and `/audit/{id}`: who changed what, and who was refused.

mod filter;
mod view;

use std::sync::Arc;

use http::StatusCode;
use serde_json::Value;

use super::{door::Visit, page::Page, reply::Refused};
use crate::App;

/// Most rows that a page may be away from the first.
const DEEPEST: usize = 10_000;

/// Lists rows, newest first, page by page.
pub(super) async fn list(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let page = Page::asked(&visit, "page_size", 10)?;
    let mut filter = filter::read(&app, &visit).await?;
    filter.newest = page.number().saturating_mul(page.size());
    if filter.newest > DEEPEST {
        let message = format!("Only the first {DEEPEST} rows are paged. Narrow the dates.");
        return Err(super::reply::invalid(message, "page"));
    }
    let found = app.store.audit().list(&filter).await;
    let (rows, total) = found.map_err(|error| app.store_fault(&error))?;
    let rows: Vec<Value> = page.of(rows).iter().map(view::row).collect();
    Ok(page.told("audit_logs", &rows, total))
}

/// Tells of a row.
pub(super) async fn one(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let id = visit.named.as_deref().unwrap_or_default();
    let row = app.store.audit().get(id).await.map_err(|error| app.store_fault(&error))?;
    let row = row.ok_or_else(|| {
        Refused::detail(StatusCode::NOT_FOUND, format!("Audit log with ID {id} not found"))
    })?;
    Ok(view::row(&row))
}
