//! One import: what it goes by, and how a record is carried over.

use std::collections::{HashMap, HashSet};

use sluice_store::{Deed, Millis, Record, RecordError, Records, Stamp, Who};

use super::{ImportError, Line, Outcome, Report, report::Unread, row::Row};
use crate::{App, admin::reply::Refused, corridor};

/// Who changed a record last, where an import did.
pub(super) const IMPORTER: &str = "sluice import litellm";
/// How often a change is tried against other writers.
const TRIES: usize = 4;

/// An import.
#[derive(Debug)]
pub(super) struct Run<'a> {
    pub(super) app: &'a App,
    pub(super) apply: bool,
    pub(super) deed: Deed,
    pub(super) now: Millis,
    pub(super) report: Report,
    /// Those that are here, or will be.
    pub(super) budgets: HashSet<String>,
    /// With the organisations that they are in.
    pub(super) teams: HashMap<String, Option<String>>,
    pub(super) organisations: HashSet<String>,
}

// === impl Run ===

impl<'a> Run<'a> {
    pub(super) fn new(app: &'a App, apply: bool) -> Self {
        let deed = Deed {
            call: corridor::stray_id(app),
            who: Who { name: Some(IMPORTER.to_owned()), ..Who::default() },
            keep_days: app.config.general.audit_days,
            ..Deed::own("import litellm")
        };
        Self {
            app,
            apply,
            deed,
            now: app.clock.now(),
            report: Report { applied: apply, ..Report::default() },
            budgets: HashSet::new(),
            teams: HashMap::new(),
            organisations: HashSet::new(),
        }
    }

    /// The history of a record that is made of a row.
    pub(super) fn stamp(&self, row: &mut Row) -> Result<Stamp, Refused> {
        let made = row.take_instant("created_at")?;
        let by = row.take_text("created_by");
        row.forget(&["updated_at", "updated_by"]);
        Ok(Stamp {
            created_at: made.unwrap_or(self.now),
            created_by: by,
            ..Stamp::new(self.now, Some(IMPORTER.to_owned()))
        })
    }

    /// Sees to it that a record is what LiteLLM says, unless somebody here has changed it.
    pub(super) async fn carry<R: Record + PartialEq>(
        &self,
        records: Records<R>,
        wanted: R,
    ) -> Result<Outcome, ImportError> {
        for _ in 0..TRIES {
            let Some(old) = records.get(&wanted.place()).await? else {
                if !self.apply {
                    return Ok(Outcome::New);
                }
                match records.by(&self.deed).create(&wanted).await {
                    Ok(_) => return Ok(Outcome::New),
                    Err(RecordError::Exists) => continue,
                    Err(error) => return refused(error),
                }
            };
            let mut new = wanted.clone();
            *new.stamp_mut() = old.stamp().clone();
            if new == old {
                return Ok(Outcome::Same);
            }
            if old.stamp().updated_by.as_deref() != Some(IMPORTER) {
                return Ok(theirs());
            }
            if !self.apply {
                return Ok(Outcome::Changed);
            }
            new.stamp_mut().touch(self.now, Some(IMPORTER.to_owned()));
            match records.by(&self.deed).replace(&old, new).await {
                Ok(Some(_)) => return Ok(Outcome::Changed),
                Ok(None) => {}
                Err(error) => return refused(error),
            }
        }
        Ok(Outcome::Left("it is being changed here at this moment".to_owned()))
    }

    /// Tells that LiteLLM does not say whether there are any.
    pub(super) fn untold(&mut self, kind: &'static str, status: u16) {
        let reason = format!("whether there are any, LiteLLM does not tell ({status})");
        self.report.unread.push(Unread { kind, names: Vec::new(), reason });
    }

    /// Tells of a row that cannot be read.
    pub(super) fn refuse(&mut self, kind: &'static str, name: &str, refused: &Refused) {
        self.report.lines.push(Line::new(kind, name, Outcome::Refused(refused.reason())));
    }
}

/// A record that somebody here has changed.
pub(super) fn theirs() -> Outcome {
    Outcome::Left("it was made or changed here, to something else than LiteLLM says".to_owned())
}

fn refused(error: RecordError) -> Result<Outcome, ImportError> {
    match error {
        RecordError::Store(error) => Err(error.into()),
        RecordError::Taken(name) => {
            let (what, name) = name.split_once('#').unwrap_or(("name", &name));
            Ok(Outcome::Refused(format!("another one has the {what} {name}")))
        }
        error => Ok(Outcome::Refused(error.to_string())),
    }
}
