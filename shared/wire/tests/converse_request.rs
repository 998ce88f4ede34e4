//! Converse requests, both ways.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use serde_json::{Map, Value, json};
use sluice_wire::{
    Dialect, Fault, FaultKind, Line, Loss, Target,
    canon::{
        CachePoint, Data, Document, Effort, Extras, Format, Image, Part, Reasoning, Request, Role,
        Sampling, Thinking, Tool, ToolCall, ToolChoice, ToolResult, Turn,
    },
};

const CLAUDE: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const ADAPTIVE: &str = "anthropic.claude-opus-4-8";
const NOVA: &str = "amazon.nova-pro-v1:0";
const QWEN: &str = "qwen.qwen3-32b-v1:0";
const LLAMA: &str = "meta.llama3-3-70b-instruct-v1:0";

fn decode(model: &str, body: &Value) -> Result<Request, Fault> {
    let line = Line { model: Some(model), stream: Some(true) };
    Dialect::BedrockConverse.decode_request(body.to_string().as_bytes(), line)
}

fn encode(model: &str, request: &Request) -> (Value, Vec<Loss>) {
    let encoded = try_encode(model, request).unwrap();
    (serde_json::from_slice(&encoded.0).unwrap(), encoded.1)
}

fn try_encode(model: &str, request: &Request) -> Result<(Vec<u8>, Vec<Loss>), Fault> {
    let target =
        Target { model, max_output: None, max_completion_tokens: false, ..Target::default() };
    let encoded = Dialect::BedrockConverse.encode_request(request, target)?;
    Ok((encoded.body, encoded.losses))
}

fn turn(role: Role, parts: Vec<Part>) -> Turn {
    Turn { role, parts, name: None }
}

fn user(text: &str) -> Turn {
    turn(Role::User, vec![Part::text(text)])
}

fn hello() -> Request {
    Request { turns: vec![user("Hi")], ..Request::default() }
}

fn call(id: &str, name: &str, arguments: &str) -> Part {
    Part::ToolCall(ToolCall { id: id.into(), name: name.into(), arguments: arguments.into() })
}

fn result(id: &str, parts: Vec<Part>) -> Part {
    Part::ToolResult(ToolResult { call_id: id.into(), parts, is_error: false })
}

fn function(name: &str) -> Tool {
    Tool::Function {
        name: name.into(),
        description: None,
        schema: json!({"type": "object"}),
        strict: None,
        cache: None,
    }
}

fn lost(losses: &[Loss]) -> Vec<(&str, bool)> {
    losses.iter().map(|loss| (loss.field.as_ref(), loss.changes_meaning)).collect()
}

#[test]
fn every_fixture_survives_decoding_and_encoding() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/converse/requests");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let fixture: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let model = fixture["model"].as_str().unwrap();
        let (body, losses) = encode(model, &decode(model, &fixture["body"]).unwrap());
        assert_eq!(body, fixture["body"], "{}", path.display());
        assert_eq!(lost(&losses), [], "{}", path.display());
        seen += 1;
    }
    assert!(seen >= 8, "the fixtures are missing");
}

#[test]
fn reads_each_field_to_its_canonical_place() {
    let request = decode(
        CLAUDE,
        &json!({
            "system": [{"text": "S"}],
            "messages": [
                {"role": "user", "content": [{"document": {"format": "md", "name": "n", "source": {"bytes": "aGk="}}}]},
                {"role": "system", "content": [{"text": "now briefly"}]},
                {"role": "assistant", "content": [{"toolUse": {"toolUseId": "t", "name": "f", "input": {"b": 1, "a": 2}}}]},
            ],
            "inferenceConfig": {"maxTokens": 7, "topP": null},
            "toolConfig": {"tools": [
                {"toolSpec": {"name": "f", "inputSchema": {"json": {}}}},
                {"cachePoint": {"type": "default", "ttl": "1h"}},
            ]},
            "outputConfig": {"effort": "xhigh"},
            "requestMetadata": {"k": "v"},
            "serviceTier": {"type": "flex"},
            "guardrailConfig": {"guardrailIdentifier": "g", "guardrailVersion": "1"},
        }),
    )
    .unwrap();
    assert_eq!(request.model, CLAUDE);
    assert!(request.stream && request.stream_usage);
    assert_eq!(request.system, [Part::text("S")]);
    let Part::Document(document) = &request.turns[0].parts[0] else { panic!("{request:?}") };
    assert_eq!(
        document.data,
        Data::Base64 { media_type: "text/markdown".into(), base64: "aGk=".into() }
    );
    assert_eq!(request.turns[1].role, Role::System);
    assert_eq!(request.turns[2].parts, [call("t", "f", "{\"b\":1,\"a\":2}")]);
    assert_eq!((request.max_output, request.sampling.top_p), (Some(7), None));
    let Tool::Function { cache, .. } = &request.tools[0] else { panic!("{request:?}") };
    assert_eq!(*cache, Some(CachePoint::OneHour));
    assert_eq!(request.thinking, Some(Thinking::Effort(Effort::Max)));
    assert_eq!(request.metadata["k"], "v");
    assert_eq!(request.service_tier.as_deref(), Some("flex"));
    assert!(request.extras.unwrap().fields.contains_key("guardrailConfig"));
}

#[test]
fn bad_input_is_refused_and_the_parameter_named() {
    let message = |content: Value| json!({"messages": [{"role": "user", "content": content}]});
    let with = |key: &str, value: Value| json!({"messages": [{"role": "user", "content": [{"text": "x"}]}], key: value});
    let table = [
        (json!({}), "messages"),
        (json!({"messages": null}), "messages"),
        (json!({"messages": []}), "messages"),
        (json!({"messages": "hi"}), "messages"),
        (json!({"messages": ["hi"]}), "messages.0"),
        (json!({"messages": [{"content": [{"text": "x"}]}]}), "messages.0.role"),
        (json!({"messages": [{"role": "tool", "content": []}]}), "messages.0.role"),
        (json!({"messages": [{"role": "user"}]}), "messages.0.content"),
        (message(json!("hi")), "messages.0.content"),
        (message(json!(["hi"])), "messages.0.content.0"),
        (message(json!([{}])), "messages.0.content.0"),
        (message(json!([{"text": "a", "image": {}}])), "messages.0.content.0"),
        (message(json!([{"text": 5}])), "messages.0.content.0.text"),
        (
            message(json!([{"image": {"format": "bmp", "source": {"bytes": "aGk="}}}])),
            "messages.0.content.0.image.format",
        ),
        (message(json!([{"image": {"format": "png"}}])), "messages.0.content.0.image.source"),
        (
            message(json!([{"image": {"format": "png", "source": {"bytes": "not base64!"}}}])),
            "messages.0.content.0.image.source.bytes",
        ),
        (
            message(json!([{"image": {"format": "png", "source": {"url": "x"}}}])),
            "messages.0.content.0.image.source",
        ),
        (
            message(json!([{"document": {"format": "pdf", "source": {"bytes": "aGk="}}}])),
            "messages.0.content.0.document.name",
        ),
        (
            message(json!([{"toolUse": {"name": "f", "input": {}}}])),
            "messages.0.content.0.toolUse.toolUseId",
        ),
        (
            message(json!([{"toolUse": {"toolUseId": "t", "name": "f"}}])),
            "messages.0.content.0.toolUse.input",
        ),
        (
            message(json!([{"toolResult": {"toolUseId": "t", "content": "x"}}])),
            "messages.0.content.0.toolResult.content",
        ),
        (
            message(json!([{"toolResult": {"toolUseId": "t", "content": [], "status": "meh"}}])),
            "messages.0.content.0.toolResult.status",
        ),
        (
            message(json!([{"reasoningContent": {"reasoningText": {}}}])),
            "messages.0.content.0.reasoningContent.reasoningText.text",
        ),
        (
            message(json!([{"cachePoint": {"type": "eternal"}}])),
            "messages.0.content.0.cachePoint.type",
        ),
        (
            message(json!([{"cachePoint": {"type": "default", "ttl": "2h"}}])),
            "messages.0.content.0.cachePoint.ttl",
        ),
        (with("system", json!("Be brief")), "system"),
        (with("inferenceConfig", json!([])), "inferenceConfig"),
        (with("inferenceConfig", json!({"maxTokens": 0})), "inferenceConfig.maxTokens"),
        (with("inferenceConfig", json!({"maxTokens": "5"})), "inferenceConfig.maxTokens"),
        (with("inferenceConfig", json!({"maxTokens": -5})), "inferenceConfig.maxTokens"),
        (with("inferenceConfig", json!({"temperature": 1.5})), "inferenceConfig.temperature"),
        (with("inferenceConfig", json!({"topP": "hot"})), "inferenceConfig.topP"),
        (with("inferenceConfig", json!({"stopSequences": "END"})), "inferenceConfig.stopSequences"),
        (with("inferenceConfig", json!({"stopSequences": [1]})), "inferenceConfig.stopSequences.0"),
        (with("toolConfig", json!({})), "toolConfig.tools"),
        (
            with("toolConfig", json!({"tools": [{"toolSpec": {"name": "f"}}]})),
            "toolConfig.tools.0.toolSpec.inputSchema",
        ),
        (
            with("toolConfig", json!({"tools": [{"toolSpec": {"inputSchema": {"json": {}}}}]})),
            "toolConfig.tools.0.toolSpec.name",
        ),
        (
            with("toolConfig", json!({"tools": [], "toolChoice": {"none": {}}})),
            "toolConfig.toolChoice",
        ),
        (
            with("toolConfig", json!({"tools": [], "toolChoice": {"tool": {}}})),
            "toolConfig.toolChoice.tool.name",
        ),
        (
            with("outputConfig", json!({"textFormat": {"type": "xml"}})),
            "outputConfig.textFormat.type",
        ),
        (
            with(
                "outputConfig",
                json!({"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": "{"}}}}),
            ),
            "outputConfig.textFormat.structure.jsonSchema.schema",
        ),
        (with("requestMetadata", json!({"k": 5})), "requestMetadata.k"),
        (with("serviceTier", json!("flex")), "serviceTier"),
    ];
    for (body, param) in table {
        let fault = decode(CLAUDE, &body).expect_err(&body.to_string());
        assert_eq!((fault.kind, fault.status), (FaultKind::InvalidRequest, 400), "{body}");
        assert_eq!(fault.param.as_deref(), Some(param), "{body}");
        assert!(fault.message.contains(param), "{}", fault.message);
    }
}

#[test]
fn a_body_that_is_no_json_object_is_refused() {
    let bodies: [&[u8]; 6] =
        [b"", b"{", b"[]", b"\"x\"", b"{\"messages\":[]} {}", b"{\"a\":\"\xff\"}"];
    for body in bodies {
        let line = Line { model: Some(CLAUDE), stream: None };
        let fault = Dialect::BedrockConverse.decode_request(body, line).unwrap_err();
        assert_eq!(fault.param.as_deref(), Some("request_body"));
        assert!(fault.message.starts_with("Malformed input request"), "{}", fault.message);
    }
    let fault = Dialect::BedrockConverse.decode_request(b"{}", Line::default()).unwrap_err();
    assert_eq!(fault.param.as_deref(), Some("modelId"));
}

#[test]
fn a_body_that_is_cut_anywhere_is_refused() {
    let fixture: Value =
        serde_json::from_slice(include_bytes!("fixtures/converse/requests/everything.json"))
            .unwrap();
    let body = fixture["body"].to_string();
    for end in 0..body.len() {
        let line = Line { model: Some(CLAUDE), stream: None };
        let cut = &body.as_bytes()[..end];
        assert!(Dialect::BedrockConverse.decode_request(cut, line).is_err(), "{end}");
        assert!(Dialect::BedrockConverse.peek(cut, line).is_err(), "{end}");
    }
}

#[test]
fn turns_of_one_role_are_joined_and_results_stand_first() {
    let request = Request {
        turns: vec![
            user("What is the weather?"),
            turn(Role::Assistant, vec![Part::text("  "), call("1", "f", "{}"), call("2", "f", "")]),
            turn(Role::System, vec![Part::text("Be brief.")]),
            turn(Role::User, vec![result("1", vec![Part::text("rain")])]),
            turn(Role::User, vec![result("2", vec![]), Part::CachePoint(CachePoint::FiveMinutes)]),
            turn(Role::Assistant, vec![Part::text("")]),
            user("Well?"),
        ],
        tools: vec![function("f")],
        ..Request::default()
    };
    let (body, losses) = encode(CLAUDE, &request);
    assert_eq!(
        body["messages"],
        json!([
            {"role": "user", "content": [{"text": "What is the weather?"}]},
            {"role": "assistant", "content": [
                {"toolUse": {"toolUseId": "1", "name": "f", "input": {}}},
                {"toolUse": {"toolUseId": "2", "name": "f", "input": {}}},
            ]},
            {"role": "user", "content": [
                {"toolResult": {"toolUseId": "1", "content": [{"text": "rain"}]}},
                {"toolResult": {"toolUseId": "2", "content": [{"text": "(no output)"}]}},
                {"cachePoint": {"type": "default"}},
                {"text": "Be brief."},
                {"text": "Well?"},
            ]},
        ])
    );
    assert_eq!(lost(&losses), [("messages[2].role", false)]);
}

#[test]
fn instructions_at_the_head_of_the_conversation_become_the_system_prompt() {
    let request = Request {
        system: vec![Part::text("One."), Part::text(" ")],
        turns: vec![turn(Role::System, vec![Part::text("Two.")]), user("Hi")],
        ..Request::default()
    };
    let (body, losses) = encode(CLAUDE, &request);
    assert_eq!(body["system"], json!([{"text": "One."}, {"text": "Two."}]));
    assert_eq!(lost(&losses), []);
}

#[test]
fn a_conversation_that_the_model_begins_or_that_is_blank_is_refused() {
    let begun = Request {
        turns: vec![turn(Role::Assistant, vec![Part::text("Hello!")]), user("Hi")],
        ..Request::default()
    };
    let fault = try_encode(CLAUDE, &begun).unwrap_err();
    assert!(fault.message.starts_with("A conversation must start with a user message."));
    let blank = Request { turns: vec![user(" \n")], ..Request::default() };
    assert_eq!(try_encode(CLAUDE, &blank).unwrap_err().param.as_deref(), Some("messages"));
}

#[test]
fn tool_blocks_in_the_history_bring_a_tool_config() {
    let history = vec![
        user("Hi"),
        turn(Role::Assistant, vec![call("1", "look.up", "{}")]),
        turn(Role::User, vec![result("1", vec![Part::text("x")])]),
    ];
    let request = Request { turns: history.clone(), ..Request::default() };
    let (body, _) = encode(CLAUDE, &request);
    let name = &body["messages"][1]["content"][0]["toolUse"]["name"];
    assert_eq!(
        body["toolConfig"],
        json!({"tools": [{"toolSpec": {"name": name, "inputSchema": {"json": {"type": "object"}}}}]})
    );

    let none = Some(ToolChoice::None);
    let tools = vec![function("f")];
    let kept = Request {
        turns: history,
        tools: tools.clone(),
        tool_choice: none.clone(),
        ..Request::default()
    };
    let (body, losses) = encode(CLAUDE, &kept);
    assert_eq!(body["toolConfig"]["tools"][0]["toolSpec"]["name"], "f");
    assert_eq!(lost(&losses), [("tool_choice", false)]);
    let dropped = Request { tools, tool_choice: none, ..hello() };
    let (body, losses) = encode(CLAUDE, &dropped);
    assert_eq!(body.get("toolConfig"), None);
    assert_eq!(lost(&losses), []);
}

#[test]
fn names_and_ids_are_brought_within_their_patterns_alike_everywhere() {
    let long = "x".repeat(70);
    let odd = "mcp.server/größe";
    let request = Request {
        turns: vec![
            user("Hi"),
            turn(Role::Assistant, vec![call("call:1", odd, "{}"), call("call.1", &long, "{}")]),
            turn(Role::User, vec![result("call:1", vec![]), result("call.1", vec![])]),
        ],
        tools: vec![function(odd), function(&long), function("good_name-1")],
        tool_choice: Some(ToolChoice::Named(odd.into())),
        ..Request::default()
    };
    let (body, losses) = encode(CLAUDE, &request);
    let (calls, results) = (&body["messages"][1]["content"], &body["messages"][2]["content"]);
    let mut ids = Vec::new();
    for at in 0..2 {
        let (id, name) = (&calls[at]["toolUse"]["toolUseId"], &calls[at]["toolUse"]["name"]);
        assert_eq!(*id, results[at]["toolResult"]["toolUseId"]);
        assert_eq!(*name, body["toolConfig"]["tools"][at]["toolSpec"]["name"]);
        for text in [id, name].map(|text| text.as_str().unwrap()) {
            assert!((1..=64).contains(&text.len()), "{text}");
            assert!(text.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)), "{text}");
        }
        ids.push(id.clone());
    }
    assert_ne!(ids[0], ids[1], "what differs stays different");
    assert_eq!(body["toolConfig"]["toolChoice"]["tool"]["name"], calls[0]["toolUse"]["name"]);
    assert_eq!(lost(&losses), [("tools[0].name", true), ("tools[1].name", true)]);
}

#[test]
fn arguments_that_are_no_object_are_shown_inside_of_one() {
    let request = Request {
        turns: vec![
            user("Hi"),
            turn(Role::Assistant, vec![call("1", "f", "{\"a\":"), call("2", "f", "[1]")]),
        ],
        ..Request::default()
    };
    let (body, losses) = encode(CLAUDE, &request);
    let content = &body["messages"][1]["content"];
    assert_eq!(content[0]["toolUse"]["input"], json!({"arguments": "{\"a\":"}));
    assert_eq!(content[1]["toolUse"]["input"], json!({"arguments": [1]}));
    assert_eq!(losses.len(), 2);
    assert!(losses.iter().all(|loss| !loss.changes_meaning));
}

#[test]
fn media_goes_by_value_or_by_s3_and_never_by_address() {
    let image = |data| Request {
        turns: vec![turn(
            Role::User,
            vec![Part::Image(Image { data, detail: Some("auto".into()) })],
        )],
        ..Request::default()
    };
    let base64 =
        |media_type: &str| Data::Base64 { media_type: media_type.into(), base64: "aGk=".into() };
    let (body, losses) = encode(CLAUDE, &image(base64("image/JPG; q=1")));
    let block = &body["messages"][0]["content"][0]["image"];
    assert_eq!(*block, json!({"format": "jpeg", "source": {"bytes": "aGk="}}));
    assert_eq!(lost(&losses), []);
    let (body, _) = encode(CLAUDE, &image(Data::Url("data:image/webp;base64,aGk=".into())));
    assert_eq!(body["messages"][0]["content"][0]["image"]["format"], "webp");
    let s3 = Data::S3 { uri: "s3://b/k.PNG".into(), owner: None, media_type: None };
    let (body, _) = encode(CLAUDE, &image(s3));
    assert_eq!(
        body["messages"][0]["content"][0]["image"],
        json!({"format": "png", "source": {"s3Location": {"uri": "s3://b/k.PNG"}}})
    );
    for data in [
        Data::Url("https://example.com/a.png".into()),
        Data::File("file-1".into()),
        Data::Text("x".into()),
        base64("image/bmp"),
    ] {
        let fault = try_encode(CLAUDE, &image(data)).unwrap_err();
        assert_eq!(fault.param.as_deref(), Some("messages[0].content[0]"));
        assert_eq!(fault.kind, FaultKind::InvalidRequest);
    }
}

#[test]
fn documents_get_valid_names_of_their_own() {
    let document = |name: Option<&str>| {
        Part::Document(Document {
            data: Data::Base64 { media_type: "application/pdf".into(), base64: "aGk=".into() },
            name: name.map(str::to_owned),
            context: None,
            citations: false,
        })
    };
    let parts = vec![
        document(Some("annual  report_2025.pdf")),
        document(Some("annual report-2025-pdf")),
        document(None),
        document(Some("")),
    ];
    let request = Request { turns: vec![turn(Role::User, parts)], ..Request::default() };
    let (body, _) = encode(CLAUDE, &request);
    let names: Vec<_> = body["messages"][0]["content"]
        .as_array()
        .unwrap()
        .iter()
        .map(|block| block["document"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["annual report-2025-pdf", "annual report-2025-pdf (2)", "document", "document (2)"]
    );
}

#[test]
fn reasoning_goes_back_only_when_signed() {
    let signed = Reasoning { text: "hm".into(), signature: Some("s".into()), redacted: None };
    let parts = vec![
        Part::Reasoning(Reasoning { text: "unsigned".into(), ..Reasoning::default() }),
        Part::Reasoning(signed),
        Part::Reasoning(Reasoning { redacted: Some("ZW5j".into()), ..Reasoning::default() }),
        Part::text("x"),
    ];
    let request =
        Request { turns: vec![user("Hi"), turn(Role::Assistant, parts)], ..Request::default() };
    let (body, losses) = encode(CLAUDE, &request);
    assert_eq!(
        body["messages"][1]["content"],
        json!([
            {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "s"}}},
            {"reasoningContent": {"redactedContent": "ZW5j"}},
            {"text": "x"},
        ])
    );
    assert_eq!(lost(&losses), [("messages[1].content[0]", false)]);
}

#[test]
fn thinking_is_said_in_the_words_of_each_family() {
    use Thinking::{Adaptive, Budget, Effort as Level, Off};
    let enabled = |tokens: u64| json!({"thinking": {"type": "enabled", "budget_tokens": tokens}});
    let adaptive = |effort: &str| json!({"thinking": {"type": "adaptive"}, "output_config": {"effort": effort}});
    let table = [
        (CLAUDE, Level(Effort::Low), None, enabled(1024), None),
        (CLAUDE, Level(Effort::High), Some(2000), enabled(1999), None),
        (CLAUDE, Level(Effort::High), Some(1024), Value::Null, Some(("thinking", false))),
        (CLAUDE, Budget(5000), None, enabled(5000), None),
        (CLAUDE, Budget(5000), Some(3000), enabled(2999), Some(("thinking.budget_tokens", false))),
        (CLAUDE, Off, None, Value::Null, None),
        (ADAPTIVE, Off, None, json!({"thinking": {"type": "disabled"}}), None),
        (ADAPTIVE, Level(Effort::Max), None, adaptive("xhigh"), None),
        ("anthropic.claude-opus-4-6-v1", Level(Effort::Max), None, adaptive("max"), None),
        (ADAPTIVE, Budget(20_000), None, adaptive("high"), Some(("thinking.budget_tokens", false))),
        (ADAPTIVE, Adaptive(None), None, json!({"thinking": {"type": "adaptive"}}), None),
        (
            "amazon.nova-2-lite-v1:0",
            Level(Effort::Minimal),
            None,
            json!({"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}}),
            None,
        ),
        (
            "openai.gpt-oss-20b-1:0",
            Level(Effort::Medium),
            None,
            json!({"reasoning_effort": "medium"}),
            None,
        ),
        ("openai.gpt-6-sol", Off, None, json!({"reasoning": {"effort": "none"}}), None),
        (NOVA, Level(Effort::Low), None, Value::Null, Some(("reasoning_effort", true))),
        (LLAMA, Budget(2000), None, Value::Null, Some(("thinking", true))),
        (LLAMA, Off, None, Value::Null, None),
    ];
    for (model, thinking, max_output, fields, loss) in table {
        let request = Request { thinking: Some(thinking.clone()), max_output, ..hello() };
        let (body, losses) = encode(model, &request);
        let written = body.get("additionalModelRequestFields").unwrap_or(&Value::Null);
        assert_eq!(*written, fields, "{model} {thinking:?}");
        assert_eq!(lost(&losses), Vec::from_iter(loss), "{model} {thinking:?}");
    }
}

#[test]
fn a_claude_does_not_think_where_it_would_refuse_to() {
    let thinking = Some(Thinking::Effort(Effort::Low));
    let forced = Request {
        thinking: thinking.clone(),
        tools: vec![function("f")],
        tool_choice: Some(ToolChoice::Required),
        ..hello()
    };
    // In the middle of using tools, by a caller who keeps no signed reasoning.
    let midway = Request {
        thinking,
        turns: vec![
            user("Hi"),
            turn(Role::Assistant, vec![call("1", "f", "{}")]),
            turn(Role::User, vec![result("1", vec![Part::text("x")])]),
        ],
        tools: vec![function("f")],
        ..Request::default()
    };
    for request in [&forced, &midway] {
        let (body, losses) = encode(CLAUDE, request);
        assert_eq!(body.get("additionalModelRequestFields"), None);
        assert_eq!(lost(&losses), [("thinking", false)]);
    }
    let (body, losses) = encode(ADAPTIVE, &midway);
    assert_eq!(body["additionalModelRequestFields"]["thinking"], json!({"type": "adaptive"}));
    assert_eq!(lost(&losses), []);
}

#[test]
fn a_claude_is_sent_only_the_sampling_that_it_takes() {
    let sampling = Sampling {
        temperature: Some(0.5),
        top_p: Some(0.9),
        top_k: Some(5),
        ..Sampling::default()
    };
    let request = Request { sampling, ..hello() };
    let (body, losses) = encode(CLAUDE, &request);
    assert_eq!(body["inferenceConfig"], json!({"temperature": 0.5}));
    assert_eq!(body["additionalModelRequestFields"], json!({"top_k": 5}));
    assert_eq!(lost(&losses), [("top_p", true)]);

    let (body, losses) = encode(ADAPTIVE, &request);
    assert_eq!(body.get("inferenceConfig"), None);
    assert_eq!(lost(&losses), [("temperature", true), ("top_p", true), ("top_k", true)]);

    let thinking = Request { thinking: Some(Thinking::Budget(2000)), ..request };
    let (body, losses) = encode(CLAUDE, &thinking);
    assert_eq!(body.get("inferenceConfig"), None);
    assert_eq!(lost(&losses), [("temperature", false), ("top_p", false), ("top_k", false)]);
}

#[test]
fn cache_points_go_only_to_models_that_take_them() {
    let mut tool = function("f");
    if let Tool::Function { cache, .. } = &mut tool {
        *cache = Some(CachePoint::OneHour);
    }
    let request = Request {
        system: vec![Part::text("S"), Part::CachePoint(CachePoint::OneHour)],
        turns: vec![turn(
            Role::User,
            vec![Part::CachePoint(CachePoint::FiveMinutes), Part::text("Hi")],
        )],
        tools: vec![tool],
        ..Request::default()
    };
    let (body, losses) = encode(CLAUDE, &request);
    let hour = json!({"cachePoint": {"type": "default", "ttl": "1h"}});
    assert_eq!(body["system"][1], hour);
    assert_eq!(body["toolConfig"]["tools"][1], hour);
    assert_eq!(body["messages"][0]["content"], json!([{"text": "Hi"}]), "nothing stands before it");
    assert_eq!(lost(&losses), []);

    let (body, losses) = encode(NOVA, &request);
    assert_eq!(body["system"][1], json!({"cachePoint": {"type": "default"}}));
    assert_eq!(
        lost(&losses),
        [("system[1].cache_control.ttl", false), ("tools[0].cache_control", false)]
    );
    let (body, losses) = encode(LLAMA, &request);
    assert_eq!(body["system"], json!([{"text": "S"}]));
    assert_eq!(losses.len(), 3);
}

#[test]
fn formats_are_schemas_and_some_json_is_asked_for_in_words() {
    let schema = json!({
        "type": "object",
        "properties": {"properties": {"type": "string", "enum": [{"type": "object"}]}, "list": {"type": "array", "items": {"properties": {}}}},
        "$defs": {"open": {"type": ["object", "null"], "additionalProperties": true}},
    });
    let format =
        Format::JsonSchema { name: "answer".into(), description: None, schema, strict: None };
    let request = Request { format, ..hello() };
    let (body, losses) = encode(QWEN, &request);
    let definition = &body["outputConfig"]["textFormat"]["structure"]["jsonSchema"];
    assert_eq!(definition["name"], "answer");
    let written: Value = serde_json::from_str(definition["schema"].as_str().unwrap()).unwrap();
    assert_eq!(
        written,
        json!({
            "type": "object",
            "properties": {
                "properties": {"type": "string", "enum": [{"type": "object"}]},
                "list": {"type": "array", "items": {"properties": {}, "additionalProperties": false}},
            },
            "$defs": {"open": {"type": ["object", "null"], "additionalProperties": true}},
            "additionalProperties": false,
        })
    );
    assert_eq!(lost(&losses), []);

    let (_, losses) = encode(CLAUDE, &request);
    assert_eq!(lost(&losses), [("response_format.json_schema.schema", false)]);
    let (_, losses) = encode("anthropic.claude-3-haiku-20240307-v1:0", &request);
    assert_eq!(lost(&losses), [("response_format", true)]);

    let (body, losses) = encode(CLAUDE, &Request { format: Format::JsonObject, ..hello() });
    assert!(body["system"][0]["text"].as_str().unwrap().contains("JSON object"));
    assert_eq!(lost(&losses), [("response_format", false)]);
}

#[test]
fn what_converse_cannot_say_is_named() {
    let extras = Extras {
        dialect: Dialect::OpenAiChat,
        fields: Map::from_iter([
            ("logit_bias".into(), json!({"5": 1})),
            ("logprobs".into(), json!(false)),
            ("store".into(), json!(true)),
            ("modalities".into(), json!(["text"])),
        ]),
    };
    let request = Request {
        sampling: Sampling {
            temperature: Some(1.7),
            top_k: Some(5),
            seed: Some(1),
            frequency_penalty: Some(0.5),
            presence_penalty: Some(0.0),
            stop: vec![String::new(), "END".into()],
            ..Sampling::default()
        },
        n: Some(2),
        user: Some("u".into()),
        parallel_tools: Some(false),
        tools: vec![
            function("f"),
            Tool::Native {
                dialect: Dialect::AnthropicMessages,
                value: json!({"type": "web_search"}),
            },
        ],
        service_tier: Some("scale".into()),
        metadata: Map::from_iter([
            ("good".into(), json!("x@y.z")),
            ("bad".into(), json!("100 %")),
            ("number".into(), json!(5)),
        ]),
        extras: Some(extras),
        ..hello()
    };
    let (body, losses) = encode(LLAMA, &request);
    assert_eq!(body["inferenceConfig"], json!({"temperature": 1.0, "stopSequences": ["END"]}));
    assert_eq!(body["requestMetadata"], json!({"good": "x@y.z"}));
    assert_eq!(body.get("serviceTier"), None);
    let mut lost = lost(&losses);
    lost.sort_unstable();
    assert_eq!(
        lost,
        [
            ("frequency_penalty", true),
            ("logit_bias", true),
            ("metadata.bad", false),
            ("metadata.number", false),
            ("n", true),
            ("parallel_tool_calls", true),
            ("seed", false),
            ("service_tier", false),
            ("store", false),
            ("temperature", true),
            ("tools[1]", true),
            ("top_k", true),
            ("user", false),
        ]
    );
}

#[test]
fn one_tool_at_a_time_means_little_where_the_tool_is_named() {
    let named = ToolChoice::Named("f".into());
    for (choice, means) in [(ToolChoice::Auto, true), (named, false), (ToolChoice::Required, false)]
    {
        let request = Request {
            parallel_tools: Some(false),
            tools: vec![function("f")],
            tool_choice: Some(choice),
            ..hello()
        };
        let (_, losses) = encode(NOVA, &request);
        assert_eq!(lost(&losses), [("parallel_tool_calls", means)]);
    }
}

#[test]
fn parts_of_other_dialects_are_lost_by_name() {
    let opaque =
        Part::Opaque { dialect: Dialect::OpenAiChat, value: json!({"type": "input_audio"}) };
    let request = Request {
        turns: vec![turn(Role::User, vec![Part::text("Hi"), opaque])],
        ..Request::default()
    };
    let (_, losses) = encode(CLAUDE, &request);
    assert_eq!(lost(&losses), [("messages[0].content[1]", true)]);
}

#[test]
fn instructions_that_stand_alone_are_taken_for_the_users_word() {
    let request = Request {
        system: vec![Part::text("Greet."), Part::CachePoint(CachePoint::FiveMinutes)],
        ..Request::default()
    };
    let (body, losses) = encode(CLAUDE, &request);
    let content = json!([{"text": "Greet."}, {"cachePoint": {"type": "default"}}]);
    assert_eq!(body["messages"], json!([{"role": "user", "content": content}]));
    assert!(body.get("system").is_none(), "{body}");
    assert_eq!(lost(&losses), [("messages[0].role", false)]);
}
