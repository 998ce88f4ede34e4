//! `GET /v2/model/info`: the deployments, page by page.

use std::sync::Arc;

use serde_json::{Value, json};

use super::told_of;
use crate::{
    App,
    admin::{
        door::Visit,
        page::Page,
        reply::{Refused, invalid},
    },
};

/// Most entries of a page.
const LARGEST: usize = 1_000;

/// Tells of the deployments that fit what is asked.
pub(in crate::admin) async fn pages(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let page = Page::asked_of(&visit, "size", 50, LARGEST)?;
    let id = visit.asked("modelId");
    let name = visit.asked("model");
    let search = visit.asked("search").map(str::to_lowercase);
    let group = visit.asked("access_group");
    let team = visit.asked("teamId");
    let blocked = flag(&visit, "blocked")?;
    let wild = visit.switch("wildcard_only");
    let sort = match visit.asked("sortBy") {
        None => None,
        Some(by @ ("model_name" | "created_at" | "updated_at")) => Some(by),
        Some(_) => {
            let message = "sortBy must be one of model_name, created_at, updated_at";
            return Err(invalid(message, "sortBy"));
        }
    };
    let descending = visit.asked("sortOrder").is_some_and(|order| order == "desc");
    let mut rows = told_of(&app, &visit.actor, |other| id.is_none_or(|id| id == other));
    rows.retain(|row| {
        let public = row.get("model_name").and_then(Value::as_str).unwrap_or_default();
        let info = |name: &str| row.get("model_info").and_then(|info| info.get(name));
        let groups = || info("access_groups").and_then(Value::as_array);
        name.is_none_or(|name| name == public)
            && search.as_ref().is_none_or(|part| public.to_lowercase().contains(part))
            && group.is_none_or(|group| {
                groups().is_some_and(|groups| groups.iter().any(|one| one == group))
            })
            && team.is_none_or(|team| {
                info("team_id").and_then(Value::as_str).is_none_or(|owner| owner == team)
            })
            && blocked.is_none_or(|wanted| {
                info("blocked").and_then(Value::as_bool).unwrap_or(false) == wanted
            })
            && (!wild || public.contains('*'))
    });
    if let Some(by) = sort {
        let place = |row: &Value| -> String {
            let told = match by {
                "model_name" => row.get(by),
                _ => row.get("model_info").and_then(|info| info.get(by)),
            };
            told.and_then(Value::as_str).unwrap_or_default().to_lowercase()
        };
        rows.sort_by_cached_key(place);
        if descending {
            rows.reverse();
        }
    }
    let total = rows.len();
    Ok(json!({
        "data": page.of(rows),
        "total_count": total,
        "current_page": page.number(),
        "total_pages": page.pages(total),
        "size": page.size(),
    }))
}

/// A switch that may be left open.
fn flag(visit: &Visit, name: &'static str) -> Result<Option<bool>, Refused> {
    match visit.asked(name).map(str::to_ascii_lowercase).as_deref() {
        None => Ok(None),
        Some("true") => Ok(Some(true)),
        Some("false") => Ok(Some(false)),
        Some(_) => Err(invalid(format!("{name} must be true or false"), name)),
    }
}
