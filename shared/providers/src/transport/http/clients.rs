//! The HTTP clients. There is one, save where deployments differ in how long they wait for a
//! connection: that is a property of a client, not of a request.
//!
//! One is two: calls to models go through [`Direct`], everything else through reqwest.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use reqwest::{Client, redirect};

use super::direct::Direct;
use crate::{
    Timeouts,
    transport::{TransportError, TransportOptions, tls},
};

/// Finds a peer that has vanished without a word: behind an idle stream, or while a frozen Lambda kept
/// its end of a pooled connection.
pub(super) const KEEPALIVE: Duration = Duration::from_secs(60);
pub(super) const USER_TIMEOUT: Duration = Duration::from_secs(30);

/// Clients by connect timeout.
pub(crate) struct Clients {
    usual: Arc<Both>,
    usual_connect: Duration,
    others: Mutex<HashMap<Duration, Arc<Both>>>,
    recipe: Recipe,
    body_limit: usize,
}

pub(super) struct Both {
    pub(super) client: Client,
    /// For calls to models.
    pub(super) direct: Direct,
}

/// What every client is made of.
struct Recipe {
    tls: rustls::ClientConfig,
    pool_idle: Duration,
}

// === impl Clients ===

impl Clients {
    /// Makes the usual client.
    pub(crate) fn new(options: &TransportOptions) -> Result<Self, TransportError> {
        let recipe = Recipe {
            tls: tls::config(options.extra_roots.as_deref())?,
            pool_idle: options.pool_idle,
        };
        let usual_connect = Timeouts::default().connect;
        Ok(Self {
            usual: recipe.both(usual_connect).map_err(TransportError::Client)?,
            usual_connect,
            others: Mutex::default(),
            recipe,
            body_limit: options.body_limit,
        })
    }

    /// The client that waits as long as is usual.
    pub(crate) fn usual(&self) -> &Client {
        &self.usual.client
    }

    /// The client that waits this long for a connection.
    pub(crate) fn with_connect_timeout(&self, connect: Duration) -> reqwest::Result<Client> {
        Ok(self.both(connect)?.client.clone())
    }

    /// The clients that do.
    pub(super) fn both(&self, connect: Duration) -> reqwest::Result<Arc<Both>> {
        if connect == self.usual_connect {
            return Ok(Arc::clone(&self.usual));
        }
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(both) = others.get(&connect) {
            return Ok(Arc::clone(both));
        }
        let both = self.recipe.both(connect)?;
        others.insert(connect, Arc::clone(&both));
        Ok(both)
    }

    /// The TLS configuration of them all.
    pub(crate) fn tls(&self) -> &rustls::ClientConfig {
        &self.recipe.tls
    }

    /// The largest whole answer, in bytes.
    pub(crate) fn body_limit(&self) -> usize {
        self.body_limit
    }
}

impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clients")
    }
}

// === impl Recipe ===

impl Recipe {
    fn both(&self, connect: Duration) -> reqwest::Result<Arc<Both>> {
        let direct = Direct::new(self.tls.clone(), connect, self.pool_idle);
        Ok(Arc::new(Both { client: self.client(connect)?, direct }))
    }

    fn client(&self, connect: Duration) -> reqwest::Result<Client> {
        let builder = Client::builder()
            .tls_backend_preconfigured(self.tls.clone())
            .connect_timeout(connect)
            .pool_idle_timeout(self.pool_idle)
            .tcp_nodelay(true)
            .tcp_keepalive(KEEPALIVE)
            .tcp_user_timeout(USER_TIMEOUT)
            // A redirect would carry the prompt, and perhaps the key, to somewhere else.
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_proxy();
        builder.build()
    }
}
