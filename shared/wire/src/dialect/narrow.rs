//! A choice among some of the tools (`allowed_tools`), for dialects that cannot say it: the others
//! are not offered, which comes to the same.

use std::borrow::Cow;

use serde_json::Value;

use super::Dialect;
use crate::canon::{Request, Tool, ToolChoice};

/// The request with its tools narrowed to those that may be chosen; as it is where nothing says so,
/// or where `to` is the dialect that said it.
pub(super) fn narrow(request: &Request, to: Dialect) -> Cow<'_, Request> {
    match allowed(request, to) {
        Some((names, choice)) => {
            let mut narrowed = request.clone();
            narrowed.tools.retain(
                |tool| matches!(tool, Tool::Function { name, .. } if names.contains(&name.as_str())),
            );
            narrowed.tool_choice = Some(choice);
            if let Some(extras) = &mut narrowed.extras {
                extras.fields.shift_remove("tool_choice");
            }
            Cow::Owned(narrowed)
        }
        None => Cow::Borrowed(request),
    }
}

/// The functions that may be called, and whether one must be. `None` where other tools than
/// functions are among them: those stay what they are, a choice that only its own dialect knows.
fn allowed(request: &Request, to: Dialect) -> Option<(Vec<&str>, ToolChoice)> {
    let extras = request.extras.as_ref().filter(|extras| extras.dialect != to)?;
    let choice = extras.fields.get("tool_choice")?;
    if choice.get("type").and_then(Value::as_str) != Some("allowed_tools") {
        return None;
    }
    // Chat completions nest what the Responses API writes flat.
    let inner = choice.get("allowed_tools").unwrap_or(choice);
    let names = inner.get("tools")?.as_array()?.iter().map(|tool| {
        tool.get("function").unwrap_or(tool).get("name").and_then(Value::as_str).filter(|name| {
            let known = |known: &Tool| matches!(known, Tool::Function { name: n, .. } if n == name);
            request.tools.iter().any(known)
        })
    });
    let names: Vec<&str> = names.collect::<Option<_>>()?;
    let choice = match inner.get("mode").and_then(Value::as_str) {
        Some("auto") => ToolChoice::Auto,
        Some("required") => ToolChoice::Required,
        _ => return None,
    };
    Some((names, choice))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(choice: &Value) -> Request {
        let tool = |name: &str| json!({"type": "function", "function": {"name": name}});
        let body = json!({
            "model": "m",
            "messages": [{"role": "user", "content": "hi"}],
            "tools": [tool("a"), tool("b"), {"type": "custom", "custom": {"name": "c"}}],
            "tool_choice": choice,
        });
        let body = serde_json::to_vec(&body).unwrap();
        Dialect::OpenAiChat.decode_request(&body, crate::Line::default()).unwrap()
    }

    fn allowed_tools(mode: &str, name: &str) -> Value {
        let tool = json!({"type": "function", "function": {"name": name}});
        json!({"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": [tool]}})
    }

    #[test]
    fn offers_only_the_tools_that_may_be_chosen() {
        for (mode, choice) in [("auto", ToolChoice::Auto), ("required", ToolChoice::Required)] {
            let request = request(&allowed_tools(mode, "b"));
            let narrowed = narrow(&request, Dialect::AnthropicMessages);
            assert_eq!(narrowed.tool_choice, Some(choice));
            assert_eq!(narrowed.tools.len(), 1);
            assert_eq!(narrowed.tools[0], request.tools[1]);
            assert_eq!(*narrow(&request, Dialect::OpenAiChat), request);
        }
    }

    #[test]
    fn leaves_a_choice_that_it_cannot_say() {
        let custom = json!({"type": "custom", "custom": {"name": "c"}});
        for choice in [allowed_tools("auto", "c"), allowed_tools("some", "a"), custom] {
            let request = request(&choice);
            assert_eq!(*narrow(&request, Dialect::BedrockConverse), request, "{choice}");
        }
    }
}
