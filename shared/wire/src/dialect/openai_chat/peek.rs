//! The few fields the gateway reads and changes on the verbatim path.

use std::fmt;

use serde::{
    Deserialize,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Value, json};

use super::field;
use crate::{Edits, Fault, Peek, Splice, splice::Name, splice_read};

/// Roles that a message may have.
pub(super) const ROLES: [&str; 6] =
    ["system", "assistant", "user", "function", "tool", "developer"];

/// OpenAI's limit on `n`.
pub(super) const MOST_ANSWERS: u32 = 128;

/// The fields read here; all others are skipped. A repeated field counts as last written.
#[derive(Debug, Default)]
struct Glance {
    model: Option<Value>,
    messages: Option<Messages>,
    stream: Option<Value>,
    stream_options: Option<Value>,
    max_tokens: Option<Value>,
    max_completion_tokens: Option<Value>,
    n: Option<Value>,
}

/// What is wrong with the messages, if anything. Their content is not looked at.
#[derive(Debug, PartialEq)]
enum Messages {
    Good,
    Null,
    NotAList(&'static str),
    Empty,
    Wrong(usize, Message),
}

#[derive(Debug, PartialEq)]
enum Message {
    Good,
    NotAnObject(&'static str),
    NoRole,
    RoleOfType(&'static str),
    UnknownRole(String),
}

pub(crate) fn peek(body: &[u8]) -> Result<Peek, Fault> {
    let glance: Glance = field::parse(body)?;
    let model = match some(glance.model) {
        Some(value) => field::string(value, "model")?,
        None => String::new(),
    };
    if model.is_empty() {
        return Err(field::missing("model"));
    }
    glance.messages.unwrap_or(Messages::Null).check()?;
    let stream = some(glance.stream);
    let old = cap(glance.max_tokens, "max_tokens")?;
    let new = cap(glance.max_completion_tokens, "max_completion_tokens")?;
    let n = match some(glance.n) {
        None => 1,
        Some(value) => {
            let n = field::whole(&value, "n", 1)?;
            u32::try_from(n)
                .ok()
                .filter(|n| *n <= MOST_ANSWERS)
                .ok_or_else(|| too_many_answers(n))?
        }
    };
    Ok(Peek {
        model,
        stream: flag(stream, "stream")?,
        max_output: new.or(old),
        stream_usage: match some(glance.stream_options) {
            None => false,
            Some(Value::Object(mut options)) => {
                let include = options.remove("include_usage");
                flag(some(include), "stream_options.include_usage")?
            }
            Some(other) => return Err(field::wrong_type("stream_options", "an object", &other)),
        },
        n,
    })
}

pub(crate) fn patch(body: &[u8], edits: &Edits<'_>) -> Result<Vec<u8>, Fault> {
    // Most edits do not depend on what the body says.
    let depends = edits.max_output.is_some()
        || edits.include_usage
        || edits.model.is_none_or(knows_only_the_new_field);
    let glance = if depends { field::parse(body)? } else { Glance::default() };
    let mut splices: Vec<_> = edits.remove.iter().map(|field| Splice::Remove(field)).collect();
    if let Some(model) = edits.model {
        splices.push(Splice::Set("model", Value::from(model).to_string()));
    }
    let model = edits.model.or_else(|| glance.model.as_ref()?.as_str()).unwrap_or_default();
    let old = some(glance.max_tokens);
    let new = some(glance.max_completion_tokens);
    let only_new = knows_only_the_new_field(model);
    if old.is_some() && only_new {
        splices.push(Splice::Remove("max_tokens"));
    }
    match edits.max_output {
        Some(most) => {
            if new.is_some() || only_new {
                splices.push(Splice::Set("max_completion_tokens", most.to_string()));
            }
            if !only_new && (old.is_some() || new.is_none()) {
                splices.push(Splice::Set("max_tokens", most.to_string()));
            }
        }
        // LiteLLM's callers write the old name, whatever the model.
        None => {
            if let (Some(cap), None, true) = (old, new, only_new) {
                splices.push(Splice::Set("max_completion_tokens", cap.to_string()));
            }
        }
    }
    if edits.include_usage {
        let mut options = match some(glance.stream_options) {
            Some(Value::Object(options)) => options,
            _ => serde_json::Map::new(),
        };
        options.insert("include_usage".into(), json!(true));
        splices.push(Splice::Set("stream_options", Value::Object(options).to_string()));
    }
    splice_read(body, &splices)
        .map_err(|error| Fault::invalid(format!("Invalid JSON payload: {error}"), "request_body"))
}

/// OpenAI's reasoning models refuse `max_tokens`; most compatible servers know nothing else.
fn knows_only_the_new_field(model: &str) -> bool {
    let name = model.rsplit('/').next().unwrap_or(model);
    let digit = |rest: &str| rest.bytes().next().filter(u8::is_ascii_digit);
    name.strip_prefix('o').and_then(digit).is_some()
        || name.strip_prefix("gpt-").and_then(digit).is_some_and(|generation| generation >= b'5')
}

/// The fault of asking for more answers than there may be.
pub(super) fn too_many_answers(n: u64) -> Fault {
    Fault::invalid(
        format!(
            "Invalid 'n': integer above maximum value. Expected a value <= {MOST_ANSWERS}, but got \
             {n} instead."
        ),
        "n",
    )
}

fn some(value: Option<Value>) -> Option<Value> {
    value.filter(|value| !value.is_null())
}

fn flag(value: Option<Value>, path: &str) -> Result<bool, Fault> {
    match value {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(flag),
        Some(other) => Err(field::wrong_type(path, "a boolean", &other)),
    }
}

fn cap(value: Option<Value>, path: &str) -> Result<Option<u64>, Fault> {
    some(value).map(|value| field::whole(&value, path, 1)).transpose()
}

// === impl Messages ===

impl Messages {
    fn check(self) -> Result<(), Fault> {
        let (at, wrong) = match self {
            Self::Good => return Ok(()),
            Self::Null => return Err(field::missing("messages")),
            Self::NotAList(kind) => {
                return Err(field::wrong_kind("messages", "an array of objects", kind));
            }
            Self::Empty => return Err(field::empty_array("messages")),
            Self::Wrong(at, wrong) => (format!("messages[{at}]"), wrong),
        };
        let role = format!("{at}.role");
        Err(match wrong {
            Message::Good => return Ok(()),
            Message::NotAnObject(kind) => field::wrong_kind(&at, "an object", kind),
            Message::NoRole => field::missing(&role),
            Message::RoleOfType(kind) => field::wrong_kind(&role, "a string", kind),
            Message::UnknownRole(word) => field::wrong_value(&role, &word, &ROLES),
        })
    }
}

// === impl Deserialize ===

struct ReadGlance;
struct ReadMessages;
struct ReadMessage;

impl<'de> Deserialize<'de> for Glance {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(ReadGlance)
    }
}

impl<'de> Visitor<'de> for ReadGlance {
    type Value = Glance;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Glance, A::Error> {
        let mut glance = Glance::default();
        while let Some(Name(name)) = map.next_key()? {
            match name.as_ref() {
                "model" => glance.model = Some(map.next_value()?),
                "messages" => glance.messages = Some(map.next_value()?),
                "stream" => glance.stream = Some(map.next_value()?),
                "stream_options" => glance.stream_options = Some(map.next_value()?),
                "max_tokens" => glance.max_tokens = Some(map.next_value()?),
                "max_completion_tokens" => glance.max_completion_tokens = Some(map.next_value()?),
                "n" => glance.n = Some(map.next_value()?),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(glance)
    }
}

/// A value of any type but the one wanted: its type, in OpenAI's words.
macro_rules! other_types {
    ($value:ty, $made:expr) => {
        fn visit_bool<E>(self, _: bool) -> Result<$value, E> {
            Ok($made("a boolean"))
        }
        fn visit_i64<E>(self, _: i64) -> Result<$value, E> {
            Ok($made("an integer"))
        }
        fn visit_u64<E>(self, _: u64) -> Result<$value, E> {
            Ok($made("an integer"))
        }
        fn visit_f64<E>(self, _: f64) -> Result<$value, E> {
            Ok($made("a decimal number"))
        }
        fn visit_str<E>(self, _: &str) -> Result<$value, E> {
            Ok($made("a string"))
        }
    };
}

impl<'de> Deserialize<'de> for Messages {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ReadMessages)
    }
}

impl<'de> Visitor<'de> for ReadMessages {
    type Value = Messages;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Messages, A::Error> {
        let (mut count, mut wrong) = (0, None);
        while let Some(message) = seq.next_element::<Message>()? {
            if wrong.is_none() && message != Message::Good {
                wrong = Some(Messages::Wrong(count, message));
            }
            count += 1;
        }
        Ok(if count == 0 { Messages::Empty } else { wrong.unwrap_or(Messages::Good) })
    }

    fn visit_unit<E>(self) -> Result<Messages, E> {
        Ok(Messages::Null)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Messages, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Messages::NotAList("an object"))
    }

    other_types!(Messages, Messages::NotAList);
}

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ReadMessage)
    }
}

impl<'de> Visitor<'de> for ReadMessage {
    type Value = Message;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Message, A::Error> {
        let mut found = Message::NoRole;
        while let Some(Name(name)) = map.next_key()? {
            if name != "role" {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            found = match map.next_value::<Value>()? {
                Value::Null => Message::NoRole,
                Value::String(role) if ROLES.contains(&role.as_str()) => Message::Good,
                Value::String(role) => Message::UnknownRole(role),
                other => Message::RoleOfType(field::kind(&other)),
            };
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Message, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Message::NotAnObject("an array"))
    }

    fn visit_unit<E>(self) -> Result<Message, E> {
        Ok(Message::NotAnObject("null"))
    }

    other_types!(Message, Message::NotAnObject);
}
