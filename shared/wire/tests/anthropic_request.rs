//! Anthropic's requests, both ways.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use serde_json::{Value, json};
use sluice_wire::{
    Dialect, Encoded, Line, Target,
    canon::{
        CachePoint, Data, Document, Effort, Extras, Format, Image, Part, Reasoning, Request, Role,
        Sampling, Thinking, Tool, ToolCall, ToolChoice, ToolResult, Turn,
    },
};

const ME: Dialect = Dialect::AnthropicMessages;
const FULL: &str = include_str!("fixtures/anthropic/request_full.json");

fn decode(body: &str) -> Request {
    ME.decode_request(body.as_bytes(), Line::default()).unwrap()
}

fn encode_for(model: &str, request: &Request) -> (Value, Vec<(String, bool)>) {
    let target =
        Target { model, max_output: None, max_completion_tokens: false, ..Target::default() };
    let Encoded { body, losses } = ME.encode_request(request, target).unwrap();
    let losses = losses.into_iter().map(|l| (l.field.into_owned(), l.changes_meaning)).collect();
    (serde_json::from_slice(&body).unwrap(), losses)
}

fn encode(request: &Request) -> (Value, Vec<(String, bool)>) {
    encode_for("claude-sonnet-4-5", request)
}

fn turn(role: Role, parts: Vec<Part>) -> Turn {
    Turn { role, parts, name: None }
}

fn ask(parts: Vec<Part>) -> Request {
    Request { turns: vec![turn(Role::User, parts)], ..Request::default() }
}

fn hello() -> Request {
    ask(vec![Part::text("Hello")])
}

fn call(id: &str, arguments: &str) -> Part {
    Part::ToolCall(ToolCall { id: id.into(), name: "f".into(), arguments: arguments.into() })
}

fn result(id: &str, text: &str) -> Part {
    let parts = vec![Part::text(text)];
    Part::ToolResult(ToolResult { call_id: id.into(), parts, is_error: false })
}

fn function(strict: Option<bool>) -> Tool {
    Tool::Function {
        name: "f".into(),
        description: None,
        schema: json!({"properties": {}}),
        strict,
        cache: None,
    }
}

fn minor(field: &str) -> (String, bool) {
    (field.to_owned(), false)
}

fn meaning(field: &str) -> (String, bool) {
    (field.to_owned(), true)
}

#[test]
fn reads_every_field_of_a_rich_request() {
    let request = decode(FULL);
    assert_eq!(request.model, "claude-sonnet-4-6");
    assert_eq!(request.max_output, Some(16000));
    assert!(request.stream && request.stream_usage);
    assert_eq!(
        request.system,
        [
            Part::text("You are terse."),
            Part::CachePoint(CachePoint::OneHour),
            Part::text("Today is Tuesday."),
        ]
    );
    assert_eq!(request.turns.len(), 5);
    assert_eq!(request.turns[0], turn(Role::User, vec![Part::text("Hello")]));
    assert_eq!(request.tool_choice, Some(ToolChoice::Auto));
    assert_eq!(request.parallel_tools, Some(false));
    assert_eq!(request.sampling.stop, ["END", "\n\nHuman:"]);
    assert_eq!(request.sampling.temperature, Some(1.0));
    assert_eq!(request.thinking, Some(Thinking::Budget(4000)));
    assert!(matches!(&request.format, Format::JsonSchema { schema, .. }
        if schema["required"] == json!(["answer"])));
    assert_eq!(request.user.as_deref(), Some("user-7"));
    assert_eq!(request.service_tier.as_deref(), Some("standard_only"));
    let Some(Extras { dialect: ME, fields }) = &request.extras else { panic!("extras") };
    let names: Vec<_> = fields.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "tools.0.defer_loading",
            "tools.0.input_examples",
            "output_config.effort",
            "thinking.display",
            "container",
            "context_management",
            "cache_control",
        ]
    );
}

#[test]
fn reads_every_kind_of_block() {
    let request = decode(FULL);
    let thoughts = |text: &str, signature: &str| {
        Part::Reasoning(Reasoning {
            text: text.into(),
            signature: Some(format!("sluice:anthropic:{signature}")),
            redacted: None,
        })
    };
    assert_eq!(
        request.turns[1].parts,
        [
            thoughts("A greeting.", "EqQBCkYIARgCIkA="),
            Part::Reasoning(Reasoning {
                redacted: Some("EvkBCkgIBRABGAI=".into()),
                ..Reasoning::default()
            }),
            Part::text("Let me look."),
            Part::ToolCall(ToolCall {
                id: "toolu_01A".into(),
                name: "weather".into(),
                arguments: "{\"zulu\": 1.50, \"alpha\": [1e3, 12345678901234567890123, \
                            \"\\u00e9\"], \"nested\": {\"b\": null, \"a\": true}}"
                    .into(),
            }),
            Part::ToolCall(ToolCall {
                id: "toolu_01B".into(),
                name: "clock".into(),
                arguments: "{}".into(),
            }),
        ]
    );
    let parts = &request.turns[2].parts;
    let png = Data::Base64 { media_type: "image/png".into(), base64: "iVBORw0KGgo=".into() };
    assert_eq!(
        parts[..3],
        [
            Part::ToolResult(ToolResult {
                call_id: "toolu_01A".into(),
                parts: vec![
                    Part::text("rain"),
                    Part::CachePoint(CachePoint::FiveMinutes),
                    Part::Image(Image { data: png, detail: None }),
                ],
                is_error: false,
            }),
            Part::CachePoint(CachePoint::FiveMinutes),
            Part::ToolResult(ToolResult {
                call_id: "toolu_01B".into(),
                parts: vec![Part::text("no such clock")],
                is_error: true,
            }),
        ]
    );
    assert!(matches!(&parts[4], Part::Image(Image { data: Data::Url(url), .. })
        if url == "https://example.com/a.jpg"));
    assert!(matches!(&parts[5], Part::Image(Image { data: Data::File(id), .. }) if id == "file_1"));
    assert_eq!(
        parts[6],
        Part::Document(Document {
            data: Data::Base64 { media_type: "application/pdf".into(), base64: "JVBERi0=".into() },
            name: Some("Report".into()),
            context: Some("Annual".into()),
            citations: true,
        })
    );
    assert!(matches!(&parts[7], Part::Document(Document { data: Data::Text(text), .. })
        if text == "plain words"));
    assert!(matches!(&parts[8], Part::Document(Document { data: Data::Url(_), .. })));
    assert!(matches!(&parts[9], Part::Document(Document { data: Data::File(_), .. })));
    assert!(matches!(&parts[10], Part::Document(Document { data: Data::Chunks(_), .. })));
    assert!(matches!(&parts[11], Part::SearchResult(found) if found.title == "Example"));
    assert!(matches!(&request.tools[0], Tool::Function { strict: Some(true), .. }));
    assert!(matches!(
        &request.tools[1],
        Tool::Function { cache: Some(CachePoint::FiveMinutes), .. }
    ));
    assert!(matches!(&request.tools[2], Tool::Native { dialect: ME, value }
        if value["max_uses"] == 3));
    assert!(matches!(&request.tools[3], Tool::Native { .. }));
}

#[test]
fn what_is_read_and_written_again_is_the_same_request() {
    let request = decode(FULL);
    let target = Target {
        model: "claude-sonnet-4-6",
        max_output: None,
        max_completion_tokens: false,
        ..Target::default()
    };
    let Encoded { body, losses } = ME.encode_request(&request, target).unwrap();
    assert_eq!(losses, []);
    let text = String::from_utf8(body).unwrap();
    assert_eq!(decode(&text), request);
    // Key order and number forms of a tool's input, byte for byte.
    assert!(text.contains("\"zulu\": 1.50, \"alpha\": [1e3, 12345678901234567890123"), "{text}");
}

#[test]
fn what_is_written_is_what_the_api_takes() {
    let (body, _) = encode_for("claude-sonnet-4-6", &decode(FULL));
    let source: Value = serde_json::from_str(FULL).unwrap();
    for field in [
        "model",
        "max_tokens",
        "stream",
        "tool_choice",
        "stop_sequences",
        "temperature",
        "thinking",
        "output_config",
        "metadata",
        "service_tier",
        "container",
        "context_management",
        "cache_control",
    ] {
        assert_eq!(body[field], source[field], "{field}");
    }
    for index in [0, 2, 3] {
        assert_eq!(body["tools"][index], source["tools"][index]);
    }
    assert_eq!(body["system"], source["system"]);
    assert_eq!(body["messages"][3], source["messages"][3]);
    assert_eq!(body["messages"][2]["content"][11], source["messages"][2]["content"][11]);
}

#[test]
fn messages_of_one_side_become_one_and_tool_results_come_first() {
    let request = Request {
        system: vec![Part::text("S")],
        turns: vec![
            turn(Role::System, vec![Part::text("leading")]),
            turn(Role::User, vec![Part::text("one")]),
            turn(Role::User, vec![Part::text("two"), Part::text("")]),
            turn(Role::Assistant, vec![call("a", "{}")]),
            turn(Role::Assistant, vec![call("b", "{}")]),
            turn(Role::System, vec![Part::text("middle")]),
            turn(Role::User, vec![result("a", "A")]),
            turn(Role::User, vec![Part::text("also"), result("b", "B")]),
            turn(Role::Assistant, vec![]),
            turn(Role::User, vec![Part::text("end")]),
        ],
        tools: vec![function(None)],
        ..Request::default()
    };
    let (body, losses) = encode(&request);
    assert_eq!(losses, [minor("messages[5].role")]);
    let text = |text: &str| json!({"type": "text", "text": text});
    assert_eq!(body["system"], json!([text("S"), text("leading")]));
    let call = |id: &str| json!({"type": "tool_use", "id": id, "name": "f", "input": {}});
    let answer = |id: &str, said: &str| json!({"type": "tool_result", "tool_use_id": id, "content": [text(said)]});
    assert_eq!(
        body["messages"],
        json!([
            {"role": "user", "content": [text("one"), text("two")]},
            {"role": "assistant", "content": [call("a"), call("b")]},
            {"role": "user", "content": [answer("a", "A"), answer("b", "B"), text("middle"),
                text("also"), text("end")]},
        ])
    );
}

#[test]
fn instructions_alone_are_said_by_the_user() {
    let request = Request { system: vec![Part::text("Do it")], ..Request::default() };
    let (body, losses) = encode(&request);
    assert_eq!(body["messages"][0]["role"], "user");
    assert_eq!(body["messages"][0]["content"][0]["text"], "Do it");
    assert!(body.get("system").is_none());
    assert_eq!(losses, [minor("messages[0].role")]);
    let target =
        Target { model: "m", max_output: None, max_completion_tokens: false, ..Target::default() };
    let fault = ME.encode_request(&ask(vec![Part::text("")]), target).unwrap_err();
    assert_eq!((fault.status, fault.param.as_deref()), (400, Some("messages")));
}

#[test]
fn a_begun_answer_does_not_end_in_white_space() {
    let mut request = hello();
    request.turns.push(turn(Role::Assistant, vec![Part::text("The answer is \n")]));
    assert_eq!(encode(&request).0["messages"][1]["content"][0]["text"], "The answer is");
    request.turns[1].parts = vec![Part::text(" ")];
    assert_eq!(encode(&request).0["messages"].as_array().unwrap().len(), 1);
}

#[test]
fn tool_ids_are_brought_into_form_the_same_way_on_both_sides() {
    let request = Request {
        turns: vec![
            turn(Role::User, vec![Part::text("go")]),
            turn(Role::Assistant, vec![call("call.1", "{}"), call("call:1", "{}")]),
            turn(Role::User, vec![result("call.1", "x"), result("call:1", "y")]),
        ],
        tools: vec![function(None)],
        ..Request::default()
    };
    let (body, _) = encode(&request);
    let ids = |message: usize, field: &str| -> Vec<String> {
        let blocks = body["messages"][message]["content"].as_array().unwrap();
        blocks.iter().map(|block| block[field].as_str().unwrap().to_owned()).collect()
    };
    let calls = ids(1, "id");
    assert_eq!(calls, ids(2, "tool_use_id"));
    assert_ne!(calls[0], calls[1]);
    assert!(calls.iter().flat_map(|id| id.chars()).all(|c| c.is_alphanumeric() || c == '_'));
}

#[test]
fn arguments_that_are_no_object_are_handed_on_whole() {
    for (arguments, input, lossless) in [
        ("", json!({}), true),
        ("  ", json!({}), true),
        (" {\"a\":1} ", json!({"a": 1}), true),
        ("{\"a\":", json!({"_raw": "{\"a\":"}), false),
        ("[1]", json!({"_raw": "[1]"}), false),
        ("\"x\"", json!({"_raw": "\"x\""}), false),
    ] {
        let mut request = hello();
        request.turns.push(turn(Role::Assistant, vec![call("a", arguments)]));
        request.turns.push(turn(Role::User, vec![result("a", "")]));
        request.tools = vec![function(None)];
        let (body, losses) = encode(&request);
        assert_eq!(body["messages"][1]["content"][0]["input"], input, "{arguments}");
        assert_eq!(losses.is_empty(), lossless, "{arguments}: {losses:?}");
        // An empty result has no content rather than an empty text, which the API refuses.
        assert!(body["messages"][2]["content"][0].get("content").is_none());
    }
}

#[test]
fn calls_without_tools_on_offer_still_define_them() {
    let mut request = hello();
    request.turns.push(turn(Role::Assistant, vec![call("a", "{}")]));
    request.turns.push(turn(Role::User, vec![result("a", "x")]));
    let (body, losses) = encode(&request);
    assert_eq!(body["tools"][0]["name"], "f");
    assert_eq!(body["tool_choice"], json!({"type": "none"}));
    assert_eq!(losses, []);
}

#[test]
fn tools_and_choices_in_every_form() {
    let mut request = hello();
    request.tools = vec![
        function(Some(true)),
        Tool::Native { dialect: Dialect::OpenAiChat, value: json!({"type": "custom"}) },
    ];
    let (body, losses) = encode(&request);
    assert_eq!(
        body["tools"],
        json!([{"name": "f", "input_schema": {"type": "object", "properties": {}}, "strict": true}])
    );
    assert_eq!(losses, [meaning("tools[1]")]);
    assert!(encode_for("claude-sonnet-4-0", &request).1.contains(&minor("tools[0].strict")));
    for (choice, parallel, want) in [
        (None, None, Value::Null),
        (None, Some(true), Value::Null),
        (None, Some(false), json!({"type": "auto", "disable_parallel_tool_use": true})),
        (Some(ToolChoice::Auto), None, json!({"type": "auto"})),
        (Some(ToolChoice::None), Some(false), json!({"type": "none"})),
        (
            Some(ToolChoice::Required),
            Some(false),
            json!({"type": "any", "disable_parallel_tool_use": true}),
        ),
        (Some(ToolChoice::Named("f".into())), None, json!({"type": "tool", "name": "f"})),
    ] {
        request.tool_choice = choice;
        request.parallel_tools = parallel;
        assert_eq!(encode(&request).0["tool_choice"], want);
    }
}

#[test]
fn pictures_and_documents_of_other_dialects() {
    let base64 = |media_type: &str, base64: &str| Data::Base64 {
        media_type: media_type.into(),
        base64: base64.into(),
    };
    let image = |data, detail: &str| Part::Image(Image { data, detail: Some(detail.into()) });
    let document =
        |data| Part::Document(Document { data, name: None, context: None, citations: false });
    let s3 = || Data::S3 { uri: "s3://b/k".into(), owner: None, media_type: None };
    let (body, losses) = encode(&ask(vec![
        image(base64("image/jpg", "AAAA"), "auto"),
        image(Data::Url("https://e.com/x.png".into()), "low"),
        image(s3(), "auto"),
        document(base64("text/csv", "YSxi")),
        document(base64("image/png", "AAAA")),
        document(base64("application/msword", "AAAA")),
        document(s3()),
        Part::Opaque { dialect: Dialect::OpenAiChat, value: json!({"type": "input_audio"}) },
    ]));
    assert_eq!(
        body["messages"][0]["content"],
        json!([
            {"type": "image",
             "source": {"type": "base64", "media_type": "image/jpeg", "data": "AAAA"}},
            {"type": "image", "source": {"type": "url", "url": "https://e.com/x.png"}},
            {"type": "document",
             "source": {"type": "text", "media_type": "text/plain", "data": "a,b"}},
            {"type": "image",
             "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
        ])
    );
    assert_eq!(
        losses,
        [
            minor("messages[0].content[1].image_url.detail"),
            meaning("messages[0].content[2]"),
            meaning("messages[0].content[5]"),
            meaning("messages[0].content[6]"),
            meaning("messages[0].content[7]"),
        ]
    );
}

#[test]
fn json_of_a_converse_tool_result_becomes_text() {
    let mut request = hello();
    request.turns.push(turn(Role::Assistant, vec![call("a", "{}")]));
    let json = Part::Opaque {
        dialect: Dialect::BedrockConverse,
        value: json!({"json": {"b": 1, "a": 2}}),
    };
    request.turns.push(turn(
        Role::User,
        vec![Part::ToolResult(ToolResult {
            call_id: "a".into(),
            parts: vec![json],
            is_error: true,
        })],
    ));
    request.tools = vec![function(None)];
    let (body, losses) = encode(&request);
    assert_eq!(
        body["messages"][2]["content"][0],
        json!({"type": "tool_result", "tool_use_id": "a", "is_error": true,
            "content": [{"type": "text", "text": "{\"b\":1,\"a\":2}"}]})
    );
    assert_eq!(losses, []);
}

#[test]
fn thoughts_go_back_only_with_their_signature() {
    let mut request = hello();
    let unsigned = Reasoning { text: "hm".into(), ..Reasoning::default() };
    request
        .turns
        .push(turn(Role::Assistant, vec![Part::Reasoning(unsigned), Part::Refusal("No.".into())]));
    request.turns.push(turn(Role::User, vec![Part::text("why")]));
    let (body, losses) = encode(&request);
    assert_eq!(body["messages"][1]["content"], json!([{"type": "text", "text": "No."}]));
    assert_eq!(losses, [minor("messages[1].content[0].reasoning")]);
}

#[test]
fn a_cache_point_marks_what_stands_before_it() {
    let point = || Part::CachePoint(CachePoint::OneHour);
    let mut request = ask(vec![point(), Part::text("a"), point(), Part::text("b")]);
    request.system = vec![Part::text("s")];
    let (body, losses) = encode(&request);
    let marker = json!({"type": "ephemeral", "ttl": "1h"});
    assert_eq!(body["system"][0]["cache_control"], marker);
    assert_eq!(body["messages"][0]["content"][0]["cache_control"], marker);
    assert!(body["messages"][0]["content"][1].get("cache_control").is_none());
    assert_eq!(losses, []);
    assert_eq!(encode(&ask(vec![point(), Part::text("a")])).1, [minor("cache_control")]);
}

#[test]
fn reasoning_is_asked_for_as_each_generation_takes_it() {
    let budget = |n: u64| json!({"type": "enabled", "budget_tokens": n});
    let adaptive = json!({"type": "adaptive"});
    for (model, thinking, cap, want, effort, max_tokens, losses) in [
        (
            "claude-sonnet-4-5",
            Thinking::Effort(Effort::Minimal),
            None,
            budget(1024),
            None,
            5120,
            vec![],
        ),
        (
            "claude-sonnet-4-5",
            Thinking::Effort(Effort::Medium),
            None,
            budget(2048),
            None,
            6144,
            vec![],
        ),
        (
            "claude-sonnet-4-5",
            Thinking::Effort(Effort::High),
            Some(9000),
            budget(4096),
            None,
            9000,
            vec![],
        ),
        // The cap is never raised: money has been reserved for it.
        (
            "claude-sonnet-4-5",
            Thinking::Effort(Effort::High),
            Some(4000),
            budget(2000),
            None,
            4000,
            vec![minor("thinking.budget_tokens")],
        ),
        (
            "claude-sonnet-4-5",
            Thinking::Effort(Effort::Low),
            Some(1000),
            Value::Null,
            None,
            1000,
            vec![minor("thinking")],
        ),
        (
            "claude-sonnet-4-5",
            Thinking::Budget(512),
            Some(9000),
            budget(1024),
            None,
            9000,
            vec![minor("thinking.budget_tokens")],
        ),
        (
            "claude-sonnet-4-5",
            Thinking::Adaptive(None),
            Some(9000),
            budget(4096),
            None,
            9000,
            vec![minor("thinking.type")],
        ),
        ("claude-sonnet-4-6", Thinking::Budget(3000), Some(9000), budget(3000), None, 9000, vec![]),
        (
            "claude-sonnet-4-6",
            Thinking::Effort(Effort::Low),
            Some(900),
            adaptive.clone(),
            Some("low"),
            900,
            vec![],
        ),
        (
            "claude-opus-4-7",
            Thinking::Effort(Effort::Max),
            None,
            adaptive.clone(),
            Some("max"),
            4096,
            vec![],
        ),
        (
            "claude-opus-4-7",
            Thinking::Budget(3000),
            Some(9000),
            adaptive.clone(),
            Some("medium"),
            9000,
            vec![minor("thinking.budget_tokens")],
        ),
        ("claude-opus-4-7", Thinking::Adaptive(None), Some(9), adaptive, None, 9, vec![]),
        ("claude-opus-4-7", Thinking::Off, Some(9), json!({"type": "disabled"}), None, 9, vec![]),
    ] {
        let request = Request { thinking: Some(thinking.clone()), max_output: cap, ..hello() };
        let (body, lost) = encode_for(model, &request);
        let case = format!("{model} {thinking:?} {cap:?}");
        assert_eq!(body["thinking"], want, "{case}");
        assert_eq!(body["output_config"]["effort"].as_str(), effort, "{case}");
        assert_eq!(body["max_tokens"], max_tokens, "{case}");
        assert_eq!(lost, losses, "{case}");
    }
}

#[test]
fn thinking_gives_way_where_the_api_refuses_it() {
    let mut request = Request {
        thinking: Some(Thinking::Effort(Effort::High)),
        tools: vec![function(None)],
        max_output: Some(9000),
        ..hello()
    };
    request.tool_choice = Some(ToolChoice::Required);
    let (body, losses) = encode(&request);
    assert!(body.get("thinking").is_none());
    assert_eq!(losses, [minor("thinking")]);
    // In the middle of a tool loop whose answer does not start with a thought.
    request.tool_choice = None;
    request.turns.push(turn(Role::Assistant, vec![call("a", "{}")]));
    request.turns.push(turn(Role::User, vec![result("a", "x")]));
    let (body, losses) = encode(&request);
    assert!(body.get("thinking").is_none());
    assert_eq!(losses, [minor("thinking")]);
    let signed = Reasoning { text: "t".into(), signature: Some("s".into()), redacted: None };
    request.turns[1].parts.insert(0, Part::Reasoning(signed));
    assert_eq!(encode(&request).0["thinking"]["type"], "enabled");
}

#[test]
fn sampling_as_each_generation_takes_it() {
    let full = |temperature, top_p, top_k| Request {
        sampling: Sampling { temperature, top_p, top_k, ..Sampling::default() },
        max_output: Some(9000),
        ..hello()
    };
    let sampled = |model: &str, request: &Request| {
        let (body, losses) = encode_for(model, request);
        let number = |name: &str| body.get(name).and_then(Value::as_f64);
        ((number("temperature"), number("top_p"), number("top_k")), losses)
    };
    let warm = full(Some(0.5), Some(0.9), Some(40));
    assert_eq!(
        sampled("claude-3-5-sonnet-20241022", &warm),
        ((Some(0.5), Some(0.9), Some(40.0)), vec![])
    );
    assert_eq!(
        sampled("claude-sonnet-4-5", &warm),
        ((Some(0.5), None, Some(40.0)), vec![meaning("top_p")])
    );
    assert_eq!(
        sampled("claude-opus-4-7", &warm),
        ((None, None, None), vec![meaning("temperature"), meaning("top_p"), meaning("top_k")])
    );
    // OpenAI's callers like to write the defaults.
    let defaults = full(Some(1.0), Some(1.0), None);
    assert_eq!(sampled("claude-opus-4-7", &defaults), ((None, None, None), vec![]));
    assert_eq!(sampled("claude-sonnet-4-5", &defaults), ((Some(1.0), None, None), vec![]));
    assert_eq!(
        sampled("claude-sonnet-4-5", &full(Some(1.7), None, None)),
        ((None, None, None), vec![meaning("temperature")])
    );
    let thinks = Request { thinking: Some(Thinking::Budget(2000)), ..warm };
    assert_eq!(
        sampled("claude-sonnet-4-5", &thinks),
        ((None, None, None), vec![minor("temperature"), minor("top_p"), minor("top_k")])
    );
}

#[test]
fn shapes_of_the_answer() {
    let mut request = hello();
    request.format = Format::JsonObject;
    let (body, losses) = encode(&request);
    assert!(body["system"][0]["text"].as_str().unwrap().contains("JSON object"));
    assert_eq!(losses, [minor("response_format")]);

    let schema = json!({"type": "object", "properties": {}, "additionalProperties": false});
    request.format = Format::JsonSchema {
        name: "n".into(),
        description: None,
        schema: schema.clone(),
        strict: None,
    };
    let (body, losses) = encode(&request);
    assert_eq!(body["output_config"], json!({"format": {"type": "json_schema", "schema": schema}}));
    assert_eq!(losses, []);
    assert_eq!(encode_for("claude-3-haiku-20240307", &request).1, [meaning("response_format")]);
}

#[test]
fn names_everything_that_it_cannot_say() {
    let mut request = hello();
    request.turns[0].name = Some("ann".into());
    request.n = Some(2);
    request.metadata.insert("k".into(), "v".into());
    request.service_tier = Some("flex".into());
    request.sampling = Sampling {
        seed: Some(1),
        frequency_penalty: Some(0.5),
        presence_penalty: Some(0.0),
        stop: vec!["\n".into(), String::new(), "END".into()],
        ..Sampling::default()
    };
    let fields = json!({"logit_bias": {"1": 2}, "store": true, "logprobs": false, "x": null});
    let Value::Object(fields) = fields else { panic!() };
    request.extras = Some(Extras { dialect: Dialect::OpenAiChat, fields });
    let (body, mut losses) = encode(&request);
    losses.sort();
    assert_eq!(
        losses,
        [
            meaning("frequency_penalty"),
            meaning("logit_bias"),
            minor("messages[0].name"),
            minor("metadata"),
            meaning("n"),
            minor("seed"),
            minor("service_tier"),
            meaning("stop"),
            minor("store"),
        ]
    );
    assert_eq!(body["stop_sequences"], json!(["END"]));
    assert!(body.get("logit_bias").is_none());
}

#[test]
fn the_cap_is_the_callers_the_models_or_4096() {
    let cap = |request: &Request, max_output| {
        let target =
            Target { model: "m", max_output, max_completion_tokens: false, ..Target::default() };
        let body = ME.encode_request(request, target).unwrap().body;
        serde_json::from_slice::<Value>(&body).unwrap()["max_tokens"].clone()
    };
    assert_eq!(cap(&hello(), None), 4096);
    assert_eq!(cap(&hello(), Some(64000)), 64000);
    assert_eq!(cap(&Request { max_output: Some(7), ..hello() }, Some(64000)), 7);
}

#[test]
fn an_agents_request_reaches_any_dialect_without_a_loss_of_meaning() {
    let request = decode(include_str!("fixtures/anthropic/request_claude_code.json"));
    assert_eq!(request.turns[1].role, Role::System);
    assert_eq!(request.thinking, Some(Thinking::Adaptive(Some(Effort::Max))));
    for (dialect, model) in [
        (ME, "claude-opus-4-8"),
        (Dialect::OpenAiChat, "gpt-5.5"),
        (Dialect::BedrockConverse, "us.anthropic.claude-opus-4-8-v1:0"),
    ] {
        let target =
            Target { model, max_output: None, max_completion_tokens: true, ..Target::default() };
        let encoded = dialect.encode_request(&request, target).unwrap();
        let meant: Vec<_> = encoded.losses.iter().filter(|loss| loss.changes_meaning).collect();
        assert!(meant.is_empty(), "{dialect:?}: {meant:?}");
    }
}

#[test]
fn instructions_in_the_middle_stay_instructions_where_the_model_takes_them() {
    let mut request = hello();
    request.turns.push(turn(Role::System, vec![Part::text("Be brief.")]));
    let (body, losses) = encode_for("claude-opus-4-8", &request);
    assert_eq!(
        body["messages"][1],
        json!({"role": "system", "content": [{"type": "text", "text": "Be brief."}]})
    );
    assert_eq!(losses, []);
    // Not before another turn of the user's, and not on an older model.
    assert_eq!(encode_for("claude-opus-4-7", &request).1, [minor("messages[1].role")]);
    request.turns.push(turn(Role::User, vec![Part::text("Go on")]));
    let (body, losses) = encode_for("claude-opus-4-8", &request);
    assert_eq!(losses, [minor("messages[1].role")]);
    assert_eq!(body["messages"].as_array().unwrap().len(), 1);
}

/// The numbers of searches are LiteLLM's.
#[test]
fn a_search_of_the_web_asked_for_in_openai_s_words_is_anthropic_s_tool() {
    for (options, tool) in [
        (json!({}), json!({"type": "web_search_20250305", "name": "web_search"})),
        (
            json!({"search_context_size": "low", "user_location": {"type": "approximate",
                "approximate": {"country": "GB", "city": "Leeds"}}}),
            json!({"type": "web_search_20250305", "name": "web_search", "max_uses": 1,
                "user_location": {"type": "approximate", "country": "GB", "city": "Leeds"}}),
        ),
    ] {
        let body = json!({"model": "m", "messages": [{"role": "user", "content": "news?"}],
            "web_search_options": options});
        let body = serde_json::to_vec(&body).unwrap();
        let request = Dialect::OpenAiChat.decode_request(&body, Line::default()).unwrap();
        let target = Target {
            model: "claude-sonnet-4-5",
            max_output: None,
            max_completion_tokens: false,
            ..Target::default()
        };
        let encoded = Dialect::AnthropicMessages.encode_request(&request, target).unwrap();
        let body: Value = serde_json::from_slice(&encoded.body).unwrap();
        assert_eq!(body["tools"], json!([tool]));
        assert!(encoded.losses.is_empty() && body.get("tool_choice").is_none());
    }
}
