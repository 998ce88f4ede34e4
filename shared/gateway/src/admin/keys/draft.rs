//! The fields that make a key, shared by generate and update.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sluice_store::{KeyRecord, Millis, lifetime_end};

use super::rotating::Rotating;
use crate::{
    App,
    admin::{
        body::{Fields, Given},
        limits::Limits,
        names,
        reply::{Refused, invalid},
    },
    config::{is_param, range},
    corridor::MOST_TAGS,
    identity::routes,
};

/// What a caller wants a key to be.
#[derive(Debug, Default)]
pub(in crate::admin) struct Draft {
    alias: Given<String>,
    models: Given<Vec<String>>,
    aliases: Given<BTreeMap<String, String>>,
    limits: Limits,
    budget_id: Given<String>,
    allowed_routes: Given<Vec<String>>,
    tags: Given<Vec<String>>,
    prompts: Given<Vec<String>>,
    enforced_params: Given<Vec<String>>,
    rotating: Rotating,
    end_user_budget_id: Given<String>,
    expires: Given<Millis>,
    metadata: Given<Map<String, Value>>,
    blocked: Given<bool>,
    user_id: Given<String>,
    team_id: Given<String>,
    organization_id: Given<String>,
    allowed_ips: Given<Vec<String>>,
}

// === impl Draft ===

impl Draft {
    /// Takes the fields out of a body.
    pub(in crate::admin) fn take(app: &App, fields: &mut Fields) -> Result<Self, Refused> {
        let now = app.clock.now();
        Ok(Self {
            alias: names::checked(fields.text("key_alias"), "key_alias")?,
            models: fields.texts("models"),
            aliases: fields.names("aliases"),
            allowed_routes: allowed_routes(fields)?,
            tags: tags(fields)?,
            prompts: fields.texts("prompts"),
            enforced_params: enforced(fields.texts("enforced_params"))?,
            rotating: Rotating::take(app, fields)?,
            limits: Limits::take(app, fields)?,
            budget_id: names::checked(fields.text("budget_id"), "budget_id")?,
            end_user_budget_id: names::checked(
                fields.text("end_user_budget_id"),
                "end_user_budget_id",
            )?,
            expires: expiry(fields.text("duration"), now)?,
            metadata: fields.object("metadata"),
            blocked: fields.flag("blocked"),
            user_id: names::checked(fields.text("user_id"), "user_id")?,
            team_id: names::checked(fields.text("team_id"), "team_id")?,
            organization_id: names::checked(fields.text("organization_id"), "organization_id")?,
            allowed_ips: addresses(fields.texts("allowed_ips"))?,
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
        self.organization_id.clone().apply(&mut record.organization_id);
        self.models.set(&mut record.models);
        self.aliases.set(&mut record.aliases);
        self.metadata.set(&mut record.metadata);
        self.blocked.set(&mut record.blocked);
        self.allowed_routes.set(&mut record.allowed_routes);
        self.tags.set(&mut record.tags);
        self.prompts.set(&mut record.prompts);
        self.rotating.apply(record);
        self.enforced_params.set(&mut record.enforced_params);
        self.allowed_ips.set(&mut record.allowed_ips);
        self.limits.apply(&mut record.allowance);
        self.budget_id.clone().apply(&mut record.budget_id);
        self.end_user_budget_id.clone().apply(&mut record.end_user_budget_id);
    }
}

/// No more than a call may have: its key's go before its own.
fn tags(fields: &mut Fields) -> Result<Given<Vec<String>>, Refused> {
    let tags = fields.texts("tags");
    match &tags {
        Given::Value(tags) if tags.len() > MOST_TAGS => {
            Err(invalid(format!("tags: a key has at most {MOST_TAGS}"), "tags"))
        }
        _ => Ok(tags),
    }
}

/// `allowed_routes`, or what `key_type` stands for.
fn allowed_routes(fields: &mut Fields) -> Result<Given<Vec<String>>, Refused> {
    let routes = fields.texts("allowed_routes");
    let of_type: &[&str] = match fields.text("key_type").value().as_deref() {
        None | Some("" | "default") => &[],
        Some("llm_api") => &["llm_api_routes"],
        Some("management") => &["management_routes"],
        Some("read_only") => &["info_routes"],
        Some(other) => {
            let message = format!(
                "key_type must be one of llm_api, management, read_only, default. Got: {other}"
            );
            return Err(invalid(message, "key_type"));
        }
    };
    let asked = match &routes {
        Given::Value(routes) => routes.as_slice(),
        _ => &[],
    };
    if let Some(unknown) = asked.iter().find(|route| !routes::is_known(route)) {
        let message = format!(
            "allowed_routes: '{unknown}' is neither a path nor one of {}",
            routes::GROUPS.join(", ")
        );
        return Err(invalid(message, "allowed_routes"));
    }
    if asked.is_empty() && !of_type.is_empty() {
        return Ok(Given::Value(of_type.iter().map(|&group| group.to_owned()).collect()));
    }
    Ok(routes)
}

/// Parameters that its requests have to have.
fn enforced(given: Given<Vec<String>>) -> Result<Given<Vec<String>>, Refused> {
    if let Given::Value(names) = &given
        && let Some(wrong) = names.iter().find(|name| !is_param(name))
    {
        let message = format!(
            "enforced_params: `{wrong}` is neither a parameter, such as user, nor a field of one, such as \
             metadata.generation_name"
        );
        return Err(invalid(message, "enforced_params"));
    }
    Ok(given)
}

/// Addresses and ranges.
fn addresses(given: Given<Vec<String>>) -> Result<Given<Vec<String>>, Refused> {
    if let Given::Value(written) = &given
        && let Some(wrong) = written.iter().find(|text| range(text).is_none())
    {
        let message =
            format!("allowed_ips: `{wrong}` is no address and no range, such as 10.0.0.0/8");
        return Err(invalid(message, "allowed_ips"));
    }
    Ok(given)
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
