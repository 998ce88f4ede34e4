//! Secrets at rest: what models and credentials that are added through the API hold of them.
//!
//! Each secret text of a record is sealed by itself (AES-256-GCM) under one data key, bound to the
//! record and to its place in it: what is copied from one record into another does not open. The data
//! key is in a file of the data folder on a laptop; in AWS it is in the store, sealed by KMS, and opened
//! once in the life of a process. Beside a sealed text stands a hint for people, of four characters at
//! most.
//!
//! What is no secret (a name, an address, a reference to one in Secrets Manager) stays readable, and
//! needs no key at all.

mod seal;
mod words;

use std::sync::Arc;

use ring::aead::LessSafeKey;
use serde_json::{Map, Value};
use sluice_providers::Redacted;
use sluice_store::{CredentialRecord, ModelRecord, Routed, StoreError};
use sluice_wire::Fault;
use tokio::sync::OnceCell;

use crate::app::App;

pub(crate) use self::{seal::is_sealed, words::masked};
use self::{
    seal::{opened, sealed},
    words::holds_secrets,
};

/// Bytes of a data key.
pub const KEY_BYTES: usize = 32;

/// Where the data key is.
#[derive(Debug, Clone, Default)]
pub enum KeyPlace {
    /// There is none: secrets that are given through the API are refused.
    #[default]
    Nowhere,
    /// Here it is.
    Here(Redacted<[u8; KEY_BYTES]>),
    /// In the store, sealed by this key of AWS KMS (its id, ARN or alias).
    Kms(String),
}

/// Seals and opens secrets.
#[derive(Debug)]
pub(crate) struct Vault {
    place: KeyPlace,
    key: OnceCell<Arc<LessSafeKey>>,
}

/// Opens the secrets of records.
#[derive(Debug, Clone)]
pub(crate) struct Opener(Option<Arc<LessSafeKey>>);

/// A secret does not open: it was sealed with another key, or for another record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unopened;

/// Why there is no data key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VaultError {
    #[error("this gateway has no key to seal secrets with")]
    Nowhere,
    #[error("the data key: {0}")]
    Store(#[from] StoreError),
    #[error("the data key: {0}")]
    Kms(String),
    #[error("the data key is no key")]
    Malformed,
    #[error("a secret cannot be sealed: {0}")]
    Sealing(String),
}

// === impl Vault ===

impl Vault {
    /// Asks nothing yet.
    pub(crate) fn new(place: KeyPlace) -> Self {
        Self { place, key: OnceCell::new() }
    }

    /// What opens these records. The key is fetched only if one of them holds a secret.
    pub(crate) async fn opener(&self, app: &App, routed: &Routed) -> Result<Opener, VaultError> {
        let models = routed.models.iter().map(|record| &record.params);
        let mut all = models.chain(routed.credentials.iter().map(|record| &record.values));
        if !all.any(is_sealed) {
            return Ok(Opener(None));
        }
        self.opener_of_any(app).await
    }

    /// What opens any record.
    pub(crate) async fn opener_of_any(&self, app: &App) -> Result<Opener, VaultError> {
        match self.key(app).await {
            Ok(key) => Ok(Opener(Some(key))),
            Err(VaultError::Nowhere) => Ok(Opener(None)),
            Err(error) => Err(error),
        }
    }

    /// The parameters of a model, with its secrets sealed.
    pub(crate) async fn seal_model(
        &self,
        app: &App,
        id: &str,
        params: &Map<String, Value>,
    ) -> Result<Map<String, Value>, VaultError> {
        self.seal(app, &owner(MODEL, id), params).await
    }

    /// The values of a credential, with its secrets sealed.
    pub(crate) async fn seal_credential(
        &self,
        app: &App,
        name: &str,
        values: &Map<String, Value>,
    ) -> Result<Map<String, Value>, VaultError> {
        self.seal(app, &owner(CREDENTIAL, name), values).await
    }

    async fn seal(
        &self,
        app: &App,
        owner: &str,
        values: &Map<String, Value>,
    ) -> Result<Map<String, Value>, VaultError> {
        if !holds_secrets(values) {
            return Ok(values.clone());
        }
        sealed(values, owner, &*self.key(app).await?, &*app.random)
    }

    async fn key(&self, app: &App) -> Result<Arc<LessSafeKey>, VaultError> {
        self.key.get_or_try_init(|| self.fetch(app)).await.map(Arc::clone)
    }

    async fn fetch(&self, app: &App) -> Result<Arc<LessSafeKey>, VaultError> {
        let key_id = match &self.place {
            KeyPlace::Nowhere => return Err(VaultError::Nowhere),
            KeyPlace::Here(key) => return seal::key(key.expose()),
            KeyPlace::Kms(key_id) => key_id,
        };
        let refused = |fault: Fault| {
            VaultError::Kms(fault.detail.as_deref().unwrap_or(&fault.message).to_owned())
        };
        let routing = app.store.routing();
        let kept = match routing.data_key().await? {
            Some(kept) => kept,
            None => {
                let made = app.transport.new_data_key(key_id).await.map_err(refused)?;
                routing.keep_data_key(&made).await?
            }
        };
        let key = app.transport.open_data_key(key_id, &kept).await.map_err(refused)?;
        seal::key(key.expose())
    }
}

// === impl Opener ===

impl Opener {
    /// A model's parameters.
    pub(crate) fn model(&self, record: &ModelRecord) -> Result<Map<String, Value>, Unopened> {
        self.open(&record.params, &owner(MODEL, &record.id))
    }

    /// A credential's values.
    pub(crate) fn credential(
        &self,
        record: &CredentialRecord,
    ) -> Result<Map<String, Value>, Unopened> {
        self.open(&record.values, &owner(CREDENTIAL, &record.name))
    }

    fn open(
        &self,
        values: &Map<String, Value>,
        owner: &str,
    ) -> Result<Map<String, Value>, Unopened> {
        if !is_sealed(values) {
            return Ok(values.clone());
        }
        opened(values, owner, self.0.as_deref().ok_or(Unopened)?)
    }
}

const MODEL: &str = "model";
const CREDENTIAL: &str = "credential";

fn owner(kind: &str, id: &str) -> String {
    format!("{kind}#{id}")
}
