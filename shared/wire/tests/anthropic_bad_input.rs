//! Requests of Anthropic's dialect that are wrong: each names the place, in the API's words.

use sluice_wire::{Dialect, FaultKind, Line};

/// A request with one field replaced or added.
fn with(field: &str, value: &str) -> String {
    let mut fields = vec![
        ("model", r#""m""#),
        ("max_tokens", "10"),
        ("messages", r#"[{"role":"user","content":"hi"}]"#),
    ];
    fields.retain(|(name, _)| *name != field);
    if value != "-" {
        fields.push((field, value));
    }
    let fields: Vec<_> = fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", fields.join(","))
}

fn says(block: &str) -> String {
    with("messages", &format!(r#"[{{"role":"user","content":[{block}]}}]"#))
}

/// Tool results inside of tool results.
fn nested(depth: usize) -> String {
    let open = r#"{"type":"tool_result","tool_use_id":"a","content":["#;
    format!("{}{}", open.repeat(depth), "]}".repeat(depth))
}

#[test]
fn every_wrong_request_is_told_where_it_is_wrong() {
    let at = "messages.0.content.0";
    let cases: Vec<(String, &str, String)> = vec![
        (with("model", "-"), "model", "model: Field required".into()),
        (with("model", "null"), "model", "model: Field required".into()),
        (with("model", "3"), "model", "model: Input should be a valid string".into()),
        (with("model", "\"\""), "model", "model: String should have at least 1 character".into()),
        (with("max_tokens", "-"), "max_tokens", "max_tokens: Field required".into()),
        (
            with("max_tokens", "\"9\""),
            "max_tokens",
            "max_tokens: Input should be a valid integer".into(),
        ),
        (
            with("max_tokens", "1.5"),
            "max_tokens",
            "max_tokens: Input should be a valid integer".into(),
        ),
        (
            with("max_tokens", "-1"),
            "max_tokens",
            "max_tokens: Input should be greater than or equal to 0".into(),
        ),
        (with("messages", "-"), "messages", "messages: Field required".into()),
        (with("messages", "[]"), "messages", "messages: at least one message is required".into()),
        (with("messages", "{}"), "messages", "messages: Input should be a valid list".into()),
        (with("messages", "[7]"), "messages.0", "messages.0: Input should be an object".into()),
        (with("messages", "[{}]"), "messages.0.role", "messages.0.role: Field required".into()),
        (
            with("messages", r#"[{"role":"tool","content":"x"}]"#),
            "messages.0.role",
            "messages.0.role: Input should be 'user', 'assistant' or 'system'".into(),
        ),
        (
            with("messages", r#"[{"role":"user"}]"#),
            "messages.0.content",
            "messages.0.content: Field required".into(),
        ),
        (
            with("messages", r#"[{"role":"user","content":7}]"#),
            "messages.0.content",
            "messages.0.content: Input should be a valid list".into(),
        ),
        (
            with("messages", r#"[{"role":"user","content":""}]"#),
            "messages.0.content",
            "messages.0.content: all messages must have non-empty content except for the optional \
             final assistant message"
                .into(),
        ),
        (
            with(
                "messages",
                r#"[{"role":"assistant","content":[]},{"role":"user","content":"x"}]"#,
            ),
            "messages.0.content",
            "messages.0.content: all messages must have non-empty content except for the optional \
             final assistant message"
                .into(),
        ),
        (says("7"), at, format!("{at}: Input should be an object")),
        (says("{}"), "messages.0.content.0.type", format!("{at}.type: Field required")),
        (
            says(r#"{"type":"text"}"#),
            "messages.0.content.0.text",
            format!("{at}.text: Field required"),
        ),
        (
            says(r#"{"type":"text","text":"\ud800"}"#),
            "messages.0.content.0.text",
            format!("{at}.text: Input should be a valid string"),
        ),
        (
            says(r#"{"type":"text","text":"a","cache_control":{"type":"forever"}}"#),
            "messages.0.content.0.cache_control.type",
            format!("{at}.cache_control.type: Input should be 'ephemeral'"),
        ),
        (
            says(r#"{"type":"text","text":"a","cache_control":{"type":"ephemeral","ttl":"2h"}}"#),
            "messages.0.content.0.cache_control.ttl",
            format!("{at}.cache_control.ttl: Input should be '5m' or '1h'"),
        ),
        (
            says(r#"{"type":"image","source":{"type":"base64","data":"x"}}"#),
            "messages.0.content.0.source.media_type",
            format!("{at}.source.media_type: Field required"),
        ),
        (
            says(r#"{"type":"image","source":{"type":"disk"}}"#),
            "messages.0.content.0.source.type",
            format!("{at}.source.type: Input should be 'base64', 'url' or 'file'"),
        ),
        (
            says(r#"{"type":"tool_use","id":"a","name":"f","input":"{}"}"#),
            "messages.0.content.0.input",
            format!("{at}.input: Input should be an object"),
        ),
        (
            says(r#"{"type":"tool_result"}"#),
            "messages.0.content.0.tool_use_id",
            format!("{at}.tool_use_id: Field required"),
        ),
        (
            says(r#"{"type":"tool_result","tool_use_id":"a","content":[{"type":"image"}]}"#),
            "messages.0.content.0.content.0.source",
            format!("{at}.content.0.source: Field required"),
        ),
        (with("system", "7"), "system", "system: Input should be a valid list".into()),
        (with("stream", "\"yes\""), "stream", "stream: Input should be a valid boolean".into()),
        (
            with("temperature", "2"),
            "temperature",
            "temperature: Input should be less than or equal to 1".into(),
        ),
        (
            with("top_p", "-0.1"),
            "top_p",
            "top_p: Input should be greater than or equal to 0".into(),
        ),
        (with("top_k", "\"a\""), "top_k", "top_k: Input should be a valid integer".into()),
        (
            with("stop_sequences", "\"a\""),
            "stop_sequences",
            "stop_sequences: Input should be a valid list".into(),
        ),
        (
            with("stop_sequences", "[1]"),
            "stop_sequences.0",
            "stop_sequences.0: Input should be a valid string".into(),
        ),
        (with("tools", "{}"), "tools", "tools: Input should be a valid list".into()),
        (
            with("tools", r#"[{"name":"f"}]"#),
            "tools.0.input_schema",
            "tools.0.input_schema: Field required".into(),
        ),
        (
            with("tools", r#"[{"name":"f","input_schema":[]}]"#),
            "tools.0.input_schema",
            "tools.0.input_schema: Input should be an object".into(),
        ),
        (
            with("tool_choice", r#""auto""#),
            "tool_choice",
            "tool_choice: Input should be an object".into(),
        ),
        (
            with("tool_choice", r#"{"type":"tool"}"#),
            "tool_choice.name",
            "tool_choice.name: Field required".into(),
        ),
        (
            with("tool_choice", r#"{"type":"required"}"#),
            "tool_choice.type",
            "tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'".into(),
        ),
        (
            with("thinking", r#"{"type":"enabled"}"#),
            "thinking.budget_tokens",
            "thinking.budget_tokens: Field required".into(),
        ),
        (
            with("thinking", r#"{"type":"enabled","budget_tokens":1000}"#),
            "thinking.budget_tokens",
            "thinking.budget_tokens: Input should be greater than or equal to 1024".into(),
        ),
        (
            with("output_config", r#"{"effort":"huge"}"#),
            "output_config.effort",
            "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'"
                .into(),
        ),
        (
            with("output_config", r#"{"format":{"type":"json"}}"#),
            "output_config.format.type",
            "output_config.format.type: Input should be 'json_schema'".into(),
        ),
        (
            with("metadata", r#"{"user_id":7}"#),
            "metadata.user_id",
            "metadata.user_id: Input should be a valid string".into(),
        ),
    ];
    for (body, param, message) in cases {
        let fault = Dialect::AnthropicMessages
            .decode_request(body.as_bytes(), Line::default())
            .expect_err(&body);
        assert_eq!((fault.kind, fault.status), (FaultKind::InvalidRequest, 400), "{body}");
        assert_eq!(fault.param.as_deref(), Some(param), "{body}");
        assert_eq!(fault.message, message, "{body}");
    }
}

#[test]
fn what_is_not_json_is_told_so_and_never_panics() {
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let bodies: Vec<Vec<u8>> = vec![
        vec![],
        b"not json".to_vec(),
        b"{\"model\":".to_vec(),
        b"{\"model\":\"\xff\"}".to_vec(),
        b"{} {}".to_vec(),
        b"null".to_vec(),
        b"\"text\"".to_vec(),
        with("container", &deep).into_bytes(),
        with("system", &deep).into_bytes(),
        says(&nested(50_000)).into_bytes(),
    ];
    for body in bodies {
        let text = String::from_utf8_lossy(&body).into_owned();
        let fault =
            Dialect::AnthropicMessages.decode_request(&body, Line::default()).expect_err(&text);
        assert_eq!(fault.status, 400, "{text}");
        assert!(fault.param.is_some(), "{text}");
    }
}

#[test]
fn what_the_api_takes_is_taken() {
    for body in [
        with("max_tokens", "0"),
        with("max_tokens", "1024.0"),
        with("messages", r#"[{"role":"user","content":"x"},{"role":"assistant","content":""}]"#),
        with("messages", r#"[{"role":"user","content":"x"},{"role":"system","content":"y"}]"#),
        with("thinking", r#"{"type":"adaptive"}"#),
        with("thinking", r#"{"type":"between_tools"}"#),
        with("system", "\"be brief\""),
        with("system", "null"),
        with("tools", "[]"),
        says(r#"{"type":"some_block_of_tomorrow","x":1}"#),
        says(r#"{"type":"tool_result","tool_use_id":"a"}"#),
    ] {
        Dialect::AnthropicMessages
            .decode_request(body.as_bytes(), Line::default())
            .unwrap_or_else(|fault| panic!("{body}: {fault}"));
    }
}
