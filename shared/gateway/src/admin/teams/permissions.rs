//! `GET /team/permissions_list` and `POST /team/permissions_update`: what members who are no admins may
//! do with the team's keys.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{change, draft, reached, view};
use crate::{
    App,
    admin::{
        body::lacking,
        door::Visit,
        reply::Refused,
        roles::{InTeam, RULES},
    },
};

/// What every member may do, whatever their team says.
const ALWAYS: [&str; 2] = ["/key/info", "/key/health"];

/// Tells what they may do, and what a team may permit.
pub(in crate::admin) async fn list(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let team_id = visit.required("team_id")?;
    let team = reached(&app, &visit.actor, team_id).await?;
    let permitted: Vec<&str> = match team.member_permissions.as_slice() {
        [] => ALWAYS.to_vec(),
        routes => routes.iter().map(String::as_str).collect(),
    };
    let mut open: Vec<&str> = ALWAYS.to_vec();
    for rule in RULES.iter().filter(|rule| rule.team_member == InTeam::Permitted) {
        if !open.contains(&rule.path) {
            open.push(rule.path);
        }
    }
    Ok(json!({
        "team_id": team_id,
        "team_member_permissions": permitted,
        "all_available_permissions": open,
    }))
}

/// Says what they may do, from the next call on.
pub(in crate::admin) async fn update(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let team_id = visit.fields.required("team_id")?;
    let given = visit.fields.texts("team_member_permissions");
    visit.fields.finish()?;
    let given = draft::permissions(given)?;
    if !given.is_given() {
        return Err(lacking("team_member_permissions"));
    }
    reached(&app, &visit.actor, &team_id).await?;
    let team = change(&app, &visit.actor, &team_id, |team| {
        given.set(&mut team.member_permissions);
    });
    view::whole(&app, &team.await?).await
}
