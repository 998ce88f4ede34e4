//! `POST /team/member_add`.

use std::sync::Arc;

use serde_json::{Value, json};
use sluice_store::{MemberRecord, UserRecord};

use super::{LIMITS, join, read, resolved};
use crate::{
    App,
    admin::{
        body::lacking,
        door::Visit,
        limits::Limits,
        reply::{Refused, invalid},
        teams::{reached, view},
        users,
    },
    corridor::within,
};

/// Makes somebody a member, or many at once.
pub(in crate::admin) async fn add(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let team_id = visit.fields.required("team_id")?;
    let named = visit.fields.objects("member").value().unwrap_or_default();
    let models = visit.fields.texts("allowed_models").value().unwrap_or_default();
    let limits = Limits::named(&mut visit.fields, LIMITS)?;
    visit.fields.finish()?;
    if named.is_empty() {
        return Err(lacking("member"));
    }
    let team = reached(&app, &visit.actor, &team_id).await?;
    if !models.is_empty()
        && !within(
            &app.registry().seen_by(Some(&team_id)),
            &models,
            &team.models,
            Some(&team.models),
        )
    {
        let message = "allowed_models: a member cannot be given models that the team has not.";
        return Err(invalid(message, "allowed_models"));
    }
    let joiners = resolved(&app, &read(named, "member")?).await?;
    let narrow = |member: &mut MemberRecord| {
        member.models.clone_from(&models);
        limits.apply(&mut member.allowance);
    };
    let joined = join(&app, &visit.actor, &team, &joiners, &narrow).await?;
    let mut row = view::whole(&app, &team).await?;
    // The first hundred: whoever adds thousands does not read them one by one.
    let places: Vec<_> =
        joined.iter().take(100).map(|member| UserRecord::at(&member.user_id)).collect();
    let known =
        app.store.users().get_all(&places).await.map_err(|error| app.store_fault(&error))?;
    let known: Vec<_> = known.into_iter().map(|user| (user, vec![team_id.clone()])).collect();
    let updated = users::rows(&app, &known).await?;
    let memberships = view::memberships(&app, &team, &joined).await?;
    if let Some(fields) = row.as_object_mut() {
        fields.insert("updated_users".to_owned(), json!(updated));
        fields.insert("updated_team_memberships".to_owned(), json!(memberships));
    }
    Ok(row)
}
