//! A tag that a call carries: what may be used under it, where somebody has made a record of it.

use std::sync::Arc;

use sluice_store::{Subject, TagRecord};
use sluice_wire::Fault;

use super::{Party, people::budget, seen::Seen};
use crate::app::App;

/// What is known of a tag.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tag {
    /// Models that calls under it may use; empty for all.
    pub(super) models: Vec<String>,
    /// Its limits; none where nobody has made a record of it.
    pub(super) party: Option<Party>,
    /// What was read.
    pub(super) seen: Seen,
}

// === impl Tag ===

impl Tag {
    /// The tag of a name, from the cache or read.
    ///
    /// # Errors
    /// The store's.
    pub(super) async fn find(app: &App, name: &str) -> Result<Arc<Self>, Fault> {
        let read = async || Self::read(app, name).await.map(Arc::new);
        match app.tags.or_read(app, name.to_owned(), read).await {
            // Without the store's answer, one that was never read is no more than a word.
            Err(fault) if app.goes_on(&fault) => Ok(Arc::default()),
            found => found,
        }
    }

    async fn read(app: &App, name: &str) -> Result<Self, Fault> {
        let place = TagRecord::at(name);
        let record = app.store.tags().get(&place).await;
        let record = record.map_err(|error| app.store_fault(&error))?;
        let mut seen = Seen::default();
        seen.note(Some(place), record.as_ref().map(|record| record.stamp.version));
        let Some(record) = record else { return Ok(Self { seen, ..Self::default() }) };
        let budget = match record.budget_id.as_deref() {
            Some(id) => Some(budget(app, id, &mut seen).await?),
            None => None,
        };
        let allowance = record.allowance.or_budget(budget.as_ref());
        let party = Party { subject: Subject::Tag(record.name), allowance, pays: true };
        Ok(Self { models: record.models, party: Some(party), seen })
    }
}
