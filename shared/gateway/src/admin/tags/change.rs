//! `POST /tag/new` and `/tag/update`.

use std::sync::Arc;

use serde_json::{Value, json};
use sluice_store::{Stamp, TagRecord};

use super::{
    conflict,
    draft::{self, Draft},
    view,
};
use crate::{
    App,
    admin::{door::Visit, reply::Refused},
};

/// Makes a tag's record: its limits hold from the next call under it on.
pub(in crate::admin) async fn new(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let name = draft::name(&mut visit.fields)?;
    let draft = Draft::whole(&app, &mut visit.fields).await?;
    let mut tag = TagRecord::new(&name, Stamp::new(app.clock.now(), Some(visit.actor.name())));
    draft.apply(&mut tag);
    let made = app.store.tags().by(&visit.actor.deed).create(&tag).await;
    let made = made.map_err(|error| conflict(&app, error, &name))?;
    told(&app, &made, "created").await
}

/// Changes it.
pub(in crate::admin) async fn update(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let name = visit.fields.required("name")?;
    let draft = Draft::whole(&app, &mut visit.fields).await?;
    let (now, by) = (app.clock.now(), visit.actor.name());
    let (records, place) = (app.store.tags(), TagRecord::at(&name));
    let changed = records.by(&visit.actor.deed).update(&place, |tag| {
        draft.apply(tag);
        tag.stamp.touch(now, Some(by.clone()));
    });
    let changed = changed.await.map_err(|error| conflict(&app, error, &name))?;
    told(&app, &changed, "updated").await
}

async fn told(app: &App, tag: &TagRecord, done: &str) -> Result<Value, Refused> {
    let row = view::row(app, tag).await?;
    Ok(json!({ "message": format!("Tag {} {done} successfully", tag.name), "tag": row }))
}
