//! The audit log: who changed what, and who was refused.
//!
//! There is no write of a record without a row: what changes records ([`crate::Records::by`],
//! [`crate::Keys::by`]) asks for the [`Deed`] that it is part of, and puts the row into the same
//! transaction. A crash leaves both or neither.
//!
//! The rows stand in a few chains. Each row carries the hash of the one before it, and each chain has
//! a head that names its last row; a transaction that writes a row moves the head it has read, or does
//! nothing. So writers of many processes never fork a chain; two that meet at a head make the slower
//! one take another chain. [`Audit::verify`] walks the chains back from their heads.
//!
//! Rows expire in the order in which they came: none before the one that it follows. What a chain has
//! lost may therefore be told from what was taken from it.

mod change;
mod item;
mod mask;
mod read;
mod verify;
mod write;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{KeyHash, Millis, StoreError, store::Inner};

pub(crate) use change::Change;
pub use verify::{Finding, Flaw, Report};

/// The audit log.
#[derive(Debug, Clone)]
pub struct Audit {
    pub(crate) inner: Arc<Inner>,
}

/// Changes of `T`, each of them recorded as part of a deed.
#[derive(Debug)]
pub struct Edits<'d, T> {
    pub(crate) of: T,
    pub(crate) deed: &'d Deed,
}

/// A call that changes records: who makes it, and from where.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Deed {
    /// The call's id.
    pub call: String,
    /// The route: `POST /key/generate`; or what the gateway does by itself: `start`.
    pub route: String,
    /// Who.
    pub who: Who,
    /// The caller's address, as far as it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What the caller says it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// For how many days its rows are kept, at least.
    #[serde(skip)]
    pub keep_days: u32,
}

/// Who does something.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Who {
    /// The hash of the credential's key; also of one that opens nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyHash>,
    /// Their name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Their role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Who vouches for them, where it is no key: an issuer, `aws`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// Their name there: a token's subject, an ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// On whose behalf, as the caller says (LiteLLM's `litellm-changed-by`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_behalf: Option<String>,
}

/// What a row says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditRow {
    /// Its id.
    #[serde(skip)]
    pub id: String,
    /// When.
    pub at: Millis,
    /// Who, how, from where.
    #[serde(flatten)]
    pub deed: Deed,
    /// What was done.
    pub action: Action,
    /// The kind of the object: `KEYS`, `USERS`, `TEAMS`...
    #[serde(default)]
    pub kind: String,
    /// The object's id.
    #[serde(default)]
    pub object: String,
    /// What it was, as far as it has changed; secrets are masked.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub before: Map<String, Value>,
    /// What became of it.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub after: Map<String, Value>,
    /// The HTTP status of a refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What was done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It was made.
    Created,
    /// It was changed.
    Updated,
    /// It was deleted.
    Deleted,
    /// It was switched off.
    Blocked,
    /// It was switched on again.
    Unblocked,
    /// It was given another secret.
    Rotated,
    /// Nothing: the caller was refused.
    Refused,
}

/// Why and of what somebody was refused.
#[derive(Debug, Clone, Default)]
pub struct Refused {
    /// The HTTP status.
    pub status: u16,
    /// The reason, as the caller was told.
    pub reason: String,
    /// The object that the caller named, if any.
    pub object: String,
}

/// Which rows.
#[derive(Debug, Clone)]
pub struct AuditFilter {
    /// Not before.
    pub from: Millis,
    /// Before this instant.
    pub to: Millis,
    /// The user, or on whose behalf, or the name of the key.
    pub by: Option<String>,
    /// The key.
    pub key: Option<KeyHash>,
    /// What was done.
    pub action: Option<Action>,
    /// The kind of object.
    pub kind: Option<String>,
    /// The object.
    pub object: Option<String>,
    /// The newest rows that are wanted, at most; all that fit are counted.
    pub newest: usize,
    /// The oldest first.
    pub ascending: bool,
}

/// The last row of a chain, to be noted elsewhere: a chain that does not lead to it any more was cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The chain.
    pub chain: u8,
    /// The row's number; the first is 1.
    pub number: u64,
    /// The row's hash.
    pub hash: KeyHash,
}

// === impl Audit ===

impl Audit {
    /// Records that somebody was refused.
    ///
    /// # Errors
    /// The database's.
    pub async fn refused(&self, deed: &Deed, refused: &Refused) -> Result<(), StoreError> {
        self.inner.note(deed, Change::refused(refused)).await
    }

    /// The newest rows that fit, newest first (or the oldest, if those are wanted), and how many fit.
    ///
    /// # Errors
    /// The database's.
    pub async fn list(&self, filter: &AuditFilter) -> Result<(Vec<AuditRow>, usize), StoreError> {
        self.select(filter).await
    }

    /// A row by its id.
    ///
    /// # Errors
    /// The database's.
    pub async fn get(&self, id: &str) -> Result<Option<AuditRow>, StoreError> {
        self.one(id).await
    }

    /// Walks all chains: what was taken, changed, moved or put in is found. With heads that were noted
    /// before, also what was cut together with its head.
    ///
    /// # Errors
    /// The database's.
    pub async fn verify(&self, noted: &[Head]) -> Result<Report, StoreError> {
        self.walk(noted).await
    }
}

// === impl Deed ===

impl Deed {
    /// Longest text of a deed.
    const LONGEST: usize = 256;
    /// For how long rows are kept where nothing is said.
    pub const KEEP_DAYS: u32 = 400;

    /// What the gateway does by itself.
    #[must_use]
    pub fn own(what: &str) -> Self {
        Self { route: what.to_owned(), keep_days: Self::KEEP_DAYS, ..Self::default() }
    }

    /// A text of a caller's, as much of it as is kept.
    #[must_use]
    pub fn text(text: &str) -> String {
        text.chars().filter(|c| !c.is_control()).take(Self::LONGEST).collect()
    }
}

// === impl Action ===

impl Action {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Created,
        Self::Updated,
        Self::Deleted,
        Self::Blocked,
        Self::Unblocked,
        Self::Rotated,
        Self::Refused,
    ];

    /// LiteLLM's word, or ours.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
            Self::Blocked => "blocked",
            Self::Unblocked => "unblocked",
            Self::Rotated => "rotated",
            Self::Refused => "refused",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == text)
    }
}
