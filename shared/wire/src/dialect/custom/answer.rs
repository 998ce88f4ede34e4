//! An answer that calls custom tools, in its caller's words.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::{INPUT, request};
use crate::{
    Stamp,
    canon::{Delta, Event, Part, PartKind, Response, ToolCall},
    dialect::Dialect,
};

/// Calls of custom tools in a stream: they are told when they are complete, for their input is one
/// text inside of JSON.
#[derive(Debug)]
pub(crate) struct Calls {
    caller: Dialect,
    names: Vec<String>,
    open: Vec<(u32, ToolCall)>,
}

/// The answer for a caller of `to`: calls of functions that stand for custom tools, and calls of
/// custom tools in another dialect's words, as calls of custom tools in the caller's.
pub(crate) fn told<'r>(response: &'r Response, to: Dialect, stamp: &Stamp) -> Cow<'r, Response> {
    let said: Vec<_> = response.parts.iter().map(|part| spoken(part, to, stamp)).collect();
    if said.iter().all(Option::is_none) {
        return Cow::Borrowed(response);
    }
    let mut told = response.clone();
    for (part, said) in told.parts.iter_mut().zip(said) {
        if let Some(said) = said {
            *part = said;
        }
    }
    Cow::Owned(told)
}

/// A call in the caller's words; `None` where it is said in them already.
fn spoken(part: &Part, to: Dialect, stamp: &Stamp) -> Option<Part> {
    match part {
        Part::ToolCall(call) if stamp.custom_tools.contains(&call.name) => custom(call, to),
        Part::Opaque { .. } => match request::part(part, to)? {
            Part::ToolCall(call) => Some(custom(&call, to).unwrap_or(Part::ToolCall(call))),
            _ => None,
        },
        _ => None,
    }
}

fn custom(call: &ToolCall, to: Dialect) -> Option<Part> {
    native(to, call).map(|value| Part::Opaque { dialect: to, value })
}

/// A function's call as one of the custom tool; `None` where the dialect has none.
fn native(to: Dialect, call: &ToolCall) -> Option<Value> {
    let ToolCall { id, name, arguments } = call;
    let input = input(arguments);
    match to {
        Dialect::OpenAiChat => {
            Some(json!({"id": id, "type": "custom", "custom": {"name": name, "input": input}}))
        }
        Dialect::OpenAiResponses => Some(json!({
            "id": format!("ctc_{id}"), "type": "custom_tool_call", "status": "completed",
            "call_id": id, "name": name, "input": input,
        })),
        _ => None,
    }
}

/// The text in the arguments; all of them where the model did not write what it was asked for.
fn input(arguments: &str) -> String {
    let read: Option<Value> = serde_json::from_str(arguments).ok();
    let input = read.as_ref().and_then(|read| read.get(INPUT)?.as_str());
    input.unwrap_or(arguments).to_owned()
}

// === impl Calls ===

impl Calls {
    pub(crate) fn new(caller: Dialect, stamp: &Stamp) -> Self {
        Self { caller, names: stamp.custom_tools.clone(), open: Vec::new() }
    }

    /// A call of a custom tool in another dialect's words, complete.
    fn foreign(&self, index: u32, call: &ToolCall, mut tell: impl FnMut(&Event)) {
        if let Some(value) = native(self.caller, call) {
            let kind = PartKind::Opaque { dialect: self.caller, value };
            return tell(&Event::PartStart { index, kind });
        }
        let (id, name) = (call.id.clone(), call.name.clone());
        tell(&Event::PartStart { index, kind: PartKind::ToolCall { id, name } });
        let delta = Delta::Arguments(call.arguments.clone());
        tell(&Event::Delta { index, delta });
    }

    /// Passes an event on, in the caller's words.
    pub(crate) fn pass(&mut self, event: &Event, mut tell: impl FnMut(&Event)) {
        if let Event::PartStart { index, kind: PartKind::Opaque { dialect, value } } = event {
            let part = Part::Opaque { dialect: *dialect, value: value.clone() };
            if let Some(Part::ToolCall(call)) = request::part(&part, self.caller) {
                return self.foreign(*index, &call, tell);
            }
        }
        if self.names.is_empty() {
            return tell(event);
        }
        let at = |open: &[(u32, ToolCall)], index: u32| open.iter().position(|(i, _)| *i == index);
        match event {
            Event::PartStart { index, kind: PartKind::ToolCall { id, name } }
                if self.names.contains(name) =>
            {
                let (id, name) = (id.clone(), name.clone());
                self.open.push((*index, ToolCall { id, name, arguments: String::new() }));
            }
            Event::Delta { index, delta: Delta::Arguments(more) } => match at(&self.open, *index) {
                Some(at) => {
                    if let Some((_, call)) = self.open.get_mut(at) {
                        call.arguments.push_str(more);
                    }
                }
                None => tell(event),
            },
            Event::PartEnd { index } => {
                if let Some(at) = at(&self.open, *index) {
                    let (index, call) = self.open.swap_remove(at);
                    if let Some(value) = native(self.caller, &call) {
                        let kind = PartKind::Opaque { dialect: self.caller, value };
                        tell(&Event::PartStart { index, kind });
                    }
                }
                tell(event);
            }
            _ => tell(event),
        }
    }
}
