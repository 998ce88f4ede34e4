//! `POST /user/new`.

use std::sync::Arc;

use serde_json::Value;
use sluice_store::{KeyRecord, MemberRecord, MemberRole, Stamp, UserRecord};

use super::{conflict, draft::Draft, view};
use crate::{
    App,
    admin::{
        door::Visit,
        keys, names,
        reply::{Refused, invalid},
        teams,
    },
};

/// Makes a user, and a key of theirs unless `auto_create_key` says no.
pub(in crate::admin) async fn new(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let now = app.clock.now();
    let by = Some(visit.actor.name());
    let fields = &mut visit.fields;
    let draft = Draft::take(fields)?;
    let user_id = names::id(&app, fields.text("user_id"), "user_id")?;
    let joined = fields.texts("teams").value().unwrap_or_default();
    let with_key = fields.flag("auto_create_key").value().unwrap_or(true);
    let key = keys::Draft::of_user(fields, now)?;
    fields.finish()?;
    if !with_key && key.says_something() {
        return Err(invalid("key_alias, duration and aliases are of a key", "auto_create_key"));
    }
    for team in &joined {
        teams::find(&app, team).await?;
    }
    let mut record = UserRecord::new(&user_id, Stamp::new(now, by.clone()));
    draft.apply(&mut record);
    let made = app.store.users().by(&visit.actor.deed).create(&record).await;
    made.map_err(|error| conflict(&app, error, &user_id))?;

    let member = |team: &String| {
        MemberRecord::new(team, &user_id, MemberRole::User, Stamp::new(now, by.clone()))
    };
    let members: Vec<MemberRecord> = joined.iter().map(member).collect();
    let made = app.store.members().by(&visit.actor.deed).create_all(&members).await;
    made.map_err(|error| teams::conflict(&app, error))?;

    let mut answer = view::row(&app, &record, &joined).await?;
    let mut plaintext = String::new();
    if with_key {
        plaintext = keys::fresh(&app)?;
        let mut own = KeyRecord::new(&plaintext, now);
        key.apply(&mut own);
        own.user_id = Some(user_id);
        own.created_by = by;
        let made = app.store.keys().by(&visit.actor.deed).create(&own).await;
        made.map_err(|error| keys::conflict(&app, error))?;
        // What the two have in common is the user's.
        let mut of_key = keys::generated(&app, &own, &plaintext);
        if let (Some(fields), Some(own)) = (of_key.as_object_mut(), answer.as_object_mut()) {
            fields.append(own);
        }
        answer = of_key;
    }
    if let Some(fields) = answer.as_object_mut() {
        fields.insert("key".to_owned(), plaintext.into());
    }
    Ok(answer)
}
