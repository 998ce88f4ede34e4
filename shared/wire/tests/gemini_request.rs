//! Gemini's requests, both ways.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use serde_json::{Value, json};
use sluice_wire::{
    Dialect, Edits, Fault, FaultKind, Line, Loss, Target,
    canon::{Effort, Format, Part, Request, Thinking, Tool, ToolChoice},
};

const ME: Dialect = Dialect::Gemini;
const LINE: Line<'_> = Line { model: Some("group"), stream: Some(false) };

fn decode(body: &Value) -> Result<Request, Fault> {
    ME.decode_request(body.to_string().as_bytes(), LINE)
}

fn encode(from: Dialect, body: &Value, model: &str) -> (Value, Vec<Loss>) {
    let request = from.decode_request(body.to_string().as_bytes(), LINE).unwrap();
    let target =
        Target { model, max_output: None, max_completion_tokens: true, ..Target::default() };
    let encoded = ME.encode_request(&request, target).unwrap();
    (serde_json::from_slice(&encoded.body).unwrap(), encoded.losses)
}

fn chat(more: &Value) -> Value {
    let mut body = json!({"model": "group", "messages": [{"role": "user", "content": "Hi"}]});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

fn lost(losses: &[Loss], field: &str) -> Option<bool> {
    losses.iter().find(|loss| loss.field == field).map(|loss| loss.changes_meaning)
}

#[test]
fn reads_snake_case_as_camel_case() {
    let camel = decode(&json!({
        "contents": [{"role": "user", "parts": [{"text": "Hi"},
            {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}]}],
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "tools": [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": {"type": "object"}}]}],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}},
        "generationConfig": {"maxOutputTokens": 64, "topK": 40, "stopSequences": ["x"],
            "thinkingConfig": {"thinkingBudget": 512}, "responseMimeType": "application/json"}}))
    .unwrap();
    let snake = decode(&json!({
        "contents": {"parts": [{"text": "Hi"},
            {"inline_data": {"mime_type": "image/png", "data": "iVBORw0KGgo"}}]},
        "system_instruction": "Be brief.",
        "tools": [{"function_declarations": [{"name": "f", "parameters_json_schema": {"type": "object"}}]}],
        "tool_config": {"function_calling_config": {"mode": "any", "allowed_function_names": ["f"]}},
        "generation_config": {"max_output_tokens": "64", "top_k": 40.0, "stop_sequences": ["x"],
            "thinking_config": {"thinking_budget": 512}, "response_mime_type": "application/json"}}))
    .unwrap();
    assert_eq!(camel, snake);
    assert_eq!(camel.max_output, Some(64));
    assert_eq!(camel.thinking, Some(Thinking::Budget(512)));
    assert_eq!(camel.format, Format::JsonObject);
    assert_eq!(camel.tool_choice, Some(ToolChoice::Named("f".into())));
}

#[test]
fn names_what_is_wrong() {
    let hi = json!([{"parts": [{"text": "Hi"}]}]);
    for (body, param) in [
        (json!({}), "contents"),
        (json!({"contents": []}), "contents"),
        (json!({"contents": "Hi"}), "contents"),
        (
            json!({"contents": [{"role": "assistant", "parts": [{"text": "x"}]}]}),
            "contents[0].role",
        ),
        (json!({"contents": [{"parts": []}]}), "contents[0].parts"),
        (json!({"contents": [{"parts": [{"text": 7}]}]}), "contents[0].parts[0].text"),
        (
            json!({"contents": [{"parts": [{"text": "a", "inlineData": {}}]}]}),
            "contents[0].parts[0]",
        ),
        (
            json!({"contents": [{"parts": [{"inlineData": {"mimeType": "image/png", "data": "?"}}]}]}),
            "contents[0].parts[0].inlineData.data",
        ),
        (
            json!({"contents": [{"parts": [{"functionCall": {"args": {}}}]}]}),
            "contents[0].parts[0].functionCall.name",
        ),
        (
            json!({"contents": hi, "generationConfig": {"temperature": 3}}),
            "generationConfig.temperature",
        ),
        (
            json!({"contents": hi, "generationConfig": {"maxOutputTokens": 0}}),
            "generationConfig.maxOutputTokens",
        ),
        (
            json!({"contents": hi, "generationConfig": {"thinkingConfig": {"thinkingLevel": "x"}}}),
            "generationConfig.thinkingConfig.thinkingLevel",
        ),
        (
            json!({"contents": hi, "toolConfig": {"functionCallingConfig": {"mode": "SOME"}}}),
            "toolConfig.functionCallingConfig.mode",
        ),
        (
            json!({"contents": hi, "generationConfig": {"responseSchema": {"type": "OBJECT"}}}),
            "generationConfig.responseSchema",
        ),
    ] {
        let fault = decode(&body).unwrap_err();
        assert_eq!(fault.kind, FaultKind::InvalidRequest, "{body}");
        assert_eq!(fault.param.as_deref(), Some(param), "{body}");
    }
    assert!(ME.decode_request(b"[]", LINE).is_err());
    assert!(ME.decode_request(b"{\"contents\": [}", LINE).is_err());
}

#[test]
fn pairs_calls_and_results_without_ids() {
    let request = decode(&json!({"contents": [
        {"role": "user", "parts": [{"text": "?"}]},
        {"role": "model", "parts": [
            {"functionCall": {"name": "weather", "args": {"city": "Paris"}}, "thoughtSignature": "c2ln"},
            {"functionCall": {"name": "time"}},
            {"functionCall": {"name": "weather", "args": {"city": "Rome"}}}]},
        {"role": "function", "parts": [
            {"functionResponse": {"name": "weather", "response": {"result": {"celsius": 18}}}},
            {"functionResponse": {"name": "weather", "response": {"output": "no data"}}},
            {"functionResponse": {"name": "time", "response": {"error": "broken"}}}]}]}))
    .unwrap();
    let [
        Part::Reasoning(signed),
        Part::ToolCall(paris),
        Part::ToolCall(time),
        Part::ToolCall(rome),
    ] = request.turns[1].parts.as_slice()
    else {
        panic!("{:?}", request.turns[1])
    };
    assert_eq!(signed.signature.as_deref(), Some("sluice:google:c2ln"));
    assert_eq!((time.arguments.as_str(), rome.arguments.as_str()), ("{}", r#"{"city":"Rome"}"#));
    let answered: Vec<_> = request.turns[2]
        .parts
        .iter()
        .map(|part| match part {
            Part::ToolResult(result) => {
                (result.call_id.clone(), result.parts[0].clone(), result.is_error)
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(answered[0], (paris.id.clone(), Part::text(r#"{"celsius":18}"#), false));
    assert_eq!(answered[1], (rome.id.clone(), Part::text("no data"), false));
    assert_eq!(answered[2], (time.id.clone(), Part::text("broken"), true));
}

#[test]
fn writes_results_in_the_order_of_the_calls_by_their_names() {
    let call = |id: &str, city: &str| {
        json!({"id": id, "type": "function",
            "function": {"name": "weather", "arguments": format!("{{\"city\":\"{city}\"}}")}})
    };
    let (body, losses) = encode(
        Dialect::OpenAiChat,
        &json!({"model": "m", "messages": [
            {"role": "user", "content": "?"},
            {"role": "assistant", "content": null, "tool_calls": [call("a", "Paris"), call("b", "Rome")]},
            {"role": "tool", "tool_call_id": "b", "content": "24 C"},
            {"role": "tool", "tool_call_id": "a", "content": "{\"celsius\": 18}"}]}),
        "gemini-2.5-flash",
    );
    assert_eq!(losses, []);
    assert_eq!(
        body["contents"][2],
        json!({"role": "user", "parts": [
            {"functionResponse": {"id": "a", "name": "weather", "response": {"celsius": 18}}},
            {"functionResponse": {"id": "b", "name": "weather", "response": {"output": "24 C"}}}]})
    );
}

#[test]
fn signs_the_calls_of_the_current_turn_for_models_that_want_it() {
    // As a caller of another dialect was told the signature.
    let conversation = json!({"model": "m", "max_tokens": 9, "messages": [
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t0", "name": "f", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t0", "content": "0"}]},
        {"role": "assistant", "content": "done"},
        {"role": "user", "content": "two"},
        {"role": "assistant", "content": [
            {"type": "thinking", "thinking": "", "signature": "sluice:google:c2ln"},
            {"type": "tool_use", "id": "t1", "name": "f", "input": {}},
            {"type": "tool_use", "id": "t2", "name": "f", "input": {}}]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "t1", "content": "1"},
            {"type": "tool_result", "tool_use_id": "t2", "content": "2"}]},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t3", "name": "f", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t3", "content": "3"}]}]});
    let signature = |body: &Value, content: usize, part: usize| {
        body["contents"][content]["parts"][part].get("thoughtSignature").cloned()
    };
    let (body, _) = encode(Dialect::AnthropicMessages, &conversation, "gemini-3-pro-preview");
    assert_eq!(signature(&body, 1, 0), None);
    assert_eq!(signature(&body, 5, 0), Some(json!("c2ln")));
    assert_eq!(signature(&body, 5, 1), None);
    assert_eq!(signature(&body, 7, 0), Some(json!("skip_thought_signature_validator")));
    let (body, _) = encode(Dialect::AnthropicMessages, &conversation, "gemini-2.5-pro");
    assert_eq!(signature(&body, 5, 0), Some(json!("c2ln")));
    assert_eq!(signature(&body, 7, 0), None);
}

#[test]
fn says_effort_by_budget_or_by_level() {
    let config = |effort: &str, model: &str| {
        let (body, losses) =
            encode(Dialect::OpenAiChat, &chat(&json!({"reasoning_effort": effort})), model);
        (body["generationConfig"]["thinkingConfig"].clone(), losses)
    };
    let (thinking, losses) = config("medium", "gemini-2.5-flash");
    assert_eq!(
        (thinking, losses),
        (json!({"thinkingBudget": 2048, "includeThoughts": true}), vec![])
    );
    let (thinking, losses) = config("none", "gemini-2.5-flash");
    assert_eq!(
        (thinking, losses),
        (json!({"thinkingBudget": 0, "includeThoughts": false}), vec![])
    );
    let (thinking, losses) = config("none", "gemini-2.5-pro");
    assert_eq!(thinking, json!({"thinkingBudget": 128, "includeThoughts": false}));
    assert_eq!(lost(&losses, "thinking"), Some(false));
    let (thinking, losses) = config("medium", "gemini-3-pro-preview");
    assert_eq!(
        (thinking, losses),
        (json!({"thinkingLevel": "medium", "includeThoughts": true}), vec![])
    );
    let (thinking, _) = config("minimal", "gemini-3.8-flash");
    assert_eq!(thinking, json!({"thinkingLevel": "minimal", "includeThoughts": true}));
    let (thinking, losses) = config("high", "gemini-2.0-flash");
    assert_eq!((thinking, lost(&losses, "reasoning_effort")), (Value::Null, Some(true)));
}

#[test]
fn reads_budget_level_and_dynamic_thinking() {
    let thinking = |config: Value| {
        decode(&json!({"contents": [{"parts": [{"text": "Hi"}]}],
            "generationConfig": {"thinkingConfig": config}}))
        .unwrap()
        .thinking
    };
    assert_eq!(thinking(json!({"thinkingBudget": 0})), Some(Thinking::Off));
    assert_eq!(thinking(json!({"thinkingBudget": -1})), Some(Thinking::Adaptive(None)));
    assert_eq!(thinking(json!({"thinkingLevel": "LOW"})), Some(Thinking::Effort(Effort::Low)));
    assert_eq!(thinking(json!({"includeThoughts": true})), Some(Thinking::Adaptive(None)));
    assert_eq!(thinking(json!({"includeThoughts": false})), None);
}

#[test]
fn native_tools_and_settings_are_googles_alone() {
    let body = json!({"contents": [{"parts": [{"text": "Hi"}]}],
        "tools": [{"google_search": {}}, {"codeExecution": {}, "functionDeclarations": [{"name": "f"}]}],
        "cachedContent": "cachedContents/1",
        "generationConfig": {"responseModalities": ["TEXT"], "speechConfig": {"voice": 1},
            "candidateCount": 1, "responseLogprobs": false}});
    let (same, losses) = encode(ME, &body, "gemini-2.5-flash");
    assert_eq!(losses, []);
    assert_eq!(same["tools"].as_array().unwrap().len(), 3);
    assert_eq!(same["cachedContent"], "cachedContents/1");
    assert_eq!(same["generationConfig"]["speechConfig"], json!({"voice": 1}));
    let request = decode(&body).unwrap();
    assert!(matches!(&request.tools[0], Tool::Native { dialect: Dialect::Gemini, value }
        if *value == json!({"googleSearch": {}})));
    for to in [Dialect::OpenAiChat, Dialect::AnthropicMessages, Dialect::BedrockConverse] {
        let target = Target {
            model: "m",
            max_output: Some(99),
            max_completion_tokens: true,
            ..Target::default()
        };
        let losses = to.encode_request(&request, target).unwrap().losses;
        for field in ["tools[0]", "tools[1]", "cachedContent", "generationConfig.speechConfig"] {
            let field = if field == "tools[1]" { "tools[2]" } else { field };
            assert_eq!(lost(&losses, field), Some(true), "{field} for {to:?}: {losses:?}");
        }
        assert_eq!(lost(&losses, "generationConfig.responseModalities"), None);
    }
}

#[test]
fn allowed_names_narrow_what_is_offered() {
    let request = decode(&json!({"contents": [{"parts": [{"text": "Hi"}]}],
        "tools": [{"functionDeclarations": [{"name": "a"}, {"name": "b"}, {"name": "c"}]}],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["a", "c"]}}}))
    .unwrap();
    assert_eq!(request.tool_choice, Some(ToolChoice::Required));
    assert_eq!(request.tools.len(), 2);
}

#[test]
fn schemas_of_answers_take_the_form_the_model_knows() {
    let schema = json!({"type": "object", "properties": {"n": {"type": ["integer", "null"]}}});
    let body = chat(&json!({"response_format": {"type": "json_schema",
        "json_schema": {"name": "n", "schema": schema}}}));
    let (new, _) = encode(Dialect::OpenAiChat, &body, "gemini-2.5-flash");
    assert_eq!(new["generationConfig"]["responseJsonSchema"], schema);
    let (old, _) = encode(Dialect::OpenAiChat, &body, "gemini-2.0-flash");
    assert_eq!(
        old["generationConfig"]["responseSchema"],
        json!({"properties": {"n": {"nullable": true, "type": "INTEGER"}}, "type": "OBJECT"})
    );
    let (object, _) = encode(
        Dialect::OpenAiChat,
        &chat(&json!({"response_format": {"type": "json_object"}})),
        "gemini-2.5-flash",
    );
    assert_eq!(object["generationConfig"], json!({"responseMimeType": "application/json"}));
}

#[test]
fn sounds_and_documents_are_carried() {
    let (body, losses) = encode(
        Dialect::OpenAiChat,
        &json!({"model": "m", "messages": [{"role": "user", "content": [
            {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
            {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERg=="}},
            {"type": "image_url", "image_url": {"url": "https://h/cat.png"}}]}]}),
        "gemini-2.5-flash",
    );
    assert_eq!(losses, []);
    assert_eq!(
        body["contents"][0]["parts"],
        json!([
            {"inlineData": {"mimeType": "audio/wav", "data": "UklGRg=="}},
            {"text": "a.pdf"},
            {"inlineData": {"mimeType": "application/pdf", "data": "JVBERg=="}},
            {"fileData": {"mimeType": "image/png", "fileUri": "https://h/cat.png"}}])
    );
}

#[test]
fn peeks_at_what_the_gateway_decides_on() {
    let body = br#"{"contents": [{"parts": [{"text": "Hi"}]}], "generation_config": {"max_output_tokens": "9", "candidateCount": 3}}"#;
    let peek = ME.peek(body, Line { model: Some("g"), stream: Some(true) }).unwrap();
    assert_eq!(
        (peek.model.as_str(), peek.stream, peek.max_output, peek.n),
        ("g", true, Some(9), 3)
    );
    assert!(peek.stream_usage);
    // A cap under both of its names could slip past the one that is read.
    for body in [
        &br#"{"contents": [{}], "generationConfig": {"maxOutputTokens": 1, "max_output_tokens": 9}}"#[..],
        br#"{"contents": [{}], "generationConfig": {}, "generation_config": {"maxOutputTokens": 9}}"#,
        br#"{"contents": [{}], "generationConfig": {"maxOutputTokens": -1}}"#,
        br#"{"contents": []}"#,
        br#"{"contents": [7]}"#,
        br#"[]"#,
    ] {
        assert_eq!(ME.peek(body, LINE).unwrap_err().status, 400, "{}", String::from_utf8_lossy(body));
    }
}

#[test]
fn lowers_the_cap_where_it_stands_and_touches_nothing_else() {
    let patch = |body: &str, cap| {
        let edits = Edits { max_output: cap, remove: &["metadata"], ..Edits::default() };
        String::from_utf8(ME.patch(body.as_bytes(), &edits).unwrap()).unwrap()
    };
    assert_eq!(
        patch(
            r#"{ "contents":[] ,"generation_config":{"topK":1,"max_output_tokens":9} }"#,
            Some(5)
        ),
        r#"{ "contents":[] ,"generation_config":{"topK":1,"max_output_tokens":5} }"#
    );
    assert_eq!(
        patch(r#"{"model":"x","contents":[],"metadata":{}}"#, Some(5)),
        r#"{"contents":[],"generationConfig":{"maxOutputTokens":5}}"#
    );
    let odd = r#"{"contents":[{"x":1.50e1}],"new_field":[ ]}"#;
    assert_eq!(patch(odd, None), odd);
}
