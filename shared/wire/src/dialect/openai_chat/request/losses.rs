//! What an encoding leaves out, each thing named once.

use std::borrow::Cow;

use crate::{Dialect, Loss, canon::Extras, dialect::anthropic_messages::is_hint};

/// Losses gathered while a request is written.
#[derive(Debug, Default)]
pub(super) struct Losses(Vec<Loss>);

/// Fields of other dialects that do not bear on what is generated.
const MINOR: [&str; 7] = [
    // Anthropic
    "anthropic_beta",
    "anthropic_version",
    "betas",
    "inference_geo",
    // Bedrock
    "additionalModelResponseFieldPaths",
    "performanceConfig",
    "requestMetadata",
];

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

    /// Every field that only another dialect understands.
    pub(super) fn foreign(&mut self, extras: Option<&Extras>) {
        let foreign = extras.filter(|extras| extras.dialect != Dialect::OpenAiChat);
        let anthropic = foreign.is_some_and(|extras| extras.dialect == Dialect::AnthropicMessages);
        for field in foreign.iter().flat_map(|extras| extras.fields.keys()) {
            if MINOR.contains(&field.as_str()) || (anthropic && is_hint(field)) {
                self.minor(field.clone());
            } else {
                self.meaning(field.clone());
            }
        }
    }

    pub(super) fn into_inner(self) -> Vec<Loss> {
        self.0
    }
}
