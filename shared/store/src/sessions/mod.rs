//! Conversations that are kept here, turn by turn, for whoever had them to go on from.
//!
//! Each turn is a document of its own: to append one reads nothing and replaces nothing, so of turns
//! that are appended at once none is lost. They stand in the order of their instants. A session is its
//! owner's: the same name is another session for another owner, and nobody learns of it.

mod item;

use std::{fmt, sync::Arc};

use crate::{KeyHash, Millis, StoreError, store::Inner};

/// The kept conversations.
#[derive(Debug, Clone)]
pub struct Sessions {
    pub(crate) inner: Arc<Inner>,
}

/// Whose a conversation is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionOwner {
    /// A user's, whichever of their keys they call with.
    User(String),
    /// That of a key which is no user's.
    Key(KeyHash),
}

/// A conversation as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// When it is forgotten, whole.
    pub expires: Millis,
    /// The instant of its newest turn.
    pub newest: Millis,
    /// The document of each turn, oldest first.
    pub turns: Vec<String>,
}

/// A turn to append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTurn {
    /// When it was complete. Turns stand in this order.
    pub at: Millis,
    /// The id of its call: to append the turn of a call again changes nothing.
    pub call: String,
    /// When its session is forgotten.
    pub expires: Millis,
    /// Its session is new, and is to be listed.
    pub begins: bool,
    /// What is kept of it.
    pub document: String,
}

// === impl SessionOwner ===

impl fmt::Display for SessionOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "U#{id}"),
            Self::Key(hash) => write!(f, "K#{hash}"),
        }
    }
}

// === impl Sessions ===

impl Sessions {
    /// Appends a turn.
    ///
    /// # Errors
    /// The database's, or [`crate::StoreErrorKind::Rejected`] for a document that is too long.
    pub async fn append(
        &self,
        owner: &SessionOwner,
        session: &str,
        turn: &NewTurn,
    ) -> Result<(), StoreError> {
        self.inner.put_document(item::write(owner, session, turn)?).await?;
        if turn.begins {
            self.inner.cache_item(item::listing(owner, session, turn.expires)).await?;
        }
        Ok(())
    }

    /// A conversation; `None` where its owner has none of this name, or no more.
    ///
    /// # Errors
    /// The database's.
    pub async fn get(
        &self,
        owner: &SessionOwner,
        session: &str,
        now: Millis,
    ) -> Result<Option<Session>, StoreError> {
        let items = self.inner.cached(item::partition(owner, session), None).await?;
        item::read(&items, now)
    }

    /// The names of an owner's conversations, in the order of the names.
    ///
    /// # Errors
    /// The database's.
    pub async fn list(
        &self,
        owner: &SessionOwner,
        now: Millis,
        most: usize,
    ) -> Result<Vec<String>, StoreError> {
        let mut found = self.inner.found_cached(item::listings(owner));
        let mut names = Vec::new();
        while names.len() < most
            && let Some(item) = found.next().await?
        {
            names.extend(item::name(&item, now));
        }
        Ok(names)
    }

    /// Forgets a conversation; `false` where there was none.
    ///
    /// # Errors
    /// The database's.
    pub async fn delete(&self, owner: &SessionOwner, session: &str) -> Result<bool, StoreError> {
        let found = self.inner.delete_cached(item::partition(owner, session)).await?;
        self.inner.erase_cached(item::listed_as(owner, session)).await?;
        Ok(found)
    }
}
