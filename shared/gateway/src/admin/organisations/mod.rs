//! `/organization/*`.

mod change;
mod delete;
mod draft;
mod members;
mod read;
mod scope;
mod view;

pub(super) use change::{new, update};
pub(super) use delete::delete;
pub(super) use draft::Draft;
pub(super) use members::{
    add as member_add, delete as member_delete, join, update as member_update,
};
pub(super) use read::{info, list, many};
pub(super) use scope::{Bounds, bounds};

use http::StatusCode;
use sluice_store::{OrganisationRecord, RecordError};

use super::{
    access::{Actor, forbidden},
    reply::{Refused, invalid},
};
use crate::App;

/// The record of an organisation.
pub(super) async fn find(app: &App, id: &str) -> Result<OrganisationRecord, Refused> {
    let organisation = app.store.organisations().get(&OrganisationRecord::at(id)).await;
    organisation.map_err(|error| app.store_fault(&error))?.ok_or_else(|| unknown(id))
}

/// The record of an organisation that the caller's route reaches into.
async fn reached(app: &App, actor: &Actor, id: &str) -> Result<OrganisationRecord, Refused> {
    // Whether there is such an organisation is not theirs to know.
    if actor.leads(id) { find(app, id).await } else { Err(stranger()) }
}

/// It is none of theirs.
pub(super) fn stranger() -> Refused {
    forbidden("You do not have access to this organization", "organization_id")
}

fn unknown(id: &str) -> Refused {
    let message = format!("Organization not found for organization_id={id}");
    Refused::detail(StatusCode::NOT_FOUND, message)
}

/// What a refused write means to the caller.
fn conflict(app: &App, error: RecordError, id: &str) -> Refused {
    match error {
        RecordError::Exists | RecordError::Taken(_) => {
            let message = format!("Organization already exists, passed organization_id={id}");
            invalid(message, "organization_id")
        }
        RecordError::NotFound => unknown(id),
        RecordError::Store(error) => app.store_fault(&error).into(),
    }
}
