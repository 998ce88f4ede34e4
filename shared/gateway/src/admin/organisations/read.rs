//! `/organization/info` and `/organization/list`.

use std::sync::Arc;

use http::StatusCode;
use serde_json::Value;
use sluice_store::OrganisationRecord;

use super::{reached, stranger, view};
use crate::{
    App,
    admin::{door::Visit, reply::Refused},
};

/// Tells of an organisation, its teams and its members.
pub(in crate::admin) async fn info(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let id = visit.required("organization_id")?;
    view::whole(&app, &reached(&app, &visit.actor, id).await?).await
}

/// Tells of some organisations; without those that there are not.
pub(in crate::admin) async fn many(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let ids = visit.fields.texts("organizations").value().unwrap_or_default();
    visit.fields.finish()?;
    if ids.is_empty() {
        let message = "Specify list of organization id's to query. Passed in=[]";
        return Err(Refused::detail(StatusCode::BAD_REQUEST, message));
    }
    if !ids.iter().all(|id| visit.actor.leads(id)) {
        return Err(stranger());
    }
    let places: Vec<_> = ids.iter().map(|id| OrganisationRecord::at(id)).collect();
    let found = app.store.organisations().get_all(&places).await;
    let mut found = found.map_err(|error| app.store_fault(&error))?;
    found.sort_by_key(|found| ids.iter().position(|id| *id == found.organization_id));
    Ok(Value::Array(view::rows(&app, &found).await?))
}

/// Lists organisations, newest first: all, or those that the caller belongs to.
pub(in crate::admin) async fn list(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let actor = &visit.actor;
    let found = app.store.organisations().all().await;
    let mut found = found.map_err(|error| app.store_fault(&error))?;
    let part = visit.asked("org_alias").map(str::to_lowercase);
    found.retain(|found| {
        let id = found.organization_id.as_str();
        (actor.reaches_all() || actor.reached_organisations().any(|own| own == id))
            && visit.asked("org_id").is_none_or(|asked| asked == id)
            && part.as_ref().is_none_or(|part| found.alias.to_lowercase().contains(part.as_str()))
    });
    let mut rows = Vec::with_capacity(found.len());
    for found in &found {
        // Whoever only belongs to it sees what it is, and not who else does.
        let whole = actor.leads(&found.organization_id);
        rows.push(match whole {
            true => view::whole(&app, found).await?,
            false => view::row(&app, found).await?,
        });
    }
    Ok(Value::Array(rows))
}
