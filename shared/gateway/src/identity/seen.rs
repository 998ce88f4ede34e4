//! Which records were read, and in which versions.

use sluice_store::Place;
use sluice_wire::Fault;

use crate::app::App;

/// Records by their places, each with its version; 0 where there was none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Seen(Vec<(Place, u64)>);

// === impl Seen ===

impl Seen {
    /// Notes a record; there may be no place to look at.
    pub(super) fn note(&mut self, place: Option<Place>, version: Option<u64>) {
        self.0.extend(place.map(|place| (place, version.unwrap_or(0))));
    }

    /// Whether all of them are still what they were; read strongly, in one question.
    pub(crate) async fn are_current(of: &[&Self], app: &App) -> Result<bool, Fault> {
        let (places, versions): (Vec<Place>, Vec<u64>) =
            of.iter().flat_map(|seen| seen.0.iter().cloned()).unzip();
        if places.is_empty() {
            return Ok(true);
        }
        let now = app.store.versions(&places).await;
        Ok(now.map_err(|error| app.store_fault(&error))? == versions)
    }
}
