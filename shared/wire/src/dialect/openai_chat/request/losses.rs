//! What an encoding leaves out for want of a word or of a provider that takes it, each thing named once.

use std::borrow::Cow;

use crate::{Dialect, Habits, Loss, canon::Request, dialect::foreign_losses};

/// Losses gathered while a request is written.
#[derive(Debug)]
pub(super) struct Losses {
    /// What the provider takes that OpenAI does not.
    pub(super) habits: Habits,
    found: Vec<Loss>,
}

// === impl Losses ===

impl Losses {
    /// None so far, for a provider of these habits.
    pub(super) fn of(habits: Habits) -> Self {
        Self { habits, found: Vec::new() }
    }

    pub(super) fn meaning(&mut self, field: impl Into<Cow<'static, str>>) {
        self.push(Loss::of_meaning(field));
    }

    pub(super) fn minor(&mut self, field: impl Into<Cow<'static, str>>) {
        self.push(Loss::minor(field));
    }

    fn push(&mut self, loss: Loss) {
        if !self.found.contains(&loss) {
            self.found.push(loss);
        }
    }

    /// Every field that only another dialect understands, but those that have been said.
    pub(super) fn foreign(&mut self, request: &Request, taken: &[&str]) {
        for loss in foreign_losses(request, Dialect::OpenAiChat, taken) {
            self.push(loss);
        }
    }

    pub(super) fn into_inner(self) -> Vec<Loss> {
        self.found
    }
}
