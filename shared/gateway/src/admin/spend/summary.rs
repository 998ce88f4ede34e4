//! Rows summed by day, as LiteLLM's `summarize=true` shows them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use sluice_store::{NanoUsd, UsageRow};

#[derive(Default)]
struct Day {
    spend: NanoUsd,
    users: BTreeMap<String, NanoUsd>,
    models: BTreeMap<String, NanoUsd>,
}

/// One object a day (UTC), oldest first.
pub(super) fn by_day(rows: &[UsageRow]) -> Vec<Value> {
    let mut days: BTreeMap<String, Day> = BTreeMap::new();
    for row in rows {
        let date = row.started.rfc3339().chars().take(10).collect();
        let day = days.entry(date).or_default();
        day.spend = day.spend.saturating_add(row.spend);
        add(&mut day.users, row.user_id.as_deref().unwrap_or_default(), row.spend);
        add(&mut day.models, &row.model, row.spend);
    }
    days.into_iter()
        .map(|(date, day)| {
            json!({
                "startTime": date,
                "spend": day.spend.to_json_number(),
                "users": object(day.users),
                "models": object(day.models),
            })
        })
        .collect()
}

fn add(sums: &mut BTreeMap<String, NanoUsd>, name: &str, spend: NanoUsd) {
    let sum = sums.entry(name.to_owned()).or_default();
    *sum = sum.saturating_add(spend);
}

fn object(sums: BTreeMap<String, NanoUsd>) -> Map<String, Value> {
    sums.into_iter().map(|(name, spend)| (name, Value::Number(spend.to_json_number()))).collect()
}
