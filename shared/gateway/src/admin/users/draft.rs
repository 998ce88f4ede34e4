//! The fields that make a user, shared by new and update.

use serde_json::{Map, Value};
use sluice_store::{UserRecord, UserRole};

use crate::{
    App,
    admin::{
        body::{Fields, Given},
        limits::Limits,
        names,
        reply::{Refused, invalid},
    },
};

/// What a caller wants a user to be.
#[derive(Debug)]
pub(in crate::admin) struct Draft {
    pub(super) email: Given<String>,
    alias: Given<String>,
    pub(super) role: Given<UserRole>,
    sso_user_id: Given<String>,
    models: Given<Vec<String>>,
    limits: Limits,
    blocked: Given<bool>,
    metadata: Given<Map<String, Value>>,
}

// === impl Draft ===

impl Draft {
    /// Takes the fields out of a body.
    pub(in crate::admin) fn take(app: &App, fields: &mut Fields) -> Result<Self, Refused> {
        Ok(Self {
            email: email(fields.text("user_email"))?,
            alias: names::checked(fields.text("user_alias"), "user_alias")?,
            role: role(fields.text("user_role"))?,
            sso_user_id: names::checked(fields.text("sso_user_id"), "sso_user_id")?,
            models: fields.texts("models"),
            limits: Limits::take(app, fields)?,
            blocked: fields.flag("blocked"),
            metadata: fields.object("metadata"),
        })
    }

    /// Whether it changes nothing but what people may say of themselves.
    pub(super) fn is_personal(&self) -> bool {
        !(self.email.is_given()
            || self.role.is_given()
            || self.sso_user_id.is_given()
            || self.models.is_given()
            || self.limits.is_given()
            || self.blocked.is_given())
    }

    /// Writes what was given into a record.
    pub(in crate::admin) fn apply(&self, record: &mut UserRecord) {
        self.email.clone().apply(&mut record.email);
        self.alias.clone().apply(&mut record.alias);
        self.sso_user_id.clone().apply(&mut record.sso_user_id);
        self.role.set(&mut record.role);
        self.models.set(&mut record.models);
        self.limits.apply(&mut record.allowance);
        self.blocked.set(&mut record.blocked);
        self.metadata.set(&mut record.metadata);
    }
}

fn role(given: Given<String>) -> Result<Given<UserRole>, Refused> {
    Ok(match given {
        Given::Absent => Given::Absent,
        Given::Null => Given::Null,
        Given::Value(text) => Given::Value(UserRole::parse(&text).ok_or_else(|| {
            let roles = UserRole::ALL.map(UserRole::as_str).join(", ");
            invalid(format!("user_role must be one of {roles}. Got: {text}"), "user_role")
        })?),
    })
}

fn email(given: Given<String>) -> Result<Given<String>, Refused> {
    let given = names::checked(given, "user_email")?;
    if let Given::Value(email) = &given {
        let sound = email.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && !host.is_empty() && !email.contains(char::is_whitespace)
        });
        if !sound {
            return Err(invalid("user_email must be an address: name@host", "user_email"));
        }
    }
    Ok(given)
}
