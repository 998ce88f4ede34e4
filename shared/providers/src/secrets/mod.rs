//! Secrets of AWS Secrets Manager, kept in the process for a while.
//!
//! A rotation needs no new deployment: a kept secret is read again when its time is over, and at
//! once when the provider refuses it.

mod field;

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError},
    time::Duration,
};

use aws_sdk_secretsmanager::{Client, config::Builder, error::DisplayErrorContext};
use tokio::{sync::Mutex, time::Instant};

use crate::{Aws, Redacted, transport::AwsHome};

/// How long a stale secret is served when it cannot be read again, before the next attempt.
const STALE: Duration = Duration::from_secs(30);

/// At most once in this time is a secret read again because a provider refused it.
const RENEWAL: Duration = Duration::from_secs(10);

/// Why a secret cannot be had. For the operator.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretError {
    #[error("secret `{name}` cannot be read from AWS Secrets Manager: {reason}")]
    Unreadable { name: String, reason: String },
    #[error("secret `{name}` is binary; a key must be text")]
    Binary { name: String },
    #[error("secret `{name}` is not a JSON object with a text field `{field}`")]
    NoField { name: String, field: String },
}

/// The secrets read so far.
#[derive(Debug)]
pub(crate) struct Secrets {
    home: Arc<AwsHome>,
    ttl: Duration,
    kept: std::sync::Mutex<HashMap<String, Arc<Mutex<Slot>>>>,
    clients: std::sync::Mutex<HashMap<Option<String>, Client>>,
}

/// One secret. Locked while it is read, so that a crowd of calls reads it once.
#[derive(Debug, Default)]
struct Slot {
    value: Option<Redacted<String>>,
    fresh_until: Option<Instant>,
    renewed: Option<Instant>,
}

// === impl Secrets ===

impl Secrets {
    /// Reads nothing yet.
    pub(crate) fn new(home: Arc<AwsHome>, ttl: Duration) -> Self {
        Self { home, ttl, kept: Default::default(), clients: Default::default() }
    }

    /// The secret, or one field of it.
    pub(crate) async fn get(
        &self,
        name: &str,
        field: Option<&str>,
    ) -> Result<Redacted<String>, SecretError> {
        let slot = self.slot(name);
        let mut slot = slot.lock().await;
        let now = Instant::now();
        if slot.fresh_until.is_none_or(|until| until <= now) {
            match (self.read(name).await, &slot.value) {
                (Ok(value), _) => slot.keep(value, self.ttl),
                (Err(error), Some(_)) => {
                    tracing::warn!(secret.name = name, %error, "serving a stale secret");
                    slot.fresh_until = now.checked_add(STALE);
                }
                (Err(error), None) => return Err(error),
            }
        }
        slot.pick(name, field)
    }

    /// The secret after a provider refused `used`, if there is another value by now.
    pub(crate) async fn renew(
        &self,
        name: &str,
        field: Option<&str>,
        used: &Redacted<String>,
    ) -> Result<Option<Redacted<String>>, SecretError> {
        let slot = self.slot(name);
        let mut slot = slot.lock().await;
        let current = slot.pick(name, field)?;
        if current != *used {
            return Ok(Some(current));
        }
        if slot.renewed.is_some_and(|at| at.elapsed() < RENEWAL) {
            return Ok(None);
        }
        slot.renewed = Some(Instant::now());
        let value = self.read(name).await?;
        slot.keep(value, self.ttl);
        let current = slot.pick(name, field)?;
        Ok((current != *used).then_some(current))
    }

    fn slot(&self, name: &str) -> Arc<Mutex<Slot>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.get(name) {
            Some(slot) => Arc::clone(slot),
            None => Arc::clone(kept.entry(name.to_owned()).or_default()),
        }
    }

    async fn read(&self, name: &str) -> Result<Redacted<String>, SecretError> {
        let client = self.client(region(name)).await;
        let answer = Box::pin(client.get_secret_value().secret_id(name).send()).await;
        let answer = answer.map_err(|error| SecretError::Unreadable {
            name: name.to_owned(),
            reason: DisplayErrorContext(&error).to_string(),
        })?;
        answer
            .secret_string
            .map(Redacted::new)
            .ok_or_else(|| SecretError::Binary { name: name.to_owned() })
    }

    pub(crate) async fn client(&self, region: Option<&str>) -> Client {
        let region = region.map(str::to_owned);
        let made =
            self.clients.lock().unwrap_or_else(PoisonError::into_inner).get(&region).cloned();
        if let Some(client) = made {
            return client;
        }
        let config = self.home.config(&Aws { region: region.clone(), ..Aws::default() }).await;
        let client = Client::from_conf(Builder::from(&config).build());
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        clients.entry(region).or_insert(client).clone()
    }
}

// === impl Slot ===

impl Slot {
    fn keep(&mut self, value: Redacted<String>, ttl: Duration) {
        self.value = Some(value);
        self.fresh_until = Instant::now().checked_add(ttl);
    }

    fn pick(&self, name: &str, field: Option<&str>) -> Result<Redacted<String>, SecretError> {
        let value = self.value.as_ref().ok_or_else(|| SecretError::Unreadable {
            name: name.to_owned(),
            reason: "it has not been read".to_owned(),
        })?;
        field::pick(name, value, field)
    }
}

/// The region an ARN names: a secret may live elsewhere than the gateway.
fn region(name: &str) -> Option<&str> {
    name.strip_prefix("arn:")?.split(':').nth(2).filter(|region| !region.is_empty())
}
