//! Keys that get another plaintext by themselves, when it is time.
//!
//! Nobody is told the new plaintext but a secret of AWS Secrets Manager, which its holders read. It is
//! put there beside the old one, then opens the key, and only then takes the old one's place: whoever reads the
//! secret reads one that opens the key. (The first value of a secret is there at once: AWS knows no other way.)
//! The old one opens the key until the grace is over. Whoever dies in between is gone on from: what is staged is used by the next run.

use serde::Serialize;
use sluice_store::{Deed, KeyError, KeyRecord, Millis, StoreError, Who, lifetime_end};
use sluice_wire::{Fault, FaultKind};

use crate::{App, admin::fresh_key, config::KeyRotation, corridor::stray_id, random};

/// How long a key is one process's to rotate, in milliseconds.
const CLAIM_MS: i64 = 5 * 60 * 1000;
/// Who does it, in the audit log.
const ROTATOR: &str = "key rotation";

/// What became of keys whose time had come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Rotated {
    /// Those that have another plaintext now.
    pub rotated: usize,
    /// Those that could not be given one; they are tried again.
    pub failed: usize,
}

// === impl App ===

impl App {
    /// Gives another plaintext to the keys whose time has come.
    ///
    /// # Errors
    /// The store's. What was not done is done by the next run.
    pub async fn rotate_keys(&self) -> Result<Rotated, StoreError> {
        let Some(settings) = &self.config.general.key_rotation else {
            return Ok(Rotated::default());
        };
        let now = self.clock.now();
        let due = self.store.keys().list().await?.into_iter().filter(|key| is_due(key, now));
        let mut report = Rotated::default();
        for key in due {
            match Box::pin(self.rotate(settings, &key, now)).await {
                Ok(true) => report.rotated += 1,
                // Another process is at it.
                Ok(false) => {}
                Err(fault) => {
                    report.failed += 1;
                    tracing::error!(key = %key.hash, reason = fault.detail.as_deref().unwrap_or(&fault.message),
                        "a key could not be rotated; it is tried again");
                }
            }
        }
        Ok(report)
    }

    async fn rotate(
        &self,
        settings: &KeyRotation,
        key: &KeyRecord,
        now: Millis,
    ) -> Result<bool, Fault> {
        let deed = self.rotation_deed();
        let me = random::uuid(&*self.random)
            .map_err(|error| Fault::new(FaultKind::Internal, error.to_string()))?;
        let (keys, hash) = (self.store.keys(), key.hash);
        let failed = |error: KeyError| match error {
            KeyError::Store(error) => self.store_fault(&error),
            other => Fault::new(FaultKind::Unavailable, other.to_string()),
        };
        let claimed = keys.by(&deed).update(&hash, |key| claim(key, &me, now)).await;
        let Some(key) = claimed.map_err(failed).map(|key| is_mine(&key, &me).then_some(key))?
        else {
            return Ok(false);
        };
        let due = key.rotation.as_ref().map_or(now, |rotation| rotation.due);
        let secret = format!("{}{hash}", settings.prefix);
        let staged = self.transport.pending_secret(&secret).await?;
        // A run that died has got this far.
        let opened = key.rotated_at.is_some_and(|at| at >= due);
        let pending = match (staged, opened) {
            (Some(pending), _) => Some(pending),
            (None, true) => None,
            (None, false) => {
                let plaintext = fresh_key(self)?;
                Some(self.transport.stage_secret(&secret, plaintext).await?)
            }
        };
        if let Some(pending) = &pending {
            let plaintext = pending.value.expose();
            if !key.opens_with(&sluice_store::KeyHash::of_plaintext(plaintext), now) {
                let until = lifetime_end(&settings.grace, now).unwrap_or(now);
                let rotated = keys.by(&deed).rotate(&hash, plaintext, |key| {
                    key.rotate(plaintext, Some(until), now);
                    key.updated_at = now;
                    key.updated_by = Some(ROTATOR.to_owned());
                });
                rotated.await.map_err(failed)?;
                self.forget_key(&hash);
            }
            self.transport.promote_secret(&secret, &pending.version).await?;
        }
        keys.by(&deed).update(&hash, |key| put_off(key, now)).await.map_err(failed)?;
        self.forget_key(&hash);
        Ok(true)
    }

    fn rotation_deed(&self) -> Deed {
        let who = Who { name: Some(ROTATOR.to_owned()), ..Who::default() };
        let keep_days = self.config.general.audit_days;
        Deed { call: stray_id(self), who, keep_days, ..Deed::own("rotate") }
    }
}

fn is_due(key: &KeyRecord, now: Millis) -> bool {
    let lives =
        key.deleted_at.is_none() && !key.blocked && key.expires.is_none_or(|expires| now < expires);
    lives && key.rotation.as_ref().is_some_and(|rotation| rotation.due <= now)
}

fn claim(key: &mut KeyRecord, me: &str, now: Millis) {
    if !is_due(key, now) {
        return;
    }
    if let Some(rotation) = &mut key.rotation
        && rotation.claim.as_ref().is_none_or(|(_, until)| *until <= now)
    {
        rotation.claim = Some((me.to_owned(), now.plus(CLAIM_MS)));
    }
}

fn is_mine(key: &KeyRecord, me: &str) -> bool {
    let claim = key.rotation.as_ref().and_then(|rotation| rotation.claim.as_ref());
    claim.is_some_and(|(by, _)| by == me)
}

/// The next time; nobody is at it any more.
fn put_off(key: &mut KeyRecord, now: Millis) {
    if let Some(rotation) = &mut key.rotation {
        rotation.claim = None;
        rotation.due = lifetime_end(&rotation.interval, now).unwrap_or(now.plus(CLAIM_MS));
    }
}
