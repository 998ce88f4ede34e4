//! Tokens of a whole request, estimated.

use sluice_wire::canon::{Data, Format, Part, Request, Tool};

use super::estimate;

/// What a provider writes around each turn (OpenAI cookbook, "How to count tokens with tiktoken").
const TURN: u64 = 3;
/// What it writes around a tool.
const TOOL: u64 = 8;
/// A picture of usual size: between OpenAI's 765 and Anthropic's 1,600.
const PICTURE: u64 = 1_000;
/// A page's worth, for a document that cannot be read here.
const DOCUMENT: u64 = 2_000;
/// Bytes of a binary document to a token: a page of a PDF is about 2,000 tokens and 32 kB.
const BINARY: u64 = 16;

/// About how many tokens the prompt of a request is.
#[must_use]
pub fn prompt(request: &Request) -> u64 {
    let mut all = TURN;
    if !request.system.is_empty() {
        all = all.saturating_add(TURN).saturating_add(parts(&request.system));
    }
    for turn in &request.turns {
        let name = turn.name.as_deref().map_or(0, |name| 1 + estimate(name));
        all = all.saturating_add(TURN).saturating_add(name).saturating_add(parts(&turn.parts));
    }
    for tool in &request.tools {
        all = all.saturating_add(TOOL).saturating_add(self::tool(tool));
    }
    if let Format::JsonSchema { schema, .. } = &request.format {
        all = all.saturating_add(estimate(&schema.to_string()));
    }
    all
}

fn parts(parts: &[Part]) -> u64 {
    parts.iter().map(part).fold(0, u64::saturating_add)
}

fn part(part: &Part) -> u64 {
    match part {
        Part::Text { text, .. } | Part::Refusal(text) => estimate(text),
        Part::Image(_) => PICTURE,
        Part::Document(document) => match &document.data {
            Data::Text(text) => estimate(text),
            Data::Chunks(chunks) => chunks.iter().map(|text| estimate(text)).sum(),
            Data::Base64 { base64, .. } => {
                u64::try_from(base64.len()).unwrap_or(u64::MAX) / 4 * 3 / BINARY
            }
            _ => DOCUMENT,
        },
        Part::SearchResult(found) => estimate(&found.plain()),
        Part::ToolCall(call) => {
            TOOL.saturating_add(estimate(&call.name)).saturating_add(estimate(&call.arguments))
        }
        Part::ToolResult(result) => TOOL.saturating_add(parts(&result.parts)),
        Part::Reasoning(reasoning) => estimate(&reasoning.text),
        Part::CachePoint(_) => 0,
        Part::Opaque { value, .. } => estimate(&value.to_string()),
        _ => 0,
    }
}

fn tool(tool: &Tool) -> u64 {
    match tool {
        Tool::Function { name, description, schema, .. } => estimate(name)
            .saturating_add(description.as_deref().map_or(0, estimate))
            .saturating_add(estimate(&schema.to_string())),
        Tool::Native { value, .. } => estimate(&value.to_string()),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use sluice_wire::{Dialect, Line};

    use super::*;

    fn count(body: &str) -> u64 {
        prompt(&Dialect::OpenAiChat.decode_request(body.as_bytes(), Line::default()).unwrap())
    }

    #[test]
    fn counts_turns_tools_and_pictures() {
        let one = count(r#"{"model":"m","messages":[{"role":"user","content":"Hello"}]}"#);
        assert_eq!(one, 7);
        let two = count(
            r#"{"model":"m","messages":[{"role":"system","content":"Hello"},{"role":"user","content":"Hello"}]}"#,
        );
        assert_eq!(two, 11);
        let tool = count(
            r#"{"model":"m","messages":[{"role":"user","content":"Hello"}],"tools":[{"type":"function",
            "function":{"name":"get_weather","parameters":{"type":"object","properties":{}}}}]}"#,
        );
        assert!((20..40).contains(&tool), "{tool}");
        let picture = count(
            r#"{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,aGk="}}]}]}"#,
        );
        assert_eq!(picture, 1_006);
    }
}
