//! `/customer/*`, or `/end_user/*`: those for whom callers call.

mod block;
mod change;
mod delete;
mod draft;
mod read;
mod view;

pub(super) use block::{block, unblock};
pub(super) use change::{new, update};
pub(super) use delete::delete;
pub(super) use draft::Draft;
pub(super) use read::{info, list};

use sluice_store::{CustomerRecord, RecordError};

use super::{
    access::Actor,
    reply::{Refused, invalid, missing},
};
use crate::App;

/// The record of a customer.
async fn find(app: &App, id: &str) -> Result<CustomerRecord, Refused> {
    let customer = app.store.customers().get(&CustomerRecord::at(id)).await;
    customer.map_err(|error| app.store_fault(&error))?.ok_or_else(|| unknown(id))
}

fn unknown(id: &str) -> Refused {
    missing(format!("End User Id={id} does not exist in db"), "end_user_id")
}

/// What a refused write means to the caller.
fn conflict(app: &App, error: RecordError, id: &str) -> Refused {
    match error {
        RecordError::Exists | RecordError::Taken(_) => {
            invalid(format!("Customer already exists, passed user_id={id}"), "user_id")
        }
        RecordError::NotFound => unknown(id),
        RecordError::Store(error) => app.store_fault(&error).into(),
    }
}

/// Changes a customer's record.
async fn changed(
    app: &App,
    id: &str,
    actor: &Actor,
    change: impl Fn(&mut CustomerRecord),
) -> Result<CustomerRecord, Refused> {
    let (now, by) = (app.clock.now(), actor.name());
    let (records, place) = (app.store.customers(), CustomerRecord::at(id));
    let changed = records.by(&actor.deed).update(&place, |customer| {
        change(customer);
        customer.stamp.touch(now, Some(by.clone()));
    });
    changed.await.map_err(|error| conflict(app, error, id))
}
