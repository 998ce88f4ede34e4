//! `/global/spend*` and `/spend/tags`: what everybody spent.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use serde_json::{Value, json};
use sluice_store::{Cell, KeyHash, NanoUsd, Tally};

use super::{
    days::{Days, by, dollars, ranked, tokens},
    scope::Scope,
};
use crate::{
    App,
    admin::{
        door::Visit,
        keys,
        reply::{Refused, invalid},
    },
};

/// How many entries a ranking has, where none is asked for.
const TOP: usize = 10;
/// LiteLLM's name of calls without a team.
const NO_TEAM: &str = "Unassigned";

/// What was spent in thirty days.
pub(in crate::admin) async fn spend(app: Arc<App>, _: Visit) -> Result<Value, Refused> {
    let spend = Days::last_month(&app).cells(&app).await?.iter().map(|cell| cell.sums.spend).sum();
    let budget = app.config.litellm.budget.as_ref();
    let max = budget.map_or(NanoUsd::ZERO, |budget| budget.max);
    Ok(json!({ "spend": dollars(spend), "max_budget": dollars(max) }))
}

/// The same by day, of all or of one key.
pub(in crate::admin) async fn logs(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let scope = Scope::asked(&app, &visit).await?;
    let days = Days::last_month(&app);
    let mut dates: BTreeMap<String, NanoUsd> = BTreeMap::new();
    for hour in days.hours(&app).await? {
        for cell in hour.cells.iter().filter(|cell| scope.takes(&cell.of)) {
            let sum = dates.entry(days.date(hour.start)).or_default();
            *sum = sum.saturating_add(cell.sums.spend);
        }
    }
    let days = dates.into_iter();
    Ok(days.map(|(date, spend)| json!({ "date": date, "spend": dollars(spend) })).collect())
}

/// The keys that spent most.
pub(in crate::admin) async fn keys(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let most = limit(&visit)?;
    let scope = Scope::asked(&app, &visit).await?;
    let cells = Days::last_month(&app).cells(&app).await?;
    let cells = cells.iter().filter(|cell| scope.takes(&cell.of));
    let mut names: HashMap<KeyHash, Option<String>> = HashMap::new();
    let sums = by(
        cells.inspect(|cell| drop(names.insert(cell.of.key, cell.of.key_alias.clone()))),
        |cell| Some(cell.of.key),
    );
    let mut shown = Vec::new();
    for (key, sums) in ranked(sums).into_iter().take(most) {
        let record = app.store.keys().get_any(&key).await;
        let record = record.map_err(|error| app.store_fault(&error))?;
        shown.push(json!({
            "api_key": key.to_string(),
            "key_alias": names.get(&key),
            "key_name": record.map(|record| record.name),
            "total_spend": dollars(sums.spend),
        }));
    }
    Ok(Value::Array(shown))
}

/// The models that cost most.
pub(in crate::admin) async fn models(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let most = limit(&visit)?;
    let scope = Scope::asked(&app, &visit).await?;
    let cells = Days::last_month(&app).cells(&app).await?;
    let cells = cells.iter().filter(|cell| scope.takes(&cell.of));
    let sums = by(cells, |cell| named(&cell.of.model));
    let top = ranked(sums).into_iter().take(most);
    Ok(top
        .map(|(model, sums)| json!({ "model": model, "total_spend": dollars(sums.spend) }))
        .collect())
}

/// What each team spent, by day.
pub(in crate::admin) async fn teams(app: Arc<App>, _: Visit) -> Result<Value, Refused> {
    let days = Days::last_month(&app);
    let hours = days.hours(&app).await?;
    let names = team_names(&app).await?;
    let name = |cell: &Cell| {
        let team = cell.of.team_id.as_deref();
        team.map_or(NO_TEAM, |id| names.get(id).map_or(id, String::as_str)).to_owned()
    };
    let mut dates: BTreeMap<String, BTreeMap<String, Tally>> = BTreeMap::new();
    for hour in &hours {
        let date = dates.entry(days.date(hour.start)).or_default();
        for (team, sums) in by(&hour.cells, |cell| Some(name(cell))) {
            date.entry(team).or_default().merge(&sums);
        }
    }
    let totals = ranked(by(hours.iter().flat_map(|hour| &hour.cells), |cell| Some(name(cell))));
    let daily: Vec<Value> = dates
        .into_iter()
        .map(|(date, teams)| {
            let mut day = json!({ "date": date });
            for (team, sums) in teams {
                if let Some(day) = day.as_object_mut() {
                    day.insert(team, dollars(sums.spend));
                }
            }
            day
        })
        .collect();
    let teams: Vec<&String> = totals.iter().map(|(team, _)| team).collect();
    let top: Vec<Value> = totals
        .iter()
        .take(TOP)
        .map(|(team, sums)| json!({ "team_id": team, "total_spend": dollars(sums.spend) }))
        .collect();
    Ok(json!({ "daily_spend": daily, "teams": teams, "total_spend_per_team": top }))
}

/// What each provider was paid.
pub(in crate::admin) async fn providers(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let scope = Scope::asked(&app, &visit).await?;
    let cells = Days::required(&visit)?.cells(&app).await?;
    let sums = by(cells.iter().filter(|cell| scope.takes(&cell.of)), |cell| {
        Some(named(&cell.of.provider).unwrap_or("Unknown"))
    });
    Ok(ranked(sums)
        .into_iter()
        .map(|(provider, sums)| json!({ "provider": provider, "spend": dollars(sums.spend) }))
        .collect())
}

/// What was spent under each tag. A call counts under each of its tags.
pub(in crate::admin) async fn tags(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let scope = Scope::asked(&app, &visit).await?;
    let cells = Days::asked(&app, &visit)?.cells(&app).await?;
    let cells: Vec<&Cell> = cells.iter().filter(|cell| scope.takes(&cell.of)).collect();
    let mut sums: BTreeMap<&str, Tally> = BTreeMap::new();
    for cell in &cells {
        for tag in &cell.of.tags {
            sums.entry(tag).or_default().merge(&cell.sums);
        }
    }
    Ok(ranked(sums)
        .into_iter()
        .map(|(tag, sums)| {
            json!({
                "individual_request_tag": tag,
                "log_count": sums.requests,
                "total_spend": dollars(sums.spend),
            })
        })
        .collect())
}

/// The tags that calls had.
pub(in crate::admin) async fn tag_names(app: Arc<App>, _: Visit) -> Result<Value, Refused> {
    Ok(json!({ "tag_names": tags_of_last_month(&app).await? }))
}

/// The tags of the last month's calls, in the order of the alphabet.
pub(in crate::admin) async fn tags_of_last_month(app: &App) -> Result<BTreeSet<String>, Refused> {
    let cells = Days::last_month(app).cells(app).await?;
    Ok(cells.into_iter().flat_map(|cell| cell.of.tags).collect())
}

/// What was spent by team, customer or key, with the models of each.
pub(in crate::admin) async fn report(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let scope = Scope::asked(&app, &visit).await?;
    let [team, customer, user, group] =
        ["team_id", "customer_id", "internal_user_id", "group_by"].map(|name| visit.asked(name));
    let wanted = |cell: &&Cell| {
        scope.takes(&cell.of)
            && team.is_none_or(|id| cell.of.team_id.as_deref() == Some(id))
            && customer.is_none_or(|id| cell.of.end_user.as_deref() == Some(id))
            && user.is_none_or(|id| cell.of.user_id.as_deref() == Some(id))
    };
    let days = Days::required(&visit)?;
    let hours = days.hours(&app).await?;
    let (of, name): (fn(&Cell) -> Option<&str>, _) = match group.unwrap_or("team") {
        "team" => (|cell| cell.of.team_id.as_deref(), "team_name"),
        "customer" => (|cell| cell.of.end_user.as_deref(), "customer"),
        "api_key" => {
            let cells: Vec<&Cell> =
                hours.iter().flat_map(|hour| &hour.cells).filter(wanted).collect();
            return Ok(by_key(&cells));
        }
        _ => return Err(invalid("group_by must be team, customer or api_key", "group_by")),
    };
    let names = team_names(&app).await?;
    let mut dates: BTreeMap<String, Vec<&Cell>> = BTreeMap::new();
    for hour in &hours {
        let date = dates.entry(days.date(hour.start)).or_default();
        date.extend(hour.cells.iter().filter(wanted));
    }
    let list = if name == "customer" { "customers" } else { "teams" };
    let shown = dates.iter().filter(|(_, cells)| !cells.is_empty()).map(|(date, cells)| {
        let entries: Vec<Value> = ranked(by(cells.iter().copied(), of))
            .into_iter()
            .map(|(id, sums)| {
                let own = cells.iter().copied().filter(|cell| of(cell) == Some(id));
                let parts = by(own, |cell| Some((cell.of.model.as_str(), cell.of.key)));
                let parts: Vec<Value> = parts
                    .into_iter()
                    .map(|((model, key), sums)| {
                        json!({
                            "model": model,
                            "spend": dollars(sums.spend),
                            "total_tokens": tokens(&sums),
                            "api_key": key.to_string(),
                        })
                    })
                    .collect();
                json!({
                    (name): names.get(id).map_or(id, String::as_str),
                    "total_spend": dollars(sums.spend),
                    "metadata": parts,
                })
            })
            .collect();
        json!({ "group_by_day": date, (list): entries })
    });
    Ok(shown.collect())
}

fn by_key(cells: &[&Cell]) -> Value {
    let entry = |name: (&str, Value), sums: &Tally| {
        json!({
            (name.0): name.1,
            "total_cost": dollars(sums.spend),
            "total_input_tokens": sums.prompt_tokens,
            "total_output_tokens": sums.completion_tokens,
        })
    };
    let keys = ranked(by(cells.iter().copied(), |cell| Some(cell.of.key)));
    keys.into_iter()
        .map(|(key, sums)| {
            let own = cells.iter().copied().filter(|cell| cell.of.key == key);
            let models = ranked(by(own, |cell| named(&cell.of.model)));
            let models: Vec<Value> =
                models.iter().map(|(model, sums)| entry(("model", json!(model)), sums)).collect();
            let mut shown = entry(("api_key", json!(key.to_string())), &sums);
            if let Some(shown) = shown.as_object_mut() {
                shown.insert("model_details".to_owned(), json!(models));
            }
            shown
        })
        .collect()
}

/// Keys with what they spent, the largest first.
pub(in crate::admin) async fn all_keys(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let mut records = app.store.keys().list().await.map_err(|error| app.store_fault(&error))?;
    if !visit.actor.reaches_all() {
        let (own, user) = (visit.actor.caller.record.hash, visit.actor.user_id());
        records.retain(|key| key.hash == own || (user.is_some() && key.user_id.as_deref() == user));
    }
    let mut rows = keys::rows(&app, &records).await?;
    let spend = |row: &Value| row.get("spend").and_then(Value::as_f64).unwrap_or_default();
    rows.sort_by(|a, b| spend(b).total_cmp(&spend(a)));
    Ok(Value::Array(rows))
}

async fn team_names(app: &App) -> Result<HashMap<String, String>, Refused> {
    let teams = app.store.teams().all().await.map_err(|error| app.store_fault(&error))?;
    Ok(teams.into_iter().filter_map(|team| Some((team.team_id, team.alias?))).collect())
}

fn named(name: &str) -> Option<&str> {
    Some(name).filter(|name| !name.is_empty())
}

fn limit(visit: &Visit) -> Result<usize, Refused> {
    let Some(text) = visit.asked("limit") else { return Ok(TOP) };
    text.parse()
        .ok()
        .filter(|limit| *limit > 0)
        .ok_or_else(|| invalid("limit must be a whole number greater than 0", "limit"))
}
