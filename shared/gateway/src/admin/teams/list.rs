//! `GET /team/list`.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use serde_json::{Value, json};
use sluice_store::{KeyRecord, TeamRecord};

use super::view;
use crate::{
    App,
    admin::{access::forbidden, door::Visit, keys, page::Page, reply::Refused},
};

/// Lists teams, newest first: all of them, or a user's.
pub(in crate::admin) async fn list(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let teams = visible(&app, &visit).await?;
    let mut held: HashMap<String, Vec<KeyRecord>> = HashMap::new();
    for key in app.store.keys().list().await.map_err(|error| app.store_fault(&error))? {
        if let Some(team) = &key.team_id {
            held.entry(team.clone()).or_default().push(key);
        }
    }
    let mut rows = Vec::new();
    for team in &teams {
        let members = view::members_of(&app, &team.team_id).await?;
        let mut row = view::row(&app, team, &members).await?;
        let memberships = view::memberships(&app, team, &members).await?;
        let held = held.remove(&team.team_id).unwrap_or_default();
        if let Some(fields) = row.as_object_mut() {
            fields.insert("team_memberships".to_owned(), json!(memberships));
            fields.insert("keys".to_owned(), json!(keys::rows(&app, &held).await?));
        }
        rows.push(row);
    }
    Ok(Value::Array(rows))
}

/// Lists teams, newest first, page by page, without their keys.
pub(in crate::admin) async fn pages(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let page = Page::asked(&visit, "page_size", 10)?;
    let mut teams = visible(&app, &visit).await?;
    let has = |alias: &Option<String>, part: &str| {
        alias.as_ref().is_some_and(|alias| alias.to_lowercase().contains(&part.to_lowercase()))
    };
    teams.retain(|team| {
        visit.asked("team_id").is_none_or(|id| team.team_id == id)
            && visit.asked("team_alias").is_none_or(|part| has(&team.alias, part))
            && visit
                .asked("search")
                .is_none_or(|part| team.team_id == part || has(&team.alias, part))
    });
    let total = teams.len();
    let mut rows = Vec::new();
    for team in page.of(teams) {
        rows.push(view::whole(&app, &team).await?);
    }
    Ok(page.told("teams", &rows, total))
}

/// The teams that the caller may see, or a user's of them.
async fn visible(app: &App, visit: &Visit) -> Result<Vec<TeamRecord>, Refused> {
    let user = visit.asked("user_id");
    if !visit.actor.reaches_all() && user.is_some_and(|user| !visit.actor.is_self(user)) {
        return Err(forbidden("You are not allowed to list another user's teams.", "user_id"));
    }
    let user =
        user.or_else(|| if visit.actor.reaches_all() { None } else { visit.actor.user_id() });
    let mut teams = app.store.teams().all().await.map_err(|error| app.store_fault(&error))?;
    if user.is_some() || !visit.actor.reaches_all() {
        let members = app.store.members().of_user(user.unwrap_or_default()).await;
        let members = members.map_err(|error| app.store_fault(&error))?;
        let ids: HashSet<String> = members.into_iter().map(|member| member.team_id).collect();
        // Who leads an organisation sees its teams; of a user's only those where a user is asked for.
        let asked = visit.asked("user_id").is_some();
        teams.retain(|team| {
            ids.contains(&team.team_id) || (!asked && visit.actor.leads_above(team))
        });
    }
    if let Some(organisation) = visit.asked("organization_id") {
        teams.retain(|team| team.organization_id.as_deref() == Some(organisation));
    }
    Ok(teams)
}
