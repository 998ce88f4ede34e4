//! `POST /customer/new` and `/customer/update`.

use std::sync::Arc;

use serde_json::Value;
use sluice_store::{CustomerRecord, Stamp};

use super::{changed, conflict, draft::Draft, view};
use crate::{
    App,
    admin::{
        body::{Given, lacking},
        door::Visit,
        names,
        reply::Refused,
    },
};

/// Makes a customer.
pub(in crate::admin) async fn new(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let id = Given::Value(visit.fields.required("user_id")?);
    let id = names::checked(id, "user_id")?.value().ok_or_else(|| lacking("user_id"))?;
    let draft = Draft::whole(&app, &mut visit.fields).await?;
    let stamp = Stamp::new(app.clock.now(), Some(visit.actor.name()));
    let mut customer = CustomerRecord::new(&id, stamp);
    draft.apply(&mut customer);
    let made = app.store.customers().by(&visit.actor.deed).create(&customer).await;
    let made = made.map_err(|error| conflict(&app, error, &id))?;
    view::row(&app, &made).await
}

/// Changes a customer, from the next call for them on.
pub(in crate::admin) async fn update(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let id = visit.fields.required("user_id")?;
    let draft = Draft::whole(&app, &mut visit.fields).await?;
    let customer = changed(&app, &id, &visit.actor, |customer| draft.apply(customer)).await?;
    view::row(&app, &customer).await
}
