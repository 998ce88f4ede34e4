//! The registry as it is now: what the configuration says, and what people have added since.
//!
//! A process that serves calls asks for the store's revision once in some seconds, on the way of a
//! call, and reads what was added again when that has changed. Nobody asks while nobody calls. The
//! process that makes a change reads it again at once.

use std::sync::{
    Arc, PoisonError, RwLock,
    atomic::{AtomicI64, Ordering},
};

use sluice_store::Millis;
use tokio::sync::Mutex;

use super::{Added, Registry};
use crate::{app::App, vault::VaultError};

/// How long it is used without asking the store, in milliseconds.
const FRESH_MS: i64 = 5_000;

/// A registry that changes.
#[derive(Debug)]
pub(crate) struct Live {
    registry: RwLock<Arc<Registry>>,
    /// When the store was last asked.
    asked: AtomicI64,
    /// The revision that was read last. Locked while the store is asked, so that a crowd asks once.
    revision: Mutex<Option<u64>>,
}

// === impl Live ===

impl Live {
    /// Begins with what the configuration says.
    pub(crate) fn new(registry: Registry) -> Self {
        Self {
            registry: RwLock::new(Arc::new(registry)),
            asked: AtomicI64::new(i64::MIN),
            revision: Mutex::default(),
        }
    }

    /// As it is.
    pub(crate) fn get(&self) -> Arc<Registry> {
        Arc::clone(&self.registry.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the store need not be asked yet.
    pub(crate) fn is_fresh(&self, now: Millis) -> bool {
        let asked = self.asked.load(Ordering::Relaxed);
        (asked..asked.saturating_add(FRESH_MS)).contains(&now.get())
    }

    /// Asks the store, if that was not done lately. Where it gives no answer, what is known goes on.
    pub(crate) async fn freshen(&self, app: &App) {
        let mut known = self.revision.lock().await;
        let now = app.clock.now();
        if self.is_fresh(now) {
            return;
        }
        if let Err(error) = self.follow(app, &mut known).await {
            tracing::warn!(%error, "cannot ask whether the models have changed");
        }
        self.asked.store(now.get(), Ordering::Relaxed);
    }

    /// Reads what has just been changed.
    ///
    /// # Errors
    /// The database's, or that secrets cannot be opened now.
    pub(crate) async fn reload(&self, app: &App) -> Result<(), VaultError> {
        let mut known = self.revision.lock().await;
        self.follow(app, &mut known).await?;
        self.asked.store(app.clock.now().get(), Ordering::Relaxed);
        Ok(())
    }

    async fn follow(&self, app: &App, known: &mut Option<u64>) -> Result<(), VaultError> {
        let routing = app.store.routing();
        // Before what it counts: a change in between is found the next time.
        let revision = routing.revision().await?;
        if *known == Some(revision) || (known.is_none() && revision == 0) {
            *known = Some(revision);
            return Ok(());
        }
        let routed = routing.read().await?;
        let opener = app.vault.opener(app, &routed).await?;
        let added = Added::read(&app.config, routed, &opener);
        let registry = Arc::new(Registry::with(&app.config, added));
        *self.registry.write().unwrap_or_else(PoisonError::into_inner) = registry;
        *known = Some(revision);
        Ok(())
    }
}
