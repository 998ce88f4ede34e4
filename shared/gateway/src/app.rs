//! Everything a request needs, built once when the process starts.

use std::sync::Arc;

use sluice_providers::{MediaFetcher, Transport};
use sluice_store::{Clock, Deed, KeyHash, KeyRecord, KeyRole, Store, StoreError};
use sluice_wire::{Fault, FaultKind};

use crate::{
    alerts::Known,
    config::{Config, StoreUnavailable},
    corridor::Crowds,
    identity::{Aws, CustomerCache, Jwt, KeyCache, Party, TagCache},
    orphans::Orphans,
    prompts::{ManagedPrompts, PromptCache},
    random::Randomness,
    registry::{Live, Registry},
    telemetry::Telemetry,
    uses::Uses,
    vault::{KeyPlace, Vault},
    warnings::Warnings,
};

/// The gateway of one process. Shared by reference; nothing in it is per request.
#[derive(Debug)]
pub struct App {
    pub(crate) config: Config,
    pub(crate) live: Live,
    pub(crate) vault: Vault,
    pub(crate) uses: Uses,
    pub(crate) warnings: Warnings,
    pub(crate) store: Store,
    pub(crate) transport: Transport,
    pub(crate) media: MediaFetcher,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Randomness>,
    pub(crate) keys: KeyCache,
    pub(crate) customers: CustomerCache,
    pub(crate) prompts: PromptCache,
    pub(crate) managed: ManagedPrompts,
    pub(crate) tags: TagCache,
    pub(crate) orphans: Orphans,
    pub(crate) alerts: Known,
    pub(crate) telemetry: Telemetry,
    pub(crate) departure: Departure,
    pub(crate) master: KeyHash,
    /// The gateway as a whole, where it is held to limits.
    pub(crate) whole: Option<Party>,
    /// Models whose callers are held to their priorities now.
    pub(crate) crowds: Crowds,
    /// Whose tokens are accepted besides keys, if any.
    pub(crate) jwt: Option<Jwt>,
    /// Which AWS credentials are, if any.
    pub(crate) aws: Option<Aws>,
}

/// What [`App::start`] is made of.
#[derive(Debug)]
pub struct AppParts {
    /// The validated configuration.
    pub config: Config,
    /// The store, on whatever engine.
    pub store: Store,
    /// The way to the providers.
    pub transport: Transport,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
    /// The source of keys and ids.
    pub random: Arc<dyn Randomness>,
    /// Where each call's line goes.
    pub telemetry: Telemetry,
    /// What happens when a caller leaves in the middle of a stream.
    pub departure: Departure,
    /// The master key in plaintext; only its hash is kept.
    pub master_key: String,
    /// What seals the secrets that are given through the API.
    pub secrets_key: KeyPlace,
}

/// What becomes of the upstream call when its caller leaves in the middle of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Departure {
    /// Read it to its end and settle what it really used (Lambda, where no event tells of it anyway).
    Drain,
    /// Drop it, and settle what was observed, marked as an estimate where usage was not told.
    Cancel,
}

/// The process cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The master key must start with `sk-` and be at least 16 characters long.
    #[error("the master key must start with `sk-` and have at least 16 characters")]
    MasterKey,
    /// The store refused the master key's record.
    #[error("the master key cannot be recorded: {0}")]
    Record(#[from] sluice_store::KeyError),
}

// === impl App ===

impl App {
    /// Builds the gateway and sees to it that the master key has a record (its spend is counted
    /// like any other key's).
    ///
    /// # Errors
    /// [`StartError`] for a weak master key or a store that cannot be written.
    pub async fn start(parts: AppParts) -> Result<Arc<Self>, StartError> {
        let master_key = parts.master_key.clone();
        let app = Self::assemble(parts)?;
        let mut record = KeyRecord::new(&master_key, app.clock.now());
        record.role = KeyRole::Admin;
        app.store.keys().by(&Deed::own("start")).ensure(&record).await?;
        Ok(app)
    }

    /// Builds the gateway and writes nothing: for commands that serve nobody.
    ///
    /// # Errors
    /// [`StartError::MasterKey`].
    pub fn assemble(parts: AppParts) -> Result<Arc<Self>, StartError> {
        let AppParts {
            config,
            store,
            transport,
            clock,
            random,
            telemetry,
            departure,
            master_key,
            secrets_key,
        } = parts;
        if !master_key.starts_with("sk-") || master_key.len() < 16 {
            return Err(StartError::MasterKey);
        }
        let live = Live::new(Registry::new(&config));
        let jwt = config.general.jwt.as_ref().map(Jwt::new);
        let aws = config.general.aws_iam.as_ref().map(Aws::new);
        let media = transport.media(config.media().clone());
        let whole = Party::whole(&config);
        Ok(Arc::new(Self {
            config,
            live,
            vault: Vault::new(secrets_key),
            uses: Uses::default(),
            warnings: Warnings::default(),
            store,
            transport,
            media,
            clock,
            random,
            keys: KeyCache::default(),
            customers: CustomerCache::default(),
            prompts: PromptCache::default(),
            managed: ManagedPrompts::default(),
            tags: TagCache::default(),
            orphans: Orphans::default(),
            alerts: Known::default(),
            telemetry,
            departure,
            master: KeyHash::of_plaintext(&master_key),
            whole,
            crowds: Crowds::default(),
            jwt,
            aws,
        }))
    }

    /// The models, as this process knows them: those that were added from its first request on.
    #[must_use]
    pub fn registry(&self) -> Arc<Registry> {
        self.live.get()
    }

    /// The store, for whoever drives its background work.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The wall clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The calls whose callers have left.
    pub fn orphans(&self) -> &Orphans {
        &self.orphans
    }

    /// A key was changed or deleted here: what this process remembers of it is void at once.
    pub(crate) fn forget_key(&self, hash: &KeyHash) {
        self.keys.forget(hash);
        self.store.ledger().invalidate(hash);
    }

    /// Whether a call goes on after this: the store gave no answer, and that shall stop nobody.
    pub(crate) fn goes_on(&self, fault: &Fault) -> bool {
        self.config.general.store_unavailable == StoreUnavailable::FailOpen
            && fault.kind == FaultKind::Unavailable
    }

    /// A store failure as the caller sees it: never as a wrong key or an empty result.
    pub(crate) fn store_fault(&self, error: &StoreError) -> Fault {
        tracing::error!(error = %error, "the store failed");
        Fault::new(
            FaultKind::Unavailable,
            "The gateway's store is not available. Try again shortly.",
        )
        .with_label("no_db_connection")
        .with_detail(error.to_string())
    }
}
