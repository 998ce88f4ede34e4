//! `/user/*`.

mod bulk;
mod delete;
mod draft;
mod info;
mod list;
mod new;
mod roles;
mod update;
mod view;

pub(super) use bulk::update as bulk_update;
pub(super) use delete::delete;
pub(super) use draft::Draft;
pub(super) use info::{flat, info};
pub(super) use list::list;
pub(super) use new::new;
pub(super) use roles::roles;
pub(super) use update::update;
pub(super) use view::rows;

use http::StatusCode;
use sluice_store::{RecordError, UserRecord};

use super::{
    body::Fields,
    reply::{Refused, invalid},
};
use crate::App;

/// The record of a user.
pub(super) async fn find(app: &App, user_id: &str) -> Result<UserRecord, Refused> {
    let user = app.store.users().get(&UserRecord::at(user_id)).await;
    user.map_err(|error| app.store_fault(&error))?.ok_or_else(|| unknown(user_id))
}

/// The record of a user by their address.
pub(super) async fn by_email(app: &App, email: &str) -> Result<Option<UserRecord>, Refused> {
    let user = app.store.users().named(&UserRecord::by_email(email)).await;
    Ok(user.map_err(|error| app.store_fault(&error))?)
}

/// Who is meant, by id or by address.
pub(super) async fn named(
    app: &App,
    fields: &mut Fields,
) -> Result<(String, Option<String>), Refused> {
    let user_id = fields.text("user_id").value().filter(|id| !id.is_empty());
    let email = fields.text("user_email").value().filter(|email| !email.is_empty());
    match (user_id, email) {
        (Some(user_id), email) => Ok((user_id, email)),
        (None, Some(email)) => match by_email(app, &email).await? {
            Some(user) => Ok((user.user_id, Some(email))),
            None => Err(unknown(&email)),
        },
        (None, None) => {
            Err(invalid("Either user_id or user_email needs to be provided", "user_id"))
        }
    }
}

/// There is no such user.
pub(super) fn unknown(user_id: &str) -> Refused {
    Refused::detail(StatusCode::NOT_FOUND, format!("User not found, passed user_id={user_id}"))
}

/// What a refused write means to the caller.
pub(super) fn conflict(app: &App, error: RecordError, user_id: &str) -> Refused {
    let taken = |field: &str, value: &str| {
        let message = format!("User with {field} {value} already exists");
        Refused::detail(StatusCode::CONFLICT, message)
    };
    match error {
        RecordError::Exists => taken("user_id", user_id),
        RecordError::Taken(name) => taken("email", name.strip_prefix("email#").unwrap_or(&name)),
        RecordError::NotFound => unknown(user_id),
        RecordError::Store(error) => app.store_fault(&error).into(),
    }
}
