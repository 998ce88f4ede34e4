//! Hours of a schedule, as they are given.

use serde_json::{Map, Value};
use sluice_store::{Day, Hours, TimeOfDay, Zone};

use crate::admin::{
    body::{Fields, Given},
    reply::{Refused, invalid},
};

/// Entries of one schedule.
const MOST: usize = 50;

/// `[{"days", "from", "to", "timezone", "rpm", "tpm", "max_budget"}]` out of a body.
pub(super) fn take(fields: &mut Fields, name: &'static str) -> Result<Given<Vec<Hours>>, Refused> {
    Ok(match fields.objects(name) {
        Given::Absent => Given::Absent,
        Given::Null => Given::Null,
        Given::Value(entries) => Given::Value(read(entries, name)?),
    })
}

/// The entries of a list.
fn read(entries: Vec<Map<String, Value>>, name: &'static str) -> Result<Vec<Hours>, Refused> {
    if entries.len() > MOST {
        return Err(invalid(format!("{name}: at most {MOST} entries"), name));
    }
    let entries = entries.into_iter().enumerate();
    entries.map(|(place, entry)| self::entry(entry, place, name)).collect()
}

fn entry(entry: Map<String, Value>, place: usize, name: &'static str) -> Result<Hours, Refused> {
    let wrong = |why: String| invalid(format!("{name}[{place}]: {why}"), name);
    let mut fields = Fields::of(entry);
    let days = fields.texts("days").value().unwrap_or_default();
    let days = days.iter().map(|day| Day::parse(day)).collect::<Result<Vec<_>, _>>();
    let mut time = |name| fields.text(name).value().map(|text| TimeOfDay::parse(&text)).transpose();
    let (from, to) = (time("from"), time("to"));
    let zone = fields.text("timezone").value().map(|text| Zone::parse(&text)).transpose();
    let hours = Hours {
        model: None,
        days: days.map_err(|error| wrong(format!("days: {error}")))?,
        from: from.map_err(|error| wrong(format!("from: {error}")))?.unwrap_or_default(),
        to: to.map_err(|error| wrong(format!("to: {error}")))?.unwrap_or(TimeOfDay::END),
        timezone: zone.map_err(|error| wrong(format!("timezone: {error}")))?,
        rpm: fields.count("rpm")?.value(),
        tpm: fields.count("tpm")?.value(),
        max_budget: fields.money("max_budget")?.value(),
    };
    fields.finish()?;
    if hours.rpm.is_none() && hours.tpm.is_none() && hours.max_budget.is_none() {
        return Err(wrong("says nothing: give rpm, tpm or max_budget".to_owned()));
    }
    Ok(hours)
}

/// The entries that are for one model, as its entry of `model_max_budget` has them.
pub(super) fn of_model(model: &str, given: Value) -> Result<Vec<Hours>, Refused> {
    const NAME: &str = "model_max_budget";
    let objects = match given {
        Value::Null => Some(Vec::new()),
        Value::Array(entries) => entries
            .into_iter()
            .map(|entry| match entry {
                Value::Object(entry) => Some(entry),
                _ => None,
            })
            .collect(),
        _ => None,
    };
    let Some(objects) = objects else {
        let message = format!("{NAME}: '{model}': schedule must be a list of objects");
        return Err(invalid(message, NAME));
    };
    let mut entries = read(objects, NAME)?;
    entries.iter_mut().for_each(|hours| hours.model = Some(model.to_owned()));
    Ok(entries)
}

/// Entries as they are shown.
pub(super) fn shown<'a>(entries: impl Iterator<Item = &'a Hours>) -> Value {
    let entry = |hours: &Hours| {
        let days: Vec<&str> = hours.days.iter().map(|day| day.as_str()).collect();
        let mut shown = Map::from_iter([
            ("days".to_owned(), days.into()),
            ("from".to_owned(), hours.from.to_string().into()),
            ("to".to_owned(), hours.to.to_string().into()),
        ]);
        let zone = hours.timezone.as_ref().map(|zone| Value::from(zone.as_str()));
        let max = hours.max_budget.map(|max| Value::Number(max.to_json_number()));
        let values = [
            ("timezone", zone),
            ("rpm", hours.rpm.map(Value::from)),
            ("tpm", hours.tpm.map(Value::from)),
            ("max_budget", max),
        ];
        for (name, value) in values {
            shown.extend(value.map(|value| (name.to_owned(), value)));
        }
        Value::Object(shown)
    };
    entries.map(entry).collect()
}
