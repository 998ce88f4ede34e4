//! `/tag/*`: the words that calls are booked under, and what may be used under each.

mod change;
mod delete;
mod draft;
mod read;
mod view;

pub(super) use change::{new, update};
pub(super) use delete::delete;
pub(super) use read::{info, list};

use sluice_store::RecordError;

use super::reply::{Refused, invalid, missing};
use crate::App;

fn unknown(name: &str) -> Refused {
    missing(format!("Tag {name} not found"), "name")
}

/// What a refused write means to the caller.
fn conflict(app: &App, error: RecordError, name: &str) -> Refused {
    match error {
        RecordError::Exists | RecordError::Taken(_) => {
            invalid(format!("Tag {name} already exists"), "name")
        }
        RecordError::NotFound => unknown(name),
        RecordError::Store(error) => app.store_fault(&error).into(),
    }
}
