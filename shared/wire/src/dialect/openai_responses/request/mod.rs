//! Requests, both ways.

mod content;
mod decode;
mod encode;
mod input;
mod items;
mod losses;
mod media;
mod settings;
mod tools;

pub(crate) use decode::decode;
pub(crate) use encode::encode;
pub(super) use tools::one as function;

/// What a tool's output says, a text or parts; `None` where it is neither.
pub(in crate::dialect) fn said(output: serde_json::Value) -> Option<Vec<crate::canon::Part>> {
    let mut parts = Vec::new();
    content::decode(output, "output", &mut parts).ok().map(|()| parts)
}
