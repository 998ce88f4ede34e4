//! A client of one dialect.

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

use super::{Answer, House, Reading, post};

/// The dialect that a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    OpenAi,
    Responses,
    Anthropic,
    Bedrock,
    Gemini,
}

// === impl Caller ===

impl Caller {
    /// All of them.
    pub(crate) const ALL: [Self; 5] =
        [Self::OpenAi, Self::Responses, Self::Anthropic, Self::Bedrock, Self::Gemini];

    /// The field of the conversation.
    pub(crate) fn turns(self) -> &'static str {
        match self {
            Self::Gemini => "contents",
            Self::Responses => "input",
            _ => "messages",
        }
    }

    /// Whether the body names the model; else the path does.
    pub(crate) fn names_the_model(self) -> bool {
        matches!(self, Self::OpenAi | Self::Responses | Self::Anthropic)
    }

    /// Where its requests go.
    pub(crate) fn path(self, model: &str, stream: bool) -> String {
        match self {
            Self::OpenAi => "/v1/chat/completions".to_owned(),
            Self::Responses => "/v1/responses".to_owned(),
            Self::Anthropic => "/v1/messages".to_owned(),
            Self::Bedrock => {
                let operation = if stream { "converse-stream" } else { "converse" };
                format!("/bedrock/model/{model}/{operation}")
            }
            Self::Gemini if stream => {
                format!("/v1beta/models/{model}:streamGenerateContent?alt=sse")
            }
            Self::Gemini => format!("/v1beta/models/{model}:generateContent"),
        }
    }

    /// One question, with a cap of 200 tokens.
    pub(crate) fn ask(self, model: &str, prompt: &str) -> Value {
        match self {
            Self::OpenAi | Self::Anthropic => json!({
                "model": model,
                "max_tokens": 200,
                "messages": [{"role": "user", "content": prompt}],
            }),
            Self::Responses => json!({
                "model": model,
                "max_output_tokens": 200,
                "input": [{"role": "user", "content": prompt}],
            }),
            Self::Bedrock => json!({
                "inferenceConfig": {"maxTokens": 200},
                "messages": [{"role": "user", "content": [{"text": prompt}]}],
            }),
            Self::Gemini => json!({
                "generationConfig": {"maxOutputTokens": 200},
                "contents": [{"role": "user", "parts": [{"text": prompt}]}],
            }),
        }
    }

    /// Asks for a stream where the body says so.
    pub(crate) fn streamed(self, mut body: Value) -> Value {
        if self.names_the_model() {
            body["stream"] = json!(true);
        }
        if self == Self::OpenAi {
            body["stream_options"] = json!({"include_usage": true});
        }
        body
    }

    /// Offers a tool: `get_weather` with a `city`.
    pub(crate) fn with_tool(self, mut body: Value) -> Value {
        let schema = json!({
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        });
        match self {
            Self::OpenAi => {
                body["tools"] = json!([{"type": "function", "function": {
                    "name": "get_weather", "description": "Weather", "parameters": schema,
                }}]);
            }
            Self::Responses => {
                body["tools"] = json!([{
                    "type": "function", "name": "get_weather", "description": "Weather",
                    "parameters": schema, "strict": false,
                }]);
            }
            Self::Anthropic => {
                body["tools"] = json!([{
                    "name": "get_weather", "description": "Weather", "input_schema": schema,
                }]);
            }
            Self::Bedrock => {
                body["toolConfig"] = json!({"tools": [{"toolSpec": {
                    "name": "get_weather", "description": "Weather", "inputSchema": {"json": schema},
                }}]});
            }
            Self::Gemini => {
                body["tools"] = json!([{"functionDeclarations": [{
                    "name": "get_weather", "description": "Weather", "parametersJsonSchema": schema,
                }]}]);
            }
        }
        body
    }

    /// Goes on: the answer's tool call, and what the tool returned.
    pub(crate) fn with_result(self, mut body: Value, reading: &Reading, result: &str) -> Value {
        let (id, name, input) = reading.calls.first().unwrap().clone();
        let turns = match self {
            Self::OpenAi => vec![
                json!({"role": "assistant", "content": null, "tool_calls": [{
                    "id": id, "type": "function",
                    "function": {"name": name, "arguments": input.to_string()},
                }]}),
                json!({"role": "tool", "tool_call_id": id, "content": result}),
            ],
            Self::Responses => vec![
                json!({"type": "function_call", "call_id": id, "name": name,
                    "arguments": input.to_string()}),
                json!({"type": "function_call_output", "call_id": id, "output": result}),
            ],
            Self::Anthropic => vec![
                json!({"role": "assistant", "content": [
                    {"type": "tool_use", "id": id, "name": name, "input": input},
                ]}),
                json!({"role": "user", "content": [
                    {"type": "tool_result", "tool_use_id": id, "content": result},
                ]}),
            ],
            Self::Bedrock => vec![
                json!({"role": "assistant", "content": [
                    {"toolUse": {"toolUseId": id, "name": name, "input": input}},
                ]}),
                json!({"role": "user", "content": [
                    {"toolResult": {"toolUseId": id, "content": [{"text": result}]}},
                ]}),
            ],
            // Without ids, as older clients send them.
            Self::Gemini => vec![
                json!({"role": "model", "parts": [
                    {"functionCall": {"name": name, "args": input}},
                ]}),
                json!({"role": "user", "parts": [
                    {"functionResponse": {"name": name, "response": {"result": result}}},
                ]}),
            ],
        };
        body[self.turns()].as_array_mut().unwrap().extend(turns);
        body
    }

    /// A request of this client.
    pub(crate) fn request(
        self,
        key: &str,
        model: &str,
        body: &Value,
        stream: bool,
    ) -> Request<Body> {
        let body = if stream { self.streamed(body.clone()) } else { body.clone() };
        post(&self.path(model, stream), key, body.to_string())
    }

    /// Asks and reads the raw answer.
    pub(crate) async fn raw(
        self,
        house: &House,
        key: &str,
        model: &str,
        body: &Value,
        stream: bool,
    ) -> Answer {
        house.send(self.request(key, model, body, stream)).await
    }

    /// Asks, whole or streamed, and reads what was said.
    pub(crate) async fn call(
        self,
        house: &House,
        key: &str,
        model: &str,
        body: &Value,
        stream: bool,
    ) -> (Answer, Reading) {
        let answer = self.raw(house, key, model, body, stream).await;
        assert_eq!(answer.status, 200, "{self:?} on {model}: {}", answer.text());
        let reading = if stream {
            Reading::streamed(self, &answer.body)
        } else {
            Reading::whole(self, &answer.json())
        };
        (answer, reading)
    }

    /// One question, answered whole.
    pub(crate) async fn say(self, house: &House, key: &str, model: &str, prompt: &str) -> Answer {
        self.raw(house, key, model, &self.ask(model, prompt), false).await
    }
}
