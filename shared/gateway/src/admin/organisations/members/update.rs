//! `PATCH /organization/member_update`.

use std::sync::Arc;

use serde_json::Value;
use sluice_store::{AssociateRecord, RecordError};

use super::{LIMITS, absent, member, role, untouched_admins};
use crate::{
    App,
    admin::{
        door::Visit,
        limits::Limits,
        organisations::{conflict, reached, view},
        reply::Refused,
        users,
    },
};

/// Changes a member's role or limits.
pub(in crate::admin) async fn update(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let fields = &mut visit.fields;
    let id = fields.required("organization_id")?;
    let role = role(fields.text("role"))?;
    let limits = Limits::named(fields, LIMITS)?;
    let (user_id, _) = users::named(&app, fields).await?;
    fields.finish()?;
    reached(&app, &visit.actor, &id).await?;
    member(&app, &id, &user_id).await?;
    untouched_admins(&app, &visit.actor, &user_id).await?;
    let (now, by) = (app.clock.now(), visit.actor.name());
    let (records, place) = (app.store.associates(), AssociateRecord::at(&id, &user_id));
    let changed = records.by(&visit.actor.deed).update(&place, |member| {
        limits.apply(&mut member.allowance);
        member.role = role.unwrap_or(member.role);
        member.stamp.touch(now, Some(by.clone()));
    });
    let changed = changed.await.map_err(|error| match error {
        RecordError::NotFound => absent(&user_id),
        error => conflict(&app, error, &id),
    })?;
    let rows = view::memberships(&app, &[changed]).await?;
    Ok(rows.into_iter().next().unwrap_or_default())
}
