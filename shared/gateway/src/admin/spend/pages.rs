//! `GET /spend/logs/v2`: rows, page by page, by what they say.

use std::{cmp::Ordering, collections::HashMap, sync::Arc};

use http::StatusCode;
use serde_json::{Value, json};
use sluice_store::{Millis, NanoUsd, RowFilter, RowStatus, UsageRow};

use super::{logs::MOST, scope::Scope, view};
use crate::{
    App,
    admin::{
        door::Visit,
        page::Page,
        reply::{Refused, invalid},
    },
};

/// Most rows of a page.
const LARGEST: usize = 1000;

/// What a row may be asked to say, word for word or in part.
const TEXTS: [&str; 11] = [
    "request_id",
    "session_id",
    "team_id",
    "end_user",
    "key_alias",
    "model",
    "model_id",
    "model_group",
    "error_code",
    "error_message",
    "search",
];

/// Rows of a time, the newest first unless asked otherwise.
pub(in crate::admin) async fn pages(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let page = Page::asked_of(&visit, "page_size", 50, LARGEST)?;
    let scope = Scope::asked(&app, &visit).await?;
    let wanted = Wanted::read(&visit)?;
    let order = order(&visit)?;
    let [from, to] = ["start_date", "end_date"].map(|name| instant(&visit, name));
    let (from, to) = (from?, to?);
    let filter = RowFilter { key: scope.key(), from, to: to.plus(1), limit: MOST };
    let rows = app.store.usage().query(&filter).await;
    let mut rows = rows.map_err(|error| app.store_fault(&error))?;
    let is_capped = rows.len() >= MOST;
    rows.retain(|row| scope.has(row) && wanted.has(row));
    rows.sort_by(order);
    let total = rows.len();
    let rows: Vec<Value> = page.of(rows).iter().map(view::row).collect();
    let mut told = page.told("data", &rows, total);
    if let Some(told) = told.as_object_mut() {
        told.insert("total_is_capped".to_owned(), json!(is_capped));
    }
    Ok(told)
}

/// What a row has to say.
struct Wanted<'a> {
    texts: HashMap<&'static str, &'a str>,
    least: Option<NanoUsd>,
    most: Option<NanoUsd>,
    status: Option<bool>,
    cached: Option<bool>,
}

// === impl Wanted ===

impl<'a> Wanted<'a> {
    fn read(visit: &'a Visit) -> Result<Self, Refused> {
        let choice = |name: &'static str, yes: &str, no: &str| match visit.asked(name) {
            None => Ok(None),
            Some(word) if word.eq_ignore_ascii_case(yes) => Ok(Some(true)),
            Some(word) if word.eq_ignore_ascii_case(no) => Ok(Some(false)),
            Some(word) => Err(invalid(format!("{name} must be {yes} or {no}. Got: {word}"), name)),
        };
        Ok(Self {
            texts: TEXTS.iter().filter_map(|name| Some((*name, visit.asked(name)?))).collect(),
            least: money(visit, "min_spend")?,
            most: money(visit, "max_spend")?,
            status: choice("status_filter", "success", "failure")?,
            cached: choice("cache_hit_filter", "True", "False")?,
        })
    }

    fn has(&self, row: &UsageRow) -> bool {
        let is = |name: &str, value: Option<&str>| {
            self.texts.get(name).is_none_or(|asked| value == Some(*asked))
        };
        let call = row.call.to_string();
        let request = row.request_id.as_deref().unwrap_or(&call);
        let code = row.status_code.to_string();
        is("request_id", Some(request))
            && is("session_id", row.session_id.as_deref())
            && is("team_id", row.team_id.as_deref())
            && is("end_user", row.end_user.as_deref())
            && is("key_alias", row.key_alias.as_deref())
            && is("model", Some(&row.model))
            && is("model_id", Some(&row.model_id))
            && is("model_group", Some(&row.model_group))
            && is("error_code", Some(&code))
            && self.texts.get("error_message").is_none_or(|part| says(row, part))
            && self.texts.get("search").is_none_or(|part| {
                let texts = [Some(request), Some(&call), row.key_alias.as_deref()];
                texts.into_iter().flatten().any(|text| text.contains(*part)) || says(row, part)
            })
            && self.least.is_none_or(|least| row.spend >= least)
            && self.most.is_none_or(|most| row.spend <= most)
            && self.status.is_none_or(|good| (row.status == RowStatus::Success) == good)
            && self.cached.is_none_or(|cached| row.cache_hit == cached)
    }
}

fn says(row: &UsageRow, part: &str) -> bool {
    row.error.as_deref().is_some_and(|error| error.to_lowercase().contains(&part.to_lowercase()))
}

type Order = Box<dyn Fn(&UsageRow, &UsageRow) -> Ordering + Send>;

/// `sort_by` and `sort_order`.
fn order(visit: &Visit) -> Result<Order, Refused> {
    let number: fn(&UsageRow) -> i64 = match visit.asked("sort_by").unwrap_or("startTime") {
        "startTime" => |row| row.started.get(),
        "endTime" => |row| row.ended.get(),
        "spend" => |row| row.spend.nanos(),
        "total_tokens" => |row| {
            i64::try_from(row.prompt_tokens.saturating_add(row.completion_tokens))
                .unwrap_or(i64::MAX)
        },
        "request_duration_ms" => |row| row.ended.since(row.started),
        "ttft_ms" => |row| row.first_token.map_or(i64::MAX, |first| first.since(row.started)),
        "model" => |_| 0,
        other => {
            let known =
                "startTime, endTime, spend, total_tokens, request_duration_ms, ttft_ms, model";
            return Err(invalid(
                format!("sort_by must be one of {known}. Got: {other}"),
                "sort_by",
            ));
        }
    };
    let by_model = visit.asked("sort_by") == Some("model");
    let ascends = match visit.asked("sort_order").unwrap_or("desc") {
        "asc" => true,
        "desc" => false,
        other => {
            let message = format!("sort_order must be asc or desc. Got: {other}");
            return Err(invalid(message, "sort_order"));
        }
    };
    Ok(Box::new(move |a, b| {
        let names = if by_model { a.model.cmp(&b.model) } else { Ordering::Equal };
        let order = names.then(number(a).cmp(&number(b))).then_with(|| a.call.cmp(&b.call));
        if ascends { order } else { order.reverse() }
    }))
}

fn instant(visit: &Visit, name: &'static str) -> Result<Millis, Refused> {
    let text = visit.asked(name).ok_or_else(|| {
        Refused::detail(StatusCode::BAD_REQUEST, "Start date and end date are required")
    })?;
    Millis::parse(text).map_err(|_| {
        invalid(format!("{name} must be a date and time, YYYY-MM-DD HH:MM:SS. Got: {text}"), name)
    })
}

fn money(visit: &Visit, name: &'static str) -> Result<Option<NanoUsd>, Refused> {
    let Some(text) = visit.asked(name) else { return Ok(None) };
    NanoUsd::from_decimal(text).map(Some).map_err(|error| invalid(format!("{name}: {error}"), name))
}
