//! `budget_fallbacks`: models that are asked in the place of one whose own budget is used up.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::admin::{
    body::{Fields, Given},
    reply::{Refused, invalid},
};

const NAME: &str = "budget_fallbacks";
/// Models of one list, as of a request's `fallbacks`.
const MOST: usize = 5;

/// `{"gpt-4o": ["gpt-4o-mini"]}` out of a body.
pub(super) fn take(fields: &mut Fields) -> Result<Given<BTreeMap<String, Vec<String>>>, Refused> {
    Ok(match fields.object(NAME) {
        Given::Absent => Given::Absent,
        Given::Null => Given::Null,
        Given::Value(lists) => {
            let each = lists.into_iter().map(|(model, list)| {
                let models = models(list).ok_or_else(|| {
                    let why = format!("must be a list of 1 to {MOST} names of models");
                    invalid(format!("{NAME}: '{model}': {why}"), NAME)
                })?;
                Ok((model, models))
            });
            Given::Value(each.collect::<Result<_, Refused>>()?)
        }
    })
}

fn models(list: Value) -> Option<Vec<String>> {
    let Value::Array(items) = list else { return None };
    let name = |item: Value| match item {
        Value::String(name) if !name.trim().is_empty() => Some(name),
        _ => None,
    };
    let names: Vec<String> = items.into_iter().map(name).collect::<Option<_>>()?;
    (1..=MOST).contains(&names.len()).then_some(names)
}
