//! Tools of free text (`type: custom`), which OpenAI's two dialects have, each in its own words.
//!
//! In another dialect such a tool is a function of one text, and a call of the function is told to
//! be one of the tool again. A grammar holds nobody there: it is told to the model, and named.

mod answer;
mod request;

use serde_json::Value;

pub(crate) use answer::{Calls, told};
pub use request::names;
pub(super) use request::spelled;

use super::Dialect;
use crate::canon::Tool;

/// The function's one argument.
const INPUT: &str = "input";

/// Whether a part is a call of a custom tool, in the words of either dialect that has them.
pub(super) fn is_call(dialect: Dialect, value: &Value) -> bool {
    match dialect {
        Dialect::OpenAiChat => is(value, "custom"),
        Dialect::OpenAiResponses => is(value, "custom_tool_call"),
        _ => false,
    }
}

/// The definition of a custom tool, whichever dialect wrote it.
fn definition(tool: &Tool) -> Option<(Dialect, &Value)> {
    let Tool::Native { dialect, value } = tool else { return None };
    let definition = match dialect {
        Dialect::OpenAiChat => value.get("custom")?,
        Dialect::OpenAiResponses => value,
        _ => return None,
    };
    is(value, "custom").then_some((*dialect, definition))
}

fn is(value: &Value, kind: &str) -> bool {
    value.get("type").is_some_and(|found| found == kind)
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name)?.as_str()
}

#[cfg(test)]
mod tests;
