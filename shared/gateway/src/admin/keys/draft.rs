//! The fields that make a key, shared by generate and update.

use sluice_store::{BudgetDuration, KeyRecord, Millis, NanoUsd, lifetime_end};
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::rates::Rates;
use crate::admin::{
    body::{Fields, Given},
    reply::{Refused, invalid},
};

/// Most characters of an alias.
const ALIAS: usize = 256;

/// What a caller wants a key to be.
#[derive(Debug)]
pub(super) struct Draft {
    alias: Given<String>,
    models: Given<Vec<String>>,
    aliases: Given<BTreeMap<String, String>>,
    max_budget: Given<NanoUsd>,
    budget_duration: Given<BudgetDuration>,
    rates: Rates,
    expires: Given<Millis>,
    metadata: Given<Map<String, Value>>,
    blocked: Given<bool>,
    user_id: Given<String>,
}

// === impl Draft ===

impl Draft {
    /// Takes the fields out of a body.
    pub(super) fn take(fields: &mut Fields, now: Millis) -> Result<Self, Refused> {
        Ok(Self {
            alias: alias(fields.text("key_alias"))?,
            models: fields.texts("models"),
            aliases: fields.names("aliases"),
            max_budget: fields.money("max_budget")?,
            budget_duration: duration(fields.text("budget_duration"))?,
            rates: Rates::take(fields)?,
            expires: expiry(fields.text("duration"), now)?,
            metadata: fields.object("metadata"),
            blocked: fields.flag("blocked"),
            user_id: fields.text("user_id"),
        })
    }

    /// Writes what was given into a record.
    pub(super) fn apply(&self, record: &mut KeyRecord) {
        self.alias.clone().apply(&mut record.alias);
        self.max_budget.clone().apply(&mut record.max_budget);
        self.budget_duration.clone().apply(&mut record.budget_duration);
        self.expires.clone().apply(&mut record.expires);
        self.user_id.clone().apply(&mut record.user_id);
        set(&self.models, &mut record.models);
        set(&self.aliases, &mut record.aliases);
        set(&self.metadata, &mut record.metadata);
        set(&self.blocked, &mut record.blocked);
        self.rates.apply(record);
    }
}

/// Fields that are never absent in a record: `null` empties them.
pub(super) fn set<T: Clone + Default>(given: &Given<T>, slot: &mut T) {
    match given {
        Given::Absent => {}
        Given::Null => *slot = T::default(),
        Given::Value(value) => slot.clone_from(value),
    }
}

fn alias(given: Given<String>) -> Result<Given<String>, Refused> {
    if let Given::Value(alias) = &given {
        if alias.is_empty() {
            return Ok(Given::Null);
        }
        if alias.chars().count() > ALIAS || alias.chars().any(is_deceptive) {
            let message = format!(
                "key_alias must have at most {ALIAS} characters, without control or direction marks"
            );
            return Err(invalid(message, "key_alias"));
        }
    }
    Ok(given)
}

/// Control characters, and marks that make one name look like another.
fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn duration(given: Given<String>) -> Result<Given<BudgetDuration>, Refused> {
    Ok(match given {
        Given::Absent => Given::Absent,
        Given::Null => Given::Null,
        Given::Value(text) => Given::Value(
            BudgetDuration::parse(&text)
                .map_err(|error| invalid(format!("budget_duration: {error}"), "budget_duration"))?,
        ),
    })
}

fn expiry(given: Given<String>, now: Millis) -> Result<Given<Millis>, Refused> {
    Ok(match given {
        Given::Absent => Given::Absent,
        Given::Null => Given::Null,
        Given::Value(text) if text == "-1" => Given::Null,
        Given::Value(text) => Given::Value(
            lifetime_end(&text, now)
                .map_err(|error| invalid(format!("duration: {error}"), "duration"))?,
        ),
    })
}
