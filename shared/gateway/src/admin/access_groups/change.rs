//! `POST /access_group/new`, `PUT /access_group/{access_group}/update`,
//! `DELETE /access_group/{access_group}/delete`: which added models are in a group.

use std::{collections::BTreeSet, sync::Arc};

use http::StatusCode;
use serde_json::{Value, json};

use super::{members, unknown};
use crate::{
    App,
    admin::{
        body::Given,
        door::Visit,
        models, names,
        reply::{Refused, invalid},
    },
    registry::Registry,
};

/// Who is to be in a group: by the names that callers use, or deployment by deployment.
struct Wanted {
    names: Option<Vec<String>>,
    ids: Option<Vec<String>>,
}

/// Makes a group.
pub(in crate::admin) async fn new(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let group = names::checked(visit.fields.text("access_group"), "access_group")?.value();
    let wanted = Wanted::read(&mut visit)?;
    let group = group
        .filter(|group| !group.trim().is_empty())
        .ok_or_else(|| invalid("access_group is required and cannot be empty", "access_group"))?;
    if !members(&app.registry(), &group).is_empty() {
        let message = format!(
            "Access group '{group}' already exists. Use PUT /access_group/{group}/update to modify it."
        );
        return Err(Refused::detail(StatusCode::CONFLICT, message));
    }
    fill(&app, &visit, &group, wanted).await
}

/// Says anew who is in a group.
pub(in crate::admin) async fn update(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let group = visit.named.clone().unwrap_or_default();
    let wanted = Wanted::read(&mut visit)?;
    if members(&app.registry(), &group).is_empty() {
        return Err(unknown(&group));
    }
    fill(&app, &visit, &group, wanted).await
}

/// Takes everybody out of a group.
pub(in crate::admin) async fn delete(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let group = visit.named.clone().unwrap_or_default();
    let registry = app.registry();
    let ids = added(&registry, &group);
    if ids.is_empty() {
        let configured = !members(&registry, &group).is_empty();
        return Err(if configured { of_the_file(&group) } else { unknown(&group) });
    }
    for id in &ids {
        models::regroup(&app, &visit.actor, id, &group, false).await?;
    }
    Ok(json!({
        "access_group": group,
        "models_updated": ids.len(),
        "message": format!("Access group '{group}' deleted successfully"),
    }))
}

/// Puts the wanted models into a group and takes the others out. All are looked for before the first is
/// changed.
async fn fill(app: &App, visit: &Visit, group: &str, wanted: Wanted) -> Result<Value, Refused> {
    let registry = app.registry();
    let ids = wanted.ids(&registry)?;
    let before = added(&registry, group);
    for id in ids.difference(&before) {
        models::regroup(app, &visit.actor, id, group, true).await?;
    }
    for id in before.difference(&ids) {
        models::regroup(app, &visit.actor, id, group, false).await?;
    }
    Ok(json!({
        "access_group": group,
        "model_names": wanted.names,
        "model_ids": wanted.ids,
        "models_updated": ids.len(),
    }))
}

/// The added deployments of a group.
fn added(registry: &Registry, group: &str) -> BTreeSet<String> {
    let ids = members(registry, group).into_iter().map(|member| member.deployment.id.clone());
    ids.filter(|id| registry.record(id).is_some()).collect()
}

fn of_the_file(group: &str) -> Refused {
    let message =
        format!("Access group '{group}' is defined in config. Edit config.yaml to change it.");
    Refused::detail(StatusCode::BAD_REQUEST, message)
}

// === impl Wanted ===

impl Wanted {
    fn read(visit: &mut Visit) -> Result<Self, Refused> {
        let [names, ids] =
            ["model_names", "model_ids"].map(|name| visit.fields.texts(name)).map(Given::value);
        visit.fields.finish()?;
        let some = |list: Option<Vec<String>>| list.filter(|list| !list.is_empty());
        let wanted = Self { names: some(names), ids: some(ids) };
        if wanted.names.is_none() && wanted.ids.is_none() {
            let message = "Either model_names or model_ids must be provided and non-empty";
            return Err(Refused::detail(StatusCode::BAD_REQUEST, message));
        }
        Ok(wanted)
    }

    /// The ids of the added deployments that are meant; ids go before names.
    fn ids(&self, registry: &Registry) -> Result<BTreeSet<String>, Refused> {
        let refuse = |message: String| Err(Refused::detail(StatusCode::BAD_REQUEST, message));
        if let Some(ids) = &self.ids {
            if let Some(id) = ids.iter().find(|id| registry.record(id).is_none()) {
                return refuse(format!("Deployment with model_id '{id}' not found in Database."));
            }
            return Ok(ids.iter().cloned().collect());
        }
        let mut found = BTreeSet::new();
        for name in self.names.iter().flatten() {
            let named =
                |id: &str| registry.record(id).filter(|one| one.model_name == *name).is_some();
            let ids = registry.all().map(|member| member.deployment.id.as_str());
            let before = found.len();
            found.extend(ids.filter(|id| named(id)).map(str::to_owned));
            if found.len() == before {
                return refuse(format!(
                    "Can't find model '{name}' in Database. Access group management is only supported for \
                     database models."
                ));
            }
        }
        Ok(found)
    }
}
