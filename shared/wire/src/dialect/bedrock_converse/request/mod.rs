//! Requests, both ways.

mod decode;
mod encode;
mod family;
mod fields;
mod format;
mod messages;
mod names;
mod sampling;
mod thinking;
mod tools;

use crate::Fault;

pub(crate) use decode::decode;
pub(crate) use encode::encode;
pub(in crate::dialect) use family::OTHER_VENDORS;
pub(super) use fields::take_if;

/// The path names no model.
pub(super) fn no_model() -> Fault {
    Fault::invalid(
        "1 validation error detected: Value null at 'modelId' failed to satisfy constraint: Member must not be null",
        "modelId",
    )
}

/// Whether a request must bring messages: not where the model is a prompt of Prompt management,
/// which has its own.
pub(super) fn needs_messages(model: &str) -> bool {
    !(model.starts_with("arn:") && model.contains(":prompt/"))
}
