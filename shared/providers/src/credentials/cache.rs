//! The tokens at hand.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError},
    time::Duration,
};

use aws_smithy_async::time::SharedTimeSource;
use reqwest::Client;
use tokio::{sync::Mutex, time::Instant};

use super::{TokenError, TokenSource, entra, exchange::Fresh, google};
use crate::{Redacted, Secret, secrets::Secrets, transport::AwsHome};

/// A token is fetched anew this long before it expires, or half-way where it lives less than
/// twice that.
const AHEAD: Duration = Duration::from_secs(300);
/// At most once in this time is a token fetched again because a provider refused it, or because
/// an earlier fetch failed while the old one was still good.
const RENEWAL: Duration = Duration::from_secs(10);

/// A token, and what its issuer said beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) value: Redacted<String>,
    /// The Google Cloud project of the credential.
    pub(crate) project: Option<String>,
}

/// The tokens fetched so far.
#[derive(Debug)]
pub(crate) struct Tokens {
    clock: SharedTimeSource,
    kept: std::sync::Mutex<HashMap<TokenSource, Arc<Mutex<Slot>>>>,
}

/// What an exchange is made with.
pub(crate) struct Means<'a> {
    pub(crate) client: Client,
    pub(crate) secrets: &'a Secrets,
    pub(crate) aws: &'a AwsHome,
    pub(crate) clock: &'a SharedTimeSource,
}

/// One token. Locked while it is fetched, so that a crowd of calls fetches it once.
#[derive(Debug, Default)]
struct Slot {
    token: Option<Token>,
    renew_at: Option<Instant>,
    expires_at: Option<Instant>,
    tried: Option<Instant>,
}

// === impl Tokens ===

impl Tokens {
    /// Fetches nothing yet.
    pub(crate) fn new(clock: SharedTimeSource) -> Self {
        Self { clock, kept: Default::default() }
    }

    /// The token of a source.
    pub(crate) async fn get(
        &self,
        source: &TokenSource,
        client: Client,
        secrets: &Secrets,
        aws: &AwsHome,
    ) -> Result<Token, TokenError> {
        let means = Means { client, secrets, aws, clock: &self.clock };
        if let TokenSource::Given(secret) = source {
            return means.given(secret).await;
        }
        let slot = self.slot(source);
        let mut slot = slot.lock().await;
        let now = Instant::now();
        match &slot.token {
            Some(token) if slot.renew_at.is_some_and(|at| now < at) => Ok(token.clone()),
            Some(token) if slot.expires_at.is_some_and(|at| now < at) => {
                let old = token.clone();
                match fetch(source, &means).await {
                    Ok(fetched) => Ok(slot.keep(fetched)),
                    Err(error) => {
                        tracing::warn!(%error, "an access token could not be renewed ahead of time");
                        slot.renew_at = now.checked_add(RENEWAL);
                        Ok(old)
                    }
                }
            }
            _ => fetch(source, &means).await.map(|fetched| slot.keep(fetched)),
        }
    }

    /// Another token after a provider refused `used`, where there may be one.
    pub(crate) async fn renew(
        &self,
        source: &TokenSource,
        used: &Token,
        client: Client,
        secrets: &Secrets,
        aws: &AwsHome,
    ) -> Result<Option<Token>, TokenError> {
        let means = Means { client, secrets, aws, clock: &self.clock };
        if let TokenSource::Given(secret) = source {
            return means.renewed(secret, &used.value).await;
        }
        let slot = self.slot(source);
        let mut slot = slot.lock().await;
        if let Some(token) = slot.token.as_ref().filter(|token| *token != used) {
            return Ok(Some(token.clone()));
        }
        if slot.tried.is_some_and(|at| at.elapsed() < RENEWAL) {
            return Ok(None);
        }
        slot.tried = Some(Instant::now());
        let token = slot.keep(fetch(source, &means).await?);
        Ok((token != *used).then_some(token))
    }

    fn slot(&self, source: &TokenSource) -> Arc<Mutex<Slot>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.get(source) {
            Some(slot) => Arc::clone(slot),
            None => Arc::clone(kept.entry(source.clone()).or_default()),
        }
    }
}

/// Exchanges what the operator has for a token.
async fn fetch(
    source: &TokenSource,
    means: &Means<'_>,
) -> Result<(Fresh, Option<String>), TokenError> {
    match source {
        TokenSource::Entra(entra) => Ok((entra::fetch(entra, means).await?, None)),
        TokenSource::Google(google) => google::fetch(google, means).await,
        TokenSource::Given(secret) => {
            let token = means.given(secret).await?.value;
            Ok((Fresh { token, lifetime: Duration::ZERO }, None))
        }
    }
}

// === impl Means ===

impl Means<'_> {
    /// The value of a secret.
    pub(super) async fn secret(&self, secret: &Secret) -> Result<Redacted<String>, TokenError> {
        match secret {
            Secret::Plain(value) => Ok(value.clone()),
            Secret::AwsSecret { name, field } => {
                Ok(self.secrets.get(name, field.as_deref()).await?)
            }
        }
    }

    async fn given(&self, secret: &Secret) -> Result<Token, TokenError> {
        Ok(Token { value: self.secret(secret).await?, project: None })
    }

    async fn renewed(
        &self,
        secret: &Secret,
        used: &Redacted<String>,
    ) -> Result<Option<Token>, TokenError> {
        let Secret::AwsSecret { name, field } = secret else { return Ok(None) };
        let value = self.secrets.renew(name, field.as_deref(), used).await?;
        Ok(value.map(|value| Token { value, project: None }))
    }
}

// === impl Slot ===

impl Slot {
    fn keep(&mut self, (fresh, project): (Fresh, Option<String>)) -> Token {
        let now = Instant::now();
        let token = Token { value: fresh.token, project };
        self.token = Some(token.clone());
        self.expires_at = now.checked_add(fresh.lifetime);
        let ahead = AHEAD.min(fresh.lifetime / 2);
        self.renew_at = now.checked_add(fresh.lifetime.saturating_sub(ahead));
        token
    }
}
