//! `POST /team/update`: a merge; what is not in the body stays.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{change, draft::Draft, place, reached, view};
use crate::{
    App,
    admin::{access::forbidden, door::Visit, reply::Refused},
};

/// Changes a team, from the next call of its keys on. Its admins change what gives it no more than it
/// has: its name, its metadata, what its members are permitted. Admins of its organisation change the rest,
/// within what the organisation has.
pub(in crate::admin) async fn update(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let team_id = visit.fields.required("team_id")?;
    let draft = Draft::take(&app, &mut visit.fields)?;
    visit.fields.finish()?;
    let mut team = reached(&app, &visit.actor, &team_id).await?;
    let leads = visit.actor.reaches_all() || visit.actor.leads_above(&team);
    if !leads && !draft.is_harmless() {
        let message =
            "Team admins may change team_alias, metadata and team_member_permissions alone.";
        return Err(forbidden(message, "team_id"));
    }
    draft.apply(&mut team);
    if !draft.is_harmless() {
        place(&app, &visit.actor, &team).await?;
    }
    let team = change(&app, &visit.actor, &team_id, |team| draft.apply(team)).await?;
    let row = view::whole(&app, &team).await?;
    Ok(json!({ "team_id": team_id, "data": row }))
}
