//! What was received, kept for those who want to look.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use serde_json::{Value, json};

/// How many requests are kept; the oldest go first.
const KEPT: usize = 4096;

/// A log of the requests that one provider received.
#[derive(Debug, Clone, Default)]
pub struct Recorder(Arc<Mutex<Log>>);

#[derive(Debug, Default)]
struct Log {
    /// Number of the first record in `kept`; it never goes back, so that a handle stays its own.
    first: u64,
    /// The number from which [`Recorder::count`] counts.
    origin: u64,
    kept: VecDeque<Seen>,
}

/// One request as it came.
#[derive(Debug, Clone)]
pub struct Seen {
    /// HTTP method.
    pub method: String,
    /// Path and query, as written on the request line (percent-encoding untouched).
    pub path: String,
    /// Headers in order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
    /// The provider's message, where it refused the request.
    pub refused: Option<String>,
    /// What became of the answer.
    pub outcome: Outcome,
}

/// What became of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Still being written (or never answered).
    Open,
    /// Written whole.
    Complete,
    /// The caller hung up before the end, or the script cut it.
    Dropped,
}

/// A handle on one record, for the handler that answers it.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    log: Recorder,
    number: u64,
}

// === impl Recorder ===

impl Recorder {
    /// Every request that is still kept, oldest first.
    #[must_use]
    pub fn all(&self) -> Vec<Seen> {
        self.lock().kept.iter().cloned().collect()
    }

    /// The latest request.
    #[must_use]
    pub fn last(&self) -> Option<Seen> {
        self.lock().kept.back().cloned()
    }

    /// How many requests came since the start or the last [`Recorder::clear`].
    #[must_use]
    pub fn count(&self) -> u64 {
        let log = self.lock();
        log.next() - log.origin
    }

    /// Forgets everything.
    pub fn clear(&self) {
        let mut log = self.lock();
        log.first = log.next();
        log.origin = log.first;
        log.kept.clear();
    }

    pub(crate) fn push(&self, seen: Seen) -> Slot {
        let mut log = self.lock();
        if log.kept.len() == KEPT {
            log.kept.pop_front();
            log.first += 1;
        }
        let number = log.next();
        log.kept.push_back(seen);
        Slot { log: self.clone(), number }
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Log ===

impl Log {
    fn next(&self) -> u64 {
        self.first + u64::try_from(self.kept.len()).unwrap_or(u64::MAX)
    }
}

// === impl Seen ===

impl Seen {
    /// The body as JSON; `null` where it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn report(&self) -> Value {
        let headers: serde_json::Map<String, Value> =
            self.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        json!({
            "method": self.method,
            "path": self.path,
            "headers": headers,
            "body": self.json(),
            "text": String::from_utf8_lossy(&self.body),
            "refused": self.refused,
            "outcome": match self.outcome {
                Outcome::Open => "open",
                Outcome::Complete => "complete",
                Outcome::Dropped => "dropped",
            },
        })
    }
}

// === impl Slot ===

impl Slot {
    pub(crate) fn refuse(&self, message: &str) {
        self.edit(|seen| {
            seen.refused = Some(message.to_owned());
            seen.outcome = Outcome::Complete;
        });
    }

    pub(crate) fn end(&self, outcome: Outcome) {
        self.edit(|seen| seen.outcome = outcome);
    }

    fn edit(&self, change: impl FnOnce(&mut Seen)) {
        let mut log = self.log.lock();
        let Some(at) = self.number.checked_sub(log.first) else { return };
        if let Some(seen) = usize::try_from(at).ok().and_then(|at| log.kept.get_mut(at)) {
            change(seen);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(path: &str) -> Seen {
        Seen {
            method: "POST".to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: Bytes::new(),
            refused: None,
            outcome: Outcome::Open,
        }
    }

    #[test]
    fn keeps_the_newest_and_counts_them_all() {
        let log = Recorder::default();
        let first = log.push(seen("/0"));
        for number in 1..=KEPT {
            log.push(seen(&format!("/{number}")));
        }
        first.end(Outcome::Complete);
        assert_eq!(log.all().len(), KEPT);
        assert_eq!(log.count(), u64::try_from(KEPT).unwrap() + 1);
        assert_eq!(log.all().first().unwrap().path, "/1");
        assert_eq!(log.all().first().unwrap().outcome, Outcome::Open);
    }

    #[test]
    fn a_slot_writes_into_its_own_record() {
        let log = Recorder::default();
        let slot = log.push(seen("/a"));
        log.push(seen("/b"));
        slot.refuse("no");
        assert_eq!(log.all()[0].refused.as_deref(), Some("no"));
        assert_eq!(log.all()[1].refused, None);
        log.clear();
        log.push(seen("/c"));
        slot.refuse("late");
        assert_eq!((log.count(), log.all()[0].refused.as_deref()), (1, None));
    }
}
