//! `GET /global/activity*`: how much was asked for, by day.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value, json};
use sluice_store::Tally;

use super::{
    days::{Days, tokens},
    scope::Scope,
};
use crate::{
    App,
    admin::{door::Visit, reply::Refused},
};

/// Models that are told of at most.
const MODELS: usize = 10;

/// Sums of days, by their dates.
type Dates = BTreeMap<String, Tally>;

/// Calls and tokens of all models.
pub(in crate::admin) async fn all(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let models = by_model(&app, &visit).await?;
    let mut dates = Dates::new();
    for (date, sums) in models.into_values().flatten() {
        dates.entry(date).or_default().merge(&sums);
    }
    Ok(shown(&dates))
}

/// The same of each model, by the name that callers use.
pub(in crate::admin) async fn models(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let mut models: Vec<(String, Dates)> = by_model(&app, &visit).await?.into_iter().collect();
    models.sort_by_key(|(_, dates)| std::cmp::Reverse(count(dates, |sums| sums.requests)));
    let shown = models.into_iter().take(MODELS).map(|(model, dates)| {
        let mut shown = shown(&dates);
        if let Some(shown) = shown.as_object_mut() {
            shown.insert("model".to_owned(), json!(model));
        }
        shown
    });
    Ok(shown.collect())
}

/// How many calls failed, of each deployment's model.
pub(in crate::admin) async fn exceptions(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let mut dates = Dates::new();
    for (date, sums) in by_model(&app, &visit).await?.into_values().flatten() {
        dates.entry(date).or_default().merge(&sums);
    }
    let daily: Vec<Value> = dates
        .iter()
        .map(|(date, sums)| json!({ "date": date, "num_exceptions": sums.failures }))
        .collect();
    Ok(json!({
        "daily_data": daily,
        "sum_num_exceptions": count(&dates, |sums| sums.failures),
    }))
}

async fn by_model(app: &App, visit: &Visit) -> Result<BTreeMap<String, Dates>, Refused> {
    let scope = Scope::asked(app, visit).await?;
    let group = visit.asked("model_group");
    let days = Days::required(visit)?;
    let mut models: BTreeMap<String, Dates> = BTreeMap::new();
    for hour in days.hours(app).await? {
        for cell in hour.cells.iter().filter(|cell| scope.takes(&cell.of)) {
            if group.is_none_or(|group| cell.of.model_group == group) {
                let dates = models.entry(cell.of.model_group.clone()).or_default();
                dates.entry(days.date(hour.start)).or_default().merge(&cell.sums);
            }
        }
    }
    Ok(models)
}

fn shown(dates: &Dates) -> Value {
    let daily: Vec<Value> = dates
        .iter()
        .map(|(date, sums)| {
            json!({ "date": date, "api_requests": sums.requests, "total_tokens": tokens(sums) })
        })
        .collect();
    json!({
        "daily_data": daily,
        "sum_api_requests": count(dates, |sums| sums.requests),
        "sum_total_tokens": count(dates, tokens),
    })
}

fn count(dates: &Dates, of: impl Fn(&Tally) -> u64) -> u64 {
    dates.values().map(of).fold(0, u64::saturating_add)
}
