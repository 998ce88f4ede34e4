//! Requests of OpenAI's responses, both ways.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use serde_json::{Value, json};
use sluice_wire::{
    Dialect, Edits, Fault, Line, Target,
    canon::{Data, Effort, Format, Part, Request, Role, Thinking, Tool, ToolChoice},
    dialect::openai_responses::{peek::keeping, response::echo},
};

const ME: Dialect = Dialect::OpenAiResponses;

fn try_decode(body: &Value) -> Result<Request, Fault> {
    ME.decode_request(body.to_string().as_bytes(), Line::default())
}

fn decode(body: &Value) -> Request {
    try_decode(body).unwrap()
}

fn encode(request: &Request) -> (Value, Vec<String>) {
    let target = Target {
        model: "gpt-5",
        max_output: None,
        max_completion_tokens: true,
        ..Target::default()
    };
    let encoded = ME.encode_request(request, target).unwrap();
    let losses = encoded.losses.iter().map(|loss| loss.field.to_string()).collect();
    (serde_json::from_slice(&encoded.body).unwrap(), losses)
}

/// Reads `extra` beside a minimal request.
fn with(extra: &Value) -> Request {
    let mut body = json!({"model": "m", "input": "hi"});
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    decode(&body)
}

#[test]
fn reads_a_text_and_instructions() {
    let request = with(&json!({"instructions": "Be brief.", "max_output_tokens": 9,
        "temperature": 0.5, "top_p": 0.9, "user": "u", "metadata": {"a": "b"}, "stream": true}));
    assert_eq!(request.system, [Part::text("Be brief.")]);
    assert_eq!(request.turns[0].role, Role::User);
    assert_eq!(request.turns[0].parts, [Part::text("hi")]);
    assert_eq!(request.max_output, Some(9));
    assert_eq!(request.sampling.temperature, Some(0.5));
    assert_eq!(request.user.as_deref(), Some("u"));
    assert!(request.stream && request.stream_usage);
    assert_eq!(request.extras, None);
}

#[test]
fn reads_items_into_turns() {
    let request = decode(&json!({"model": "m", "input": [
        {"role": "developer", "content": "First."},
        {"role": "user", "content": [
            {"type": "input_text", "text": "Look"},
            {"type": "input_image", "image_url": "https://e.org/a.png", "detail": "low"},
            {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="},
            {"type": "input_file", "file_url": "https://e.org/b.pdf"},
            {"type": "input_image", "file_id": "file-1"}]},
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm."}]},
        {"type": "message", "role": "assistant", "id": "msg_1", "status": "completed",
            "content": [{"type": "output_text", "text": "Wait.", "annotations": []}]},
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
        {"type": "function_call", "call_id": "c2", "name": "f", "arguments": ""},
        {"type": "function_call_output", "call_id": "c1", "output": "one"},
        {"type": "function_call_output", "call_id": "c2", "output": [
            {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="}]},
        {"role": "system", "content": "Then."},
        {"role": "user", "content": "Go on"}]}));
    assert_eq!(request.system, [Part::text("First.")]);
    let roles: Vec<Role> = request.turns.iter().map(|turn| turn.role).collect();
    assert_eq!(roles, [Role::User, Role::Assistant, Role::User, Role::System, Role::User]);
    let [_, Part::Image(image), Part::Document(pdf), Part::Document(far), Part::Image(held)] =
        request.turns[0].parts.as_slice()
    else {
        panic!("{request:?}")
    };
    assert_eq!(image.detail.as_deref(), Some("low"));
    assert!(
        matches!(&pdf.data, Data::Base64 { media_type, .. } if media_type == "application/pdf")
    );
    assert_eq!(far.data, Data::Url("https://e.org/b.pdf".into()));
    assert_eq!(held.data, Data::File("file-1".into()));
    assert_eq!(request.turns[1].parts.len(), 4);
    assert_eq!(request.turns[2].parts.len(), 2);
}

#[test]
fn reads_tools_and_every_form_of_choice() {
    let tools = json!([
        {"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": true},
        {"type": "function", "name": "g"},
        {"type": "web_search"}]);
    let choose = |choice: Value| with(&json!({"tools": tools, "tool_choice": choice}));
    for (word, choice) in
        [("auto", ToolChoice::Auto), ("none", ToolChoice::None), ("required", ToolChoice::Required)]
    {
        assert_eq!(choose(json!(word)).tool_choice, Some(choice));
    }
    let named = choose(json!({"type": "function", "name": "g"}));
    assert_eq!(named.tool_choice, Some(ToolChoice::Named("g".into())));
    assert!(matches!(&named.tools[0], Tool::Function { strict: Some(true), .. }));
    assert!(matches!(&named.tools[2], Tool::Native { dialect: ME, .. }));

    let wanted = json!({"type": "allowed_tools", "mode": "required", "tools": [
        {"type": "function", "name": "g"}]});
    let allowed = choose(wanted.clone());
    assert_eq!(encode(&allowed).0["tool_choice"], wanted);
    let target = Target {
        model: "m",
        max_output: Some(9),
        max_completion_tokens: false,
        ..Target::default()
    };
    let chat = Dialect::OpenAiChat.encode_request(&allowed, target).unwrap();
    let chat: Value = serde_json::from_slice(&chat.body).unwrap();
    assert_eq!(chat["tool_choice"], "required");
    assert_eq!(chat["tools"].as_array().unwrap().len(), 1);

    let hosted = choose(json!({"type": "web_search"}));
    assert_eq!(hosted.tool_choice, None);
    assert_eq!(encode(&hosted).0["tool_choice"], json!({"type": "web_search"}));
}

#[test]
fn reads_format_and_effort_and_keeps_the_rest() {
    let request = with(&json!({
        "text": {"verbosity": "low", "format": {"type": "json_schema", "name": "x",
            "schema": {"type": "object"}, "strict": true}},
        "reasoning": {"effort": "minimal", "summary": "auto"}}));
    assert!(
        matches!(&request.format, Format::JsonSchema { name, strict: Some(true), .. } if name == "x")
    );
    assert_eq!(request.thinking, Some(Thinking::Effort(Effort::Minimal)));
    let (body, losses) = encode(&request);
    assert_eq!(body["text"]["verbosity"], "low");
    assert_eq!(body["text"]["format"]["name"], "x");
    assert_eq!(body["reasoning"], json!({"effort": "minimal", "summary": "auto"}));
    assert!(losses.is_empty(), "{losses:?}");
}

#[test]
fn what_is_read_is_written_again() {
    let body = json!({"model": "gpt-5", "instructions": "Be brief.",
        "input": [
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
            {"type": "reasoning", "summary": [], "encrypted_content": "gAAA", "id": "rs_1"},
            {"type": "web_search_call", "id": "ws_1", "status": "completed",
                "action": {"type": "search", "query": "q"}},
            {"type": "message", "role": "assistant",
                "content": [{"type": "output_text", "text": "One."}]},
            {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c1", "output": "one"},
            {"type": "custom_tool_call_output", "call_id": "c9", "output": "x"},
            {"type": "item_reference", "id": "msg_7"}],
        "tools": [{"type": "function", "name": "f", "description": null,
            "parameters": {"type": "object"}, "strict": true}, {"type": "mcp", "server_label": "s"}],
        "max_output_tokens": 64, "service_tier": "flex", "store": true, "truncation": "auto",
        "prompt_cache_key": "k", "max_tool_calls": 3});
    let (again, losses) = encode(&decode(&body));
    assert!(losses.is_empty(), "{losses:?}");
    for (name, value) in body.as_object().unwrap() {
        assert_eq!(&again[name], value, "{name}");
    }
}

#[test]
fn says_by_name_what_other_dialects_cannot_carry() {
    let builtin = with(&json!({"tools": [{"type": "mcp", "server_label": "s"}],
        "truncation": "auto", "include": ["web_search_call.results"], "text": {"verbosity": "low"}}));
    for to in [Dialect::OpenAiChat, Dialect::AnthropicMessages] {
        let target = Target {
            model: "m",
            max_output: Some(9),
            max_completion_tokens: false,
            ..Target::default()
        };
        let losses = to.encode_request(&builtin, target).unwrap().losses;
        let find = |name: &str| losses.iter().find(|loss| loss.field == *name).unwrap();
        assert!(find("tools[0]").changes_meaning, "{to:?}");
        assert!(!find("truncation").changes_meaning && !find("include").changes_meaning, "{to:?}");
    }
}

#[test]
fn says_elsewhere_how_wordy_to_be() {
    let request = with(&json!({"text": {"verbosity": "low"}}));
    let target = Target {
        model: "m",
        max_output: Some(9),
        max_completion_tokens: false,
        ..Target::default()
    };
    let chat = Dialect::OpenAiChat.encode_request(&request, target).unwrap();
    let body: Value = serde_json::from_slice(&chat.body).unwrap();
    assert_eq!(body["verbosity"], "low");
    assert!(chat.losses.is_empty(), "{:?}", chat.losses);
    let told = Dialect::AnthropicMessages.encode_request(&request, target).unwrap().losses;
    assert!(told.iter().all(|loss| loss.field == "text" && !loss.changes_meaning), "{told:?}");
}

#[test]
fn a_search_of_the_web_is_each_providers_own() {
    let place = json!({"type": "approximate", "city": "Zürich"});
    let request = with(&json!({"tools": [{"type": "web_search_preview", "user_location": place,
        "search_context_size": "low"}]}));
    let written = |to: Dialect, model: &str| {
        let target = Target {
            model,
            max_output: Some(99),
            max_completion_tokens: false,
            ..Target::default()
        };
        let encoded = to.encode_request(&request, target).unwrap();
        let lost = encoded.losses.iter().any(|loss| loss.changes_meaning);
        (serde_json::from_slice::<Value>(&encoded.body).unwrap(), lost)
    };
    let (claude, lost) = written(Dialect::AnthropicMessages, "claude-sonnet-4-5");
    assert_eq!(
        claude["tools"],
        json!([{"type": "web_search_20250305", "name": "web_search",
        "max_uses": 1, "user_location": place}])
    );
    assert!(!lost);
    let (gemini, lost) = written(Dialect::Gemini, "gemini-2.5-flash");
    assert_eq!(gemini["tools"], json!([{"googleSearch": {}}]));
    assert!(!lost);
    let (nova, lost) = written(Dialect::BedrockConverse, "amazon.nova-2-lite-v1:0");
    assert_eq!(nova["toolConfig"]["tools"], json!([{"systemTool": {"name": "nova_grounding"}}]));
    assert!(!lost);
    // A model that has none, and a search that is held to some places, which only OpenAI's can be.
    assert!(written(Dialect::BedrockConverse, "meta.llama3-3-70b-instruct-v1:0").1);
    let held =
        json!({"tools": [{"type": "web_search", "filters": {"allowed_domains": ["x.test"]}}]});
    let target = Target {
        model: "m",
        max_output: Some(9),
        max_completion_tokens: false,
        ..Target::default()
    };
    let losses = Dialect::Gemini.encode_request(&with(&held), target).unwrap().losses;
    assert!(losses.iter().any(|loss| loss.field == "tools[0]" && loss.changes_meaning));
}

#[test]
fn no_provider_is_sent_what_another_encrypted() {
    let own = json!({"model": "m", "input": [{"role": "user", "content": "Hi"},
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"},
        {"role": "assistant", "content": "Yes"}, {"role": "user", "content": "And?"}]});
    let request = decode(&own);
    for to in Dialect::ALL.iter().filter(|to| **to != ME) {
        let target = Target {
            model: "claude-sonnet-4-5",
            max_output: Some(9),
            max_completion_tokens: false,
            ..Target::default()
        };
        let encoded = to.encode_request(&request, target).unwrap();
        let body = String::from_utf8(encoded.body).unwrap();
        assert!(!body.contains("gAAA"), "{to:?}: {body}");
        assert!(encoded.losses.iter().all(|loss| !loss.changes_meaning), "{to:?}");
    }
    // And no provider of this dialect is sent what is sealed for another.
    let chat = json!({"model": "m", "messages": [{"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Yes", "thinking_blocks": [
            {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}]},
        {"role": "user", "content": "And?"}]});
    let request =
        Dialect::OpenAiChat.decode_request(chat.to_string().as_bytes(), Line::default()).unwrap();
    let (body, losses) = encode(&request);
    assert!(!body.to_string().contains("reasoning"), "{body}");
    assert_eq!(losses, ["input[1].content[0]"]);
}

#[test]
fn refuses_what_is_no_request() {
    for (body, param) in [
        (json!([]), "request_body"),
        (json!({"input": "hi"}), "model"),
        (json!({"model": "m"}), "input"),
        (json!({"model": "m", "input": 7}), "input"),
        (json!({"model": "m", "input": []}), "input"),
        (json!({"model": "m", "input": "hi", "stream": "yes"}), "stream"),
        (json!({"model": "m", "input": "hi", "max_output_tokens": 0}), "max_output_tokens"),
    ] {
        let text = body.to_string();
        let peeked = ME.peek(text.as_bytes(), Line::default()).unwrap_err();
        assert_eq!(peeked.param.as_deref(), Some(param), "{body}");
        assert_eq!(try_decode(&body).unwrap_err().param.as_deref(), Some(param), "{body}");
    }
    for (item, param) in [
        (json!(7), "input[0]"),
        (json!({"content": "x"}), "input[0].type"),
        (json!({"role": "tool", "content": "x"}), "input[0].role"),
        (json!({"role": "user"}), "input[0].content"),
        (
            json!({"role": "user", "content": [{"type": "input_image"}]}),
            "input[0].content[0].image_url",
        ),
        (json!({"type": "function_call", "call_id": "c"}), "input[0].name"),
        (json!({"type": "function_call_output", "call_id": "c"}), "input[0].output"),
    ] {
        let fault = try_decode(&json!({"model": "m", "input": [item]})).unwrap_err();
        assert_eq!(fault.param.as_deref(), Some(param), "{item}: {fault}");
        assert_eq!(fault.status, 400);
    }
}

#[test]
fn peeks_and_patches_and_leaves_every_other_byte() {
    let body =
        r#"{ "model" : "m", "input":[ {"role":"user","content":"é"} ],"stream":true, "x":1.50 }"#;
    let peek = ME.peek(body.as_bytes(), Line::default()).unwrap();
    assert_eq!((peek.model.as_str(), peek.stream, peek.n), ("m", true, 1));
    let edits = Edits { model: Some("gpt-5"), max_output: Some(7), ..Edits::default() };
    let patched = String::from_utf8(ME.patch(body.as_bytes(), &edits).unwrap()).unwrap();
    assert_eq!(
        patched,
        r#"{ "model" : "gpt-5", "input":[ {"role":"user","content":"é"} ],"stream":true, "x":1.50,"max_output_tokens":7 }"#
    );
}

/// Found by fuzzing: a glance refused what a full parse takes.
#[test]
fn a_role_is_only_a_message_s() {
    let ask = |item: Value| json!({"model": "m", "input": [item]});
    let peek = |body: &Value| ME.peek(body.to_string().as_bytes(), Line::default());
    let other = ask(json!({"type": "note", "role": "narrator", "text": "hm"}));
    assert!(try_decode(&other).is_ok());
    assert_eq!(peek(&other).unwrap().model, "m");
    for item in [
        json!({"type": "message", "role": "narrator", "content": "hm"}),
        json!({"role": "narrator", "content": "hm"}),
        json!({"type": "message", "content": "hm"}),
    ] {
        let body = ask(item);
        assert_eq!(peek(&body).unwrap_err().param.as_deref(), Some("input[0].role"));
        assert_eq!(try_decode(&body).unwrap_err().param.as_deref(), Some("input[0].role"));
    }
}

#[test]
fn reads_what_is_to_be_kept() {
    let keep = |body: &Value| keeping(body.to_string().as_bytes());
    let plain = keep(&json!({"model": "m", "input": "x"})).unwrap();
    assert!(plain.store && plain.previous.is_none());
    let chained =
        keep(&json!({"model": "m", "store": false, "previous_response_id": "resp_1"})).unwrap();
    assert!(!chained.store);
    assert_eq!(chained.previous.as_deref(), Some("resp_1"));
    for (name, value) in [("background", json!(true)), ("conversation", json!("conv_1"))] {
        let fault = keep(&json!({"model": "m", "input": "x", name: value})).unwrap_err();
        assert_eq!(fault.param.as_deref(), Some(name));
    }
}

#[test]
fn an_answer_repeats_the_request() {
    let body = json!({"model": "m", "input": "x", "temperature": 0.2, "metadata": {"a": "b"},
        "text": {"verbosity": "low"}, "tools": [{"type": "web_search"}], "stream": true});
    let echo = echo(body.to_string().as_bytes()).unwrap();
    assert_eq!(echo["temperature"], 0.2);
    assert_eq!(echo["metadata"]["a"], "b");
    assert_eq!(echo["text"], json!({"format": {"type": "text"}, "verbosity": "low"}));
    assert_eq!(echo["tools"][0]["type"], "web_search");
    assert_eq!(echo["top_p"], 1.0);
    assert!(!echo.contains_key("stream") && !echo.contains_key("input"));
}
