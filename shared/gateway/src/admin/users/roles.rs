//! `GET /user/available_roles`.

use std::sync::Arc;

use serde_json::{Value, json};
use sluice_store::UserRole;

use crate::{
    App,
    admin::{door::Visit, reply::Refused},
};

/// The roles that a user may have.
pub(in crate::admin) async fn roles(_: Arc<App>, _: Visit) -> Result<Value, Refused> {
    let told = |role| match role {
        UserRole::ProxyAdmin => ("Admin (All Permissions)", "Manages everything"),
        UserRole::ProxyAdminViewer => ("Admin (View Only)", "Sees everything, changes nothing"),
        UserRole::InternalUser => ("Internal User", "Makes, changes and sees keys of their own"),
        UserRole::InternalUserViewer => ("Internal Viewer", "Sees what is their own"),
    };
    let rows = UserRole::ALL.map(|role| {
        let (label, description) = told(role);
        let row = json!({ "ui_label": label, "description": description });
        (role.as_str().to_owned(), row)
    });
    Ok(Value::Object(rows.into_iter().collect()))
}
