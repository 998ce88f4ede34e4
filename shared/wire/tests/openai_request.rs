//! OpenAI's requests: read whole, written whole, and what is lost is named.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use serde_json::{Value, json};
use sluice_wire::{
    Dialect, Habits, Line, Loss, Target,
    canon::{
        CachePoint, Data, Document, Effort, Extras, Format, Image, Part, Reasoning, Request, Role,
        Thinking, Tool, ToolCall, ToolChoice, ToolResult, Turn,
    },
};

const ME: Dialect = Dialect::OpenAiChat;
const RICH: &str = include_str!("fixtures/openai/request/rich.json");

fn read(body: &str) -> Request {
    ME.decode_request(body.as_bytes(), Line::default()).unwrap()
}

/// A request with these fields beside a model and one message.
fn with(fields: Value) -> Request {
    let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "hi"}]});
    if let Value::Object(fields) = fields {
        body.as_object_mut().unwrap().extend(fields);
    }
    read(&body.to_string())
}

/// The turns of these messages.
fn turns(messages: &Value) -> Vec<Turn> {
    read(&json!({"model": "m", "messages": messages}).to_string()).turns
}

fn target() -> Target<'static> {
    Target { model: "gpt-x", max_output: None, max_completion_tokens: true, ..Target::default() }
}

fn write(request: &Request, target: Target<'_>) -> (Value, Vec<Loss>) {
    let encoded = ME.encode_request(request, target).unwrap();
    (serde_json::from_slice(&encoded.body).unwrap(), encoded.losses)
}

fn asking(parts: Vec<Part>) -> Request {
    let turn = Turn { role: Role::User, parts, name: None };
    Request { model: "m".into(), turns: vec![turn], ..Request::default() }
}

fn call(id: &str, name: &str, arguments: &str) -> Part {
    Part::ToolCall(ToolCall { id: id.into(), name: name.into(), arguments: arguments.into() })
}

fn result(id: &str, parts: Vec<Part>) -> Part {
    Part::ToolResult(ToolResult { call_id: id.into(), parts, is_error: false })
}

fn base64(media_type: &str, base64: &str) -> Data {
    Data::Base64 { media_type: media_type.into(), base64: base64.into() }
}

#[test]
fn reads_every_field_of_a_rich_request() {
    let request = read(RICH);
    assert_eq!(
        request.system,
        [
            Part::text("Be brief."),
            Part::text("Answer in German."),
            Part::CachePoint(CachePoint::OneHour)
        ]
    );
    let document = |data, name: Option<&str>| {
        Part::Document(Document {
            data,
            name: name.map(str::to_owned),
            context: None,
            citations: false,
        })
    };
    assert_eq!(
        request.turns[0],
        Turn {
            role: Role::User,
            name: Some("ada".into()),
            parts: vec![
                Part::text("What is in these?"),
                Part::Image(Image {
                    data: base64("image/png", "iVBORw0KGgo="),
                    detail: Some("low".into())
                }),
                Part::Image(Image {
                    data: Data::Url("https://example.com/a.jpg".into()),
                    detail: None
                }),
                document(base64("application/pdf", "JVBERi0="), Some("a.pdf")),
                document(Data::File("file-123".into()), None),
                Part::Opaque {
                    dialect: ME,
                    value: json!({"input_audio": {"data": "UklGRg==", "format": "wav"},
                        "type": "input_audio"}),
                },
            ],
        }
    );
    assert_eq!(
        request.turns[1].parts,
        [
            Part::Reasoning(Reasoning {
                text: "I need the weather.".into(),
                ..Reasoning::default()
            }),
            call("call_a", "get_weather", "{\"city\":\"Zürich\"}"),
            call("call_b", "get_time", "{}"),
        ]
    );
    assert_eq!(request.turns[2].role, Role::User);
    assert_eq!(
        request.turns[2].parts,
        [
            result("call_a", vec![Part::text("12 degrees")]),
            result("call_b", vec![Part::text("09:"), Part::text("00")]),
        ]
    );
    assert_eq!(request.turns[3].role, Role::System);
    assert_eq!(request.turns[5].parts, [Part::Refusal("Non.".into())]);
    assert_eq!(request.turns.len(), 7);

    assert_eq!(request.tools.len(), 3);
    assert!(matches!(&request.tools[1], Tool::Function { schema, .. }
        if *schema == json!({"type": "object", "properties": {}})));
    assert!(matches!(&request.tools[2], Tool::Native { dialect: ME, .. }));
    assert_eq!(request.tool_choice, Some(ToolChoice::Named("get_weather".into())));
    assert_eq!(request.parallel_tools, Some(false));
    assert!(matches!(&request.format, Format::JsonSchema { name, strict: Some(true), .. }
        if name == "answer"));
    assert_eq!(request.sampling.temperature, Some(0.5));
    assert_eq!(request.sampling.stop, ["\n\n", "END"]);
    assert_eq!(request.sampling.seed, Some(-7));
    assert_eq!(request.max_output, Some(1000));
    assert_eq!(request.thinking, Some(Thinking::Effort(Effort::High)));
    assert_eq!((request.n, request.user.as_deref()), (Some(2), Some("end-user")));
    assert_eq!(request.service_tier.as_deref(), Some("flex"));
    assert!(request.stream && request.stream_usage);
    let extras = request.extras.unwrap();
    let names: Vec<_> = extras.fields.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["store", "logit_bias", "logprobs", "top_logprobs", "verbosity", "stream_options"]
    );
    assert_eq!(extras.fields["stream_options"], json!({"include_obfuscation": false}));
}

#[test]
fn what_is_written_reads_the_same_but_for_what_is_lost() {
    let mut request = read(RICH);
    let habits = Habits { thoughts: true, ..Habits::default() };
    let (body, losses) = write(&request, Target { habits, ..target() });
    assert_eq!(losses, [Loss::minor("cache_control")]);
    assert_eq!(body["model"], "gpt-x");
    assert_eq!(body["max_completion_tokens"], 1000);
    assert!(body.get("max_tokens").is_none());
    assert_eq!(
        body["stream_options"],
        json!({"include_obfuscation": false, "include_usage": true})
    );
    request.model = "gpt-x".into();
    request.system.retain(|part| !matches!(part, Part::CachePoint(_)));
    let mut again = read(&body.to_string());
    for extras in [&mut request.extras, &mut again.extras].into_iter().flatten() {
        extras.fields.sort_keys();
    }
    assert_eq!(again, request);
}

#[test]
fn names_the_cap_as_the_provider_does() {
    let request = with(json!({"max_tokens": 5}));
    let old = Target { max_completion_tokens: false, ..target() };
    assert_eq!(write(&request, old).0["max_tokens"], 5);
    assert_eq!(write(&request, target()).0["max_completion_tokens"], 5);
}

#[test]
fn asks_a_provider_for_usage_whenever_it_streams() {
    let streamed = with(json!({"stream": true}));
    assert!(!streamed.stream_usage);
    assert_eq!(write(&streamed, target()).0["stream_options"], json!({"include_usage": true}));
    let whole = with(json!({"stream_options": {"include_obfuscation": true}}));
    assert!(write(&whole, target()).0.get("stream_options").is_none());
}

#[test]
fn reads_signed_reasoning_handed_back() {
    let turns = turns(&json!([{"role": "assistant", "content": "x",
    "reasoning_content": "Hm", "thinking_blocks": [
        {"type": "thinking", "thinking": "Hm", "signature": "c2ln"},
        {"type": "redacted_thinking", "data": "ZW5j"},
    ]}]));
    assert_eq!(
        turns[0].parts,
        [
            Part::Reasoning(Reasoning {
                text: "Hm".into(),
                signature: Some("sluice:anthropic:c2ln".into()),
                redacted: None
            }),
            Part::Reasoning(Reasoning { redacted: Some("ZW5j".into()), ..Reasoning::default() }),
            Part::text("x"),
        ]
    );
    let request = Request { turns, ..asking(vec![]) };
    let (body, losses) = write(&request, target());
    assert_eq!(body["messages"], json!([{"role": "assistant", "content": "x"}]));
    assert!(losses.iter().all(|loss| !loss.changes_meaning) && losses.len() == 2);
}

#[test]
fn thoughts_go_back_to_servers_that_show_them_and_not_to_openai() {
    let request = Request {
        turns: turns(&json!([{"role": "assistant", "content": "x", "reasoning_content": "Hm"}])),
        ..asking(vec![])
    };
    let (body, losses) = write(&request, target());
    assert_eq!(body["messages"], json!([{"role": "assistant", "content": "x"}]));
    assert_eq!(losses, [Loss::minor("messages[0].content[0]")]);
    let habits = Habits { thoughts: true, ..Habits::default() };
    let (body, losses) = write(&request, Target { habits, ..target() });
    assert_eq!(body["messages"][0]["reasoning_content"], "Hm");
    assert_eq!(losses, []);
}

#[test]
fn cache_markers_stand_where_a_provider_takes_them() {
    let marked = |text: &str| json!([{"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}]);
    let hour = json!({"type": "ephemeral", "ttl": "1h"});
    let messages = json!([
        {"role": "system", "content": marked("Rules")},
        {"role": "user", "content": [
            {"type": "text", "text": "Look", "cache_control": hour}, {"type": "text", "text": "up"},
        ]},
        {"role": "assistant", "content": null, "tool_calls": [
            {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}},
        ]},
        {"role": "tool", "tool_call_id": "c", "content": marked("18 C")},
    ]);
    let tools = json!([{
        "type": "function",
        "function": {"name": "f", "parameters": {"type": "object"}},
        "cache_control": {"type": "ephemeral"},
    }]);
    let request = read(&json!({"model": "m", "messages": messages, "tools": tools}).to_string());
    let habits = Habits { cache_markers: true, ..Habits::default() };
    let (body, losses) = write(&request, Target { habits, ..target() });
    assert_eq!(body["messages"], messages);
    assert_eq!(body["tools"], tools);
    assert_eq!(losses, []);
    let (body, losses) = write(&request, target());
    assert!(!body.to_string().contains("cache_control"), "{body}");
    assert_eq!(losses, [Loss::minor("cache_control")]);
}

#[test]
fn reads_the_legacy_form_of_tools() {
    let request = read(
        &json!({"model": "m", "functions": [{"name": "f", "parameters": {"type": "object"}}],
        "function_call": {"name": "f"},
        "messages": [
            {"role": "assistant", "content": null,
             "function_call": {"name": "f", "arguments": "{\"a\":1}"}},
            {"role": "function", "name": "f", "content": "ok"},
        ]})
        .to_string(),
    );
    assert_eq!(request.tool_choice, Some(ToolChoice::Named("f".into())));
    assert_eq!(request.tools.len(), 1);
    assert_eq!(request.turns[0].parts, [call("call_function_0", "f", "{\"a\":1}")]);
    assert_eq!(request.turns[1].parts, [result("call_function_0", vec![Part::text("ok")])]);
}

#[test]
fn reads_every_tool_choice() {
    let choice = |value: Value| with(json!({"tool_choice": value})).tool_choice;
    assert_eq!(choice(json!("auto")), Some(ToolChoice::Auto));
    assert_eq!(choice(json!("none")), Some(ToolChoice::None));
    assert_eq!(choice(json!("required")), Some(ToolChoice::Required));
    assert_eq!(choice(Value::Null), None);
    let allowed = json!({"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}});
    let request = with(json!({"tool_choice": allowed}));
    assert_eq!(
        (request.tool_choice, request.extras.unwrap().fields["tool_choice"].clone()),
        (None, allowed)
    );
}

#[test]
fn reads_reasoning_asked_for_in_either_way() {
    let thinking = |fields: Value| with(fields).thinking;
    for (word, expected) in [
        ("none", Thinking::Off),
        ("minimal", Thinking::Effort(Effort::Minimal)),
        ("low", Thinking::Effort(Effort::Low)),
        ("medium", Thinking::Effort(Effort::Medium)),
        ("xhigh", Thinking::Effort(Effort::Max)),
    ] {
        assert_eq!(thinking(json!({"reasoning_effort": word})), Some(expected), "{word}");
    }
    let budget = json!({"thinking": {"type": "enabled", "budget_tokens": 2048}});
    assert_eq!(thinking(budget), Some(Thinking::Budget(2048)));
    assert_eq!(thinking(json!({"thinking": {"type": "disabled"}})), Some(Thinking::Off));
    assert_eq!(
        thinking(json!({"thinking": {"type": "adaptive"}, "reasoning_effort": "low"})),
        Some(Thinking::Adaptive(Some(Effort::Low)))
    );
}

#[test]
fn reads_cache_markers_wherever_litellm_allows_them() {
    let mark = json!({"type": "ephemeral"});
    let request = read(
        &json!({"model": "m",
        "tools": [
            {"type": "function", "cache_control": mark, "function": {"name": "f"}},
            {"type": "function", "function": {"name": "g", "cache_control": mark}},
        ],
        "messages": [
            {"role": "system", "content": "s", "cache_control": mark},
            {"role": "user", "content": "u", "cache_control": mark},
            {"role": "assistant", "content": "a", "cache_control": mark},
            {"role": "tool", "tool_call_id": "c", "content": "t", "cache_control": mark},
        ]})
        .to_string(),
    );
    let point = Part::CachePoint(CachePoint::FiveMinutes);
    assert_eq!(request.system.last(), Some(&point));
    assert!(request.turns.iter().all(|turn| turn.parts.last() == Some(&point)));
    assert!(
        request.tools.iter().all(|tool| matches!(
            tool,
            Tool::Function { cache: Some(CachePoint::FiveMinutes), .. }
        ))
    );
}

#[test]
fn a_file_is_known_by_its_type_name_or_first_bytes() {
    let document = |file: Value| {
        let message = json!([{"role": "user", "content": [{"type": "file", "file": file}]}]);
        let Part::Document(document) = turns(&message)[0].parts[0].clone() else { panic!() };
        document.data
    };
    let data = |name: &str, content: &str| json!({"filename": name, "file_data": content});
    assert_eq!(document(data("a.CSV", "YSxi")), base64("text/csv", "YSxi"));
    assert_eq!(document(data("a", "iVBORw0KGgo=")), base64("image/png", "iVBORw0KGgo="));
    assert_eq!(document(data("a", "AAAA")), base64("application/pdf", "AAAA"));
    // Of another alphabet, over several lines, without padding.
    assert_eq!(document(data("a", "ab-_\nYQ\n")), base64("application/pdf", "ab+/YQ=="));
    assert_eq!(
        document(json!({"file_id": "https://x.test/a.pdf"})),
        Data::Url("https://x.test/a.pdf".into())
    );
    assert!(matches!(document(json!({"file_id": "s3://b/k"})), Data::S3 { .. }));
}

#[test]
fn pictures_in_a_tool_result_follow_in_the_callers_message() {
    let image = Part::Image(Image { data: base64("image/png", "AA=="), detail: None });
    let request = asking(vec![
        Part::text("and?"),
        result("a", vec![Part::text("see"), image]),
        result("b", vec![Part::text("ok")]),
    ]);
    let (body, losses) = write(&request, target());
    assert_eq!(losses, []);
    assert_eq!(
        body["messages"],
        json!([
            {"role": "tool", "tool_call_id": "a", "content": "see"},
            {"role": "tool", "tool_call_id": "b", "content": "ok"},
            {"role": "user", "content": [
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
                {"type": "text", "text": "and?"},
            ]},
        ])
    );
}

#[test]
fn writes_text_documents_as_text_and_json_results_as_json_text() {
    let document = |data| {
        Part::Document(Document {
            data,
            name: Some("n.txt".into()),
            context: Some("c".into()),
            citations: false,
        })
    };
    let (body, losses) = write(
        &asking(vec![document(Data::Text("hello".into())), document(base64("text/plain", "aGk="))]),
        target(),
    );
    assert_eq!(losses, []);
    let text = |text: &str| json!({"type": "text", "text": text});
    assert_eq!(
        body["messages"][0]["content"],
        json!([text("n.txt\nc\nhello"), text("n.txt\nc\nhi")])
    );
    let value = json!({"json": {"a": 1}});
    let opaque = Part::Opaque { dialect: Dialect::BedrockConverse, value };
    let (body, _) = write(&asking(vec![result("a", vec![opaque])]), target());
    assert_eq!(body["messages"][0]["content"], "{\"a\":1}");
}

#[test]
fn names_what_it_cannot_carry() {
    let mut request = asking(vec![
        Part::text("hi"),
        Part::Document(Document {
            data: Data::Url("https://x.test/a.pdf".into()),
            name: None,
            context: None,
            citations: true,
        }),
        Part::Image(Image {
            data: Data::S3 { uri: "s3://b/k".into(), owner: None, media_type: None },
            detail: None,
        }),
        Part::Opaque { dialect: Dialect::AnthropicMessages, value: json!({"type": "x"}) },
        Part::ToolResult(ToolResult { call_id: "c".into(), parts: vec![], is_error: true }),
    ]);
    request.sampling.top_k = Some(5);
    request.thinking = Some(Thinking::Budget(1024));
    request.tools = vec![Tool::Native {
        dialect: Dialect::AnthropicMessages,
        value: json!({"type": "web_search_20250305"}),
    }];
    request.metadata.insert("a".into(), json!("b"));
    request.extras = Some(Extras {
        dialect: Dialect::BedrockConverse,
        fields: json!({"guardrailConfig": {"guardrailIdentifier": "g"}, "requestMetadata": {"a": "b"}, "promptVariables": {}}).as_object().unwrap().clone(),
    });
    let (body, losses) = write(&request, target());
    let meant: Vec<_> =
        losses.iter().filter(|l| l.changes_meaning).map(|l| l.field.as_ref()).collect();
    let minor: Vec<_> =
        losses.iter().filter(|l| !l.changes_meaning).map(|l| l.field.as_ref()).collect();
    assert_eq!(
        meant,
        [
            "messages[0].content[1]",
            "messages[0].content[2]",
            "messages[0].content[3]",
            "tools[0]",
            "top_k",
            "guardrailConfig"
        ]
    );
    assert_eq!(
        minor,
        [
            "messages[0].content[4].is_error",
            "thinking.budget_tokens",
            "requestMetadata",
            "metadata"
        ]
    );
    assert!(body.get("tools").is_none() && body.get("metadata").is_none());
    assert_eq!(body["reasoning_effort"], "low");
}

#[test]
fn leaves_out_a_tool_choice_without_tools() {
    let request = Request { tool_choice: Some(ToolChoice::Auto), ..asking(vec![Part::text("x")]) };
    assert!(write(&request, target()).0.get("tool_choice").is_none());
}
