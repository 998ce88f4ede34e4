//! `POST /team/new`.

use std::sync::Arc;

use http::StatusCode;
use serde_json::Value;
use sluice_store::{RecordError, Stamp, TeamRecord};

use super::{
    conflict,
    draft::Draft,
    members::{self, Joiner},
    place, view,
};
use crate::{
    App,
    admin::{door::Visit, names, reply::Refused},
};

/// Makes a team with its first members. Whoever makes it is one of them, as its admin.
pub(in crate::admin) async fn new(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let now = app.clock.now();
    let by = Some(visit.actor.name());
    let draft = Draft::take(&app, &mut visit.fields)?;
    let team_id = names::id(&app, visit.fields.text("team_id"), "team_id")?;
    let named = visit.fields.objects("members_with_roles").value().unwrap_or_default();
    visit.fields.finish()?;
    let mut joiners = members::read(named, "members_with_roles")?;
    if let Some(own) = visit.actor.user_id()
        && !joiners.iter().any(|joiner| joiner.is(own))
    {
        joiners.push(Joiner::admin(own));
    }
    let mut record = TeamRecord::new(&team_id, Stamp::new(now, by));
    draft.apply(&mut record);
    place(&app, &visit.actor, &record).await?;
    let joiners = members::resolved(&app, &joiners).await?;
    app.store.teams().by(&visit.actor.deed).create(&record).await.map_err(|error| match error {
        RecordError::Exists => Refused::detail(
            StatusCode::BAD_REQUEST,
            format!("Team id = {team_id} already exists. Please use a different team id."),
        ),
        error => conflict(&app, error),
    })?;
    members::join(&app, &visit.actor, &record, &joiners, &|_| {}).await?;
    view::whole(&app, &record).await
}
