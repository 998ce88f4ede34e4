//! What the audit log learns of a visit. Changes are recorded by the store, with the deed that the
//! visit brings; refusals are recorded here, at the one door of all management routes.

use axum::http::HeaderMap;
use http::{Method, header::USER_AGENT};
use sluice_store::{Deed, KeyHash, Refused as Noted};

use super::{body::Fields, keys, reply::Refused};
use crate::{App, corridor, identity};

/// Fields that name the object of a call, in the order in which they are looked for.
const NAMES: [&str; 12] = [
    "user_id",
    "team_id",
    "budget_id",
    "model_id",
    "organization_id",
    "credential_name",
    "tag_id",
    "key_alias",
    "user_email",
    "team_alias",
    "name",
    "id",
];

/// A visit, as far as it has come.
#[derive(Debug)]
pub(super) struct Trace {
    pub(super) deed: Deed,
    object: String,
}

// === impl Trace ===

impl Trace {
    /// A visit at a door.
    pub(super) fn begin(app: &App, method: &Method, path: &str, headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(Deed::text);
        let origin = identity::origin(&app.config.general.network, headers);
        let mut deed = Deed {
            call: corridor::stray_id(app),
            address: origin.map(|address| address.to_string()),
            agent: text(USER_AGENT.as_str()),
            keep_days: app.config.general.audit_days,
            ..Deed::own(&format!("{method} {path}"))
        };
        deed.who.key = identity::presented(headers);
        deed.who.on_behalf = text("litellm-changed-by");
        Self { deed, object: String::new() }
    }

    /// What the path names, or the body.
    pub(super) fn aims_at(&mut self, named: Option<&str>, fields: &Fields) {
        // A key may be named by its plaintext, which is kept nowhere.
        let hash = |key: &str| keys::hash_of(key).to_string();
        let key = named.or_else(|| fields.peek("key")).filter(|key| key.starts_with("sk-"));
        let name = || NAMES.iter().find_map(|name| fields.peek(name));
        self.object = match (key, named) {
            (Some(key), _) => hash(key),
            (None, Some(named)) => named.to_owned(),
            (None, None) => fields.peek("key").or_else(name).unwrap_or_default().to_owned(),
        };
    }

    /// Records a refusal of the caller. Whoever is refused is told so, whether it can be recorded or
    /// not; a row that the store would not take goes to the operator's log.
    pub(super) async fn refused(&self, app: &App, refused: &Refused) {
        let status = refused.status().as_u16();
        if !matches!(status, 401 | 403) {
            return;
        }
        let noted = Noted { status, reason: refused.reason(), object: self.object.clone() };
        if let Err(error) = app.store.audit().refused(&self.deed, &noted).await {
            tracing::error!(
                error = %error, call = %self.deed.call, route = %self.deed.route,
                key = self.deed.who.key.map(|key| KeyHash::short(&key)),
                address = self.deed.address, status, reason = %noted.reason,
                "a refusal is in no audit log"
            );
        }
    }
}
