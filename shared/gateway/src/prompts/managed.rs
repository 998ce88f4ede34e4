//! Prompts that Bedrock manages, named by their ARN in the place of a model.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use memchr::memmem;
use serde_json::{Map, Value};
use sluice_store::Millis;
use sluice_wire::{Dialect, Fault, FaultKind, Fields, Splice, prompt, prompt::Role, splice};

use super::{admit, answered_by, template::Template};
use crate::{
    App,
    corridor::{Facts, Line},
};

const VARIABLES: &str = "promptVariables";
/// How long a prompt is used without asking for it again, in milliseconds.
const FRESH_MS: i64 = 60_000;
/// Prompts kept at most; beyond that it starts over.
const CAPACITY: usize = 1_000;

/// An ARN of a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Arn {
    /// Without its version.
    prompt: String,
    version: Option<String>,
}

/// A prompt, read.
#[derive(Debug)]
struct Managed {
    model: String,
    /// What it sets, by the names of OpenAI's chat.
    sets: Map<String, Value>,
    template: Template,
}

/// What a warm process keeps of them.
#[derive(Debug, Default)]
pub(crate) struct ManagedPrompts(Mutex<HashMap<Arn, Kept>>);

/// A prompt, and when it was read.
type Kept = (Arc<Managed>, Millis);

/// The prompt that a call names in the place of a model, if it does.
pub(super) fn named(line: &Line, body: &[u8]) -> Option<Arn> {
    if !matches!(line.dialect, Dialect::BedrockConverse | Dialect::OpenAiChat) {
        return None;
    }
    match &line.model {
        Some(model) => Arn::read(model),
        None if memmem::find(body, b":prompt/").is_some() => {
            Arn::read(&Fields::find(body)?.get::<String>("model")?)
        }
        None => None,
    }
}

/// The request with the prompt in it.
///
/// # Errors
/// The caller's, Bedrock's, or that the prompt has what is not carried here.
pub(super) async fn put_in(
    app: &App,
    facts: &Facts,
    line: &mut Line,
    body: Bytes,
    arn: &Arn,
) -> Result<Bytes, Fault> {
    if let Some(caller) = &facts.caller {
        admit(caller, &[&arn.prompt, &arn.to_string()])?;
    }
    let given = variables(&body)?;
    let managed = app.managed.get(app, arn).await?;
    let known = managed.template.variables();
    if let Some(unknown) = given.keys().find(|name| !known.contains(&name.as_str())) {
        let message = format!("{VARIABLES}: the prompt has no variable '{unknown}'.");
        return Err(Fault::invalid(message, VARIABLES));
    }
    let messages = managed.template.render(&given).map_err(|name| {
        let message = format!("{VARIABLES}: the prompt needs a value for '{name}'.");
        Fault::invalid(message, VARIABLES)
    })?;
    let body = splice(&body, &[Splice::Remove(VARIABLES)]).map_err(|error| {
        Fault::invalid(format!("Invalid JSON payload: {error}"), "request_body")
    })?;
    let body = prompt::lead(line.dialect, &body, &messages)?;
    let body = prompt::settle(line.dialect, &body, &managed.sets)?;
    let registry = app.registry();
    let seen = registry.seen_by(facts.caller.as_ref().and_then(|caller| caller.team()));
    let group =
        seen.group_on_bedrock(&managed.model).filter(|_| seen.group(&managed.model).is_none());
    let model = group.map_or(managed.model.as_str(), |group| group.name.as_str());
    answered_by(line, Some(model), body)
}

/// `promptVariables` as Converse has them: texts by their names.
fn variables(body: &[u8]) -> Result<Map<String, Value>, Fault> {
    let wrong = || {
        let message = format!(
            "Invalid '{VARIABLES}': must be an object such as {{\"name\": {{\"text\": \"Ann\"}}}}."
        );
        Fault::invalid(message, VARIABLES)
    };
    let given = match Fields::find(body).and_then(|fields| fields.get::<Value>(VARIABLES)) {
        None | Some(Value::Null) => return Ok(Map::new()),
        Some(Value::Object(given)) => given,
        Some(_) => return Err(wrong()),
    };
    let mut texts = Map::new();
    for (name, value) in given {
        match value {
            Value::Object(mut value) if value.len() == 1 => match value.remove("text") {
                Some(Value::String(text)) => texts.insert(name, Value::String(text)),
                _ => return Err(wrong()),
            },
            _ => return Err(wrong()),
        };
    }
    Ok(texts)
}

// === impl Arn ===

impl Arn {
    /// Reads `arn:aws:bedrock:us-east-1:111122223333:prompt/ABCDEFGHIJ`, with `:2` behind it or not.
    fn read(model: &str) -> Option<Self> {
        let text = model.strip_prefix("bedrock/").unwrap_or(model);
        let parts: Vec<&str> = text.split(':').collect();
        let (head, version) = match parts.as_slice() {
            [head @ .., version] if parts.len() == 7 => (head, Some(*version)),
            head if parts.len() == 6 => (head, None),
            _ => return None,
        };
        let ["arn", partition, "bedrock", region, account, resource] = head else { return None };
        let id = resource.strip_prefix("prompt/")?;
        let plain = |text: &str, also: fn(u8) -> bool| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || also(byte))
        };
        let lower = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
        let is_arn = partition.starts_with("aws")
            && plain(partition, lower)
            && plain(region, lower)
            && region.len() <= 20
            && account.len() == 12
            && plain(account, |_| false)
            && id.len() == 10
            && plain(id, |byte| byte.is_ascii_alphabetic());
        let counts = |version: &str| version.len() <= 5 && plain(version, |_| false);
        let is_version = version.is_none_or(|version| version == "DRAFT" || counts(version));
        (is_arn && is_version).then(|| Self {
            prompt: head.join(":"),
            version: version.filter(|version| *version != "DRAFT").map(str::to_owned),
        })
    }
}

// === impl Display for Arn ===

impl std::fmt::Display for Arn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.prompt)?;
        match &self.version {
            Some(version) => write!(f, ":{version}"),
            None => Ok(()),
        }
    }
}

// === impl ManagedPrompts ===

impl ManagedPrompts {
    async fn get(&self, app: &App, arn: &Arn) -> Result<Arc<Managed>, Fault> {
        let now = app.clock.now();
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(arn).cloned();
        if let Some((managed, read_at)) = known
            && (0..FRESH_MS).contains(&(now.get() - read_at.get()))
        {
            return Ok(managed);
        }
        let answer = app.transport.managed_prompt(&arn.prompt, arn.version.as_deref()).await?;
        let managed = Managed::read(&answer).map_err(|wrong| {
            let message = format!("The prompt '{arn}' cannot be used: {wrong}.");
            Fault::new(FaultKind::InvalidRequest, message).with_param("model")
        })?;
        let managed = Arc::new(managed);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= CAPACITY {
            all.clear();
        }
        all.insert(arn.clone(), (Arc::clone(&managed), now));
        Ok(managed)
    }
}

// === impl Managed ===

impl Managed {
    /// Reads GetPrompt's answer: the variant by default, else the first.
    fn read(answer: &Value) -> Result<Self, String> {
        let variants = answer.get("variants").and_then(Value::as_array);
        let variants = variants.map(Vec::as_slice).unwrap_or_default();
        let default = answer.get("defaultVariant").and_then(Value::as_str);
        let named = |variant: &&Value| variant.get("name").and_then(Value::as_str) == default;
        let variant = variants.iter().find(named).or_else(|| variants.first());
        let variant = variant.ok_or_else(|| "it has no variant".to_owned())?;
        if let Some(extra) = variant.get("additionalModelRequestFields")
            && extra.as_object().is_some_and(|extra| !extra.is_empty())
        {
            return Err("it has additionalModelRequestFields, which are not carried".to_owned());
        }
        let model = variant.get("modelId").and_then(Value::as_str);
        let model = model.ok_or_else(|| "it names no model".to_owned())?.to_owned();
        let template = Template::of(said(variant)?)?;
        let mut sets = Map::new();
        let inference = variant.pointer("/inferenceConfiguration/text");
        for (theirs, name) in [
            ("temperature", "temperature"),
            ("topP", "top_p"),
            ("maxTokens", "max_tokens"),
            ("stopSequences", "stop"),
        ] {
            let value = inference.and_then(|own| own.get(theirs)).filter(|value| !value.is_null());
            if let Some(value) =
                value.filter(|value| value.as_array().is_none_or(|all| !all.is_empty()))
            {
                sets.insert(name.to_owned(), value.clone());
            }
        }
        Ok(Self { model, sets, template })
    }
}

/// What the template of a variant says, speaker by speaker.
fn said(variant: &Value) -> Result<Vec<(Role, String)>, String> {
    let template = variant.get("templateConfiguration");
    if let Some(text) = template.and_then(|template| template.get("text")) {
        if text.get("cachePoint").is_some_and(|point| !point.is_null()) {
            return Err("it has a cachePoint, which is not carried".to_owned());
        }
        let text = text.get("text").and_then(Value::as_str);
        return Ok(vec![(Role::User, text.unwrap_or_default().to_owned())]);
    }
    let chat = template.and_then(|template| template.get("chat"));
    let chat = chat.ok_or_else(|| "it has no template".to_owned())?;
    if chat.get("toolConfiguration").is_some_and(|tools| !tools.is_null()) {
        return Err("it has a toolConfiguration, which is not carried".to_owned());
    }
    let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let mut all = Vec::new();
    let mut blocks = |role: Role, blocks: Vec<Value>| {
        for block in blocks {
            let text = block.get("text").and_then(Value::as_str);
            let text = text.ok_or_else(|| "it has content that is no text".to_owned())?;
            all.push((role, text.to_owned()));
        }
        Ok::<(), String>(())
    };
    blocks(Role::System, list(chat.get("system")))?;
    for message in list(chat.get("messages")) {
        let role = match message.get("role").and_then(Value::as_str) {
            Some("assistant") => Role::Assistant,
            _ => Role::User,
        };
        blocks(role, list(message.get("content")))?;
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_arn_is_read_to_the_letter_for_a_host_is_made_of_it() {
        let whole = "arn:aws:bedrock:us-east-1:111122223333:prompt/ABCDEFGHIJ";
        let arn = Arn::read(&format!("{whole}:2")).unwrap();
        assert_eq!((arn.prompt.as_str(), arn.version.as_deref()), (whole, Some("2")));
        assert_eq!(arn.to_string(), format!("{whole}:2"));
        assert_eq!(Arn::read(&format!("bedrock/{whole}:DRAFT")).unwrap().version, None);
        for wrong in [
            "arn:aws:bedrock:us-east-1:111122223333:inference-profile/ABCDEFGHIJ",
            "arn:aws:bedrock:evil.example/:111122223333:prompt/ABCDEFGHIJ",
            "arn:aws:bedrock:us-east-1@evil:111122223333:prompt/ABCDEFGHIJ",
            "arn:aws:bedrock::111122223333:prompt/ABCDEFGHIJ",
            "arn:aws:bedrock:us-east-1:1:prompt/ABCDEFGHIJ",
            "arn:aws:bedrock:us-east-1:111122223333:prompt/ABC",
            "arn:aws:bedrock:us-east-1:111122223333:prompt/ABCDEFGHIJ:2&a=b",
            "arn:aws:s3:us-east-1:111122223333:prompt/ABCDEFGHIJ",
        ] {
            assert_eq!(Arn::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_a_prompt_has_and_cannot_be_carried_is_named() {
        let text = json!({"text": {"text": "Hi {{a}}"}});
        let variant = |more: Value| {
            let mut variant = json!({"name": "v", "modelId": "m", "templateConfiguration": text});
            variant.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            Managed::read(&json!({"defaultVariant": "v", "variants": [{"name": "other"}, variant]}))
        };
        assert_eq!(variant(json!({})).unwrap().template.variables(), ["a"]);
        let chat = |more: Value| json!({"templateConfiguration": {"chat": more}});
        let blocks = json!([{"text": "Hi"}, {"cachePoint": {"type": "default"}}]);
        for (more, told) in [
            (json!({"modelId": null}), "no model"),
            (json!({"templateConfiguration": {}}), "no template"),
            (json!({"additionalModelRequestFields": {"top_k": 1}}), "additionalModelRequestFields"),
            (chat(json!({"toolConfiguration": {"tools": []}})), "toolConfiguration"),
            (chat(json!({"messages": [{"role": "user", "content": blocks}]})), "no text"),
            (chat(json!({"messages": []})), "says nothing"),
        ] {
            let wrong = variant(more).unwrap_err();
            assert!(wrong.contains(told), "{wrong}");
        }
        assert!(Managed::read(&json!({})).unwrap_err().contains("no variant"));
    }
}
