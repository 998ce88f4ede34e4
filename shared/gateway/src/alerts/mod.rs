//! Alerts: people and programs are told of budgets that run out.
//!
//! No call does anything for it. Whoever has time (a server's chores, `budget-reset` on its schedule)
//! reads what everybody has spent, as the ledger has written it down, holds it against their budgets, and
//! makes the alerts that are due. Of each there is one in a window, whatever the number of processes: the
//! store makes it under that condition, and remembers whom it has still to be told to. So what a dead
//! process or a deaf channel left untold is told by whoever watches next.
//!
//! Where nobody is to be told, nothing is read.

mod budgets;
mod deliver;
mod judge;
mod notice;
mod roster;

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use futures_util::{StreamExt as _, stream};
use sluice_store::{Alert, Later, Millis, StoreError};

pub(crate) use deliver::{channels, deliver};
pub(crate) use notice::{Notice, trial};

use crate::{app::App, config::Alerting};

/// Alerts that are sent at the same time.
const AT_ONCE: usize = 8;
/// How long one watch begins to send alerts, in milliseconds: channels that do not answer shall not keep
/// the next one waiting.
const SENDING_MS: i64 = 60_000;
/// Ids of alerts that a process remembers to have been made.
const REMEMBERED: usize = 10_000;
/// How long it is remembered that an alert was made, beyond the window that it is about.
const KEPT_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// Alerts that this process knows to have been made.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<HashSet<String>>);

/// What came of a watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Watched {
    /// Budgets that were looked at.
    pub budgets: usize,
    /// Alerts that were made.
    pub made: usize,
    /// Channels that were told.
    pub told: usize,
    /// Channels that could not be told; they are tried again.
    pub failed: usize,
}

/// What somebody is about to be told.
struct Due {
    id: String,
    notice: Notice,
    until: Option<Millis>,
}

// === impl App ===

impl App {
    /// Looks at all budgets, and tells of those that run out.
    ///
    /// # Errors
    /// The store's. What was made is told by the next watch.
    pub async fn watch_budgets(&self) -> Result<Watched, StoreError> {
        let Some(alerting) = &self.config.general.alerting else { return Ok(Watched::default()) };
        let begun = self.clock.now();
        let (budgets, due) = self.due(alerting, begun).await?;
        let alerts = self.store.alerts();
        let retried = alerts.due().await?;
        let fresh = due.into_iter().map(|due| Task::Make(Box::new(due)));
        let tasks = retried.into_iter().map(|alert| Task::Again(Box::new(alert))).chain(fresh);
        let each = stream::iter(tasks).map(|task| self.perform(alerting, task, begun));
        // All of them, whatever becomes of one: one that is given up half-way might be told twice.
        let done: Vec<_> = each.buffer_unordered(AT_ONCE).collect().await;
        let mut watched = Watched { budgets, ..Watched::default() };
        for one in done {
            let one = one?;
            watched.made += one.made;
            watched.told += one.told;
            watched.failed += one.failed;
        }
        Ok(watched)
    }

    /// The number of budgets, and what of them nobody was told yet.
    async fn due(&self, alerting: &Alerting, now: Millis) -> Result<(usize, Vec<Due>), StoreError> {
        let budgets = budgets::all(self, now).await?;
        let mut due: Vec<Due> = Vec::new();
        for budget in &budgets {
            for event in judge::events(&budget.standing, alerting, now) {
                let until = budget.standing.window.resets_at.map(|end| end.plus(KEPT_MS));
                let id = budget.id(&event);
                if !self.alerts.has(&id) && due.iter().all(|other| other.id != id) {
                    let notice = Notice::of(budget, &event, &id);
                    due.push(Due { notice, id, until });
                }
            }
        }
        let ids: Vec<String> = due.iter().map(|due| due.id.clone()).collect();
        let made = self.store.alerts().made(&ids).await?;
        due.retain(|due| !made.contains(&due.id));
        made.into_iter().for_each(|id| self.alerts.note(id));
        Ok((budgets.len(), due))
    }

    async fn perform(
        &self,
        alerting: &Alerting,
        task: Task,
        begun: Millis,
    ) -> Result<Watched, StoreError> {
        if self.clock.now().since(begun) > SENDING_MS {
            return Ok(Watched::default());
        }
        let alerts = self.store.alerts();
        let (alert, made) = match task {
            Task::Again(seen) => (alerts.claim(&seen).await?, 0),
            Task::Make(due) => {
                let Due { id, notice, until } = *due;
                let channels = channels(alerting, &notice);
                let alert = Alert {
                    id: id.clone(),
                    notice: notice.into_json(),
                    channels,
                    made: begun,
                    attempts: 0,
                    until,
                    claimed: begun,
                };
                let made = alerts.make(alert).await?;
                self.alerts.note(id);
                let count = usize::from(made.is_some());
                (made, count)
            }
        };
        let Some(alert) = alert else { return Ok(Watched::default()) };
        let (told, failed) = self.tell(alerting, alert).await?;
        Ok(Watched { made, told, failed, budgets: 0 })
    }

    /// Tells whom it has not been told; says how many were, and how many could not be.
    async fn tell(
        &self,
        alerting: &Alerting,
        mut alert: Alert,
    ) -> Result<(usize, usize), StoreError> {
        let notice = Notice::from_json(alert.notice.clone());
        let left = alert.channels.clone();
        let each = left.iter().map(|channel| deliver(self, alerting, channel, &notice));
        let answers = futures_util::future::join_all(each).await;
        let (mut told, mut reasons) = (0, Vec::new());
        for (channel, answer) in left.iter().zip(answers) {
            match answer {
                Ok(()) => {
                    self.store.alerts().told(&mut alert, channel).await?;
                    told += 1;
                }
                Err(reason) => {
                    tracing::error!(alert = %alert.id, channel, reason, "an alert could not be sent");
                    reasons.push(format!("{channel}: {reason}"));
                }
            }
        }
        if !reasons.is_empty() {
            let later = self.store.alerts().put_off(&alert, &reasons.join("; ")).await?;
            if later == Later::Never {
                tracing::error!(alert = %alert.id, "an alert was tried for a day and is given up");
            }
        }
        Ok((told, reasons.len()))
    }
}

enum Task {
    Make(Box<Due>),
    Again(Box<Alert>),
}

// === impl Known ===

impl Known {
    fn has(&self, id: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(id)
    }

    fn note(&self, id: String) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(id);
    }
}
