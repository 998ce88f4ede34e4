//! From the function's environment to a gateway, once, while the environment initialises.

use std::{fs, io, path::Path, sync::Arc};

use sluice_gateway::{
    App, AppParts, Departure, KeyPlace, StartError, SystemRandomness,
    config::{Beside, Config, Environment as _},
    telemetry::Telemetry,
};
use sluice_providers::{Secret, Transport, TransportError, TransportOptions};
use sluice_store::{LedgerMode, Store, SystemClock, TableNames};

use crate::environment::Process;

/// A function that cannot start.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// A variable of the environment is missing.
    #[error("the environment variable {0} is missing")]
    Missing(&'static str),
    /// The configuration cannot be read.
    #[error("the configuration {0} cannot be read: {1}")]
    Unreadable(String, io::Error),
    /// The configuration is wrong; every finding has been logged.
    #[error("the configuration has {0} error(s)")]
    Wrong(usize),
    /// The way to the providers.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The master key's secret.
    #[error("the master key's secret: {0}")]
    Secret(#[from] sluice_wire::Fault),
    /// The gateway itself.
    #[error(transparent)]
    Start(#[from] StartError),
}

/// Builds the gateway: clients first, so that TLS and credentials are ready before the first event.
///
/// # Errors
/// [`BootError`]; the environment then ends and Lambda reports it.
pub async fn boot() -> Result<Arc<App>, BootError> {
    tracing_subscriber::fmt()
        .json()
        .with_ansi(false)
        .without_time()
        .with_env_filter(
            Process
                .var("SLUICE_LOG")
                .and_then(|filter| tracing_subscriber::EnvFilter::try_new(filter).ok())
                .unwrap_or_else(|| tracing_subscriber::EnvFilter::new("warn")),
        )
        .init();
    let config = configuration()?;
    let transport = Transport::new(TransportOptions::default())?;
    let client = sluice_store::connect(transport.sdk_http_client()).await;
    let clock = Arc::new(SystemClock);
    let store =
        Store::builder(client, tables()?, clock.clone()).ledger_mode(LedgerMode::Strict).build();
    let master_key = master_key(&config, &transport).await?;
    // Boxed: it is large, and lives once.
    Ok(Box::pin(App::start(AppParts {
        config,
        store,
        transport,
        clock,
        random: Arc::new(SystemRandomness::default()),
        telemetry: Telemetry::to(io::stdout()),
        departure: Departure::Drain,
        master_key,
        secrets_key: Process.var("SLUICE_KMS_KEY").map_or(KeyPlace::Nowhere, KeyPlace::Kms),
    }))
    .await?)
}

fn tables() -> Result<TableNames, BootError> {
    let name = |variable: &'static str| Process.var(variable).ok_or(BootError::Missing(variable));
    Ok(TableNames {
        core: name("SLUICE_TABLE_CORE")?,
        usage: name("SLUICE_TABLE_USAGE")?,
        cache: name("SLUICE_TABLE_CACHE")?,
    })
}

fn configuration() -> Result<Config, BootError> {
    let Some(path) = Process.var("SLUICE_CONFIG") else { return Ok(Config::demo()) };
    let text =
        fs::read_to_string(&path).map_err(|error| BootError::Unreadable(path.clone(), error))?;
    let checked = Config::parse_with(&text, &path, &Process, &Beside::file(Path::new(&path)));
    for finding in &checked.findings {
        tracing::warn!("{finding}");
    }
    let errors = checked.errors().count();
    checked.config.ok_or(BootError::Wrong(errors))
}

/// From Secrets Manager in AWS; a variable serves local runs of the same binary.
async fn master_key(config: &Config, transport: &Transport) -> Result<String, BootError> {
    if let Some(name) = Process.var("SLUICE_MASTER_KEY_SECRET") {
        let secret = Secret::AwsSecret { name, field: Some("master_key".to_owned()) };
        let value = transport.secret(&secret).await?.expose().clone();
        // Secrets Manager generates without our prefix.
        return Ok(if value.starts_with("sk-") { value } else { format!("sk-{value}") });
    }
    let given = Process.var("SLUICE_MASTER_KEY").or_else(|| Process.var("LITELLM_MASTER_KEY"));
    match (given, &config.general.master_key) {
        (Some(value), _) => Ok(value),
        (None, Some(secret)) => Ok(transport.secret(secret).await?.expose().clone()),
        (None, None) => Err(BootError::Missing("SLUICE_MASTER_KEY_SECRET")),
    }
}
