//! `GET /user|team|organization|tag|customer/daily/activity`.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use serde_json::{Map, Value, json};
use sluice_store::{Cell, KeyHash, Kind, Tally};

use super::{
    days::{Days, dollars, tokens},
    scope::Scope,
};
use crate::{
    App,
    admin::{access::forbidden, door::Visit, keys, page::Page, reply::Refused},
};

/// Most days of a page.
const LARGEST: usize = 1000;

/// Whose activity is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    User,
    Team,
    Organisation,
    Tag,
    Customer,
}

/// One part of a breakdown: its sums, and those of each key in it.
#[derive(Default)]
struct Part<'a> {
    sums: Tally,
    keys: BTreeMap<KeyHash, (Tally, Option<&'a Kind>)>,
}

/// A day's sums, whole and by each of LiteLLM's dimensions.
#[derive(Default)]
struct Day<'a> {
    whole: Part<'a>,
    parts: BTreeMap<&'static str, BTreeMap<String, Part<'a>>>,
}

/// By user; whoever does not see everything sees their own.
pub(in crate::admin) async fn users(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let scope = Scope::asked(&app, &visit).await?;
    told(&app, &visit, By::User, |kind| scope.takes(kind)).await
}

/// By team; whoever leads teams sees those.
pub(in crate::admin) async fn teams(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let asked = named(&visit, "team_ids");
    let led: HashSet<&str> = visit.actor.led_teams().collect();
    if !visit.actor.reaches_all() && asked.iter().any(|team| !led.contains(team.as_str())) {
        return Err(forbidden("You are not allowed to see this team's spend.", "team_ids"));
    }
    told(&app, &visit, By::Team, |kind| {
        let Some(team) = kind.team_id.as_deref() else { return false };
        (asked.is_empty() || asked.contains(team))
            && (visit.actor.reaches_all() || led.contains(team))
    })
    .await
}

/// By organisation; whoever leads organisations sees those.
pub(in crate::admin) async fn organisations(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let asked = named(&visit, "organization_ids");
    if let Some(id) = asked.iter().find(|id| !visit.actor.leads(id)) {
        let message = format!("User is not org_admin for Organization= {id}.");
        return Err(forbidden(message, "organization_ids"));
    }
    told(&app, &visit, By::Organisation, |kind| {
        kind.organization_id
            .as_deref()
            .is_some_and(|id| (asked.is_empty() || asked.contains(id)) && visit.actor.leads(id))
    })
    .await
}

/// By tag. A call counts under each of its tags.
pub(in crate::admin) async fn tags(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let asked = named(&visit, "tags");
    let wanted =
        |kind: &Kind| kind.tags.iter().any(|tag| asked.is_empty() || asked.contains(tag.as_str()));
    told(&app, &visit, By::Tag, wanted).await
}

/// By the customers that callers named.
pub(in crate::admin) async fn customers(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let asked = named(&visit, "end_user_ids");
    told(&app, &visit, By::Customer, |kind| {
        kind.end_user.as_deref().is_some_and(|user| asked.is_empty() || asked.contains(user))
    })
    .await
}

async fn told(
    app: &App,
    visit: &Visit,
    by: By,
    wanted: impl Fn(&Kind) -> bool,
) -> Result<Value, Refused> {
    let whole = visit.actor.route().ends_with("/aggregated");
    let page = Page::asked_of(visit, "page_size", 50, LARGEST)?;
    let key = match visit.asked("api_key") {
        Some(named) => Some(keys::id(app, &keys::hash_of(named)).await?),
        None => None,
    };
    let model = visit.asked("model");
    let days = Days::required(visit)?;
    let wanted = |cell: &Cell| {
        wanted(&cell.of)
            && key.is_none_or(|key| cell.of.key == key)
            && model.is_none_or(|model| cell.of.model == model || cell.of.model_group == model)
    };
    let hours = days.hours(app).await?;
    let mut dates: BTreeMap<String, Day<'_>> = BTreeMap::new();
    let mut all = Tally::default();
    for hour in &hours {
        for cell in hour.cells.iter().filter(|cell| wanted(cell)) {
            all.merge(&cell.sums);
            dates.entry(days.date(hour.start)).or_default().add(cell, by);
        }
    }
    let total = dates.len();
    let results: Vec<Value> = dates.iter().rev().map(|(date, day)| day.shown(date)).collect();
    let (results, number, pages) = match whole {
        true => (results, 1, 1),
        false => (page.of(results), page.number(), page.pages(total)),
    };
    let mut metadata = Map::new();
    if let Value::Object(sums) = metrics(&all) {
        metadata.extend(sums.into_iter().map(|(name, sum)| (format!("total_{name}"), sum)));
    }
    // LiteLLM says this one without repeating the word.
    if let Some(sum) = metadata.remove("total_total_tokens") {
        metadata.insert("total_tokens".to_owned(), sum);
    }
    metadata.insert("page".to_owned(), json!(number));
    metadata.insert("total_pages".to_owned(), json!(pages));
    metadata.insert("has_more".to_owned(), json!(number < pages));
    Ok(json!({ "results": results, "metadata": metadata }))
}

// === impl Day ===

impl<'a> Day<'a> {
    fn add(&mut self, cell: &'a Cell, by: By) {
        self.whole.add(cell);
        let kind = &cell.of;
        let entities: Vec<&str> = match by {
            By::User => kind.user_id.iter().map(String::as_str).collect(),
            By::Team => kind.team_id.iter().map(String::as_str).collect(),
            By::Organisation => kind.organization_id.iter().map(String::as_str).collect(),
            By::Customer => kind.end_user.iter().map(String::as_str).collect(),
            By::Tag => kind.tags.iter().map(String::as_str).collect(),
        };
        let names = [
            ("models", kind.model.as_str()),
            ("model_groups", &kind.model_group),
            ("providers", &kind.provider),
            ("endpoints", endpoint(&kind.call_type)),
        ];
        for (dimension, name) in
            names.into_iter().chain(entities.into_iter().map(|name| ("entities", name)))
        {
            if !name.is_empty() {
                let parts = self.parts.entry(dimension).or_default();
                parts.entry(name.to_owned()).or_default().add(cell);
            }
        }
    }

    fn shown(&self, date: &str) -> Value {
        let mut breakdown = json!({ "mcp_servers": {}, "api_keys": keys_of(&self.whole) });
        for dimension in ["models", "model_groups", "providers", "endpoints", "entities"] {
            let parts = self.parts.get(dimension).into_iter().flatten();
            let shown: Map<String, Value> = parts
                .map(|(name, part)| {
                    let shown = json!({
                        "metrics": metrics(&part.sums),
                        "metadata": {},
                        "api_key_breakdown": keys_of(part),
                    });
                    (name.clone(), shown)
                })
                .collect();
            if let Some(breakdown) = breakdown.as_object_mut() {
                breakdown.insert(dimension.to_owned(), Value::Object(shown));
            }
        }
        json!({ "date": date, "metrics": metrics(&self.whole.sums), "breakdown": breakdown })
    }
}

// === impl Part ===

impl<'a> Part<'a> {
    fn add(&mut self, cell: &'a Cell) {
        self.sums.merge(&cell.sums);
        let key = self.keys.entry(cell.of.key).or_default();
        key.0.merge(&cell.sums);
        key.1 = Some(&cell.of);
    }
}

fn keys_of(part: &Part<'_>) -> Map<String, Value> {
    let shown = part.keys.iter().map(|(key, (sums, kind))| {
        let metadata = json!({
            "key_alias": kind.and_then(|kind| kind.key_alias.as_deref()),
            "team_id": kind.and_then(|kind| kind.team_id.as_deref()),
            "user_id": kind.and_then(|kind| kind.user_id.as_deref()),
        });
        (key.to_string(), json!({ "metrics": metrics(sums), "metadata": metadata }))
    });
    shown.collect()
}

fn metrics(sums: &Tally) -> Value {
    json!({
        "spend": dollars(sums.spend),
        "prompt_tokens": sums.prompt_tokens,
        "completion_tokens": sums.completion_tokens,
        "cache_read_input_tokens": sums.cache_read_tokens,
        "cache_creation_input_tokens": sums.cache_write_tokens,
        "total_tokens": tokens(sums),
        "successful_requests": sums.requests.saturating_sub(sums.failures),
        "failed_requests": sums.failures,
        "api_requests": sums.requests,
    })
}

/// The path that LiteLLM books a kind of call under.
fn endpoint(call_type: &str) -> &str {
    match call_type {
        "acompletion" => "/chat/completions",
        "atext_completion" => "/completions",
        "aembedding" => "/embeddings",
        "aresponses" => "/responses",
        "anthropic_messages" => "/v1/messages",
        other => other,
    }
}

/// Names that are listed in the query, separated by commas.
fn named(visit: &Visit, name: &str) -> HashSet<String> {
    let listed = visit.asked(name).unwrap_or_default().split(',');
    listed.map(str::trim).filter(|name| !name.is_empty()).map(ToOwned::to_owned).collect()
}
