//! `POST /team/model/add` and `/team/model/delete`.

use std::sync::Arc;

use serde_json::Value;
use sluice_store::TeamRecord;

use super::{change, view};
use crate::{
    App,
    admin::{
        body::lacking,
        door::Visit,
        reply::{Refused, invalid},
    },
};

/// Adds models to a team's list. A team without a list may use all of them, and still may.
pub(in crate::admin) async fn add(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    edit(&app, visit, |team, models| {
        if team.models.is_empty() {
            return;
        }
        for model in models {
            if !team.models.contains(model) {
                team.models.push(model.clone());
            }
        }
    })
    .await
}

/// Takes models off a team's list. The last one stays: a list that is empty admits everything.
pub(in crate::admin) async fn delete(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    edit(&app, visit, |team, models| {
        let left: Vec<String> =
            team.models.iter().filter(|model| !models.contains(model)).cloned().collect();
        if !left.is_empty() {
            team.models = left;
        }
    })
    .await
}

async fn edit(
    app: &App,
    mut visit: Visit,
    edit: fn(&mut TeamRecord, &[String]),
) -> Result<Value, Refused> {
    let team_id = visit.fields.required("team_id")?;
    let models = visit.fields.texts("models").value().unwrap_or_default();
    visit.fields.finish()?;
    if models.is_empty() {
        return Err(lacking("models"));
    }
    let before = super::reached(app, &visit.actor, &team_id).await?;
    let mut wanted = before.clone();
    edit(&mut wanted, &models);
    super::place(app, &visit.actor, &wanted).await?;
    let team = change(app, &visit.actor, &team_id, |team| edit(team, &models)).await?;
    let emptied = before.models == team.models
        && !team.models.is_empty()
        && team.models.iter().all(|model| models.contains(model))
        && visit.actor.route() == "/team/model/delete";
    if emptied {
        let message = "A team's last model stays: a list that is empty would admit every model. Use \
                       no-default-models for a team that may use none.";
        return Err(invalid(message, "models"));
    }
    view::whole(app, &team).await
}
