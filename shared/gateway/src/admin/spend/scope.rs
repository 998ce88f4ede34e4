//! Whose spend may be seen, and whose is asked for.

use sluice_store::{KeyHash, Kind, UsageRow};
use sluice_wire::{Fault, FaultKind};

use crate::{
    App,
    admin::{door::Visit, keys, reply::Refused},
};

/// What is asked for by `api_key` and `user_id`, within what the caller may see.
#[derive(Debug)]
pub(super) struct Scope {
    key: Option<KeyHash>,
    user: Option<String>,
    /// The caller's own key and user, where no more than what is their own may be seen.
    own: Option<(KeyHash, Option<String>)>,
}

// === impl Scope ===

impl Scope {
    /// Reads the query. What belongs to somebody else is refused by name.
    pub(super) async fn asked(app: &App, visit: &Visit) -> Result<Self, Refused> {
        let actor = &visit.actor;
        let own = (!actor.reaches_all())
            .then(|| (actor.caller.record.hash, actor.user_id().map(ToOwned::to_owned)));
        let key = match visit.asked("api_key") {
            Some(named) => Some(keys::id(app, &keys::hash_of(named)).await?),
            None => None,
        };
        let user = visit.asked("user_id").map(ToOwned::to_owned);
        let Some((own_key, own_user)) = &own else { return Ok(Self { key, user, own }) };
        if let Some(key) = key.filter(|key| key != own_key) {
            let record = app.store.keys().get_any(&key).await;
            let record = record.map_err(|error| app.store_fault(&error))?;
            let mine = record.is_some_and(|key| key.user_id.is_some() && key.user_id == *own_user);
            if !mine {
                return Err(hidden(visit, "key", "api_key"));
            }
        }
        if user.is_some() && user != *own_user {
            return Err(hidden(visit, "user", "user_id"));
        }
        Ok(Self { key, user, own })
    }

    /// The one key whose rows are wanted, if there is one.
    pub(super) fn key(&self) -> Option<KeyHash> {
        let alone = self.own.as_ref().filter(|(_, user)| user.is_none()).map(|(key, _)| *key);
        self.key.or(alone)
    }

    /// Whether a row is wanted.
    pub(super) fn has(&self, row: &UsageRow) -> bool {
        self.holds(&row.key, row.user_id.as_deref())
    }

    /// Whether sums of a kind are wanted.
    pub(super) fn takes(&self, kind: &Kind) -> bool {
        self.holds(&kind.key, kind.user_id.as_deref())
    }

    fn holds(&self, key: &KeyHash, user: Option<&str>) -> bool {
        self.key.is_none_or(|asked| asked == *key)
            && self.user.as_deref().is_none_or(|asked| user == Some(asked))
            && self.own.as_ref().is_none_or(|(own_key, own_user)| {
                key == own_key || (own_user.is_some() && own_user.as_deref() == user)
            })
    }
}

fn hidden(visit: &Visit, whose: &str, param: &'static str) -> Refused {
    let role = visit.actor.role.as_str();
    let message = format!("You are not allowed to see this {whose}'s spend logs. Your role={role}");
    Fault::new(FaultKind::Permission, message).with_param(param).into()
}
