//! An issuer's keys, kept for a while.
//!
//! A key id that is not among them is looked for once more, for that is how an issuer changes its
//! keys; but not at the pace of whoever sends ids that there are not. Where the issuer does not answer,
//! the keys at hand go on being good for their second time.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use http::{HeaderMap, HeaderValue, header};
use serde_json::Value;
use sluice_providers::{Fetch, Transport};
use sluice_store::Millis;
use sluice_wire::{Fault, FaultKind};
use tokio::sync::Mutex;

use super::{algorithm::Algorithm, flaw::Flaw, key::VerifyingKey};
use crate::config::KeysAt;

/// Between two looks for ids that were not there, in milliseconds.
const UNKNOWN_PAUSE: i64 = 10_000;
/// Between two tries at an issuer that does not answer, in milliseconds.
const FAILED_PAUSE: i64 = 2_000;
/// The largest set of keys, or discovery document, in bytes.
const LARGEST: usize = 1024 * 1024;
/// The longest time to fetch one.
const LONGEST: Duration = Duration::from_secs(10);
/// Keys of a set that are read.
const MOST_KEYS: usize = 64;
/// What an issuer says of itself stands here, below its name (OpenID Connect Discovery 1.0, section 4).
const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// Where keys come from, and those that came.
#[derive(Debug)]
pub(super) struct KeySource {
    at: KeysAt,
    /// How long they are used without another look, in milliseconds.
    ttl: i64,
    /// How much longer they are while the issuer does not answer.
    stale: i64,
    known: RwLock<Option<Arc<KeySet>>>,
    /// Locked while keys are fetched, so that a crowd of calls fetches them once.
    tries: Mutex<Tries>,
}

#[derive(Debug)]
struct KeySet {
    keys: Vec<VerifyingKey>,
    read_at: Millis,
}

/// When fetches were tried.
#[derive(Debug, Default)]
struct Tries {
    /// For an id that was not there.
    unknown: Option<Millis>,
    failed: Option<Millis>,
}

/// Which key is looked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) id: Option<&'a str>,
    pub(super) algorithm: Algorithm,
}

// === impl KeySource ===

impl KeySource {
    pub(super) fn new(at: KeysAt, ttl: Duration, stale: Duration) -> Self {
        let millis = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        let (known, tries) = Default::default();
        Self { at, ttl: millis(ttl), stale: millis(stale), known, tries }
    }

    /// The keys that may have made a signature; at least one.
    pub(super) async fn find(
        &self,
        transport: &Transport,
        now: Millis,
        wanted: Wanted<'_>,
    ) -> Result<Vec<VerifyingKey>, Fault> {
        if let Some(found) = self.fresh(now).and_then(|set| set.pick(wanted)) {
            return Ok(found);
        }
        let mut tries = self.tries.lock().await;
        // Whoever held the lock may have fetched what is looked for.
        let fresh = self.fresh(now);
        if let Some(found) = fresh.as_ref().and_then(|set| set.pick(wanted)) {
            return Ok(found);
        }
        let lately = |at: Option<Millis>, pause| at.is_some_and(|at| now.since(at) < pause);
        if fresh.is_some() {
            if lately(tries.unknown, UNKNOWN_PAUSE) {
                return Err(Flaw::UnknownKey.into());
            }
            tries.unknown = Some(now);
        }
        let fetched = match lately(tries.failed, FAILED_PAUSE) {
            true => Err("the last try failed a moment ago".to_owned()),
            false => Box::pin(self.fetch(transport)).await,
        };
        match fetched {
            Ok(keys) => {
                tries.failed = None;
                let set = Arc::new(KeySet { keys, read_at: now });
                *self.known.write().unwrap_or_else(PoisonError::into_inner) =
                    Some(Arc::clone(&set));
                set.pick(wanted).ok_or_else(|| Flaw::UnknownKey.into())
            }
            Err(reason) => {
                tries.failed =
                    tries.failed.filter(|_| lately(tries.failed, FAILED_PAUSE)).or(Some(now));
                tracing::warn!(
                    issuer = self.at.name(),
                    reason,
                    "an issuer's keys cannot be fetched"
                );
                match self.within(now, self.ttl.saturating_add(self.stale)) {
                    Some(set) => set.pick(wanted).ok_or_else(|| Flaw::UnknownKey.into()),
                    None => Err(unreachable(reason)),
                }
            }
        }
    }

    fn fresh(&self, now: Millis) -> Option<Arc<KeySet>> {
        self.within(now, self.ttl)
    }

    fn within(&self, now: Millis, age: i64) -> Option<Arc<KeySet>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.clone().filter(|set| now.since(set.read_at) < age)
    }

    async fn fetch(&self, transport: &Transport) -> Result<Vec<VerifyingKey>, String> {
        let sets = match &self.at {
            KeysAt::Issuer(issuer) => {
                let url = format!("{}{WELL_KNOWN}", issuer.trim_end_matches('/'));
                vec![discover(transport, &url, Some(issuer)).await?]
            }
            KeysAt::Urls(urls) => {
                let mut sets = Vec::new();
                for url in urls {
                    sets.push(match url.contains(WELL_KNOWN) {
                        true => discover(transport, url, None).await?,
                        false => url.clone(),
                    });
                }
                sets
            }
        };
        let mut keys = Vec::new();
        for url in &sets {
            let set = get(transport, url).await?;
            let all = set.get("keys").and_then(Value::as_array);
            let all = all.ok_or_else(|| format!("{url} is no set of keys"))?;
            keys.extend(all.iter().filter_map(VerifyingKey::read).take(MOST_KEYS));
        }
        // A set that is empty is more likely a mistake of the issuer's than its wish.
        if keys.is_empty() {
            Err(format!("{} has no key that signs", sets.join(", ")))
        } else {
            Ok(keys)
        }
    }
}

// === impl KeySet ===

impl KeySet {
    /// With an id, the keys that have it; without, all that may be it.
    fn pick(&self, wanted: Wanted<'_>) -> Option<Vec<VerifyingKey>> {
        let suits = |key: &&VerifyingKey| {
            key.suits(wanted.algorithm) && (wanted.id.is_none() || key.id.as_deref() == wanted.id)
        };
        let found: Vec<VerifyingKey> = self.keys.iter().filter(suits).cloned().collect();
        (!found.is_empty()).then_some(found)
    }
}

/// Where an issuer says its keys are.
async fn discover(
    transport: &Transport,
    url: &str,
    issuer: Option<&str>,
) -> Result<String, String> {
    let document = get(transport, url).await?;
    let text = |name: &str| document.get(name).and_then(Value::as_str);
    // One that speaks for another issuer is not believed (section 4.3).
    if let Some(issuer) = issuer.filter(|issuer| text("issuer") != Some(issuer)) {
        return Err(format!("{url} is of another issuer than {issuer}"));
    }
    text("jwks_uri").map(str::to_owned).ok_or_else(|| format!("{url} has no `jwks_uri`"))
}

async fn get(transport: &Transport, url: &str) -> Result<Value, String> {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    let fetch = Fetch { url, headers, most_bytes: LARGEST, timeout: LONGEST };
    let document = transport.fetch(&fetch).await.map_err(|error| error.to_string())?;
    if !document.status.is_success() {
        return Err(format!("{url} answered with status {}", document.status.as_u16()));
    }
    serde_json::from_slice(&document.body).map_err(|_| format!("{url} is not JSON"))
}

/// Nothing is known about the token: it may be good.
fn unreachable(reason: String) -> Fault {
    Fault::new(
        FaultKind::Unavailable,
        "The identity provider cannot be reached, so the token could not be verified. Try again shortly.",
    )
    .with_label("auth_provider_unavailable")
    .with_retry_after(Duration::from_secs(2))
    .with_detail(reason)
}
