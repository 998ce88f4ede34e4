//! From a key to its record, with every reason for which it may not be used at all.

use std::sync::Arc;

use http::HeaderMap;
use sluice_store::{KeyHash, KeyRecord, KeyRole};
use sluice_wire::{Fault, FaultKind};

use super::{People, routes, token::token};
use crate::app::App;

/// An authenticated caller.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The record of the key.
    pub record: Arc<KeyRecord>,
    /// The hash of the plaintext that was presented.
    pub(crate) presented: KeyHash,
    /// Whom it belongs to.
    pub(crate) people: Arc<People>,
}

/// Finds out who is calling.
///
/// # Errors
/// LiteLLM's authentication faults (no key, unknown, expired, blocked), or
/// [`FaultKind::Unavailable`] when the store cannot be asked: an outage is never a wrong key.
pub(crate) async fn authenticate(app: &App, headers: &HeaderMap) -> Result<Caller, Fault> {
    let token = token(headers)?;
    let hash = KeyHash::of_plaintext(token);
    let caller = find(app, hash).await?;
    vet(app, &caller)?;
    Ok(caller)
}

/// As [`authenticate`], with records that were read just now: for changes that depend on them.
///
/// # Errors
/// As [`authenticate`].
pub(crate) async fn authenticate_anew(app: &App, headers: &HeaderMap) -> Result<Caller, Fault> {
    anew(app, KeyHash::of_plaintext(token(headers)?)).await
}

/// Whether the caller's key opens a path. Who calls without a key that there is finds out at the
/// route.
///
/// # Errors
/// LiteLLM's refusal of the route.
pub(crate) async fn opens(app: &App, headers: &HeaderMap, path: &str) -> Result<(), Fault> {
    let Ok(token) = token(headers) else { return Ok(()) };
    let Ok(caller) = find(app, KeyHash::of_plaintext(token)).await else { return Ok(()) };
    let allowed = &caller.record.allowed_routes;
    if routes::open(allowed, path) {
        return Ok(());
    }
    Err(Fault::new(
        FaultKind::Permission,
        format!(
            "Virtual key is not allowed to call this route. Only allowed to call routes: {allowed:?}. \
             Tried to call route: {path}"
        ),
    )
    .with_label("auth_error"))
}

/// Reads a key's record again and vets it again: the guard said that ours is stale.
///
/// # Errors
/// As [`authenticate`].
pub(crate) async fn recheck(app: &App, caller: &Caller) -> Result<Caller, Fault> {
    app.forget_key(&caller.record.hash);
    anew(app, caller.presented).await
}

async fn anew(app: &App, presented: KeyHash) -> Result<Caller, Fault> {
    app.keys.forget(&presented);
    let caller = find(app, presented).await?;
    vet(app, &caller)?;
    Ok(caller)
}

/// The record, from the cache or read strongly.
pub(crate) async fn find(app: &App, hash: KeyHash) -> Result<Caller, Fault> {
    let now = app.clock.now();
    if let Some(caller) = app.keys.get(&hash, now) {
        return Ok(caller);
    }
    // Boxed: it is large, and rare.
    match Box::pin(read(app, hash)).await {
        Ok(caller) => {
            app.keys.put(hash, caller.clone(), now);
            Ok(caller)
        }
        Err(fault) if app.goes_on(&fault) => app.keys.last_known(&hash, now).ok_or(fault),
        Err(fault) => Err(fault),
    }
}

async fn read(app: &App, hash: KeyHash) -> Result<Caller, Fault> {
    let record = app.store.keys().get(&hash).await.map_err(|error| app.store_fault(&error))?;
    let Some(record) = record.filter(|record| is_current(app, record)) else {
        return Err(unknown());
    };
    let people = Arc::new(Box::pin(People::read(app, &record)).await?);
    Ok(Caller { record: Arc::new(record), presented: hash, people })
}

/// A master key that has been replaced leaves its record behind; it opens nothing any more.
fn is_current(app: &App, record: &KeyRecord) -> bool {
    record.role != KeyRole::Admin || record.hash == app.master
}

fn vet(app: &App, caller: &Caller) -> Result<(), Fault> {
    let Caller { record, people, presented } = caller;
    let now = app.clock.now();
    if !record.opens_with(presented, now) {
        return Err(unknown());
    }
    if record.blocked {
        return Err(blocked(
            "Authentication Error, Key is blocked. Update via `/key/unblock` if you're an admin.",
        ));
    }
    if let Some(team) = people.team.as_ref().filter(|team| team.blocked) {
        return Err(blocked(format!(
            "Authentication Error, Team={} is blocked. Update via `/team/unblock` if you're an admin.",
            team.team_id
        )));
    }
    if let Some(user) = people.user.as_ref().filter(|user| user.blocked) {
        return Err(blocked(format!(
            "Authentication Error, User={} is blocked. Update via `/user/update` if you're an admin.",
            user.user_id
        )));
    }
    if let Some(expires) = record.expires
        && expires <= now
    {
        return Err(Fault::new(
            FaultKind::Authentication,
            format!(
                "Authentication Error - Expired Key. Key Expiry time {} and current time {}",
                expires.rfc3339(),
                now.rfc3339()
            ),
        )
        .with_label("expired_key")
        .with_param(record.name.clone()));
    }
    Ok(())
}

fn unknown() -> Fault {
    Fault::new(FaultKind::Authentication, "Authentication Error, Invalid API key provided.")
        .with_label("token_not_found_in_db")
}

fn blocked(message: impl Into<String>) -> Fault {
    Fault::new(FaultKind::Authentication, message.into()).with_label("auth_error")
}

// === impl Caller ===

impl Caller {
    /// Whether this is the master key.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.record.role == KeyRole::Admin
    }

    /// What a model's name stands for, by the aliases of the key and of its team.
    #[must_use]
    pub(crate) fn meaning<'a>(&'a self, model: &'a str) -> &'a str {
        let team = || self.people.team.as_ref()?.model_aliases.get(model);
        self.record.aliases.get(model).or_else(team).map_or(model, String::as_str)
    }

    /// Names that stand for models, with what they stand for.
    pub(crate) fn aliases(&self) -> impl Iterator<Item = (&String, &String)> {
        let team = self.people.team.iter().flat_map(|team| &team.model_aliases);
        self.record.aliases.iter().chain(team)
    }
}
