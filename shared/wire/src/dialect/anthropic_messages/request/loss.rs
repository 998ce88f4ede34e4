//! What a request cannot take with it.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::{
    Dialect, Loss,
    canon::{Request, Sampling},
    dialect::{WEB_SEARCH, foreign_losses, own_fields},
};

/// Losses, each named once.
#[derive(Debug, Default)]
pub(super) struct Losses(Vec<Loss>);

// === impl Losses ===

impl Losses {
    /// The first that changes what is generated.
    pub(super) fn first_of_meaning(&self) -> Option<&str> {
        self.0.iter().find(|loss| loss.changes_meaning).map(|loss| loss.field.as_ref())
    }

    /// One that changes what is generated.
    pub(super) fn of_meaning(&mut self, field: impl Into<Cow<'static, str>>) {
        self.push(Loss::of_meaning(field));
    }

    /// One that does not.
    pub(super) fn minor(&mut self, field: impl Into<Cow<'static, str>>) {
        self.push(Loss::minor(field));
    }

    fn push(&mut self, loss: Loss) {
        if !self.0.contains(&loss) {
            self.0.push(loss);
        }
    }

    /// All of them.
    pub(super) fn into_vec(self) -> Vec<Loss> {
        self.0
    }
}

/// Names what this dialect has no word for.
pub(super) fn unsayable(request: &Request, losses: &mut Losses) {
    if request.n.is_some_and(|n| n > 1) {
        losses.of_meaning("n");
    }
    let Sampling { seed, frequency_penalty, presence_penalty, .. } = &request.sampling;
    // Best effort by its own definition.
    if seed.is_some() {
        losses.minor("seed");
    }
    if frequency_penalty.is_some_and(|penalty| penalty != 0.0) {
        losses.of_meaning("frequency_penalty");
    }
    if presence_penalty.is_some_and(|penalty| penalty != 0.0) {
        losses.of_meaning("presence_penalty");
    }
    if !request.metadata.is_empty() {
        losses.minor("metadata");
    }
    for (index, turn) in request.turns.iter().enumerate() {
        if turn.name.is_some() {
            losses.minor(format!("messages[{index}].name"));
        }
    }
}

/// The extras of this dialect; those of another are losses, but for the search that is a tool here.
pub(super) fn own_extras(request: &Request, losses: &mut Losses) -> Map<String, Value> {
    for loss in foreign_losses(request, Dialect::AnthropicMessages, &[WEB_SEARCH]) {
        losses.push(loss);
    }
    own_fields(request, Dialect::AnthropicMessages)
}
