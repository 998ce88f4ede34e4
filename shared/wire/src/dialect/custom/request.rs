//! A request with its custom tools as functions.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::{INPUT, definition, is, text};
use crate::{
    Loss,
    canon::{Part, Request, Role, Tool, ToolCall, ToolChoice, ToolResult, Turn},
    dialect::{Dialect, openai_responses},
};

/// The names of a request's custom tools.
#[must_use]
pub fn names(request: &Request) -> Vec<String> {
    let named = |tool| text(definition(tool)?.1, "name").map(str::to_owned);
    request.tools.iter().filter_map(named).collect()
}

/// The request for a dialect that did not write its custom tools, and what that cannot say. As it is
/// where it has none; a tool whose name a function has stays as it is.
pub(in crate::dialect) fn spelled(request: &Request, to: Dialect) -> (Cow<'_, Request>, Vec<Loss>) {
    let foreign = |tool: &Tool| definition(tool).is_some_and(|(dialect, _)| dialect != to);
    let offered = request.tools.iter().any(foreign);
    let called =
        || request.turns.iter().flat_map(|turn| &turn.parts).any(|p| part(p, to).is_some());
    if !offered && !called() {
        return (Cow::Borrowed(request), Vec::new());
    }
    let mut spelled = request.clone();
    let mut losses = Vec::new();
    for (at, tool) in spelled.tools.iter_mut().enumerate() {
        if let Some((function, loss)) = function(tool, at, request).filter(|_| foreign(tool)) {
            *tool = function;
            losses.extend(loss);
        }
    }
    choose(&mut spelled, to);
    spelled.turns = turns(&spelled.turns, to);
    (Cow::Owned(spelled), losses)
}

/// A custom tool as a function, and the loss of its grammar if it has one.
fn function(tool: &Tool, at: usize, request: &Request) -> Option<(Tool, Option<Loss>)> {
    let (dialect, custom) = definition(tool)?;
    let name = text(custom, "name")?;
    let taken = |other: &Tool| matches!(other, Tool::Function { name: taken, .. } if taken == name);
    if request.tools.iter().any(taken) {
        return None;
    }
    let mut description = text(custom, "description").unwrap_or_default().to_owned();
    let grammar = custom.get("format").filter(|format| is(format, "grammar"));
    if let Some(format) = grammar {
        // Chat completions nest what the Responses API writes flat.
        let grammar = format.get("grammar").unwrap_or(format);
        let (syntax, rules) = (text(grammar, "syntax")?, text(grammar, "definition")?);
        let paragraph = if description.is_empty() { "" } else { "\n\n" };
        description.push_str(&format!(
            "{paragraph}The input must match this grammar ({syntax}):\n{rules}"
        ));
    }
    let inner = if dialect == Dialect::OpenAiChat { ".custom" } else { "" };
    let loss = grammar.map(|_| Loss::minor(format!("tools[{at}]{inner}.format")));
    let function = Tool::Function {
        name: name.to_owned(),
        description: Some(description).filter(|text| !text.is_empty()),
        schema: json!({
            "type": "object",
            "properties": {INPUT: {"type": "string", "description": "The whole input, as plain text."}},
            "required": [INPUT],
            "additionalProperties": false,
        }),
        strict: None,
        cache: None,
    };
    Some((function, loss))
}

/// The choice of a tool that has become a function.
fn choose(request: &mut Request, to: Dialect) {
    let Some(extras) = request.extras.as_mut().filter(|extras| extras.dialect != to) else {
        return;
    };
    let Some(choice) = extras.fields.get("tool_choice").filter(|choice| is(choice, "custom"))
    else {
        return;
    };
    let Some(name) = text(choice.get("custom").unwrap_or(choice), "name") else { return };
    let offered =
        |tool: &Tool| matches!(tool, Tool::Function { name: offered, .. } if offered == name);
    if request.tools.iter().any(offered) {
        request.tool_choice = Some(ToolChoice::Named(name.to_owned()));
        extras.fields.shift_remove("tool_choice");
    }
}

/// The conversation with calls of custom tools as calls of functions; results that follow each other
/// are one turn, as they are of functions.
fn turns(turns: &[Turn], to: Dialect) -> Vec<Turn> {
    let mut out: Vec<Turn> = Vec::with_capacity(turns.len());
    for turn in turns {
        let mut turn = turn.clone();
        for known in &mut turn.parts {
            if let Some(spelled) = part(known, to) {
                *known = spelled;
            }
        }
        match out.last_mut() {
            Some(last) if only_results(last) && only_results(&turn) => {
                last.parts.extend(turn.parts)
            }
            _ => out.push(turn),
        }
    }
    out
}

fn only_results(turn: &Turn) -> bool {
    turn.role == Role::User && turn.parts.iter().all(|part| matches!(part, Part::ToolResult(_)))
}

/// A call of a custom tool, or what came of it, in the words of functions.
pub(super) fn part(part: &Part, to: Dialect) -> Option<Part> {
    let Part::Opaque { dialect, value } = part else { return None };
    if *dialect == to {
        return None;
    }
    let call = |id: &Value, custom: &Value| {
        Some(Part::ToolCall(ToolCall {
            id: id.as_str()?.to_owned(),
            name: text(custom, "name")?.to_owned(),
            arguments: json!({INPUT: text(custom, INPUT)?}).to_string(),
        }))
    };
    match dialect {
        Dialect::OpenAiChat if is(value, "custom") => call(value.get("id")?, value.get("custom")?),
        Dialect::OpenAiResponses if is(value, "custom_tool_call") => {
            call(value.get("call_id")?, value)
        }
        Dialect::OpenAiResponses if is(value, "custom_tool_call_output") => {
            let call_id = text(value, "call_id")?.to_owned();
            let parts = openai_responses::request::said(value.get("output")?.clone())?;
            Some(Part::ToolResult(ToolResult { call_id, parts, is_error: false }))
        }
        _ => None,
    }
}
