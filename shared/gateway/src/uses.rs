//! When credentials were last used, and by whom: written beside a settlement, once in some minutes for
//! each credential and process.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use sluice_store::{Millis, Use};

use crate::{app::App, identity::Caller, registry::Member};

/// How long one use stands for those after it, in milliseconds.
const EVERY_MS: i64 = 10 * 60 * 1000;

/// What was written last.
#[derive(Debug, Default)]
pub(crate) struct Uses(Mutex<HashMap<String, Millis>>);

// === impl Uses ===

impl Uses {
    /// The credential that a call used, where that is to be written.
    pub(crate) fn due<'m>(&self, member: &'m Member, now: Millis) -> Option<&'m str> {
        let name = member.deployment.credential_name.as_deref()?;
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = written.get(name).is_some_and(|at| now.get() - at.get() < EVERY_MS);
        if recent {
            return None;
        }
        written.insert(name.to_owned(), now);
        Some(name)
    }
}

/// Writes that a caller used a credential. That it cannot be written is no reason to fail a call.
pub(crate) async fn write(app: &App, name: &str, caller: Option<&Caller>) {
    let of = Use {
        at: app.clock.now(),
        key: caller.map(|caller| caller.record.hash.to_string()),
        user: caller.and_then(|caller| caller.record.user_id.clone()),
    };
    if let Err(error) = app.store.routing().used(name, &of).await {
        tracing::warn!(credential = name, %error, "the use of a credential cannot be written");
    }
}
