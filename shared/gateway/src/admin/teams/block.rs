//! `POST /team/block` and `/team/unblock`.

use std::sync::Arc;

use serde_json::Value;

use super::{change, reached, view};
use crate::{
    App,
    admin::{door::Visit, reply::Refused},
};

/// Blocks a team's keys from their next request on.
pub(in crate::admin) async fn block(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    set(&app, visit, true).await
}

/// Lets a blocked team's keys in again.
pub(in crate::admin) async fn unblock(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    set(&app, visit, false).await
}

async fn set(app: &App, mut visit: Visit, blocked: bool) -> Result<Value, Refused> {
    let team_id = visit.fields.required("team_id")?;
    visit.fields.finish()?;
    reached(app, &visit.actor, &team_id).await?;
    let team = change(app, &visit.actor, &team_id, |team| team.blocked = blocked).await?;
    view::whole(app, &team).await
}
