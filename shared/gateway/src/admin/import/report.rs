//! What an import has done, or would do.

use std::fmt;

use serde::Serialize;

/// The report of an import.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// Whether it was written, or only looked at.
    pub applied: bool,
    /// What became of each row, in the order in which they were read.
    pub lines: Vec<Line>,
    /// What there is in LiteLLM and is not carried over at all.
    pub(super) unread: Vec<Unread>,
}

/// What became of a row.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    /// What it is: `key`, `team` ...
    pub kind: &'static str,
    /// Its id; of a key, its abbreviated name and its hash.
    pub name: String,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Fields that say something in LiteLLM and are not carried over.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<String>,
    /// What it has spent before, in dollars, where its account begins with that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spend: Option<String>,
    /// What else there is to say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", content = "reason", rename_all = "snake_case")]
pub enum Outcome {
    /// It is made.
    New,
    /// It is changed into what LiteLLM says of it now.
    Changed,
    /// It is there already.
    Same,
    /// It is left to those who have changed it here, or is nothing to carry over.
    Left(String),
    /// It cannot be what LiteLLM says of it.
    Refused(String),
}

/// A kind of thing that is not carried over.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Unread {
    pub(super) kind: &'static str,
    pub(super) names: Vec<String>,
    pub(super) reason: String,
}

// === impl Report ===

impl Report {
    /// Whether every row could be carried over.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        !self.lines.iter().any(|line| matches!(line.outcome, Outcome::Refused(_)))
    }

    /// Whether nothing was, or would be, written.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        let idle = |line: &Line| {
            !matches!(line.outcome, Outcome::New | Outcome::Changed) && line.spend.is_none()
        };
        self.lines.iter().all(idle)
    }

    /// One line a kind: how many became what.
    fn counts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut kinds: Vec<&str> = Vec::new();
        for line in &self.lines {
            if !kinds.contains(&line.kind) {
                kinds.push(line.kind);
            }
        }
        for kind in kinds {
            let of_kind = || self.lines.iter().filter(|line| line.kind == kind);
            write!(f, "{kind}: {}", of_kind().count())?;
            for word in ["new", "changed", "the same", "left", "refused"] {
                let count = of_kind().filter(|line| line.outcome.word() == word).count();
                if count > 0 {
                    write!(f, ", {count} {word}")?;
                }
            }
            let spend = of_kind().filter(|line| line.spend.is_some()).count();
            if spend > 0 {
                write!(f, "; {spend} with what they have spent")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.counts(f)?;
        for line in &self.lines {
            let Line { kind, name, outcome, lost, notes, .. } = line;
            match outcome {
                Outcome::Refused(reason) => writeln!(f, "REFUSED {kind} {name}: {reason}")?,
                Outcome::Left(reason) => writeln!(f, "left {kind} {name}: {reason}")?,
                Outcome::New | Outcome::Changed | Outcome::Same => {}
            }
            if !lost.is_empty() {
                writeln!(f, "not carried over of {kind} {name}: {}", lost.join(", "))?;
            }
            for note in notes {
                writeln!(f, "note on {kind} {name}: {note}")?;
            }
        }
        for Unread { kind, names, reason } in &self.unread {
            let space = if names.is_empty() { "" } else { " " };
            writeln!(f, "not carried over: {kind}{space}{}: {reason}", names.join(", "))?;
        }
        match (self.applied, self.is_idle()) {
            (_, true) => writeln!(f, "nothing to do: all that can be carried over is here"),
            (true, false) => writeln!(f, "done"),
            (false, false) => writeln!(f, "nothing was written: run it again with --apply"),
        }
    }
}

// === impl Outcome ===

impl Outcome {
    fn word(&self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Same => "the same",
            Self::Left(_) => "left",
            Self::Refused(_) => "refused",
        }
    }

    /// Whether the row is here now as LiteLLM says it, or will be.
    pub(super) fn is_carried(&self) -> bool {
        matches!(self, Self::New | Self::Changed | Self::Same)
    }
}

// === impl Line ===

impl Line {
    pub(super) fn new(kind: &'static str, name: impl Into<String>, outcome: Outcome) -> Self {
        let (lost, notes) = Default::default();
        Self { kind, name: name.into(), outcome, lost, spend: None, notes }
    }
}
