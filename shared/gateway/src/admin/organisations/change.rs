//! `POST /organization/new` and `PATCH /organization/update`.

use std::sync::Arc;

use serde_json::Value;
use sluice_store::{OrganisationRecord, Stamp};

use super::{conflict, draft::Draft, reached, view};
use crate::{
    App,
    admin::{
        access::forbidden,
        body::{Given, lacking},
        door::Visit,
        names,
        reply::Refused,
    },
};

/// Makes an organisation.
pub(in crate::admin) async fn new(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let fields = &mut visit.fields;
    let alias = Given::Value(fields.required("organization_alias")?);
    let alias = names::checked(alias, "organization_alias")?.value();
    let alias = alias.ok_or_else(|| lacking("organization_alias"))?;
    let id = names::id(&app, fields.text("organization_id"), "organization_id")?;
    let draft = Draft::take(&app, fields).await?;
    let stamp = Stamp::new(app.clock.now(), Some(visit.actor.name()));
    let mut record = OrganisationRecord::new(&id, &alias, stamp);
    draft.apply(&mut record);
    let made = app.store.organisations().by(&visit.actor.deed).create(&record).await;
    view::row(&app, &made.map_err(|error| conflict(&app, error, &id))?).await
}

/// Changes an organisation, from the next call of its keys on. Its admins change what gives it no more
/// than it has: its name and its metadata.
pub(in crate::admin) async fn update(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let id = visit.fields.required("organization_id")?;
    let draft = Draft::take(&app, &mut visit.fields).await?;
    reached(&app, &visit.actor, &id).await?;
    if !visit.actor.reaches_all() && !draft.is_harmless() {
        let message = "Org admins may change organization_alias and metadata alone.";
        return Err(forbidden(message, "organization_id"));
    }
    let (now, by) = (app.clock.now(), visit.actor.name());
    let (records, place) = (app.store.organisations(), OrganisationRecord::at(&id));
    let changed = records.by(&visit.actor.deed).update(&place, |record| {
        draft.apply(record);
        record.stamp.touch(now, Some(by.clone()));
    });
    let changed = changed.await.map_err(|error| conflict(&app, error, &id))?;
    view::whole(&app, &changed).await
}
