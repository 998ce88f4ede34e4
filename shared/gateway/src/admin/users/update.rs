//! `POST /user/update`: a merge; what is not in the body stays.

use std::sync::Arc;

use serde_json::{Value, json};
use sluice_store::UserRecord;

use super::{by_email, conflict, draft::Draft, find, unknown, view};
use crate::{
    App,
    admin::{
        access::{Actor, forbidden},
        body::{Fields, Given},
        door::Visit,
        reply::{Refused, invalid},
    },
};

/// Changes a user, from the next call of their keys on. Of themselves people change what limits
/// nothing: their name and their metadata.
pub(in crate::admin) async fn update(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let Visit { actor, fields, .. } = visit;
    change(&app, &actor, fields).await
}

/// Changes the user that the fields name.
pub(super) async fn change(app: &App, actor: &Actor, mut fields: Fields) -> Result<Value, Refused> {
    let now = app.clock.now();
    let named = fields.text("user_id").value().filter(|id| !id.is_empty());
    let mut draft = Draft::take(app, &mut fields)?;
    fields.finish()?;
    let user_id = match (named, &draft.email) {
        (Some(user_id), _) => user_id,
        // An address without an id says who is meant, not what is to change.
        (None, Given::Value(email)) => {
            let user = by_email(app, email).await?.ok_or_else(|| unknown(email))?;
            draft.email = Given::Absent;
            user.user_id
        }
        (None, _) => return Err(invalid("Give `user_id` or `user_email`.", "user_id")),
    };
    if !actor.reaches_all() && !actor.is_self(&user_id) {
        return Err(forbidden("You are not allowed to change another user.", "user_id"));
    }
    if !actor.reaches_all() && !draft.is_personal() {
        let message = "Users may change their own user_alias and metadata alone.";
        return Err(forbidden(message, "user_id"));
    }
    let by = actor.name();
    let (records, place) = (app.store.users(), UserRecord::at(&user_id));
    let changed = records.by(&actor.deed).update(&place, |record| {
        draft.apply(record);
        record.stamp.touch(now, Some(by.clone()));
    });
    changed.await.map_err(|error| conflict(app, error, &user_id))?;
    let record = find(app, &user_id).await?;
    let teams = view::teams_of(app, &user_id).await?;
    Ok(json!({ "user_id": user_id, "data": view::row(app, &record, &teams).await? }))
}
