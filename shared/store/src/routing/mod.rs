//! What calls are routed by besides the configuration: models and credentials that people add while
//! the gateway runs.
//!
//! All of it is in one partition of the core table, so that one strong query reads it whole. Each
//! change counts up the partition's revision in the same transaction: whoever keeps what they read
//! asks for the revision, and reads again when it is another one. No index is asked, for an index
//! may tell of a change later than the revision does.

/// Files a kind of record in the partition: each by its id behind a prefix.
macro_rules! routed {
    ($record:ident, $id:ident behind $prefix:ident in $all:literal) => {
        impl $record {
            /// Where the record of this id is.
            #[must_use]
            pub fn at(id: &str) -> $crate::Place {
                $crate::Place::new($crate::routing::PARTITION, format!("{}{id}", $prefix))
            }
        }

        $crate::records::record!($record, $id in $all, routes true);
    };
}

mod credential;
mod model;
mod read;
mod used;

use std::sync::Arc;

pub use credential::CredentialRecord;
pub use model::ModelRecord;
pub use used::Use;

use crate::store::Inner;

/// The partition.
pub(crate) const PARTITION: &str = "ROUTING";
/// Where its revision is.
pub(crate) const REVISION: &str = "REVISION";
/// Where the key that its secrets are sealed with is, itself sealed with another.
const DATA_KEY: &str = "DATAKEY";
/// How the places of models begin.
const MODEL: &str = "MODEL#";
/// How the places of credentials begin.
const CREDENTIAL: &str = "CREDENTIAL#";

/// The partition as a whole.
#[derive(Debug, Clone)]
pub struct Routing {
    pub(crate) inner: Arc<Inner>,
}

/// What is in it.
#[derive(Debug, Clone, Default)]
pub struct Routed {
    /// The models, by their ids.
    pub models: Vec<ModelRecord>,
    /// The credentials, by their names.
    pub credentials: Vec<CredentialRecord>,
}
