//! `POST /team/member_update`.

use std::sync::Arc;

use serde_json::Value;
use sluice_store::{MemberRecord, RecordError};

use super::{LIMITS, delete::absent, joiner::role};
use crate::{
    App,
    admin::{
        door::Visit,
        limits::Limits,
        reply::{Refused, invalid},
        teams::{conflict, reached, view},
        users,
    },
    corridor::within,
};

/// Changes a member's role, models or limits.
pub(in crate::admin) async fn update(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let team_id = visit.fields.required("team_id")?;
    let role = role(visit.fields.text("role"))?;
    let models = visit.fields.texts("allowed_models");
    let limits = Limits::named(&mut visit.fields, LIMITS)?.increased(&mut visit.fields)?;
    let (user_id, email) = users::named(&app, &mut visit.fields).await?;
    visit.fields.finish()?;
    let team = reached(&app, &visit.actor, &team_id).await?;
    if let crate::admin::body::Given::Value(models) = &models
        && !models.is_empty()
        && !within(
            &app.registry().seen_by(Some(&team_id)),
            models,
            &team.models,
            Some(&team.models),
        )
    {
        let message = "allowed_models: a member cannot be given models that the team has not.";
        return Err(invalid(message, "allowed_models"));
    }
    let (now, by) = (app.clock.now(), visit.actor.name());
    let place = MemberRecord::at(&team_id, &user_id);
    let records = app.store.members();
    let changed = records.by(&visit.actor.deed).update(&place, |member| {
        models.set(&mut member.models);
        limits.apply(&mut member.allowance);
        member.role = role.unwrap_or(member.role);
        member.stamp.touch(now, Some(by.clone()));
    });
    let member = changed.await.map_err(|error| match error {
        RecordError::NotFound => absent(&user_id, &team_id),
        error => conflict(&app, error),
    })?;
    let rows = view::memberships(&app, &team, std::slice::from_ref(&member)).await?;
    let mut row = rows.into_iter().next().unwrap_or_default();
    if let Some(fields) = row.as_object_mut() {
        fields.insert("user_email".to_owned(), email.into());
    }
    Ok(row)
}
