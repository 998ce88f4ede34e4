//! Limits besides a key's budget: on whom, of what, in which windows.
//!
//! A call is admitted against all limits of all its subjects, or against none. What a limit counts
//! is in a *meter* of its subject's guard; the limit itself is in the subject's record, and is
//! told with each ask.

use super::Subject;
use crate::{Millis, Window, WindowId};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Measure {
    /// Nano-dollars.
    Money,
    /// Calls.
    Requests,
    /// Tokens of prompt and answer; cached ones of the prompt are not counted.
    Tokens,
    /// The same of the prompt alone.
    InputTokens,
    /// Those of the answer alone.
    OutputTokens,
    /// Calls that are under way.
    Parallel,
}

/// In which windows a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span<'a> {
    /// So many milliseconds, from the first call on that is not in the window before.
    Rolling(i64),
    /// The window of the clock that it is now, and the name of its length (`1d`).
    Fixed(&'a str, Window),
    /// For ever; and the only one for [`Measure::Parallel`].
    Always,
}

/// One limit, and what a call needs of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit<'a> {
    /// What is counted.
    pub measure: Measure,
    /// The one model that it is about; its name is part of the meter's.
    pub model: Option<&'a str>,
    /// In which windows.
    pub span: Span<'a>,
    /// The most, in the measure's unit; 0 refuses.
    pub max: i64,
    /// What the call needs at most.
    pub need: i64,
    /// The least that is of use: of money a part may do.
    pub floor: i64,
}

/// A subject besides the key, with its limits.
#[derive(Debug, Clone, Copy)]
pub struct Share<'a> {
    /// Who.
    pub subject: &'a Subject,
    /// The version of its record that the caller has read; `None` for a subject without one.
    pub version: Option<u64>,
    /// Its limits.
    pub limits: &'a [Limit<'a>],
}

/// How a limit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Whose limit: the place in [`crate::Ask::others`], or none for the key's.
    pub share: Option<usize>,
    /// Which one, by its place among the subject's limits.
    pub limit: usize,
    /// What has been used or is held, in the measure's unit, this call included if it was admitted.
    pub used: i64,
    /// The limit.
    pub max: i64,
    /// When the next window begins.
    pub resets_at: Option<Millis>,
}

/// What a limit is, apart from what a call needs of it: kept longer than an ask.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    /// The name of its meter.
    pub(crate) meter: String,
    pub(crate) measure: Measure,
    pub(crate) max: i64,
    model: Option<String>,
    span: Length,
}

/// The length of a limit's windows.
#[derive(Debug, Clone)]
enum Length {
    Rolling(i64),
    Fixed(String),
    Always,
}

// === impl Measure ===

impl Measure {
    const ALL: [(Self, char); 6] = [
        (Self::Money, '$'),
        (Self::Requests, 'q'),
        (Self::Tokens, 't'),
        (Self::InputTokens, 'i'),
        (Self::OutputTokens, 'o'),
        (Self::Parallel, 'p'),
    ];

    fn letter(self) -> char {
        Self::ALL.iter().find(|(measure, _)| *measure == self).map_or('?', |(_, letter)| *letter)
    }

    /// What the meter of a name counts.
    pub(crate) fn of_meter(name: &str) -> Option<Self> {
        let letter = name.strip_prefix(METER)?.chars().next()?;
        Self::ALL.iter().find(|(_, own)| *own == letter).map(|(measure, _)| *measure)
    }
}

/// What the names of meters begin with, as attributes of a guard.
pub(crate) const METER: &str = "m:";

// === impl Limit ===

impl Limit<'_> {
    /// The name of its meter: measure, length of the window, model.
    pub(crate) fn meter(&self) -> String {
        let letter = self.measure.letter();
        let mut name = match self.span {
            Span::Rolling(length) => format!("{METER}{letter}{length}"),
            Span::Fixed(length, _) => format!("{METER}{letter}{length}"),
            Span::Always => format!("{METER}{letter}"),
        };
        if let Some(model) = self.model {
            name.push(':');
            name.push_str(model);
        }
        name
    }

    /// A meter's window that began before this is over.
    pub(crate) fn since(&self, now: Millis) -> Millis {
        match self.span {
            Span::Rolling(length) => now.plus(1 - length.max(1)),
            Span::Fixed(_, window) => Millis::new(window.id.number()),
            Span::Always => Millis::new(0),
        }
    }

    /// The window that begins now.
    pub(crate) fn begin(&self, now: Millis) -> WindowId {
        match self.span {
            Span::Rolling(_) => WindowId::starting(now),
            Span::Fixed(_, window) => window.id,
            Span::Always => WindowId::NONE,
        }
    }

    /// When a window that began at `began` ends.
    pub(crate) fn resets_at(&self, began: WindowId) -> Option<Millis> {
        match self.span {
            Span::Rolling(length) => Some(Millis::new(began.number()).plus(length)),
            Span::Fixed(_, window) => window.resets_at,
            Span::Always => None,
        }
    }
}

// === impl Terms ===

impl Terms {
    pub(crate) fn of(limit: &Limit<'_>) -> Self {
        Self {
            meter: limit.meter(),
            measure: limit.measure,
            max: limit.max,
            model: limit.model.map(ToOwned::to_owned),
            span: Length::of(&limit.span),
        }
    }

    /// Whether the limit is still this one.
    pub(crate) fn are(&self, limit: &Limit<'_>) -> bool {
        self.measure == limit.measure
            && self.max == limit.max
            && self.model.as_deref() == limit.model
            && self.span.is(&limit.span)
    }
}

// === impl Length ===

impl Length {
    fn of(span: &Span<'_>) -> Self {
        match span {
            Span::Rolling(length) => Self::Rolling(*length),
            Span::Fixed(length, _) => Self::Fixed((*length).to_owned()),
            Span::Always => Self::Always,
        }
    }

    fn is(&self, span: &Span<'_>) -> bool {
        match (self, span) {
            (Self::Rolling(own), Span::Rolling(other)) => own == other,
            (Self::Fixed(own), Span::Fixed(other, _)) => own == other,
            (Self::Always, Span::Always) => true,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meters_name_says_what_it_counts() {
        let limit =
            |measure, span, model| Limit { measure, model, span, max: 1, need: 1, floor: 1 };
        let day = Span::Fixed("1d", Window::default());
        for (limit, name) in [
            (limit(Measure::Requests, Span::Rolling(60_000), None), "m:q60000"),
            (limit(Measure::Money, day, Some("gpt-4o")), "m:$1d:gpt-4o"),
            (limit(Measure::Parallel, Span::Always, None), "m:p"),
        ] {
            assert_eq!(limit.meter(), name);
            assert_eq!(Measure::of_meter(name), Some(limit.measure));
        }
        assert_eq!(Measure::of_meter("rem"), None);
    }
}
