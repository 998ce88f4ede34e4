//! Sums by day, from the roll-ups.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::{Value, json};
use sluice_store::{Cell, Hour, Millis, NanoUsd, Tally};

use crate::{
    App,
    admin::{
        door::Visit,
        import, keys,
        reply::{Refused, invalid},
    },
};

/// Milliseconds of a day.
pub(super) const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// How far back sums go for which no dates are asked.
const MONTH_MS: i64 = 30 * DAY_MS;

/// Days, by the clock of whoever asks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Days {
    from: Millis,
    to: Millis,
    /// How far that clock is ahead of UTC.
    ahead: i64,
}

// === impl Days ===

impl Days {
    /// `start_date` to `end_date`, both included, which have to be there.
    pub(super) fn required(visit: &Visit) -> Result<Self, Refused> {
        let missing = || {
            let message = "Please provide start_date and end_date";
            Refused::detail(StatusCode::BAD_REQUEST, message)
        };
        let (from, to) = (date(visit, "start_date")?, date(visit, "end_date")?);
        let ahead = ahead(visit)?;
        let (from, to) = (from.ok_or_else(missing)?, to.ok_or_else(missing)?);
        Ok(Self { from: from.plus(-ahead), to: to.plus(DAY_MS - ahead), ahead })
    }

    /// The same, or the last thirty days.
    pub(super) fn asked(app: &App, visit: &Visit) -> Result<Self, Refused> {
        if visit.asked("start_date").is_some() || visit.asked("end_date").is_some() {
            return Self::required(visit);
        }
        Ok(Self::last_month(app))
    }

    /// The last thirty days.
    pub(super) fn last_month(app: &App) -> Self {
        let now = app.clock.now();
        Self { from: now.plus(-MONTH_MS), to: now.plus(1), ahead: 0 }
    }

    /// The hours of these days. An hour belongs to the day that it begins in. What corrections of a spend
    /// and imports wrote is no call's.
    pub(super) async fn hours(self, app: &App) -> Result<Vec<Hour>, Refused> {
        let hours = app.store.rollups().hours(self.from, self.to).await;
        let mut hours = hours.map_err(|error| app.store_fault(&error))?;
        for hour in &mut hours {
            hour.cells
                .retain(|cell| ![keys::RESET, import::SPENT].contains(&cell.of.call_type.as_str()));
        }
        Ok(hours)
    }

    /// All cells of these days.
    pub(super) async fn cells(self, app: &App) -> Result<Vec<Cell>, Refused> {
        Ok(self.hours(app).await?.into_iter().flat_map(|hour| hour.cells).collect())
    }

    /// The date that an instant has.
    pub(super) fn date(self, at: Millis) -> String {
        at.plus(self.ahead).rfc3339().chars().take(10).collect()
    }
}

/// Sums of cells by a name of them.
pub(super) fn by<'a, K: Ord>(
    cells: impl IntoIterator<Item = &'a Cell>,
    name: impl Fn(&'a Cell) -> Option<K>,
) -> BTreeMap<K, Tally> {
    let mut sums: BTreeMap<K, Tally> = BTreeMap::new();
    for cell in cells {
        if let Some(name) = name(cell) {
            sums.entry(name).or_default().merge(&cell.sums);
        }
    }
    sums
}

/// The largest first.
pub(super) fn ranked<K: Ord>(sums: BTreeMap<K, Tally>) -> Vec<(K, Tally)> {
    let mut ranked: Vec<_> = sums.into_iter().collect();
    ranked.sort_by_key(|(_, sums)| std::cmp::Reverse(sums.spend));
    ranked
}

/// An amount as JSON shows it.
pub(super) fn dollars(amount: NanoUsd) -> Value {
    json!(amount.to_json_number())
}

/// Tokens of prompts and answers.
pub(super) fn tokens(sums: &Tally) -> u64 {
    sums.prompt_tokens.saturating_add(sums.completion_tokens)
}

/// A date of the query.
pub(super) fn date(visit: &Visit, name: &'static str) -> Result<Option<Millis>, Refused> {
    let Some(text) = visit.asked(name).map(str::trim) else { return Ok(None) };
    let midnight = format!("{}T00:00:00Z", text.get(..10).unwrap_or(text));
    Millis::parse(&midnight)
        .map(Some)
        .map_err(|_| invalid(format!("{name} must be a date, YYYY-MM-DD. Got: {text}"), name))
}

/// `timezone`: by how many minutes the caller's clock is behind UTC, as JavaScript tells it.
fn ahead(visit: &Visit) -> Result<i64, Refused> {
    let Some(text) = visit.asked("timezone") else { return Ok(0) };
    match text.parse::<i64>() {
        Ok(minutes) if minutes.abs() <= 14 * 60 => Ok(-minutes * 60_000),
        _ => Err(invalid("timezone must be a number of minutes, from -840 to 840", "timezone")),
    }
}
