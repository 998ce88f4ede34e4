//! What an encoding leaves out, each thing named once.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::{
    Dialect, Loss,
    canon::Request,
    dialect::{WEB_SEARCH, foreign_losses, own_fields},
};

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

    pub(super) fn into_inner(self) -> Vec<Loss> {
        self.0
    }

    /// The extras of this dialect; those of another are losses, but for the search that is a tool here.
    pub(super) fn own_extras(&mut self, request: &Request) -> Map<String, Value> {
        for loss in foreign_losses(request, Dialect::Gemini, &[WEB_SEARCH]) {
            self.push(loss);
        }
        own_fields(request, Dialect::Gemini)
    }

    /// Names what this dialect has no word for.
    pub(super) fn unsayable(&mut self, request: &Request) {
        if request.n.is_some_and(|n| n > 1) {
            self.meaning("n");
        }
        match (request.parallel_tools, request.tools.as_slice()) {
            (Some(false), [_, _, ..]) => self.meaning("parallel_tool_calls"),
            // It is seldom called twice at once: LiteLLM lets that pass, too.
            (Some(false), [_]) => self.minor("parallel_tool_calls"),
            _ => {}
        }
        if request.user.is_some() {
            self.minor("user");
        }
        if !request.metadata.is_empty() {
            self.minor("metadata");
        }
        if request.service_tier.as_deref().is_some_and(|tier| tier != "auto") {
            self.minor("service_tier");
        }
    }
}
