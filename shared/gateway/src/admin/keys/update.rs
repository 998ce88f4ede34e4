//! `POST /key/update`: a merge; what is not in the body stays.

use std::sync::Arc;

use serde_json::{Value, json};
use sluice_store::{KeyRecord, KeyRole};

use super::{draft::Draft, generate::conflict, naming, rights, view};
use crate::{
    App,
    admin::{
        access::{Actor, forbidden},
        body::Fields,
        door::Visit,
        reply::{Refused, invalid},
    },
};

/// Changes a key, from its next request on.
pub(in crate::admin) async fn update(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let Visit { actor, fields, .. } = visit;
    let (named, record) = change(&app, &actor, fields).await?;
    let mut row = view::row(&app, &record).await?;
    if let Some(fields) = row.as_object_mut() {
        fields.insert("key".to_owned(), json!(named));
    }
    Ok(row)
}

/// Changes the key that the fields name.
pub(super) async fn change(
    app: &App,
    actor: &Actor,
    mut fields: Fields,
) -> Result<(String, KeyRecord), Refused> {
    let named = fields.text("key").value();
    let now = app.clock.now();
    let draft = Draft::take(app, &mut fields)?;
    fields.finish()?;
    let Some(named) = named else {
        return Err(invalid("Missing required parameter: 'key'.", "key"));
    };
    let record = naming::find(app, &named).await?;
    if record.role == KeyRole::Admin {
        return Err(forbidden("The master key is not changed through the API.", "key"));
    }
    rights::reach(app, actor, &record).await?;
    let mut wanted = record.clone();
    draft.apply(&mut wanted);
    rights::vet(app, actor, &wanted).await?;
    rights::stays(actor, &record, &wanted)?;
    let records = app.store.keys();
    let changed = records.by(&actor.deed).update(&record.hash, |record| {
        draft.apply(record);
        record.updated_at = now;
        record.updated_by = Some(actor.name());
    });
    let record = changed.await.map_err(|error| conflict(app, error))?;
    app.forget_key(&record.hash);
    Ok((named, record))
}
