//! Functions that are offered under a name of their own (`namespace`). Other dialects know no such
//! thing: there each function stands by itself, and a call of it is told to be one of the namespace
//! again.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::request::function;
use crate::{
    Dialect,
    canon::{Request, Tool},
};

/// The request with the functions of every namespace beside the others, for a dialect that has no
/// namespaces. A namespace that holds more than functions, or a name that is taken, stays as it is.
pub(crate) fn spread(request: &Request, to: Dialect) -> Cow<'_, Request> {
    let wanted = to != Dialect::OpenAiResponses && request.tools.iter().any(is_namespace);
    if !wanted {
        return Cow::Borrowed(request);
    }
    let mut tools: Vec<Tool> = Vec::new();
    for tool in &request.tools {
        match functions(tool) {
            Some(inner)
                if inner.iter().all(|tool| !is_taken(name(tool), &request.tools, &tools)) =>
            {
                tools.extend(inner);
            }
            _ => tools.push(tool.clone()),
        }
    }
    let mut spread = request.clone();
    spread.tools = tools;
    Cow::Owned(spread)
}

/// The namespace of a function that a request (`echo`) offers in one.
pub(super) fn of<'a>(function: &str, echo: &'a Map<String, Value>) -> Option<&'a str> {
    let tools = echo.get("tools")?.as_array()?;
    let named = |tool: &Value| tool.get("name").is_some_and(|name| name == function);
    if tools.iter().any(|tool| kind(tool) == "function" && named(tool)) {
        return None;
    }
    let holds = |tool: &&Value| {
        let inner = tool.get("tools").and_then(Value::as_array);
        kind(tool) == "namespace" && inner.is_some_and(|inner| inner.iter().any(named))
    };
    tools.iter().find(holds)?.get("name")?.as_str()
}

fn kind(tool: &Value) -> &str {
    tool.get("type").and_then(Value::as_str).unwrap_or_default()
}

fn is_namespace(tool: &Tool) -> bool {
    matches!(tool, Tool::Native { dialect: Dialect::OpenAiResponses, value }
        if kind(value) == "namespace")
}

fn functions(tool: &Tool) -> Option<Vec<Tool>> {
    let Tool::Native { value, .. } = tool else { return None };
    if !is_namespace(tool) {
        return None;
    }
    let inner = value.get("tools")?.as_array()?;
    let read = inner.iter().map(|tool| match function(tool.clone(), "tools") {
        Ok(tool @ Tool::Function { .. }) => Some(tool),
        _ => None,
    });
    read.collect()
}

fn name(tool: &Tool) -> &str {
    match tool {
        Tool::Function { name, .. } => name,
        _ => "",
    }
}

fn is_taken(wanted: &str, offered: &[Tool], spread: &[Tool]) -> bool {
    offered.iter().chain(spread).any(|tool| name(tool) == wanted)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(tools: &Value) -> Request {
        let body = json!({"model": "m", "input": "hi", "tools": tools}).to_string();
        Dialect::OpenAiResponses.decode_request(body.as_bytes(), crate::Line::default()).unwrap()
    }

    fn names(request: &Request) -> Vec<&str> {
        request.tools.iter().map(name).collect()
    }

    #[test]
    fn functions_of_a_namespace_stand_by_themselves_elsewhere() {
        let tools = json!([{"type": "function", "name": "a"}, {"type": "namespace", "name": "n",
            "tools": [{"type": "function", "name": "b"}, {"type": "function", "name": "c"}]}]);
        let request = request(&tools);
        assert_eq!(names(&spread(&request, Dialect::OpenAiChat)), ["a", "b", "c"]);
        assert_eq!(*spread(&request, Dialect::OpenAiResponses), request);
        let echo = Map::from_iter([("tools".to_owned(), tools)]);
        assert_eq!(of("b", &echo), Some("n"));
        assert_eq!(of("a", &echo), None);
        assert_eq!(of("z", &echo), None);
    }

    #[test]
    fn what_cannot_stand_by_itself_stays() {
        for inner in
            [json!([{"type": "function", "name": "a"}]), json!([{"type": "custom", "name": "x"}])]
        {
            let tools = json!([{"type": "function", "name": "a"},
                {"type": "namespace", "name": "n", "tools": inner}]);
            let request = request(&tools);
            assert_eq!(*spread(&request, Dialect::OpenAiChat), request);
        }
    }
}
