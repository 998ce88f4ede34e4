//! `/organization/member_add`, `/organization/member_update`, `/organization/member_delete`.

mod add;
mod delete;
mod update;

/// A member's limits, as they are given: budget, its windows, requests and tokens a minute.
const LIMITS: [&str; 4] =
    ["max_budget_in_organization", "budget_duration", "rpm_limit", "tpm_limit"];

pub(in crate::admin) use add::{add, join};
pub(in crate::admin) use delete::delete;
pub(in crate::admin) use update::update;

use http::StatusCode;
use sluice_store::{AssociateRecord, OrganisationRole, UserRole};

use crate::{
    App,
    admin::{
        access::{Actor, forbidden},
        body::Given,
        reply::{Refused, invalid},
        users,
    },
};

/// A member's role as given.
fn role(given: Given<String>) -> Result<Option<OrganisationRole>, Refused> {
    let Some(text) = given.value() else { return Ok(None) };
    OrganisationRole::parse(&text).map(Some).ok_or_else(|| {
        let roles = OrganisationRole::ALL.map(OrganisationRole::as_str).join(", ");
        invalid(format!("role must be one of {roles}. Got: {text}"), "role")
    })
}

/// A member's record.
async fn member(app: &App, id: &str, user_id: &str) -> Result<AssociateRecord, Refused> {
    let member = app.store.associates().get(&AssociateRecord::at(id, user_id)).await;
    member.map_err(|error| app.store_fault(&error))?.ok_or_else(|| absent(user_id))
}

/// They are no member.
fn absent(user_id: &str) -> Refused {
    let message = format!("Member not found in organization for user_id={user_id}");
    Refused::detail(StatusCode::NOT_FOUND, message)
}

/// Only who manages everything changes what administrators of everything are in an organisation.
async fn untouched_admins(app: &App, actor: &Actor, user_id: &str) -> Result<(), Refused> {
    if actor.reaches_all() {
        return Ok(());
    }
    let user = users::find(app, user_id).await?;
    if matches!(user.role, UserRole::ProxyAdmin | UserRole::ProxyAdminViewer) {
        let message = "Only PROXY_ADMIN may modify the organization role of a user who is a global \
                       PROXY_ADMIN.";
        return Err(forbidden(message, "user_id"));
    }
    Ok(())
}
