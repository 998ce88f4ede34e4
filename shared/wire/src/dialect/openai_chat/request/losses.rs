//! What an encoding leaves out, each thing named once.

use std::borrow::Cow;

use crate::{Dialect, Loss, canon::Request, dialect::foreign_losses};

/// Losses gathered while a request is written.
#[derive(Debug, Default)]
pub(super) struct Losses(Vec<Loss>);

// === impl Losses ===

impl Losses {
    pub(super) fn meaning(&mut self, field: impl Into<Cow<'static, str>>) {
        self.push(Loss::of_meaning(field));
    }

    pub(super) fn minor(&mut self, field: impl Into<Cow<'static, str>>) {
        self.push(Loss::minor(field));
    }

    fn push(&mut self, loss: Loss) {
        if !self.0.contains(&loss) {
            self.0.push(loss);
        }
    }

    /// Every field that only another dialect understands, but those that have been said.
    pub(super) fn foreign(&mut self, request: &Request, taken: &[&str]) {
        for loss in foreign_losses(request, Dialect::OpenAiChat, taken) {
            self.push(loss);
        }
    }

    pub(super) fn into_inner(self) -> Vec<Loss> {
        self.0
    }
}
