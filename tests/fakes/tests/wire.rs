//! The fakes, read by the providers' own clients: AWS's SDK for Rust, and plain HTTP where the
//! wire itself is what matters.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::time::Duration;

use aws_sdk_bedrockruntime::{
    operation::converse_stream::ConverseStreamOutput,
    primitives::Blob,
    types::{
        ContentBlock, ContentBlockDelta, ContentBlockStart, ConversationRole,
        ConverseStreamOutput as Event, Message, StopReason, SystemContentBlock,
    },
};
use aws_sdk_sagemakerruntime::types::ResponseStream;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use sluice_fakes::{ACCESS_KEY_ID, Fakes, Outcome, SECRET_ACCESS_KEY};

/// Everything that AWS's clients need, with this secret access key.
macro_rules! client {
    ($sdk:ident, $url:expr, $secret:expr) => {
        $sdk::Client::from_conf(
            $sdk::Config::builder()
                .behavior_version($sdk::config::BehaviorVersion::latest())
                .region($sdk::config::Region::new("us-east-1"))
                .endpoint_url($url.as_str())
                .credentials_provider($sdk::config::Credentials::new(
                    ACCESS_KEY_ID,
                    $secret,
                    None,
                    None,
                    "test",
                ))
                .retry_config($sdk::config::retry::RetryConfig::disabled())
                .http_client(aws_smithy_http_client::Builder::new().build_http())
                .build(),
        )
    };
}

fn user(text: &str) -> Message {
    Message::builder()
        .role(ConversationRole::User)
        .content(ContentBlock::Text(text.to_owned()))
        .build()
        .unwrap()
}

/// Text of a stream, its stop reason and its output tokens; or the error.
async fn read(mut answer: ConverseStreamOutput) -> Result<(String, StopReason, i32), String> {
    let (mut text, mut stop, mut tokens) = (String::new(), StopReason::from("none"), -1);
    while let Some(event) = answer.stream.recv().await.map_err(|error| format!("{error:?}"))? {
        match event {
            Event::ContentBlockDelta(delta) => {
                if let Some(ContentBlockDelta::Text(word)) = delta.delta() {
                    text.push_str(word);
                }
            }
            Event::MessageStop(end) => stop = end.stop_reason().clone(),
            Event::Metadata(end) => tokens = end.usage().unwrap().output_tokens(),
            _ => {}
        }
    }
    Ok((text, stop, tokens))
}

/// An answer read whole.
struct Read {
    status: u16,
    headers: http::HeaderMap,
    text: String,
}

impl Read {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }
}

async fn post(origin: &str, path: &str, key: &str, body: &Value) -> Read {
    let address = origin.strip_prefix("http://").unwrap();
    let socket = TokioIo::new(tokio::net::TcpStream::connect(address).await.unwrap());
    let (mut sender, connection) = http1::handshake(socket).await.unwrap();
    let request = http::Request::post(path)
        .header("host", address)
        .header("authorization", format!("Bearer {key}"))
        .header("x-api-key", key)
        .header("x-goog-api-key", key)
        .header("anthropic-version", "2023-06-01")
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(body.to_string())))
        .unwrap();
    let exchange = async move {
        let response = sender.send_request(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Read {
            status: parts.status.as_u16(),
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    };
    tokio::join!(connection, exchange).1
}

async fn chat(fakes: &Fakes, body: &Value) -> Read {
    post(&fakes.openai_url, "/v1/chat/completions", "sk-test", body).await
}

async fn messages(fakes: &Fakes, body: &Value) -> Read {
    post(&fakes.anthropic_url, "/v1/messages", "sk-test", body).await
}

#[tokio::test]
async fn the_aws_sdk_reads_a_converse_stream() {
    let fakes = Fakes::start().await.unwrap();
    let client = client!(aws_sdk_bedrockruntime, fakes.bedrock_url, SECRET_ACCESS_KEY);
    let answer = client
        .converse_stream()
        .model_id("us.amazon.nova-lite-v1:0")
        .system(SystemContentBlock::Text("Be kind.".to_owned()))
        .messages(user("say Grüezi mitenand"))
        .send()
        .await
        .unwrap();
    let read = read(answer).await.unwrap();
    assert_eq!(read, ("Grüezi mitenand".to_owned(), StopReason::EndTurn, 4));
    let seen = fakes.bedrock.last().unwrap();
    assert_eq!(seen.path, "/model/us.amazon.nova-lite-v1%3A0/converse-stream");
    assert_eq!(seen.outcome, Outcome::Complete);
}

#[tokio::test]
async fn a_signature_over_an_arn_holds() {
    let fakes = Fakes::start().await.unwrap();
    let arn = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-lite-v1:0";
    let client = client!(aws_sdk_bedrockruntime, fakes.bedrock_url, SECRET_ACCESS_KEY);
    let answer = client.converse().model_id(arn).messages(user("say hi")).send().await.unwrap();
    assert_eq!(answer.stop_reason(), &StopReason::EndTurn);

    let client = client!(aws_sdk_bedrockruntime, fakes.bedrock_url, "another secret");
    let error = client.converse().model_id(arn).messages(user("say hi")).send().await.unwrap_err();
    assert!(format!("{error:?}").contains("InvalidSignatureException"), "{error:?}");
}

#[tokio::test]
async fn errors_have_the_service_s_names() {
    let fakes = Fakes::start().await.unwrap();
    let client = client!(aws_sdk_bedrockruntime, fakes.bedrock_url, SECRET_ACCESS_KEY);
    let ask = |text: &str| client.converse().model_id("m").messages(user(text)).send();
    let error = ask("error 429").await.unwrap_err().into_service_error();
    assert!(error.is_throttling_exception());
    let error = ask("error context").await.unwrap_err().into_service_error();
    assert!(error.is_validation_exception());
    let error = ask("error 500").await.unwrap_err().into_service_error();
    assert!(error.is_internal_server_exception());
}

#[tokio::test]
async fn a_stream_can_break_in_every_way() {
    let fakes = Fakes::start().await.unwrap();
    let client = client!(aws_sdk_bedrockruntime, fakes.bedrock_url, SECRET_ACCESS_KEY);
    let ask = |text: &str| client.converse_stream().model_id("m").messages(user(text)).send();

    let cut = read(ask("cut long 20").await.unwrap()).await.unwrap();
    assert_eq!((cut.1, cut.2), (StopReason::from("none"), -1));
    assert!(cut.0.starts_with("word0 "));
    assert!(read(ask("die long 20").await.unwrap()).await.is_err());
    let late = read(ask("late error long 20").await.unwrap()).await.unwrap_err();
    assert!(late.contains("ModelStreamErrorException"), "{late}");
    assert!(ask("hang up").await.is_err());

    let stalled = read(ask("stall long 20").await.unwrap());
    assert!(tokio::time::timeout(Duration::from_millis(200), stalled).await.is_err());
}

#[tokio::test]
async fn a_caller_who_hangs_up_is_noticed() {
    let fakes = Fakes::start().await.unwrap();
    let client = client!(aws_sdk_bedrockruntime, fakes.bedrock_url, SECRET_ACCESS_KEY);
    let mut answer =
        client.converse_stream().model_id("m").messages(user("stall long 9")).send().await.unwrap();
    answer.stream.recv().await.unwrap();
    drop(answer);
    drop(client);
    let dropped = async {
        while fakes.bedrock.last().unwrap().outcome != Outcome::Dropped {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), dropped).await.unwrap();
}

#[tokio::test]
async fn tool_use_streams_in_pieces_that_join_to_json() {
    use aws_sdk_bedrockruntime::types::{
        Tool, ToolConfiguration, ToolInputSchema, ToolSpecification,
    };
    use aws_smithy_types::Document;

    let fakes = Fakes::start().await.unwrap();
    let client = client!(aws_sdk_bedrockruntime, fakes.bedrock_url, SECRET_ACCESS_KEY);
    let city = Document::Object([("type".to_owned(), Document::from("string"))].into());
    let schema = Document::Object(
        [
            ("type".to_owned(), Document::from("object")),
            ("properties".to_owned(), Document::Object([("city".to_owned(), city)].into())),
        ]
        .into(),
    );
    let spec = ToolSpecification::builder()
        .name("get_weather")
        .input_schema(ToolInputSchema::Json(schema))
        .build()
        .unwrap();
    let tools = ToolConfiguration::builder().tools(Tool::ToolSpec(spec)).build().unwrap();
    let mut answer = client
        .converse_stream()
        .model_id("m")
        .messages(user("two tools"))
        .tool_config(tools)
        .send()
        .await
        .unwrap();
    let mut calls: Vec<(String, String)> = Vec::new();
    while let Some(event) = answer.stream.recv().await.unwrap() {
        match event {
            Event::ContentBlockStart(start) => {
                if let Some(ContentBlockStart::ToolUse(call)) = start.start() {
                    calls.push((call.name().to_owned(), String::new()));
                }
            }
            Event::ContentBlockDelta(delta) => {
                if let Some(ContentBlockDelta::ToolUse(piece)) = delta.delta() {
                    calls.last_mut().unwrap().1.push_str(piece.input());
                }
            }
            _ => {}
        }
    }
    let call = |city| ("get_weather".to_owned(), json!({"city": city}).to_string());
    assert_eq!(calls, [call("Paris"), call("Zürich")]);
}

#[tokio::test]
async fn an_endpoint_s_parts_join_to_the_container_s_sse() {
    let fakes = Fakes::start().await.unwrap();
    let client = client!(aws_sdk_sagemakerruntime, fakes.sagemaker_url, SECRET_ACCESS_KEY);
    let body = json!({
        "messages": [{"role": "user", "content": "say Zürich"}],
        "stream": true, "stream_options": {"include_usage": true},
    });
    let mut answer = client
        .invoke_endpoint_with_response_stream()
        .endpoint_name("llama")
        .content_type("application/json")
        .body(Blob::new(body.to_string()))
        .send()
        .await
        .unwrap();
    let (mut text, mut parts) = (Vec::new(), 0);
    while let Some(event) = answer.body.recv().await.unwrap() {
        if let ResponseStream::PayloadPart(part) = event {
            parts += 1;
            text.extend_from_slice(part.bytes().unwrap().as_ref());
        }
    }
    let text = String::from_utf8(text).unwrap();
    assert!(parts > 5, "{parts}");
    assert!(text.contains(r#""content":"Zürich""#), "{text}");
    assert!(text.contains(r#""usage":{"prompt_tokens":"#), "{text}");
    assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
}

#[tokio::test]
async fn a_container_s_error_is_a_model_error() {
    let fakes = Fakes::start().await.unwrap();
    let client = client!(aws_sdk_sagemakerruntime, fakes.sagemaker_url, SECRET_ACCESS_KEY);
    let body = json!({"messages": [{"role": "user", "content": "error 429"}]});
    let error = client
        .invoke_endpoint()
        .endpoint_name("llama")
        .content_type("application/json")
        .body(Blob::new(body.to_string()))
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    let aws_sdk_sagemakerruntime::operation::invoke_endpoint::InvokeEndpointError::ModelError(
        error,
    ) = error
    else {
        panic!("{error:?}")
    };
    assert_eq!(error.original_status_code(), Some(429));
}

#[tokio::test]
async fn a_secret_can_be_rotated() {
    let fakes = Fakes::start().await.unwrap();
    let client = client!(aws_sdk_secretsmanager, fakes.secretsmanager_url, SECRET_ACCESS_KEY);
    let read = || client.get_secret_value().secret_id("sluice/openai").send();
    assert!(read().await.unwrap_err().into_service_error().is_resource_not_found_exception());
    for value in ["first", "second"] {
        fakes.put_secret("sluice/openai", value);
        assert_eq!(read().await.unwrap().secret_string(), Some(value));
    }
}

#[tokio::test]
async fn openai_streams_usage_only_when_it_is_asked_for() {
    let fakes = Fakes::start().await.unwrap();
    let mut body = json!({
        "model": "gpt-4o", "stream": true, "messages": [{"role": "user", "content": "say hi"}],
    });
    let text = chat(&fakes, &body).await.text;
    assert!(!text.contains("usage"), "{text}");
    assert!(text.starts_with("data: {\"id\":\"chatcmpl-"), "{text}");
    assert!(text.ends_with("data: [DONE]\n\n"), "{text}");

    body["stream_options"] = json!({"include_usage": true});
    let Read { headers, text, .. } = chat(&fakes, &body).await;
    assert_eq!(headers["content-type"], "text/event-stream; charset=utf-8");
    assert!(headers.contains_key("x-request-id"));
    assert!(text.contains(r#""usage":null"#), "{text}");
    assert!(text.contains(r#""choices":[],"usage":{"prompt_tokens":2,"#), "{text}");
}

#[tokio::test]
async fn openai_refuses_what_it_does_not_know() {
    let fakes = Fakes::start().await.unwrap();
    let hello = json!([{"role": "user", "content": "hello"}]);
    let table = [
        (
            json!({"model": "m", "messages": hello, "top_k": 4}),
            "Unrecognized request argument supplied: top_k",
        ),
        (
            json!({"model": "m", "messages": [
                {"role": "user", "content": [
                    {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}},
                ]},
            ]}),
            "Unknown parameter: 'messages[0].content[0].cache_control'.",
        ),
        (json!({"model": "m"}), "Missing required parameter: 'messages'."),
        (
            json!({"model": "m", "messages": [
                {"role": "user", "content": "a"},
                {"role": "tool", "tool_call_id": "call_1", "content": "b"},
            ]}),
            "messages with role 'tool' must be a response",
        ),
        (
            json!({"model": "m", "messages": hello, "stream_options": {"include_usage": true}}),
            "only allowed when 'stream' is enabled",
        ),
        (
            json!({"model": "o3", "messages": hello, "max_tokens": 5}),
            "'max_tokens' is not supported with this model",
        ),
        (json!({"model": "m", "messages": hello, "tool_choice": "auto"}), "'tool_choice' is only"),
    ];
    for (body, expected) in table {
        let read = chat(&fakes, &body).await;
        let (status, answer) = (read.status, read.json());
        let message = answer["error"]["message"].as_str().unwrap().to_owned();
        assert!(status == 400 && message.contains(expected), "{status} {message}");
        assert_eq!(fakes.openai.last().unwrap().refused, Some(message));
    }
}

#[tokio::test]
async fn anthropic_refuses_what_it_does_not_know() {
    let fakes = Fakes::start().await.unwrap();
    let with = |extra: Value| {
        let mut body = json!({
            "model": "m", "max_tokens": 64, "messages": [{"role": "user", "content": "hello"}],
        });
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        body
    };
    let call = json!({"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}});
    let table = [
        (with(json!({"n": 1})), "n: Extra inputs are not permitted"),
        (json!({"model": "m", "messages": []}), "max_tokens: Field required"),
        (with(json!({"messages": []})), "at least one message"),
        (
            with(json!({"messages": [{"role": "system", "content": "a"}]})),
            "messages: Unexpected role \"system\"",
        ),
        (
            with(json!({"messages": [
                {"role": "user", "content": "a"},
                {"role": "assistant", "content": [call]},
                {"role": "user", "content": "b"},
            ]})),
            "`tool_use` ids were found without `tool_result` blocks immediately after: toolu_1",
        ),
        (
            with(json!({"messages": [
                {"role": "user", "content": "a"},
                {"role": "assistant", "content": [
                    {"type": "thinking", "thinking": "made up", "signature": "AAAA"},
                    {"type": "text", "text": "b"},
                ]},
                {"role": "user", "content": "c"},
            ]})),
            "Invalid `signature` in `thinking` block",
        ),
        (
            with(json!({"tools": [{"name": "f", "input_schema": {}}]})),
            "tools.0.custom.input_schema.type: Field required",
        ),
    ];
    for (body, expected) in table {
        let read = messages(&fakes, &body).await;
        let (status, answer) = (read.status, read.json());
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(status == 400 && message.contains(expected), "{status} {message}");
    }
    let read = messages(&fakes, &with(json!({"model": "fake-error-529"}))).await;
    assert_eq!((read.status, &read.json()["error"]["type"]), (529, &json!("overloaded_error")));
}

#[tokio::test]
async fn anthropic_streams_every_kind_of_event() {
    let fakes = Fakes::start().await.unwrap();
    let body = json!({
        "model": "claude", "max_tokens": 4096, "stream": true,
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "tools": [{"name": "f", "input_schema": {"type": "object"}}],
        "messages": [{"role": "user", "content": "usage cached go"}],
    });
    let text = messages(&fakes, &body).await.text;
    for piece in [
        "event: message_start\n",
        "event: ping\n",
        "thinking_delta",
        "signature_delta",
        "input_json_delta",
        r#""cache_read_input_tokens":1024"#,
        r#""stop_reason":"tool_use""#,
    ] {
        assert!(text.contains(piece), "{piece} in {text}");
    }
    assert!(text.ends_with("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"), "{text}");
}

#[tokio::test]
async fn bedrock_refuses_what_it_does_not_know() {
    let fakes = Fakes::start().await.unwrap();
    let user = json!({"role": "user", "content": [{"text": "a"}]});
    let assistant = json!({"role": "assistant", "content": [
        {"toolUse": {"toolUseId": "t1", "name": "f", "input": {}}},
    ]});
    let tools = json!({"tools": [{"toolSpec": {
        "name": "f", "inputSchema": {"json": {"type": "object"}},
    }}]});
    let table = [
        (json!({"messages": [user], "max_tokens": 5}), "extraneous key [max_tokens]"),
        (json!({"messages": [user, user]}), "must alternate"),
        (json!({"messages": [assistant]}), "must start with a user message"),
        (json!({"messages": [user, assistant]}), "toolConfig field must be defined"),
        (
            json!({"messages": [user, assistant, user], "toolConfig": tools}),
            "Expected toolResult blocks at messages.2.content for the following Ids: t1",
        ),
        (json!({"messages": [{"role": "user", "content": [{"text": " "}]}]}), "is blank"),
        (
            json!({"messages": [{"role": "user", "content": [
                {"image": {"format": "png", "source": {"bytes": "data:image/png"}}},
            ]}]}),
            "must be a base64 string",
        ),
    ];
    for (body, expected) in table {
        let read = post(&fakes.bedrock_url, "/model/m/converse", "token", &body).await;
        assert_eq!(read.status, 400);
        let kind = read.headers["x-amzn-errortype"].to_str().unwrap();
        assert!(kind.starts_with("ValidationException:"), "{kind}");
        assert!(read.text.contains(expected), "{}", read.text);
    }
}

#[tokio::test]
async fn wrong_keys_are_refused() {
    let fakes = Fakes::start().await.unwrap();
    let body = json!({"model": "m", "messages": []});
    for (origin, path, status) in [
        (&fakes.openai_url, "/v1/chat/completions", 401),
        (&fakes.anthropic_url, "/v1/messages", 401),
        (&fakes.bedrock_url, "/model/m/converse", 403),
        (&fakes.sagemaker_url, "/endpoints/m/invocations", 403),
    ] {
        assert_eq!(post(origin, path, "sk-wrong", &body).await.status, status);
    }
}

async fn generate(fakes: &Fakes, model: &str, method: &str, body: &Value) -> Read {
    let path = format!("/v1beta/models/{model}:{method}");
    post(&fakes.gemini_url, &path, "sk-test", body).await
}

#[tokio::test]
async fn google_answers_whole_and_streamed_and_signs_its_thoughts() {
    let fakes = Fakes::start().await.unwrap();
    let body = json!({"contents": [{"parts": [{"text": "think say a b"}]}],
        "generation_config": {"thinking_config": {"include_thoughts": true}}});
    let whole = generate(&fakes, "gemini-2.5-flash", "generateContent", &body).await.json();
    let parts = whole["candidates"][0]["content"]["parts"].as_array().unwrap();
    assert_eq!((&parts[0]["thought"], &parts[1]["text"]), (&json!(true), &json!("a b")));
    assert!(parts[1]["thoughtSignature"].is_string());
    assert_eq!(whole["usageMetadata"]["candidatesTokenCount"], 1);

    let array = generate(&fakes, "gemini-2.5-flash", "streamGenerateContent", &body).await.json();
    assert!(array.as_array().unwrap().len() > 3, "{array}");
    let events = generate(&fakes, "m", "streamGenerateContent?alt=sse", &body).await;
    assert!(events.text.starts_with("data: {"), "{}", events.text);
    let count = generate(&fakes, "m", "countTokens", &body).await.json();
    assert_eq!(count["totalTokens"], 4);
}

#[tokio::test]
async fn google_refuses_what_it_does_not_know() {
    let fakes = Fakes::start().await.unwrap();
    let with = |extra: Value| {
        let mut body = json!({"contents": [{"role": "user", "parts": [{"text": "hello"}]}]});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        body
    };
    let function = |schema: Value| {
        with(json!({"tools": [{"functionDeclarations": [{"name": "f", "parameters": schema}]}]}))
    };
    let call = json!({"functionCall": {"name": "f", "args": {}}});
    let result = json!({"functionResponse": {"name": "f", "response": {"output": "1"}}});
    let talk = |model: Value, user: Value| {
        json!({"contents": [{"role": "user", "parts": [{"text": "a"}]},
            {"role": "model", "parts": [model]}, {"role": "user", "parts": [user]}]})
    };
    let table = [
        (with(json!({"messages": []})), "Unknown name \"messages\""),
        (json!({"contents": []}), "contents is not specified"),
        (json!({"contents": [{"role": "assistant", "parts": [{"text": "a"}]}]}), "valid role"),
        (
            function(json!({"type": "OBJECT", "additionalProperties": false})),
            "additionalProperties",
        ),
        (function(json!({"type": "OBJECT", "properties": {}})), "should be non-empty"),
        (
            function(json!({"type": "OBJECT", "properties": {"a": {"type": "ARRAY"}}})),
            "items: missing field",
        ),
        (
            with(json!({"generationConfig": {"responseSchema": {"type": "OBJECT"}}})),
            "response_mime_type",
        ),
        (talk(call.clone(), json!({"text": "b"})), "equal to the number of function call parts"),
        (talk(call.clone(), result.clone()), "missing a thought_signature"),
        (
            talk(json!({"text": "b", "thoughtSignature": "AAAA"}), json!({"text": "c"})),
            "Corrupted thought signature",
        ),
    ];
    for (body, expected) in table {
        let read = generate(&fakes, "gemini-3-pro-preview", "generateContent", &body).await;
        let (status, answer) = (read.status, read.json());
        let message = answer["error"]["message"].as_str().unwrap().to_owned();
        assert!(status == 400 && message.contains(expected), "{status} {message} for {body}");
        assert_eq!(answer["error"]["status"], "INVALID_ARGUMENT");
        assert_eq!(fakes.gemini.last().unwrap().refused, Some(message));
    }
}
