//! Which of a token's teams there are: an identity provider knows groups that are no teams here.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use sluice_store::{Millis, TeamRecord};
use sluice_wire::Fault;

use crate::app::App;

/// How long an answer counts, in milliseconds.
const FRESH: i64 = 5_000;
/// Answers that are kept at most; beyond that they start over.
const MOST: usize = 10_000;

/// Whether there were teams of these ids, and when that was asked.
#[derive(Debug, Default)]
pub(super) struct Teams(Mutex<HashMap<String, (bool, Millis)>>);

// === impl Teams ===

impl Teams {
    /// The first of some ids that is a team's.
    pub(super) async fn first(&self, app: &App, ids: &[String]) -> Result<Option<String>, Fault> {
        let now = app.clock.now();
        let unknown: Vec<&String> = ids.iter().filter(|id| self.known(id, now).is_none()).collect();
        if !unknown.is_empty() {
            let places: Vec<_> = unknown.iter().map(|id| TeamRecord::at(id)).collect();
            let found = app.store.teams().get_all(&places).await;
            let found = found.map_err(|error| app.store_fault(&error))?;
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() >= MOST {
                kept.clear();
            }
            for id in unknown {
                let there = found.iter().any(|team| team.team_id == *id);
                kept.insert(id.clone(), (there, now));
            }
        }
        Ok(ids.iter().find(|id| self.known(id, now) == Some(true)).cloned())
    }

    fn known(&self, id: &str, now: Millis) -> Option<bool> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(id).filter(|(_, asked)| now.since(*asked) < FRESH).map(|(there, _)| *there)
    }
}
