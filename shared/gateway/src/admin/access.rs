//! Who may manage.

use http::HeaderMap;
use sluice_wire::{Fault, FaultKind};

use super::reply::Refused;
use crate::{
    App,
    identity::{self, Caller},
};

/// The caller, if it holds the master key.
pub(super) async fn admin(app: &App, headers: &HeaderMap, route: &str) -> Result<Caller, Refused> {
    let caller = identity::authenticate(app, headers).await?;
    if caller.is_admin() {
        return Ok(caller);
    }
    Err(Fault::new(
        FaultKind::Authentication,
        format!(
            "Authentication Error, Only proxy admin can be used to generate, delete, update info for \
             new keys/users/teams. Route={route}. Your role=internal_user."
        ),
    )
    .with_label("auth_error")
    .into())
}
