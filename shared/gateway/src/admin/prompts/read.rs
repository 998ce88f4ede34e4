//! `GET /prompts/list`, `/prompts/{prompt_id}`, `/prompts/{prompt_id}/info` and
//! `/prompts/{prompt_id}/versions`.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};
use sluice_store::PromptRecord;

use super::{in_all, view};
use crate::{
    App,
    admin::{door::Visit, reply::Refused},
    prompts::{Card, Named},
};

/// The newest version of each: of all that there are, or of those that the caller's key names.
pub(in crate::admin) async fn list(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    in_all(&visit)?;
    let caller = &visit.actor.caller;
    let of_team = caller.people.team.as_ref().map(|team| team.prompts.as_slice());
    let lists = [Some(caller.record.prompts.as_slice()), of_team];
    let lists: Vec<&[String]> =
        lists.into_iter().flatten().filter(|list| !list.is_empty()).collect();
    // Whoever does not see all sees what somebody gave them by its name, as at LiteLLM.
    let sees_all = visit.actor.reaches_all();
    let shown = |id: &str| {
        let named = |list: &&[String]| list.iter().any(|name| Named::read(name).id == id);
        (sees_all || !lists.is_empty()) && lists.iter().all(named)
    };
    let records = app.store.prompts().all().await.map_err(|error| app.store_fault(&error))?;
    let own = app.config.prompts.values().filter(|prompt| shown(&prompt.id));
    let kept = records
        .iter()
        .filter(|record| shown(&record.id) && !app.config.prompts.contains_key(&record.id));
    let kept = kept.filter_map(|record| Some(view::version(record, record.version(None)?, false)));
    let rows: Vec<Value> = own.map(view::configured).chain(kept).collect();
    Ok(json!({ "prompts": rows }))
}

/// One version with its template, the newest unless the name says which.
pub(in crate::admin) async fn info(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    in_all(&visit)?;
    let name = visit.named.unwrap_or_default();
    let named = Named::read(&name);
    // LiteLLM's words, and its status.
    let missing = || Refused::detail(StatusCode::BAD_REQUEST, format!("Prompt {name} not found"));
    if let Some(own) = app.config.prompts.get(named.id) {
        let spec = view::configured(own);
        return match named.version {
            None | Some(1) => Ok(view::whole(&spec, named.id, Some(&own.card))),
            Some(_) => Err(missing()),
        };
    }
    let record = find(&app, named.id).await?.ok_or_else(missing)?;
    let version = record.version(named.version).ok_or_else(missing)?;
    let card = Card::read(&version.params).ok();
    Ok(view::whole(&view::version(&record, version, false), named.id, card.as_ref()))
}

/// All versions, the newest first.
pub(in crate::admin) async fn versions(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    in_all(&visit)?;
    let name = visit.named.unwrap_or_default();
    let named = Named::read(&name);
    let rows: Vec<Value> = match (app.config.prompts.get(named.id), find(&app, named.id).await?) {
        (Some(own), _) => vec![view::configured(own)],
        (None, Some(record)) => {
            let versions = record.versions.iter().rev();
            versions.map(|version| view::version(&record, version, false)).collect()
        }
        (None, None) => {
            let message = format!("No versions found for prompt ID {}", named.id);
            return Err(Refused::detail(StatusCode::NOT_FOUND, message));
        }
    };
    Ok(json!({ "prompts": rows }))
}

pub(super) async fn find(app: &App, id: &str) -> Result<Option<PromptRecord>, Refused> {
    let found = app.store.prompts().get(&PromptRecord::at(id)).await;
    Ok(found.map_err(|error| app.store_fault(&error))?)
}
