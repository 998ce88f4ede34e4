//! `POST /prompts`, `PUT`, `PATCH` and `DELETE /prompts/{prompt_id}`. What is made of a prompt that there
//! is, is its next version; only `PATCH` changes a version.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Map, Value, json};
use sluice_store::{PromptRecord, PromptVersion, RecordError, Stamp};

use super::{checked, fresh_name, in_all, notes, of_the_file, read::find, unknown, view};
use crate::{
    App,
    admin::{
        body::lacking,
        door::Visit,
        names,
        reply::{Refused, invalid},
    },
    prompts::Named,
};

/// How often a change is tried against other writers.
const TRIES: usize = 12;
/// The most versions of a prompt.
const MOST: usize = 100;
/// The most bytes of all of them: they are one item.
const MOST_BYTES: usize = 300_000;

/// What a version is made of.
struct Draft {
    params: Map<String, Value>,
    info: Map<String, Value>,
}

/// Makes a prompt, or the next version of one.
pub(in crate::admin) async fn new(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let id = names::checked(visit.fields.text("prompt_id"), "prompt_id")?.value();
    let draft = Draft::take(&mut visit)?;
    let id = id.ok_or_else(|| lacking("prompt_id"))?;
    fresh_name(&id)?;
    add(&app, &visit, &id, draft, true).await
}

/// Makes the next version of a prompt that there is.
pub(in crate::admin) async fn update(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let name = visit.named.clone().unwrap_or_default();
    let id = Named::read(&name).id.to_owned();
    let told = visit.fields.text("prompt_id").value();
    let draft = Draft::take(&mut visit)?;
    if told.is_some_and(|told| Named::read(&told).id != id) {
        return Err(invalid("prompt_id: a prompt keeps its name; make another one", "prompt_id"));
    }
    add(&app, &visit, &id, draft, false).await
}

/// Changes a version, the newest unless the name says which.
pub(in crate::admin) async fn patch(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    in_all(&visit)?;
    let name = visit.named.clone().unwrap_or_default();
    let named = Named::read(&name);
    let params = visit.fields.object("litellm_params").value().map(checked).transpose()?;
    let info = notes(visit.fields.object("prompt_info"))?;
    visit.fields.finish()?;
    if params.is_none() && info.is_none() {
        return Err(lacking("litellm_params"));
    }
    if app.config.prompts.contains_key(named.id) {
        return Err(of_the_file("update"));
    }
    change(&app, &visit, named.id, |record| {
        let number = record.version(named.version).map(|version| version.version);
        let found = record.versions.iter_mut().find(|version| Some(version.version) == number);
        let version = found.ok_or_else(|| unknown(StatusCode::NOT_FOUND, &name))?;
        if let Some(params) = &params {
            version.params.clone_from(params);
        }
        if let Some(info) = &info {
            version.info.clone_from(info);
        }
        version.updated_at = app.clock.now();
        Ok(version.version)
    })
    .await
}

/// Deletes a prompt with all its versions, or the one version that the name says.
pub(in crate::admin) async fn delete(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    in_all(&visit)?;
    visit.fields.finish()?;
    let name = visit.named.clone().unwrap_or_default();
    let named = Named::read(&name);
    if app.config.prompts.contains_key(named.id) {
        return Err(of_the_file("delete"));
    }
    let whole = match (named.version, find(&app, named.id).await?) {
        (_, None) => return Err(unknown(StatusCode::NOT_FOUND, &name)),
        (None, Some(_)) => true,
        (Some(number), Some(record)) => record.versions.iter().all(|one| one.version == number),
    };
    if whole {
        let prompts = app.store.prompts();
        let gone = prompts.by(&visit.actor.deed).delete(&PromptRecord::at(named.id)).await;
        app.prompts.forget(&named.id.to_owned());
        gone.map_err(|error| conflict(&app, error))?
            .ok_or_else(|| unknown(StatusCode::NOT_FOUND, &name))?;
    } else {
        change(&app, &visit, named.id, |record| {
            let before = record.versions.len();
            record.versions.retain(|version| Some(version.version) != named.version);
            match before == record.versions.len() {
                true => Err(unknown(StatusCode::NOT_FOUND, &name)),
                false => Ok(0),
            }
        })
        .await?;
    }
    Ok(json!({ "message": format!("Prompt {name} deleted successfully") }))
}

/// Adds a version; makes the prompt if there is none and that is wanted.
async fn add(
    app: &App,
    visit: &Visit,
    id: &str,
    draft: Draft,
    makes: bool,
) -> Result<Value, Refused> {
    if app.config.prompts.contains_key(id) {
        return Err(of_the_file("update"));
    }
    let now = app.clock.now();
    let by = visit.actor.name();
    let next = |version: u32| PromptVersion {
        version,
        params: draft.params.clone(),
        info: draft.info.clone(),
        created_at: now,
        created_by: Some(by.clone()),
        updated_at: now,
    };
    if makes && find(app, id).await?.is_none() {
        let stamp = Stamp::new(now, Some(by.clone()));
        let record = PromptRecord { id: id.to_owned(), newest: 1, versions: vec![next(1)], stamp };
        match app.store.prompts().by(&visit.actor.deed).create(&record).await {
            Ok(_) => {
                app.prompts.forget(&id.to_owned());
                return shown(&record, 1);
            }
            // Somebody else was faster: this is the next version then.
            Err(RecordError::Exists) => {}
            Err(error) => return Err(conflict(app, error)),
        }
    }
    change(app, visit, id, |record| {
        let number = record.newest.saturating_add(1);
        record.newest = number;
        record.versions.push(next(number));
        Ok(number)
    })
    .await
}

/// Changes a prompt as it is now; shows the version that the change tells of.
async fn change(
    app: &App,
    visit: &Visit,
    id: &str,
    with: impl Fn(&mut PromptRecord) -> Result<u32, Refused>,
) -> Result<Value, Refused> {
    for _ in 0..TRIES {
        let old = find(app, id).await?.ok_or_else(|| unknown(StatusCode::NOT_FOUND, id))?;
        let mut new = old.clone();
        let number = with(&mut new)?;
        let size: usize =
            new.versions.iter().map(|one| json!([one.params, one.info]).to_string().len()).sum();
        // Taking one away is never refused.
        if number > 0 && (new.versions.len() > MOST || size > MOST_BYTES) {
            let message = format!(
                "A prompt has at most {MOST} versions and {MOST_BYTES} bytes. Delete old versions, such \
                 as DELETE /prompts/{id}.v1."
            );
            return Err(invalid(message, "prompt_id"));
        }
        new.stamp.touch(app.clock.now(), Some(visit.actor.name()));
        let written = app.store.prompts().by(&visit.actor.deed).replace(&old, new.clone()).await;
        app.prompts.forget(&id.to_owned());
        if let Some(record) = written.map_err(|error| conflict(app, error))? {
            return if number == 0 { Ok(Value::Null) } else { shown(&record, number) };
        }
    }
    let message = "Others are changing this prompt at the same time. Try again shortly.";
    Err(Refused::detail(StatusCode::CONFLICT, message))
}

fn shown(record: &PromptRecord, number: u32) -> Result<Value, Refused> {
    let version = record.version(Some(number));
    let version = version.ok_or_else(|| unknown(StatusCode::NOT_FOUND, &record.id))?;
    Ok(view::version(record, version, true))
}

fn conflict(app: &App, error: RecordError) -> Refused {
    match error {
        RecordError::Store(error) => app.store_fault(&error).into(),
        other => Refused::detail(StatusCode::CONFLICT, other.to_string()),
    }
}

// === impl Draft ===

impl Draft {
    fn take(visit: &mut Visit) -> Result<Self, Refused> {
        in_all(visit)?;
        let params = visit.fields.object("litellm_params").value();
        let info = notes(visit.fields.object("prompt_info"))?;
        visit.fields.finish()?;
        let params = checked(params.ok_or_else(|| lacking("litellm_params"))?)?;
        Ok(Self { params, info: info.unwrap_or_default() })
    }
}
