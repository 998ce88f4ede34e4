//! What a client makes of an answer.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Caller, eventstream::Message};

/// What was said.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Reading {
    pub(crate) text: String,
    /// Id, name, arguments.
    pub(crate) calls: Vec<(String, String, Value)>,
    /// In the dialect's own word.
    pub(crate) finish: String,
    /// Prompt and completion tokens.
    pub(crate) usage: Option<(u64, u64)>,
    /// A stream that said that it is complete.
    pub(crate) ended: bool,
    /// The message of an error in a stream.
    pub(crate) error: Option<String>,
}

/// A tool call whose arguments arrive in pieces.
type Pieces = BTreeMap<u64, (String, String, String)>;

// === impl Reading ===

impl Reading {
    /// Reads an answer in one piece.
    pub(crate) fn whole(caller: Caller, body: &Value) -> Self {
        let mut reading = Self { ended: true, ..Self::default() };
        match caller {
            Caller::OpenAi => {
                let choice = &body["choices"][0];
                reading.text = text(&choice["message"]["content"]);
                reading.finish = text(&choice["finish_reason"]);
                reading.usage = pair(&body["usage"], "prompt_tokens", "completion_tokens");
                for call in choice["message"]["tool_calls"].as_array().into_iter().flatten() {
                    let arguments = text(&call["function"]["arguments"]);
                    reading.call(text(&call["id"]), text(&call["function"]["name"]), &arguments);
                }
            }
            Caller::Responses => reading.response(body),
            Caller::Anthropic => {
                reading.finish = text(&body["stop_reason"]);
                reading.usage = pair(&body["usage"], "input_tokens", "output_tokens");
                for block in body["content"].as_array().into_iter().flatten() {
                    match block["type"].as_str() {
                        Some("text") => reading.text.push_str(&text(&block["text"])),
                        Some("tool_use") => reading.calls.push((
                            text(&block["id"]),
                            text(&block["name"]),
                            block["input"].clone(),
                        )),
                        _ => {}
                    }
                }
            }
            Caller::Gemini => reading.gemini(body),
            Caller::Bedrock => {
                reading.finish = text(&body["stopReason"]);
                reading.usage = pair(&body["usage"], "inputTokens", "outputTokens");
                for block in body["output"]["message"]["content"].as_array().into_iter().flatten() {
                    reading.text.push_str(&text(&block["text"]));
                    let tool = &block["toolUse"];
                    if tool.is_object() {
                        reading.calls.push((
                            text(&tool["toolUseId"]),
                            text(&tool["name"]),
                            tool["input"].clone(),
                        ));
                    }
                }
            }
        }
        reading
    }

    /// Reads a stream.
    pub(crate) fn streamed(caller: Caller, body: &[u8]) -> Self {
        let mut reading = Self::default();
        let mut pieces = Pieces::new();
        match caller {
            Caller::OpenAi => reading.openai(body, &mut pieces),
            Caller::Responses => reading.responses(body),
            Caller::Anthropic => reading.anthropic(body, &mut pieces),
            Caller::Bedrock => reading.bedrock(body, &mut pieces),
            Caller::Gemini => {
                reading.ended = false;
                for (_, data) in events(body) {
                    assert!(!reading.ended, "something after the finish: {data}");
                    let chunk: Value = serde_json::from_str(&data).unwrap();
                    if chunk["error"].is_object() {
                        reading.error = Some(text(&chunk["error"]["message"]));
                        continue;
                    }
                    reading.gemini(&chunk);
                    reading.ended = !reading.finish.is_empty();
                }
            }
        }
        // Arguments of a stream that broke off are no JSON.
        if reading.ended {
            for (id, name, arguments) in pieces.into_values() {
                reading.call(id, name, &arguments);
            }
        }
        reading
    }

    /// A whole answer, or one chunk of a stream.
    fn gemini(&mut self, body: &Value) {
        let candidate = &body["candidates"][0];
        self.finish = text(&candidate["finishReason"]);
        let usage = &body["usageMetadata"];
        if let Some((prompt, visible)) = pair(usage, "promptTokenCount", "candidatesTokenCount") {
            let thoughts = usage["thoughtsTokenCount"].as_u64().unwrap_or_default();
            self.usage = Some((prompt, visible + thoughts));
        }
        for part in candidate["content"]["parts"].as_array().into_iter().flatten() {
            let call = &part["functionCall"];
            if call.is_object() {
                // Calls without an id are told apart by their place.
                let id = match text(&call["id"]) {
                    id if id.is_empty() => format!("#{}", self.calls.len()),
                    id => id,
                };
                self.calls.push((id, text(&call["name"]), call["args"].clone()));
            } else if part["thought"] != true {
                self.text.push_str(&text(&part["text"]));
            }
        }
    }

    fn openai(&mut self, body: &[u8], pieces: &mut Pieces) {
        for (_, data) in events(body) {
            assert!(!self.ended, "something after [DONE]: {data}");
            if data == "[DONE]" {
                self.ended = true;
                continue;
            }
            let chunk: Value = serde_json::from_str(&data).unwrap();
            if chunk["error"].is_object() {
                self.error = Some(text(&chunk["error"]["message"]));
                continue;
            }
            let usage = pair(&chunk["usage"], "prompt_tokens", "completion_tokens");
            self.usage = usage.or(self.usage);
            let choice = &chunk["choices"][0];
            self.text.push_str(&text(&choice["delta"]["content"]));
            self.finish.push_str(&text(&choice["finish_reason"]));
            for call in choice["delta"]["tool_calls"].as_array().into_iter().flatten() {
                let piece = pieces.entry(call["index"].as_u64().unwrap()).or_default();
                piece.0.push_str(&text(&call["id"]));
                piece.1.push_str(&text(&call["function"]["name"]));
                piece.2.push_str(&text(&call["function"]["arguments"]));
            }
        }
    }

    fn response(&mut self, body: &Value) {
        self.finish = text(&body["status"]);
        self.usage = pair(&body["usage"], "input_tokens", "output_tokens");
        for item in body["output"].as_array().unwrap() {
            if item["type"] == "function_call" {
                let arguments = text(&item["arguments"]);
                self.call(text(&item["call_id"]), text(&item["name"]), &arguments);
            }
            for part in item["content"].as_array().into_iter().flatten() {
                self.text.push_str(&text(&part["text"]));
            }
        }
    }

    /// Reads the response at the end, and holds the events before it against it.
    fn responses(&mut self, body: &[u8]) {
        let mut deltas = String::new();
        for (number, (name, data)) in events(body).into_iter().enumerate() {
            assert!(!self.ended, "something after the end: {data}");
            let event: Value = serde_json::from_str(&data).unwrap();
            assert_eq!(event["type"], name.as_str());
            // A failure may come at any place.
            let fails = matches!(name.as_str(), "error" | "response.failed");
            assert!(fails || event["sequence_number"] == number, "{number}: {data}");
            match name.as_str() {
                "response.output_text.delta" => deltas.push_str(&text(&event["delta"])),
                "response.completed" | "response.incomplete" => {
                    self.ended = true;
                    self.response(&event["response"]);
                    assert_eq!(self.text, deltas);
                }
                "error" => self.error = Some(text(&event["message"])),
                "response.failed" => {
                    self.error = Some(text(&event["response"]["error"]["message"]));
                }
                _ => {}
            }
        }
        if !self.ended {
            self.text = deltas;
        }
    }

    fn anthropic(&mut self, body: &[u8], pieces: &mut Pieces) {
        let mut input = 0;
        for (name, data) in events(body) {
            assert!(!self.ended, "something after message_stop: {data}");
            let event: Value = serde_json::from_str(&data).unwrap();
            assert_eq!(event["type"], name.as_str());
            let index = event["index"].as_u64().unwrap_or_default();
            match name.as_str() {
                "message_start" => {
                    let usage = &event["message"]["usage"];
                    input = usage["input_tokens"].as_u64().unwrap_or_default();
                }
                "content_block_start" if event["content_block"]["type"] == "tool_use" => {
                    let block = &event["content_block"];
                    pieces.insert(index, (text(&block["id"]), text(&block["name"]), String::new()));
                }
                "content_block_delta" => {
                    self.text.push_str(&text(&event["delta"]["text"]));
                    if let Some(piece) = pieces.get_mut(&index) {
                        piece.2.push_str(&text(&event["delta"]["partial_json"]));
                    }
                }
                "message_delta" => {
                    self.finish = text(&event["delta"]["stop_reason"]);
                    let usage = &event["usage"];
                    let input = usage["input_tokens"].as_u64().unwrap_or(input);
                    self.usage = Some((input, usage["output_tokens"].as_u64().unwrap()));
                }
                "message_stop" => self.ended = true,
                "error" => self.error = Some(text(&event["error"]["message"])),
                _ => {}
            }
        }
    }

    fn bedrock(&mut self, body: &[u8], pieces: &mut Pieces) {
        for message in Message::all(body) {
            let event = &message.payload;
            let index = event["contentBlockIndex"].as_u64().unwrap_or_default();
            if message.header(":message-type") == "exception" {
                self.error = Some(text(&event["message"]));
                continue;
            }
            match message.header(":event-type") {
                "contentBlockStart" if event["start"]["toolUse"].is_object() => {
                    let tool = &event["start"]["toolUse"];
                    let piece = (text(&tool["toolUseId"]), text(&tool["name"]), String::new());
                    pieces.insert(index, piece);
                }
                "contentBlockDelta" => {
                    self.text.push_str(&text(&event["delta"]["text"]));
                    if let Some(piece) = pieces.get_mut(&index) {
                        piece.2.push_str(&text(&event["delta"]["toolUse"]["input"]));
                    }
                }
                "messageStop" => {
                    self.finish = text(&event["stopReason"]);
                    self.ended = true;
                }
                "metadata" => {
                    self.usage = pair(&event["usage"], "inputTokens", "outputTokens");
                }
                _ => {}
            }
        }
    }

    fn call(&mut self, id: String, name: String, arguments: &str) {
        let arguments = if arguments.is_empty() { "{}" } else { arguments };
        self.calls.push((id, name, serde_json::from_str(arguments).unwrap()));
    }
}

/// Server-sent events: name (may be empty) and data.
pub(crate) fn events(body: &[u8]) -> Vec<(String, String)> {
    let text = std::str::from_utf8(body).unwrap();
    let field = |event: &str, name: &str| {
        let lines = event.lines().filter_map(|line| line.strip_prefix(name));
        lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
    };
    text.replace("\r\n", "\n")
        .split("\n\n")
        .filter(|event| event.lines().any(|line| line.starts_with("data:")))
        .map(|event| (field(event, "event:"), field(event, "data:")))
        .collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn pair(usage: &Value, input: &str, output: &str) -> Option<(u64, u64)> {
    Some((usage.get(input)?.as_u64()?, usage.get(output)?.as_u64()?))
}
