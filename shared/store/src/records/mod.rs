//! Records that people edit: a document with a version, one kind a noun.
//!
//! A record is read strongly, and changed only in the version that was read: of two people who change
//! one record at once, the second changes what the first has made of it. A caller's process may keep
//! a record for a while; [`crate::Store::versions`] says whether it is still the one.

mod item;
mod read;
mod write;

use std::{fmt::Debug, marker::PhantomData, sync::Arc};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{Deed, Edits, Millis, StoreError, store::Inner};

pub(crate) use item::from_item;

/// A kind of record.
pub trait Record: Clone + Debug + Serialize + DeserializeOwned + Send + Sync {
    /// Whether calls are routed by it: a change then counts up the revision of what they are routed
    /// by ([`crate::Routing`]), in the same transaction.
    const ROUTES: bool = false;

    /// The kind's name in the audit log.
    const KIND: &'static str;
    /// Its id, among those of its kind.
    fn id(&self) -> String;
    /// Where it is.
    fn place(&self) -> Place;
    /// The index partition that lists it, and where in it.
    fn listed(&self) -> Listed;
    /// The same in another index.
    fn also_listed(&self) -> Option<Listed> {
        None
    }
    /// Who made it and changed it, and when.
    fn stamp(&self) -> &Stamp;
    /// The same, to be changed.
    fn stamp_mut(&mut self) -> &mut Stamp;
    /// A name that no other record of the kind may have.
    fn unique(&self) -> Option<String> {
        None
    }
}

/// A kind of record of which there is one list of all.
pub trait Filed: Record {
    /// The index partition of the list.
    const ALL: &'static str;
}

/// Files a kind of record: each by its id behind a prefix, all of them in one list. `named` gives a
/// record's unique name, where the kind has any.
macro_rules! filed {
    ($record:ident, $id:ident behind $prefix:literal in $all:literal $(, named $name:path)?) => {
        impl $record {
            /// Where the record of this id is.
            #[must_use]
            pub fn at(id: &str) -> $crate::Place {
                $crate::Place::new(format!(concat!($prefix, "{}"), id), "META")
            }
        }

        $crate::records::record!($record, $id in $all $(, named $name)?);
    };
}
pub(crate) use filed;

/// What is the same of every kind of which there is one list of all. `routes` marks those that calls are
/// routed by.
macro_rules! record {
    ($record:ident, $id:ident in $all:literal $(, named $name:path)? $(, routes $routes:literal)?) => {
        impl $crate::Record for $record {
            $(const ROUTES: bool = $routes;)?
            const KIND: &'static str = $all;

            fn id(&self) -> String {
                self.$id.clone()
            }

            fn place(&self) -> $crate::Place {
                Self::at(&self.$id)
            }

            fn listed(&self) -> $crate::Listed {
                $crate::Listed::by_age(<Self as $crate::Filed>::ALL, self)
            }

            fn stamp(&self) -> &$crate::Stamp {
                &self.stamp
            }

            fn stamp_mut(&mut self) -> &mut $crate::Stamp {
                &mut self.stamp
            }

            $(fn unique(&self) -> Option<String> {
                $name(self)
            })?
        }

        impl $crate::Filed for $record {
            const ALL: &'static str = $all;
        }
    };
}
pub(crate) use record;

/// Where a record is: its primary key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

/// An entry of an index of the core table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub(crate) index: &'static str,
    pub(crate) pk: String,
    pub(crate) sk: String,
}

/// A record's history in short.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Stamp {
    /// Which version of the record this is; the store counts it, and never the same twice for one id.
    pub version: u64,
    /// When it was made.
    pub created_at: Millis,
    /// Who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// When it was changed last.
    pub updated_at: Millis,
    /// Who changed it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_by: Option<String>,
}

/// The records of a kind.
#[derive(Debug, Clone)]
pub struct Records<R> {
    pub(crate) inner: Arc<Inner>,
    kind: PhantomData<fn() -> R>,
}

/// A failed change of a record.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// There is such a record.
    #[error("the record exists")]
    Exists,
    /// Another record has this name.
    #[error("the name `{0}` is taken")]
    Taken(String),
    /// There is no such record.
    #[error("the record does not exist")]
    NotFound,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

// === impl Records ===

impl<R: Record> Records<R> {
    pub(crate) fn of(inner: Arc<Inner>) -> Self {
        Self { inner, kind: PhantomData }
    }

    /// Changes of them, as part of a deed.
    #[must_use]
    pub fn by<'d>(&self, deed: &'d Deed) -> Edits<'d, Self> {
        Edits { of: Self::of(Arc::clone(&self.inner)), deed }
    }

    /// A record, read strongly.
    ///
    /// # Errors
    /// The database's.
    pub async fn get(&self, place: &Place) -> Result<Option<R>, StoreError> {
        self.read(place).await
    }

    /// Many records, read strongly, in no order; without those that there are not.
    ///
    /// # Errors
    /// The database's.
    pub async fn get_all(&self, places: &[Place]) -> Result<Vec<R>, StoreError> {
        self.read_all(places).await
    }

    /// Where the record with a unique name is.
    ///
    /// # Errors
    /// The database's.
    pub async fn named(&self, unique: &str) -> Result<Option<R>, StoreError> {
        self.by_name(unique).await
    }

    /// What an index partition lists, the newest first where it is by age.
    ///
    /// # Errors
    /// The database's.
    pub(crate) async fn listed(&self, index: &'static str, pk: &str) -> Result<Vec<R>, StoreError> {
        self.list(index, pk).await
    }
}

// === impl Edits ===

impl<R: Record> Edits<'_, Records<R>> {
    /// Stores a new record.
    ///
    /// # Errors
    /// [`RecordError::Exists`], [`RecordError::Taken`], or the database's.
    pub async fn create(self, record: &R) -> Result<R, RecordError> {
        self.insert_all(std::slice::from_ref(record)).await?;
        Ok(record.clone())
    }

    /// Stores many new records, some thirty at a time that are stored whole or not at all.
    ///
    /// # Errors
    /// [`RecordError::Exists`], [`RecordError::Taken`] for any of them, or the database's.
    pub async fn create_all(self, records: &[R]) -> Result<(), RecordError> {
        self.insert_all(records).await
    }

    /// Changes a record in the version that it has; returns what became of it.
    ///
    /// # Errors
    /// [`RecordError::NotFound`], [`RecordError::Taken`], or the database's.
    pub async fn update(self, place: &Place, change: impl Fn(&mut R)) -> Result<R, RecordError> {
        self.change(place, change).await
    }

    /// Puts a record in the place of what was read, for changes that have to be looked at before they
    /// are made. `None` where somebody else has changed or deleted it since.
    ///
    /// # Errors
    /// [`RecordError::Taken`], or the database's.
    pub async fn replace(self, old: &R, new: R) -> Result<Option<R>, RecordError> {
        self.swap(old, new).await
    }

    /// Deletes a record; returns what it was.
    ///
    /// # Errors
    /// The database's.
    pub async fn delete(self, place: &Place) -> Result<Option<R>, RecordError> {
        self.remove(place).await
    }
}

// === impl Records ===

impl<R: Filed> Records<R> {
    /// All of the kind, the newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn all(&self) -> Result<Vec<R>, StoreError> {
        self.listed("gsi2", R::ALL).await
    }
}

// === impl Stamp ===

impl Stamp {
    /// Of a record that is made now.
    pub fn new(now: Millis, by: Option<String>) -> Self {
        let version = u64::try_from(now.get()).unwrap_or(1);
        Self { version, created_at: now, created_by: by.clone(), updated_at: now, updated_by: by }
    }

    /// It is changed now.
    pub fn touch(&mut self, now: Millis, by: Option<String>) {
        (self.updated_at, self.updated_by) = (now, by);
    }
}
