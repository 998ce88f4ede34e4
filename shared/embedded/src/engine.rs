//! An open engine.

use std::{future::Future, path::Path, sync::Arc, time::Duration};

use aws_sdk_dynamodb::{
    Client,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
};
use aws_smithy_runtime_api::client::http::HttpClient;
use dynoxide::Database;
use tokio::net::TcpListener;

use crate::connector::InProcess;

/// A DynamoDB engine in this process. Clones are the same engine.
#[derive(Clone)]
pub struct Engine {
    database: Arc<Database>,
}

/// The engine cannot do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The file cannot be opened, or is no store.
    #[error("the store cannot be opened: {0}")]
    Open(String),
    /// The engine cannot be served.
    #[error("the store cannot be served: {0}")]
    Serve(String),
}

// === impl Engine ===

impl Engine {
    /// Opens the store in a file, made if it is missing. Every write is on the disk when it is
    /// acknowledged.
    ///
    /// # Errors
    /// [`EngineError::Open`].
    pub fn open(path: &Path) -> Result<Self, EngineError> {
        let path =
            path.to_str().ok_or_else(|| EngineError::Open("the path is not UTF-8".to_owned()))?;
        Database::new(path).map(Self::of).map_err(|error| EngineError::Open(error.to_string()))
    }

    /// An empty store in memory.
    ///
    /// # Errors
    /// [`EngineError::Open`].
    pub fn memory() -> Result<Self, EngineError> {
        Database::memory().map(Self::of).map_err(|error| EngineError::Open(error.to_string()))
    }

    /// A client of the official SDK that reaches the engine without a socket.
    #[must_use]
    pub fn client(&self) -> Client {
        client_over(self.connector())
    }

    /// The engine as the SDK's HTTP client, to be wrapped (see [`crate::Faulty`]).
    #[must_use]
    pub fn connector(&self) -> impl HttpClient + Clone + 'static {
        InProcess::new(Arc::clone(&self.database))
    }

    /// Serves the engine over HTTP until `stop` is ready. It checks no signature: anyone who can
    /// reach the port can read and write the store.
    ///
    /// # Errors
    /// [`EngineError::Serve`].
    pub async fn serve(
        &self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), EngineError> {
        dynoxide::server::serve_with_shutdown(listener, Database::clone(&self.database), stop)
            .await
            .map_err(EngineError::Serve)
    }

    /// Removes items whose time to live is over (DynamoDB does so by itself, within days).
    pub async fn sweep_ttl(&self) {
        let database = Arc::clone(&self.database);
        match tokio::task::spawn_blocking(move || database.sweep_ttl()).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(error = %error, "expired items could not be removed"),
            Err(error) => tracing::warn!(error = %error, "the sweep of expired items broke off"),
        }
    }

    fn of(database: Database) -> Self {
        Self { database: Arc::new(database) }
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

/// A client over an HTTP client of one's own. The credentials are for form: nobody checks them.
#[must_use]
pub fn client_over(http: impl HttpClient + 'static) -> Client {
    Client::from_conf(form("http://embedded.invalid").http_client(http).build())
}

/// A client of a DynamoDB-compatible endpoint, such as `http://127.0.0.1:8000`.
#[must_use]
pub fn endpoint_client(url: &str) -> Client {
    let http = aws_smithy_http_client::Builder::new().build_http();
    Client::from_conf(form(url).http_client(http).build())
}

fn form(url: &str) -> aws_sdk_dynamodb::config::Builder {
    aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        // Nothing here is far away: a short wait is enough.
        .retry_config(
            RetryConfig::standard()
                .with_max_attempts(4)
                .with_initial_backoff(Duration::from_millis(20)),
        )
        .endpoint_url(url)
}
