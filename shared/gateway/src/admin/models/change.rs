//! `POST /model/new`, `POST /model/update`, `PATCH /model/{id}/update`, `POST /model/delete`,
//! `POST /model/block` and `/model/unblock`: models that are there from now on, in this process at
//! once and in the others within seconds. Those of the configuration file are the file's to change.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};
use sluice_store::{Deed, ModelRecord, RecordError, Stamp};

use super::{
    draft::{Said, Wanted, closed},
    view,
};
use crate::{
    App,
    admin::{
        access::Actor,
        body::lacking,
        door::Visit,
        names,
        reply::{Refused, invalid, missing},
    },
};

/// How often a change is tried against other writers.
const TRIES: usize = 12;

/// Adds a model.
pub(in crate::admin) async fn new(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let said = Said::read(&mut visit.fields)?;
    let name = said.name.clone().ok_or_else(|| lacking("model_name"))?;
    if said.params.is_empty() {
        return Err(lacking("litellm_params"));
    }
    let id = match &said.id {
        Some(id) => id.clone(),
        None => names::fresh(&app)?,
    };
    if app.registry().deployment(&id).is_some() {
        return Err(taken(&id));
    }
    let model = said.onto(Wanted::new(name));
    let told = model.check(&app, &id).await?;
    let mut record = ModelRecord {
        id,
        model_name: String::new(),
        params: Default::default(),
        info: Default::default(),
        blocked: false,
        stamp: Stamp::new(app.clock.now(), Some(visit.actor.name())),
    };
    model.seal(&app, &mut record).await?;
    let made = app.store.models().by(&visit.actor.deed).create(&record).await;
    let record = made.map_err(|error| conflict(&app, error, &record.id))?;
    seen(&app).await?;
    Ok(view::changed(&record, told))
}

/// Changes what is said of a model, and leaves the rest of it as it is.
pub(in crate::admin) async fn update(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let said = Said::read(&mut visit.fields)?;
    let id = visit.named.clone().or_else(|| said.id.clone());
    let id = id.ok_or_else(|| lacking("model_info.id"))?;
    let (record, told) = changed(&app, &visit.actor, &id, |model| said.onto(model)).await?;
    Ok(view::changed(&record, told))
}

/// Takes a model away.
pub(in crate::admin) async fn delete(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let id = visit.fields.required("id")?;
    visit.fields.finish()?;
    let gone = app.store.models().by(&visit.actor.deed).delete(&ModelRecord::at(&id)).await;
    if gone.map_err(|error| conflict(&app, error, &id))?.is_none() {
        let configured = app.registry().deployment(&id).is_some();
        let message = format!("Model with id={id} not found in db");
        return Err(if configured { of_the_file() } else { invalid(message, "id") });
    }
    seen(&app).await?;
    Ok(json!({ "message": format!("Model: {id} deleted successfully") }))
}

/// Takes the models away that are for one team alone.
pub(in crate::admin) async fn remove_of(app: &App, deed: &Deed, team: &str) -> Result<(), Refused> {
    let records = app.store.models();
    let mut all = records.all().await.map_err(|error| app.store_fault(&error))?;
    all.retain(|model| model.info.get("team_id").and_then(Value::as_str) == Some(team));
    for model in &all {
        let gone = records.by(deed).delete(&ModelRecord::at(&model.id)).await;
        gone.map_err(|error| conflict(app, error, &model.id))?;
    }
    if all.is_empty() { Ok(()) } else { seen(app).await }
}

/// Lets a model answer no more.
pub(in crate::admin) async fn block(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    set(&app, visit, true).await
}

/// Lets it answer again.
pub(in crate::admin) async fn unblock(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    set(&app, visit, false).await
}

async fn set(app: &App, mut visit: Visit, blocked: bool) -> Result<Value, Refused> {
    let id = visit.fields.required("model_id")?;
    visit.fields.finish()?;
    let set = |model: Wanted| Wanted { blocked, ..model };
    let (record, _) = changed(app, &visit.actor, &id, set).await?;
    Ok(view::changed(&record, Vec::new()))
}

/// Changes a model in the version in which what becomes of it was looked at.
pub(super) async fn changed(
    app: &App,
    actor: &Actor,
    id: &str,
    change: impl Fn(Wanted) -> Wanted,
) -> Result<(ModelRecord, Vec<String>), Refused> {
    let (records, place) = (app.store.models(), ModelRecord::at(id));
    let (now, by) = (app.clock.now(), actor.name());
    for _ in 0..TRIES {
        let old = records.get(&place).await.map_err(|error| app.store_fault(&error))?;
        let old = old.ok_or_else(|| unknown(app, id))?;
        let opener = app.vault.opener_of_any(app).await.map_err(|error| closed(app, &error))?;
        let model = change(Wanted::of(&old, &opener)?);
        let told = model.check(app, id).await?;
        let mut new = old.clone();
        model.seal(app, &mut new).await?;
        new.stamp.touch(now, Some(by.clone()));
        let written = records.by(&actor.deed).replace(&old, new).await;
        if let Some(record) = written.map_err(|error| conflict(app, error, id))? {
            seen(app).await?;
            return Ok((record, told));
        }
    }
    let message = "Others are changing this model at the same time. Try again shortly.";
    Err(Refused::detail(StatusCode::CONFLICT, message))
}

/// This process sees at once what it has changed.
pub(in crate::admin) async fn seen(app: &App) -> Result<(), Refused> {
    match app.live.reload(app).await {
        Ok(()) => Ok(()),
        Err(error) => Err(closed(app, &error)),
    }
}

fn taken(id: &str) -> Refused {
    invalid(format!("Model with id={id} already exists"), "model_info.id")
}

fn of_the_file() -> Refused {
    invalid("Cannot edit config-based model. Store model in DB via /model/new first.", "id")
}

fn unknown(app: &App, id: &str) -> Refused {
    if app.registry().deployment(id).is_some() {
        return of_the_file();
    }
    missing(format!("Model {id} not found on proxy."), "id")
}

fn conflict(app: &App, error: RecordError, id: &str) -> Refused {
    match error {
        RecordError::Exists | RecordError::Taken(_) => taken(id),
        RecordError::NotFound => unknown(app, id),
        RecordError::Store(error) => app.store_fault(&error).into(),
    }
}
