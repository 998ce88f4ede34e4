//! The fields that make a key, shared by generate and update.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sluice_store::{KeyRecord, Millis, lifetime_end};

use crate::admin::{
    body::{Fields, Given},
    limits::Limits,
    names,
    reply::{Refused, invalid},
};

/// What a caller wants a key to be.
#[derive(Debug, Default)]
pub(in crate::admin) struct Draft {
    alias: Given<String>,
    models: Given<Vec<String>>,
    aliases: Given<BTreeMap<String, String>>,
    limits: Limits,
    expires: Given<Millis>,
    metadata: Given<Map<String, Value>>,
    blocked: Given<bool>,
    user_id: Given<String>,
    team_id: Given<String>,
}

// === impl Draft ===

impl Draft {
    /// Takes the fields out of a body.
    pub(in crate::admin) fn take(fields: &mut Fields, now: Millis) -> Result<Self, Refused> {
        Ok(Self {
            alias: names::checked(fields.text("key_alias"), "key_alias")?,
            models: fields.texts("models"),
            aliases: fields.names("aliases"),
            limits: Limits::take(fields)?,
            expires: expiry(fields.text("duration"), now)?,
            metadata: fields.object("metadata"),
            blocked: fields.flag("blocked"),
            user_id: names::checked(fields.text("user_id"), "user_id")?,
            team_id: names::checked(fields.text("team_id"), "team_id")?,
        })
    }

    /// Of a body that makes a user, what is about the user's first key.
    pub(in crate::admin) fn of_user(fields: &mut Fields, now: Millis) -> Result<Self, Refused> {
        Ok(Self {
            alias: names::checked(fields.text("key_alias"), "key_alias")?,
            aliases: fields.names("aliases"),
            expires: expiry(fields.text("duration"), now)?,
            ..Self::default()
        })
    }

    /// Whether anything was given of [`Self::of_user`].
    pub(in crate::admin) fn says_something(&self) -> bool {
        self.alias.is_given() || self.aliases.is_given() || self.expires.is_given()
    }

    /// Writes what was given into a record.
    pub(in crate::admin) fn apply(&self, record: &mut KeyRecord) {
        self.alias.clone().apply(&mut record.alias);
        self.expires.clone().apply(&mut record.expires);
        self.user_id.clone().apply(&mut record.user_id);
        self.team_id.clone().apply(&mut record.team_id);
        self.models.set(&mut record.models);
        self.aliases.set(&mut record.aliases);
        self.metadata.set(&mut record.metadata);
        self.blocked.set(&mut record.blocked);
        let mut allowance = record.allowance();
        self.limits.apply(&mut allowance);
        record.allow(allowance);
    }
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
