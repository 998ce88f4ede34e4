//! A prompt's messages before those of a request, and what it sets, in the request's own dialect.
//!
//! A prompt is text alone. The request's own bytes stay as they are; what is put in stands beside them.

use serde_json::{Map, Value, json, value::RawValue};

use crate::{Dialect, Fault, FaultKind, Fields, Splice, history::list, splice};

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Instructions.
    System,
    /// The caller.
    User,
    /// The model.
    Assistant,
}

/// A message of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What they say.
    pub text: String,
}

/// Whether requests of a dialect have room for a prompt.
#[must_use]
pub fn fits(dialect: Dialect) -> bool {
    !matches!(dialect, Dialect::BedrockInvoke)
}

/// The request with a prompt's messages before its own.
///
/// # Errors
/// The caller's, where its messages are no list, or the dialect has no room for a prompt.
pub fn lead(dialect: Dialect, body: &[u8], prompt: &[Message]) -> Result<Vec<u8>, Fault> {
    let system: Vec<&str> = texts(prompt, true).map(|message| message.text.as_str()).collect();
    let spoken: Vec<&Message> = texts(prompt, false).collect();
    let edits = match dialect {
        Dialect::OpenAiChat => {
            let own = prompt.iter().map(|said| plain(said.role.word(), &said.text));
            vec![set("messages", joined(own, list(body, "messages")?)?)]
        }
        Dialect::AnthropicMessages => {
            let own = spoken.iter().map(|said| plain(said.role.word(), &said.text));
            let mut edits = vec![set("messages", joined(own, list(body, "messages")?)?)];
            let block = |text: &str| json!({ "type": "text", "text": text });
            if !system.is_empty() {
                let given = instructions(body, "system", block)?;
                let own = system.iter().map(|text| block(text));
                edits.push(set("system", joined(own, given)?));
            }
            edits
        }
        Dialect::OpenAiResponses => {
            let own = prompt.iter().map(|said| plain(said.role.word(), &said.text));
            let given = instructions(body, "input", |text| plain("user", text))?;
            vec![set("input", joined(own, given)?)]
        }
        Dialect::BedrockConverse => converse(body, &system, &spoken)?,
        Dialect::Gemini => gemini(body, &system, &spoken)?,
        _ => return Err(no_room(dialect)),
    };
    splice(body, &edits).map_err(|error| unreadable(&error))
}

/// The request with what a prompt sets, by the names of OpenAI's chat.
///
/// # Errors
/// What the dialect has no name for.
pub fn settle(dialect: Dialect, body: &[u8], sets: &Map<String, Value>) -> Result<Vec<u8>, Fault> {
    let renamed = |name: &str| -> Option<&'static str> {
        let names: &[(&str, &'static str)] = match dialect {
            Dialect::AnthropicMessages => &[
                ("temperature", "temperature"),
                ("top_p", "top_p"),
                ("max_tokens", "max_tokens"),
                ("max_completion_tokens", "max_tokens"),
                ("stop", "stop_sequences"),
            ],
            Dialect::OpenAiResponses => &[
                ("temperature", "temperature"),
                ("top_p", "top_p"),
                ("max_tokens", "max_output_tokens"),
                ("max_completion_tokens", "max_output_tokens"),
            ],
            Dialect::BedrockConverse => &[
                ("temperature", "temperature"),
                ("top_p", "topP"),
                ("max_tokens", "maxTokens"),
                ("max_completion_tokens", "maxTokens"),
                ("stop", "stopSequences"),
            ],
            Dialect::Gemini => &[
                ("temperature", "temperature"),
                ("top_p", "topP"),
                ("max_tokens", "maxOutputTokens"),
                ("max_completion_tokens", "maxOutputTokens"),
                ("stop", "stopSequences"),
            ],
            _ => &[],
        };
        names.iter().find(|(own, _)| *own == name).map(|(_, theirs)| *theirs)
    };
    if dialect == Dialect::OpenAiChat {
        let edits: Vec<_> =
            sets.iter().map(|(name, value)| Splice::Set(name, value.to_string())).collect();
        return splice(body, &edits).map_err(|error| unreadable(&error));
    }
    let mut named = Vec::new();
    for (name, value) in sets {
        let theirs = renamed(name).ok_or_else(|| {
            let message =
                format!("The prompt sets '{name}', which cannot be said in {}.", dialect.name());
            Fault::new(FaultKind::InvalidRequest, message).with_param("prompt_id")
        })?;
        let value = match (name.as_str(), value) {
            ("stop", Value::String(one)) => json!([one]),
            _ => value.clone(),
        };
        named.push((theirs, value.to_string()));
    }
    let edits: Vec<_> = named.into_iter().map(|(name, value)| Splice::Set(name, value)).collect();
    let within = match dialect {
        Dialect::BedrockConverse => "inferenceConfig",
        Dialect::Gemini => spelled(body, "generationConfig", "generation_config"),
        _ => return splice(body, &edits).map_err(|error| unreadable(&error)),
    };
    if edits.is_empty() {
        return Ok(body.to_vec());
    }
    let own = Fields::find(body).and_then(|fields| fields.get::<&RawValue>(within));
    let own = own.map_or("{}", RawValue::get);
    let own = if own == "null" { "{}" } else { own };
    let own = splice(own.as_bytes(), &edits)
        .map_err(|_| Fault::invalid(format!("Invalid '{within}': must be an object."), within))?;
    let own = String::from_utf8(own).map_err(|error| unreadable(&error))?;
    splice(body, &[Splice::Set(within, own)]).map_err(|error| unreadable(&error))
}

/// Converse's turns alternate: what one speaker says in a row is one message.
fn converse(
    body: &[u8],
    system: &[&str],
    spoken: &[&Message],
) -> Result<Vec<Splice<'static>>, Fault> {
    let mut given = list(body, "messages")?;
    let mut own: Vec<(Role, Vec<Value>)> = Vec::new();
    for said in spoken {
        let block = json!({ "text": said.text });
        match own.last_mut() {
            Some((role, blocks)) if *role == said.role => blocks.push(block),
            _ => own.push((said.role, vec![block])),
        }
    }
    if let (Some((role, blocks)), Some(first)) = (own.last(), given.first_mut())
        && let Some(fields) = Fields::find(first.get().as_bytes())
        && fields.get::<&str>("role") == Some(role.word())
    {
        let content = list(first.get().as_bytes(), "content")?;
        let all = joined(blocks.clone(), content)?;
        let merged = splice(first.get().as_bytes(), &[Splice::Set("content", all)]);
        let merged = String::from_utf8(merged.map_err(|error| unreadable(&error))?);
        let merged = merged.map_err(|error| unreadable(&error))?;
        *first = RawValue::from_string(merged).map_err(|error| unreadable(&error))?;
        own.pop();
    }
    let own = own.into_iter().map(|(role, blocks)| json!({"role": role.word(), "content": blocks}));
    let mut edits = vec![set("messages", joined(own, given)?)];
    if !system.is_empty() {
        let own = system.iter().map(|text| json!({ "text": text }));
        edits.push(set("system", joined(own, list(body, "system")?)?));
    }
    Ok(edits)
}

fn gemini(
    body: &[u8],
    system: &[&str],
    spoken: &[&Message],
) -> Result<Vec<Splice<'static>>, Fault> {
    let part = |text: &str| json!({ "text": text });
    let own = spoken.iter().map(|said| {
        let role = if said.role == Role::Assistant { "model" } else { "user" };
        json!({ "role": role, "parts": [part(&said.text)] })
    });
    let mut edits = vec![set("contents", joined(own, list(body, "contents")?)?)];
    if !system.is_empty() {
        let name = spelled(body, "systemInstruction", "system_instruction");
        let given = Fields::find(body).and_then(|fields| fields.get::<&RawValue>(name));
        let given = match given.map(RawValue::get).filter(|given| *given != "null") {
            Some(given) => list(given.as_bytes(), "parts")?,
            None => Vec::new(),
        };
        let parts = joined(system.iter().map(|text| part(text)), given)?;
        edits.push(Splice::Set(name, format!("{{\"parts\":{parts}}}")));
    }
    Ok(edits)
}

/// Google reads two spellings.
fn spelled(body: &[u8], camel: &'static str, snake: &'static str) -> &'static str {
    let is_snake = Fields::find(body).is_some_and(|fields| fields.has(snake) && !fields.has(camel));
    if is_snake { snake } else { camel }
}

/// Instructions or input that are a list, or one text in the place of one.
fn instructions(
    body: &[u8],
    name: &'static str,
    block: impl Fn(&str) -> Value,
) -> Result<Vec<Box<RawValue>>, Fault> {
    let text = Fields::find(body).and_then(|fields| fields.get::<String>(name));
    let Some(text) = text else { return list(body, name) };
    let raw = RawValue::from_string(block(&text).to_string());
    Ok(vec![raw.map_err(|error| unreadable(&error))?])
}

fn texts(prompt: &[Message], system: bool) -> impl Iterator<Item = &Message> {
    prompt.iter().filter(move |message| (message.role == Role::System) == system)
}

fn plain(role: &str, text: &str) -> Value {
    json!({ "role": role, "content": text })
}

fn set(name: &'static str, json: String) -> Splice<'static> {
    Splice::Set(name, json)
}

/// A prompt's own and what was given, as one list.
fn joined(
    own: impl IntoIterator<Item = Value>,
    given: Vec<Box<RawValue>>,
) -> Result<String, Fault> {
    let own = own.into_iter().map(|value| value.to_string());
    let given = given.into_iter().map(|raw| raw.get().to_owned());
    Ok(format!("[{}]", own.chain(given).collect::<Vec<_>>().join(",")))
}

fn no_room(dialect: Dialect) -> Fault {
    let message = format!("A prompt cannot be put into {}.", dialect.name());
    Fault::new(FaultKind::InvalidRequest, message).with_param("prompt_id")
}

fn unreadable(error: &dyn std::fmt::Display) -> Fault {
    Fault::invalid(format!("Invalid JSON payload: {error}"), "request_body")
}

// === impl Role ===

impl Role {
    fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt() -> Vec<Message> {
        let said = |role, text: &str| Message { role, text: text.to_owned() };
        vec![
            said(Role::System, "Be brief."),
            said(Role::User, "I am Ann."),
            said(Role::Assistant, "Hello, Ann."),
            said(Role::User, "Answer me."),
        ]
    }

    fn led(dialect: Dialect, body: &str) -> Value {
        serde_json::from_slice(&lead(dialect, body.as_bytes(), &prompt()).unwrap()).unwrap()
    }

    #[test]
    fn stands_before_what_the_caller_says_in_each_dialect() {
        let own = r#"{"messages":[{"role":"user","content":"Who am I?"}],"n":1}"#;
        let spoken = json!([
            {"role": "user", "content": "I am Ann."},
            {"role": "assistant", "content": "Hello, Ann."},
            {"role": "user", "content": "Answer me."},
            {"role": "user", "content": "Who am I?"},
        ]);
        let mut whole = spoken.as_array().unwrap().clone();
        whole.insert(0, json!({"role": "system", "content": "Be brief."}));
        let chat = led(Dialect::OpenAiChat, own);
        assert_eq!((&chat["messages"], &chat["n"]), (&json!(whole), &json!(1)));
        let input = r#"{"input":"Who am I?"}"#;
        assert_eq!(led(Dialect::OpenAiResponses, input)["input"], json!(whole));
        let anthropic = led(Dialect::AnthropicMessages, own);
        assert_eq!(anthropic["messages"], spoken);
        assert_eq!(anthropic["system"], json!([{"type": "text", "text": "Be brief."}]));
        let with = r#"{"system":"Be kind.","messages":[]}"#;
        let block = |text: &str| json!({"type": "text", "text": text});
        let both = json!([block("Be brief."), block("Be kind.")]);
        assert_eq!(led(Dialect::AnthropicMessages, with)["system"], both);
        for name in ["systemInstruction", "system_instruction"] {
            let body = format!(
                r#"{{"{name}":{{"parts":[{{"text":"Be kind."}}]}},"contents":[{{"role":"user","parts":[{{"text":"Who?"}}]}}]}}"#
            );
            let gemini = led(Dialect::Gemini, &body);
            assert_eq!(gemini[name]["parts"], json!([{"text": "Be brief."}, {"text": "Be kind."}]));
            let roles: Vec<_> =
                gemini["contents"].as_array().unwrap().iter().map(|one| &one["role"]).collect();
            assert_eq!(roles, ["user", "model", "user", "user"]);
        }
    }

    #[test]
    fn turns_of_converse_go_on_alternating() {
        let body = r#"{"messages":[{"role":"user","content":[{"text":"Who am I?"}]}]}"#;
        let told = led(Dialect::BedrockConverse, body);
        assert_eq!(told["system"], json!([{"text": "Be brief."}]));
        let messages = json!([
            {"role": "user", "content": [{"text": "I am Ann."}]},
            {"role": "assistant", "content": [{"text": "Hello, Ann."}]},
            {"role": "user", "content": [{"text": "Answer me."}, {"text": "Who am I?"}]},
        ]);
        assert_eq!(told["messages"], messages);
        assert_eq!(led(Dialect::BedrockConverse, "{}")["messages"].as_array().unwrap().len(), 3);
    }

    #[test]
    fn what_a_prompt_sets_has_its_name_in_each_dialect() {
        let sets = json!({"temperature": 0.5, "max_tokens": 9, "stop": "x"});
        let set = |dialect, body: &str| -> Value {
            let settled = settle(dialect, body.as_bytes(), sets.as_object().unwrap()).unwrap();
            serde_json::from_slice(&settled).unwrap()
        };
        let chat = set(Dialect::OpenAiChat, r#"{"temperature":1}"#);
        assert_eq!(chat, json!({"temperature": 0.5, "max_tokens": 9, "stop": "x"}));
        assert_eq!(set(Dialect::AnthropicMessages, "{}")["stop_sequences"], json!(["x"]));
        let converse = set(Dialect::BedrockConverse, r#"{"inferenceConfig":{"topP":0.1}}"#);
        let config =
            json!({"topP": 0.1, "temperature": 0.5, "maxTokens": 9, "stopSequences": ["x"]});
        assert_eq!(converse["inferenceConfig"], config);
        let gemini = set(Dialect::Gemini, r#"{"generation_config":{"topK":1}}"#);
        assert_eq!(gemini["generation_config"]["maxOutputTokens"], 9);
        let fault = settle(Dialect::OpenAiResponses, b"{}", sets.as_object().unwrap()).unwrap_err();
        assert!(fault.message.contains("'stop'"), "{}", fault.message);
    }

    #[test]
    fn wrong_messages_are_refused_by_their_name() {
        for (dialect, body, param) in [
            (Dialect::OpenAiChat, r#"{"messages":"x"}"#, "messages"),
            (Dialect::Gemini, r#"{"contents":7}"#, "contents"),
            (Dialect::BedrockConverse, r#"{"system":"x"}"#, "system"),
        ] {
            let fault = lead(dialect, body.as_bytes(), &prompt()).unwrap_err();
            assert_eq!(fault.param.as_deref(), Some(param));
        }
        assert!(lead(Dialect::BedrockInvoke, b"{}", &prompt()).is_err());
    }
}
