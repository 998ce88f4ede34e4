//! Which rows are asked for.

use sluice_store::{Action, AuditFilter, Millis};

use super::view;
use crate::{
    App,
    admin::{
        door::Visit,
        keys,
        reply::{Refused, invalid},
    },
};

/// Reads LiteLLM's filters.
pub(super) async fn read(app: &App, visit: &Visit) -> Result<AuditFilter, Refused> {
    let mut filter = AuditFilter::newest(0);
    let asked = |name| visit.asked(name).map(ToOwned::to_owned);
    filter.by = asked("changed_by");
    filter.object = asked("object_id");
    filter.kind = visit.asked("table_name").map(view::kind);
    if let Some(key) = visit.asked("changed_by_api_key") {
        filter.key = Some(keys::id(app, &keys::hash_of(key)).await?);
    }
    if let Some(word) = visit.asked("action") {
        filter.action = Some(Action::parse(word).ok_or_else(|| {
            let words = Action::ALL.map(Action::as_str).join(", ");
            invalid(format!("action must be one of {words}. Got: {word}"), "action")
        })?);
    }
    if let Some(from) = instant(visit, "start_date")? {
        filter.from = from;
    }
    if let Some(to) = instant(visit, "end_date")? {
        filter.to = to;
    }
    filter.ascending = match visit.asked("sort_order") {
        None | Some("desc") => false,
        Some("asc") => true,
        Some(other) => {
            let message = format!("sort_order must be asc or desc. Got: {other}");
            return Err(invalid(message, "sort_order"));
        }
    };
    Ok(filter)
}

/// A date, or an instant; the end is the last of its day.
fn instant(visit: &Visit, name: &'static str) -> Result<Option<Millis>, Refused> {
    let Some(text) = visit.asked(name) else { return Ok(None) };
    // A plus of an offset is a space in a query.
    let written = text.trim().replace(' ', "+");
    let at = Millis::parse(&written).or_else(|_| Millis::parse(text.trim()));
    let at = at.map_err(|_| {
        let message = format!("{name} must be a date or an instant, as 2026-11-25T09:00:00Z");
        invalid(message, name)
    })?;
    let whole_day = name == "end_date" && text.trim().len() == "YYYY-MM-DD".len();
    Ok(Some(if whole_day { at.plus(24 * 60 * 60 * 1000) } else { at }))
}
