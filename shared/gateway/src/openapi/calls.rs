//! The routes that call models, and what stands beside them. Their bodies are the providers' or
//! OpenAI's: what is not said here passes as well.

use serde_json::{Value, json};

/// A route.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) tag: &'static str,
    pub(super) summary: &'static str,
    /// Media type and schema of the body.
    pub(super) body: Option<(&'static str, Value)>,
    /// Media types of a good answer.
    pub(super) answers: &'static [&'static str],
    /// Whether it needs no key.
    pub(super) public: bool,
}

const JSON: &str = "application/json";
const FORM: &str = "multipart/form-data";
const SSE: &str = "text/event-stream";
const EVENTS: &str = "application/vnd.amazon.eventstream";
const WHOLE: &[&str] = &[JSON];
const STREAMED: &[&str] = &[JSON, SSE];

/// An open object with fields that have to be there.
fn open(fields: &[(&str, Value)]) -> Value {
    let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    let properties: serde_json::Map<String, Value> =
        fields.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    json!({ "type": "object", "required": names, "properties": properties })
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn list() -> Value {
    json!({ "type": "array", "items": { "type": "object" } })
}

/// A route that takes JSON.
fn post(path: String, tag: &'static str, summary: &'static str, body: Value) -> Call {
    let body = Some((JSON, body));
    Call { method: "post", path, tag, summary, body, answers: WHOLE, public: false }
}

fn get(path: impl Into<String>, tag: &'static str, summary: &'static str) -> Call {
    let path = path.into();
    Call { method: "get", path, tag, summary, body: None, answers: WHOLE, public: false }
}

/// All of them.
pub(super) fn calls() -> Vec<Call> {
    let mut calls = openai();
    calls.extend(responses());
    calls.extend(anthropic());
    calls.extend(bedrock());
    calls.extend(gemini());
    calls.extend(models());
    calls.extend(quotes());
    calls.extend(history());
    for path in ["/health/liveliness", "/health/liveness", "/health/readiness", "/openapi.json"] {
        calls.push(Call { public: true, ..get(path, "health", "Whether the gateway is up") });
    }
    for path in ["/", "/docs"] {
        let docs = get(path, "health", "This document, for people");
        calls.push(Call { public: true, answers: &["text/html"], ..docs });
    }
    calls
}

fn openai() -> Vec<Call> {
    let named = |fields: &[(&str, Value)]| {
        let mut all = vec![("model", text())];
        all.extend_from_slice(fields);
        open(&all)
    };
    let inputs = json!({ "type": ["string", "array"] });
    let kinds: [(&str, &'static str, &'static str, Value, &'static [&'static str]); 10] = [
        ("chat/completions", "Answer a chat", JSON, named(&[("messages", list())]), STREAMED),
        ("completions", "Complete a text", JSON, named(&[]), STREAMED),
        ("embeddings", "Embed texts", JSON, named(&[("input", inputs)]), WHOLE),
        ("rerank", "Rank documents", JSON, named(&[("query", text())]), WHOLE),
        ("embed", "Embed texts, as Cohere has it", JSON, named(&[]), WHOLE),
        ("moderations", "Classify texts", JSON, open(&[]), WHOLE),
        ("images/generations", "Make images", JSON, open(&[("prompt", text())]), STREAMED),
        ("images/edits", "Change images", FORM, open(&[("prompt", text())]), STREAMED),
        ("audio/speech", "Speak a text", JSON, named(&[("input", text())]), SPOKEN),
        ("audio/transcriptions", "Write down speech", FORM, named(&[]), HEARD),
    ];
    let translation =
        ("audio/translations", "Write down speech in English", FORM, named(&[]), HEARD);
    let mut calls = Vec::new();
    for (kind, summary, media, schema, answers) in kinds.into_iter().chain([translation]) {
        let paths = ["/v1/", "/"].map(|base| format!("{base}{kind}"));
        let inside =
            ["/openai/deployments/", "/engines/"].map(|base| format!("{base}{{model}}/{kind}"));
        let second = ["rerank", "embed"].contains(&kind).then(|| format!("/v2/{kind}"));
        for path in paths.into_iter().chain(inside).chain(second) {
            let mut schema = schema.clone();
            if path.contains("{model}") {
                // The path names it.
                if let Some(names) = schema["required"].as_array_mut() {
                    names.retain(|name| name != "model");
                }
            }
            let call = post(path, "openai", summary, schema.clone());
            calls.push(Call { body: Some((media, schema)), answers, ..call });
        }
    }
    calls
}

const SPOKEN: &[&str] = &["audio/mpeg", "audio/wav", "audio/*", SSE];
const HEARD: &[&str] = &[JSON, SSE, "text/plain", "text/vtt", "application/x-subrip"];

fn responses() -> Vec<Call> {
    let body = open(&[("model", text()), ("input", json!({ "type": ["string", "array"] }))]);
    let bases = ["/v1", "", "/openai/v1", "/openai"];
    let of = |base: &str| {
        let path = |rest: &str| format!("{base}/responses{rest}");
        let made = post(path(""), "openai", "Answer, and keep the answer", body.clone());
        let kept = get(path("/{id}"), "openai", "A kept answer");
        let cancel =
            post(path("/{id}/cancel"), "openai", "Stop an answer that is under way", open(&[]));
        [
            Call { answers: STREAMED, ..made },
            post(path("/compact"), "openai", "Shorten a conversation", open(&[("model", text())])),
            post(path("/input_tokens"), "openai", "Count tokens", open(&[("model", text())])),
            Call { method: "delete", summary: "Delete a kept answer", ..kept.clone() },
            Call { answers: STREAMED, ..kept },
            Call { body: None, ..cancel },
            get(path("/{id}/input_items"), "openai", "What a kept answer answers"),
        ]
    };
    bases.into_iter().flat_map(of).collect()
}

fn anthropic() -> Vec<Call> {
    let asked = [("model", text()), ("messages", list())];
    let said =
        open(&[asked[0].clone(), asked[1].clone(), ("max_tokens", json!({ "type": "integer" }))]);
    let of = |base: &str| {
        let answer = post(format!("{base}/messages"), "anthropic", "Answer", said.clone());
        let path = format!("{base}/messages/count_tokens");
        let count = post(path, "anthropic", "Count tokens", open(&asked));
        [Call { answers: STREAMED, ..answer }, count]
    };
    ["/v1", ""].into_iter().flat_map(of).collect()
}

fn bedrock() -> Vec<Call> {
    let of = |operation: &str, summary, body, answers| {
        let path = format!("/bedrock/model/{{model}}/{operation}");
        Call { answers, ..post(path, "bedrock", summary, body) }
    };
    let said = open(&[("messages", list())]);
    vec![
        of("converse", "Answer", said.clone(), WHOLE),
        of("converse-stream", "Answer in a stream", said, &[EVENTS]),
        of("invoke", "Call a model by its own body", open(&[]), WHOLE),
        of("invoke-with-response-stream", "The same in a stream", open(&[]), &[EVENTS]),
        of("count-tokens", "Count tokens", open(&[("input", open(&[]))]), WHOLE),
    ]
}

fn gemini() -> Vec<Call> {
    let mut calls = Vec::new();
    for base in ["/v1beta", "/gemini/v1beta", "/gemini/v1", "/v1", ""] {
        for (method, summary) in [
            ("generateContent", "Answer"),
            ("streamGenerateContent", "Answer in a stream"),
            ("countTokens", "Count tokens"),
            ("embedContent", "Embed a text"),
            ("batchEmbedContents", "Embed texts"),
        ] {
            let path = format!("{base}/models/{{model}}:{method}");
            let said = [("contents", list())];
            let said = if method.contains("mbed") { &[] } else { said.as_slice() };
            let call = post(path, "gemini", summary, open(said));
            calls.push(Call { answers: STREAMED, ..call });
        }
    }
    for base in ["/v1beta", "/gemini/v1beta"] {
        calls.push(get(format!("{base}/models"), "gemini", "The models that the key may use"));
    }
    for base in ["/v1beta", "/gemini/v1beta", "/gemini/v1"] {
        calls.push(get(format!("{base}/models/{{id}}"), "gemini", "A model"));
    }
    calls
}

fn models() -> Vec<Call> {
    let of = |base: &str| {
        let all = get(format!("{base}/models"), "models", "The models that the key may use");
        [all, get(format!("{base}/models/{{id}}"), "models", "A model")]
    };
    ["/v1", "", "/openai"].into_iter().flat_map(of).collect()
}

fn history() -> Vec<Call> {
    let asked = || open(&[("session_id", text())]);
    let kept = "A conversation that is kept";
    let forget = get("/chat-history", "history", "Forget a conversation");
    vec![
        post("/chat-history".to_owned(), "history", kept, asked()),
        get("/chat-history", "history", kept),
        Call { method: "delete", ..forget },
        post("/bedrock/chat-history".to_owned(), "history", kept, asked()),
        get("/bedrock/chat-history", "history", kept),
        Call {
            body: None,
            ..post("/session-ids".to_owned(), "history", "The sessions of the caller", open(&[]))
        },
        get("/session-ids", "history", "The sessions of the caller"),
    ]
}

fn quotes() -> Vec<Call> {
    let of = |path: &str, summary, body| post(path.to_owned(), "quotes", summary, body);
    vec![
        of("/utils/token_counter", "Count tokens", open(&[("model", text())])),
        of("/utils/transform_request", "What a provider would be sent", open(&[])),
        of("/spend/calculate", "What a call costs", open(&[])),
        of("/cost/estimate", "What calls would cost", open(&[("model", text())])),
    ]
}
