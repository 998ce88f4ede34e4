//! From a credential to a record, with every reason for which it may not be used at all.

use std::sync::Arc;

use futures_util::future::join;
use http::HeaderMap;
use sluice_store::{KeyHash, KeyRecord, KeyRole, UserRole};
use sluice_wire::{Fault, FaultKind};

use super::{
    People, aws,
    jwt::is_shaped,
    mtls, origin, routes,
    token::{token, virtual_key},
    who::{Mandate, Who},
};
use crate::{
    app::App,
    config::{JwtRole, range},
    corridor::may_use,
};

/// The word for no model in a list of models (LiteLLM).
const NO_MODELS: &str = "no-default-models";

/// An authenticated caller.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The record of the key.
    pub record: Arc<KeyRecord>,
    /// The hash of the plaintext that was presented.
    pub(crate) presented: KeyHash,
    /// Whom it belongs to.
    pub(crate) people: Arc<People>,
    /// What the credential says beyond it, where it is no key.
    mandate: Option<Arc<Mandate>>,
}

/// What a request brings to say who calls.
enum Credential {
    Key(KeyHash),
    Vouched(Box<Who>),
}

/// Finds out who is calling, and whether they may call this path at all.
///
/// # Errors
/// LiteLLM's authentication faults (no key, unknown, expired, blocked, not for this route), or
/// [`FaultKind::Unavailable`] when the store cannot be asked: an outage is never a wrong key.
pub(crate) async fn authenticate(
    app: &App,
    headers: &HeaderMap,
    path: &str,
) -> Result<Caller, Fault> {
    let caller = async { Credential::read(app, headers).await?.caller(app, headers, path).await };
    if app.live.is_fresh(app.clock.now()) {
        return caller.await;
    }
    // Both questions at once. Boxed: it is large, and rare.
    Box::pin(join(caller, app.live.freshen(app))).await.0
}

/// As [`authenticate`], with records that were read just now: for changes that depend on them.
///
/// # Errors
/// As [`authenticate`].
pub(crate) async fn authenticate_anew(
    app: &App,
    headers: &HeaderMap,
    path: &str,
) -> Result<Caller, Fault> {
    let credential = Credential::read(app, headers).await?;
    app.keys.forget(&match &credential {
        Credential::Key(hash) => *hash,
        Credential::Vouched(who) => who.hash(),
    });
    join(credential.caller(app, headers, path), app.live.freshen(app)).await.0
}

/// Reads a caller's records again and vets them again: the guard said that ours are stale.
///
/// # Errors
/// As [`authenticate`].
pub(crate) async fn recheck(app: &App, caller: &Caller) -> Result<Caller, Fault> {
    app.forget_key(&caller.record.hash);
    app.keys.forget(&caller.presented);
    let found = find(app, caller.presented).await?;
    vet(app, &found)?;
    Ok(found.mandated(app, caller.mandate.clone()))
}

/// The record, from the cache or read strongly.
pub(crate) async fn find(app: &App, hash: KeyHash) -> Result<Caller, Fault> {
    // Boxed: it is large, and rare.
    app.keys.or_read(app, hash, async || Box::pin(read(app, hash)).await).await
}

async fn read(app: &App, hash: KeyHash) -> Result<Caller, Fault> {
    let record = app.store.keys().get(&hash).await.map_err(|error| app.store_fault(&error))?;
    let Some(record) = record.filter(|record| is_current(app, record)) else {
        return Err(unknown());
    };
    let people = Box::pin(People::read(app, &record)).await?;
    Ok(Caller::new(record, hash, people))
}

/// A master key that has been replaced leaves its record behind; it opens nothing any more.
fn is_current(app: &App, record: &KeyRecord) -> bool {
    record.role != KeyRole::Admin || record.hash == app.master
}

fn vet(app: &App, caller: &Caller) -> Result<(), Fault> {
    let Caller { record, people, presented, .. } = caller;
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
    let organisation = people.organisation.as_ref().map(|organisation| &organisation.record);
    if let Some(organisation) = organisation.filter(|organisation| organisation.blocked) {
        return Err(blocked(format!(
            "Authentication Error, Organization={} is blocked. Update via `/organization/update` if you're \
             an admin.",
            organisation.organization_id
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

/// Whether a key opens a path.
fn opens(record: &KeyRecord, path: &str) -> Result<(), Fault> {
    let allowed = &record.allowed_routes;
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

fn unknown() -> Fault {
    Fault::new(FaultKind::Authentication, "Authentication Error, Invalid API key provided.")
        .with_label("token_not_found_in_db")
}

fn blocked(message: impl Into<String>) -> Fault {
    Fault::new(FaultKind::Authentication, message.into()).with_label("auth_error")
}

// === impl Credential ===

impl Credential {
    /// Finds the credential, and has it verified where another authority vouches for it.
    async fn read(app: &App, headers: &HeaderMap) -> Result<Self, Fault> {
        let network = &app.config.general.network;
        if let Some(allowed) = &network.allowed {
            origin::admit(allowed, network, headers)?;
        }
        let found = token(headers);
        if let (Some(mtls), Err(_)) = (&app.config.general.mtls, &found)
            && let Some(who) = mtls::who(mtls, network, headers)?
        {
            return Ok(Self::Vouched(Box::new(who)));
        }
        let who = match (found?, &app.jwt, &app.aws) {
            (token, Some(jwt), _) if is_shaped(token) => {
                Box::pin(jwt.who(app, token, headers)).await?
            }
            (token, _, Some(aws)) if token.starts_with(aws::PREFIX) => {
                Box::pin(aws.who(app, token)).await?
            }
            (key, ..) => return Ok(Self::Key(KeyHash::of_plaintext(virtual_key(key)?))),
        };
        Ok(Self::Vouched(Box::new(who)))
    }

    /// Whoever it is of, if they may call at all.
    async fn caller(self, app: &App, headers: &HeaderMap, path: &str) -> Result<Caller, Fault> {
        let (found, mandate) = match self {
            Self::Key(hash) => (find(app, hash).await?, None),
            Self::Vouched(who) => {
                let found = Box::pin(who.caller(app)).await?;
                (found, Some(Arc::new(who.mandate)))
            }
        };
        vet(app, &found)?;
        opens(&found.record, path)?;
        if !found.record.allowed_ips.is_empty() {
            let ranges: Vec<_> =
                found.record.allowed_ips.iter().filter_map(|text| range(text)).collect();
            origin::admit(&ranges, &app.config.general.network, headers)?;
        }
        Ok(found.mandated(app, mandate))
    }
}

// === impl Caller ===

impl Caller {
    /// As it is stored.
    pub(super) fn new(record: KeyRecord, presented: KeyHash, people: People) -> Self {
        Self { record: Arc::new(record), presented, people: Arc::new(people), mandate: None }
    }

    /// With what the credential says; it narrows what the record admits.
    fn mandated(mut self, app: &App, mandate: Option<Arc<Mandate>>) -> Self {
        if let Some(models) = mandate.as_ref().and_then(|mandate| mandate.models.as_ref()) {
            let registry = app.registry();
            let seen = registry.seen_by(self.team());
            let may_use = |model: &&String| may_use(&seen, &self, None, model);
            let both = models.iter().filter(may_use).cloned().collect();
            let own = Arc::make_mut(&mut self.record);
            own.models = both;
            if own.models.is_empty() {
                // An empty list is none at all.
                own.models.push(NO_MODELS.to_owned());
            }
        }
        self.mandate = mandate;
        self
    }

    /// The team that the key is of.
    pub(crate) fn team(&self) -> Option<&str> {
        self.record.team_id.as_deref()
    }

    /// The organisation that the key's calls are counted for.
    pub(crate) fn organisation(&self) -> Option<&str> {
        let organisation = self.people.organisation.as_ref()?;
        Some(&organisation.record.organization_id)
    }

    /// Whether this is the master key, or somebody whose token makes them as good.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        let role = self.mandate.as_ref().and_then(|mandate| mandate.role);
        self.record.role == KeyRole::Admin || role == Some(JwtRole::ADMIN)
    }

    /// What the caller may do besides calling models: as the token says, else as the user's record does.
    pub(crate) fn role(&self) -> UserRole {
        if self.is_admin() {
            return UserRole::ProxyAdmin;
        }
        match self.mandate.as_ref().and_then(|mandate| mandate.role) {
            Some(JwtRole::Person(role)) => role,
            Some(JwtRole::Team) => UserRole::InternalUser,
            None => self.people.user.as_ref().map_or(UserRole::InternalUser, |user| user.role),
        }
    }

    /// On whose behalf the caller calls, where the credential says so.
    pub(crate) fn end_user(&self) -> Option<&str> {
        self.mandate.as_ref()?.end_user.as_deref()
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
