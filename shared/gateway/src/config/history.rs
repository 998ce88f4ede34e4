//! `general_settings.chat_history` (Sluice's own): how much is kept of conversations.

use super::{field::Field, known, section::Section};

/// How much is kept of a conversation whose sessions the gateway keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// `retention_days`: for how many days after its first turn a session is kept.
    pub days: u32,
    /// `max_turns`: the most turns of a session.
    pub turns: usize,
    /// `max_size_mb`: the most of a session, the new request included. Mebibytes.
    pub megabytes: usize,
}

// === impl History ===

impl Default for History {
    fn default() -> Self {
        Self { days: 30, turns: 1_000, megabytes: 8 }
    }
}

impl History {
    /// The most of a session, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.megabytes.saturating_mul(1024 * 1024)
    }

    pub(super) fn read(field: &Field<'_, '_>) -> Self {
        let mut history = Self::default();
        let Some(mut section) = Section::open(field) else { return history };
        let mut whole = |name, range| section.take(name).and_then(|field| field.whole(range));
        if let Some(days) = whole("retention_days", 1..=3_650) {
            history.days = u32::try_from(days).unwrap_or(history.days);
        }
        if let Some(turns) = whole("max_turns", 1..=100_000) {
            history.turns = usize::try_from(turns).unwrap_or(history.turns);
        }
        // One turn may have 64 items of 300 KiB, and a session is read at each of its calls.
        if let Some(megabytes) = whole("max_size_mb", 1..=16) {
            history.megabytes = usize::try_from(megabytes).unwrap_or(history.megabytes);
        }
        section.finish(known::NOTHING);
        history
    }
}
