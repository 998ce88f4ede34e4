//! `POST /credentials`, `PATCH` and `DELETE /credentials/{name}`. A new value is in effect at once here,
//! and within seconds in other processes, without any deployment.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Map, Value, json};
use sluice_store::{CredentialRecord, RecordError, Stamp};

use super::unknown;
use crate::{
    App,
    admin::{
        body::{Given, lacking},
        door::Visit,
        models::{self, closed, seen, told},
        names,
        reply::{Refused, invalid},
    },
    vault::{self, Unopened},
};

/// How often a change is tried against other writers.
const TRIES: usize = 12;

/// Makes a credential.
pub(in crate::admin) async fn new(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let name = names::checked(visit.fields.text("credential_name"), "credential_name")?;
    let values = visit.fields.object("credential_values").value();
    let info = visit.fields.object("credential_info").value().unwrap_or_default();
    visit.fields.finish()?;
    let name = name.value().ok_or_else(|| lacking("credential_name"))?;
    let mut values = values.ok_or_else(|| lacking("credential_values"))?;
    values.retain(|_, value| !value.is_null());
    if app.config.outside.credential(&name).is_some() {
        let message =
            format!("Credential '{name}' is defined in config. Edit config.yaml to change it.");
        return Err(Refused::detail(StatusCode::CONFLICT, message));
    }
    check(&app, &values)?;
    let sealed = app.vault.seal_credential(&app, &name, &values).await;
    let record = CredentialRecord {
        values: sealed.map_err(|error| closed(&app, &error))?,
        info,
        stamp: Stamp::new(app.clock.now(), Some(visit.actor.name())),
        name,
    };
    let made = app.store.credentials().by(&visit.actor.deed).create(&record).await;
    made.map_err(|error| conflict(&app, error, &record.name))?;
    seen(&app).await?;
    Ok(done("created"))
}

/// Changes the values and the words that are given, and leaves the others as they are.
pub(in crate::admin) async fn update(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let name = visit.named.clone().unwrap_or_default();
    let same = visit.fields.text("credential_name").value();
    let values = visit.fields.object("credential_values").value().unwrap_or_default();
    let without = visit.fields.texts("credential_values_to_delete").value().unwrap_or_default();
    let info = visit.fields.object("credential_info");
    visit.fields.finish()?;
    if same.is_some_and(|same| same != name) {
        let message = "credential_name: a credential keeps its name; make another one";
        return Err(invalid(message, "credential_name"));
    }
    let both = without.iter().find(|key| values.contains_key(*key));
    if let Some(key) = both {
        let message =
            format!("credential_values_to_delete overlaps credential_values for key: {key}");
        return Err(invalid(message, "credential_values_to_delete"));
    }
    let (records, place) = (app.store.credentials(), CredentialRecord::at(&name));
    let by = visit.actor.name();
    for _ in 0..TRIES {
        let old = records.get(&place).await.map_err(|error| app.store_fault(&error))?;
        let old = old.ok_or_else(|| unknown(&app, &name))?;
        let opener = app.vault.opener_of_any(&app).await.map_err(|error| closed(&app, &error))?;
        // One that does not open any more can be given anew.
        let mut plain = opener.credential(&old).unwrap_or_else(|Unopened| Map::new());
        let shown = vault::masked(&plain);
        for (key, value) in &values {
            if !value.is_null() && shown.get(key) != Some(value) {
                plain.insert(key.clone(), value.clone());
            }
        }
        plain.retain(|key, _| !without.contains(key));
        check(&app, &plain)?;
        models::still_stand(&app, &name, &plain).await?;
        let mut new = old.clone();
        let sealed = app.vault.seal_credential(&app, &name, &plain).await;
        new.values = sealed.map_err(|error| closed(&app, &error))?;
        match &info {
            Given::Absent => {}
            Given::Null => new.info.clear(),
            Given::Value(info) => new.info.extend(info.clone()),
        }
        new.stamp.touch(app.clock.now(), Some(by.clone()));
        let written = records.by(&visit.actor.deed).replace(&old, new).await;
        if written.map_err(|error| conflict(&app, error, &name))?.is_some() {
            seen(&app).await?;
            return Ok(done("updated"));
        }
    }
    let message = "Others are changing this credential at the same time. Try again shortly.";
    Err(Refused::detail(StatusCode::CONFLICT, message))
}

/// Takes a credential away that no model names.
pub(in crate::admin) async fn delete(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let name = visit.named.clone().unwrap_or_default();
    app.live.reload(&app).await.map_err(|error| closed(&app, &error))?;
    let users = models::naming(&app.registry(), &name);
    if !users.is_empty() {
        let message = format!("Credential '{name}' is used by the models {}", users.join(", "));
        return Err(Refused::detail(StatusCode::CONFLICT, message));
    }
    let gone =
        app.store.credentials().by(&visit.actor.deed).delete(&CredentialRecord::at(&name)).await;
    if gone.map_err(|error| conflict(&app, error, &name))?.is_none() {
        return Err(unknown(&app, &name));
    }
    seen(&app).await?;
    Ok(done("deleted"))
}

/// Refuses what is no parameter of a model, or may not be named from here.
fn check(app: &App, values: &Map<String, Value>) -> Result<(), Refused> {
    if values.is_empty() {
        return Err(lacking("credential_values"));
    }
    if vault::is_sealed(values) {
        let message = "credential_values: a sealed value is of the gateway's making alone";
        return Err(invalid(message, "credential_values"));
    }
    let wrong = app.config.outside.check_values(values);
    if wrong.is_empty() { Ok(()) } else { Err(told("", &wrong)) }
}

fn done(what: &str) -> Value {
    json!({ "success": true, "message": format!("Credential {what} successfully") })
}

fn conflict(app: &App, error: RecordError, name: &str) -> Refused {
    match error {
        RecordError::Exists | RecordError::Taken(_) => Refused::detail(
            StatusCode::CONFLICT,
            format!(
                "Credential '{name}' already exists. Update it with PATCH /credentials/{name}, or delete \
                 it first."
            ),
        ),
        RecordError::NotFound => unknown(app, name),
        RecordError::Store(error) => app.store_fault(&error).into(),
    }
}
