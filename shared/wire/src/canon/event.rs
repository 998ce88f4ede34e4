//! Canonical stream events.

use serde_json::Value;

use super::{Finish, Image, Usage};

/// One step of a streamed answer.
///
/// Law (see [`super::Laws`]): `Start (PartStart Delta* PartEnd)* Usage? Finish`, where parts may
/// interleave by index; exactly one `Finish`, nothing after it.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The answer begins.
    Start {
        /// The provider's id for the answer.
        id: Option<String>,
        /// The model that answers.
        model: Option<String>,
    },
    /// A part begins.
    PartStart {
        /// Its place among the answer's parts, from 0.
        index: u32,
        /// What it will be.
        kind: PartKind,
    },
    /// A part goes on.
    Delta {
        /// Which part.
        index: u32,
        /// By what.
        delta: Delta,
    },
    /// A part is complete.
    PartEnd {
        /// Which part.
        index: u32,
    },
    /// What the call used. A provider may say so in pieces; decoders merge and say it once.
    Usage(Usage),
    /// The answer is complete.
    Finish {
        /// Why.
        finish: Finish,
        /// The stop sequence that was hit.
        stop_sequence: Option<String>,
    },
}

/// What a streamed part will be.
#[derive(Debug, Clone, PartialEq)]
pub enum PartKind {
    /// Text.
    Text,
    /// A tool call; its arguments follow as deltas.
    ToolCall {
        /// The provider's id of the call.
        id: String,
        /// The tool.
        name: String,
    },
    /// Reasoning; text and signature follow as deltas.
    Reasoning,
    /// A refusal; its words follow as text deltas.
    Refusal,
    /// A picture that the model made, complete.
    Image(Image),
    /// A part of the provider's own kind, complete as written.
    Opaque {
        /// Whose shape it has.
        dialect: crate::Dialect,
        /// The part.
        value: Value,
    },
}

/// A piece of a streamed part.
#[derive(Debug, Clone, PartialEq)]
pub enum Delta {
    /// More text (of a text or refusal part).
    Text(String),
    /// More of a tool call's JSON arguments.
    Arguments(String),
    /// More reasoning text.
    Reasoning(String),
    /// The reasoning's signature, or a piece of it.
    Signature(String),
    /// Encrypted reasoning.
    Redacted(String),
    /// A citation of the text so far, in the provider's shape.
    Citation(Value),
}
