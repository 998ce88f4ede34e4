//! What one call adds to a conversation.

use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};

use super::message;
use crate::{Dialect, Fault, FaultKind, Line, Splice, Target, splice};

/// The model of a request that is written to be read again.
const NOBODY: &str = "history";

/// A turn. As JSON it is what is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Turn {
    dialect: Words,
    /// Instructions that came with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    system: Vec<Box<RawValue>>,
    messages: Vec<Box<RawValue>>,
}

/// The dialects that conversations are kept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Words {
    OpenaiChat,
    BedrockConverse,
}

// === impl Turn ===

impl Turn {
    /// What a request says. Its instructions are those that stand before everything else.
    ///
    /// # Errors
    /// The caller's, where the messages are no list or the dialect is one that keeps nothing here.
    pub fn asked(dialect: Dialect, body: &[u8]) -> Result<Self, Fault> {
        let dialect = Words::of(dialect)?;
        let mut messages = message::list(body, "messages")?;
        let system = match dialect {
            Words::BedrockConverse => message::list(body, "system")?,
            Words::OpenaiChat => {
                let said = messages.iter().position(|message| !message::instructs(message));
                let rest = messages.split_off(said.unwrap_or(messages.len()));
                std::mem::replace(&mut messages, rest)
            }
        };
        Ok(Self { dialect, system, messages })
    }

    /// The turn with its answer, a whole one of the caller's dialect; `None` where that says nothing.
    #[must_use]
    pub fn answered(mut self, answer: &[u8]) -> Option<Self> {
        let message = message::answered(self.dialect.dialect(), answer)?;
        self.messages.push(serde_json::value::to_raw_value(&message).ok()?);
        Some(self)
    }

    /// The same turn in the words of a dialect.
    ///
    /// # Errors
    /// What the dialect cannot say, such as a picture by its address in Bedrock's.
    pub fn told_in(self, dialect: Dialect) -> Result<Self, Fault> {
        if self.dialect.dialect() == dialect {
            return Ok(self);
        }
        let own = self.dialect.dialect();
        let line = Line { model: Some(NOBODY), stream: Some(false) };
        let request = own.decode_request(self.request()?.as_bytes(), line)?;
        let written = dialect.encode_request(&request, Target::default())?;
        Self::asked(dialect, &written.body)
    }

    /// The turn as a request of its own dialect.
    fn request(&self) -> Result<String, Fault> {
        let field = |name, list: &[&RawValue]| Ok(Splice::Set(name, written(list)?));
        let (system, own) = (each(&self.system), each(&self.messages));
        let fields = match self.dialect {
            Words::BedrockConverse => vec![field("system", &system)?, field("messages", &own)?],
            Words::OpenaiChat => {
                let model = Splice::Set("model", Value::from(NOBODY).to_string());
                vec![model, field("messages", &[system, own].concat())?]
            }
        };
        let body = splice(b"{}", &fields).map_err(|error| unreadable(&error))?;
        String::from_utf8(body).map_err(|error| unreadable(&error))
    }

    /// A conversation as its reader's dialect has it: the instructions that were given last, and all
    /// messages.
    ///
    /// # Errors
    /// As [`Self::told_in`].
    pub fn conversation(turns: Vec<Self>, dialect: Dialect) -> Result<Vec<u8>, Fault> {
        let whole = Self::joined(turns, dialect)?;
        let (system, messages) = (each(&whole.system), each(&whole.messages));
        let fields = match whole.dialect {
            Words::OpenaiChat => {
                vec![Splice::Set("messages", written(&[system, messages].concat())?)]
            }
            Words::BedrockConverse => vec![
                Splice::Set("messages", written(&messages)?),
                Splice::Set("system", written(&system)?),
            ],
        };
        splice(b"{}", &fields).map_err(|error| unreadable(&error))
    }

    /// Turns as one, in the words of a dialect.
    fn joined(turns: Vec<Self>, dialect: Dialect) -> Result<Self, Fault> {
        let mut whole =
            Self { dialect: Words::of(dialect)?, system: Vec::new(), messages: Vec::new() };
        for turn in turns {
            let turn = turn.told_in(dialect)?;
            whole.messages.extend(turn.messages);
            if !turn.system.is_empty() {
                whole.system = turn.system;
            }
        }
        Ok(whole)
    }

    /// The request with what was said before in it. Instructions of its own stand in the place of the
    /// earlier ones.
    ///
    /// # Errors
    /// As [`Self::told_in`], and the caller's for a body that is no JSON object.
    pub fn go_on(&self, body: &[u8], earlier: Vec<Self>) -> Result<Vec<u8>, Fault> {
        if earlier.is_empty() {
            return Ok(body.to_vec());
        }
        let dialect = self.dialect.dialect();
        let before = Self::joined(earlier, dialect)?;
        let system = if self.system.is_empty() { &before.system } else { &self.system };
        let system = each(system);
        let said = [each(&before.messages), each(&self.messages)].concat();
        let edits = match self.dialect {
            Words::OpenaiChat => {
                vec![Splice::Set("messages", written(&[system, said].concat())?)]
            }
            Words::BedrockConverse => {
                let instructions = (!system.is_empty()).then(|| written(&system)).transpose()?;
                let instructions = instructions.map(|text| Splice::Set("system", text));
                let said = Splice::Set("messages", written(&said)?);
                instructions.into_iter().chain([said]).collect()
            }
        };
        splice(body, &edits).map_err(|error| unreadable(&error))
    }
}

fn each(list: &[Box<RawValue>]) -> Vec<&RawValue> {
    list.iter().map(Box::as_ref).collect()
}

fn written(list: &[&RawValue]) -> Result<String, Fault> {
    serde_json::to_string(list).map_err(|error| unreadable(&error))
}

fn unreadable(error: &dyn std::fmt::Display) -> Fault {
    Fault::new(FaultKind::InvalidRequest, format!("Invalid JSON payload: {error}"))
        .with_param("request_body")
}

// === impl Words ===

impl Words {
    fn of(dialect: Dialect) -> Result<Self, Fault> {
        match dialect {
            Dialect::OpenAiChat => Ok(Self::OpenaiChat),
            Dialect::BedrockConverse => Ok(Self::BedrockConverse),
            _ => Err(Fault::new(
                FaultKind::InvalidRequest,
                "Conversations are kept of OpenAI's chat and of Bedrock's Converse alone.",
            )),
        }
    }

    fn dialect(self) -> Dialect {
        match self {
            Self::OpenaiChat => Dialect::OpenAiChat,
            Self::BedrockConverse => Dialect::BedrockConverse,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(dialect: Dialect, body: &str, answer: &str) -> Turn {
        let asked = Turn::asked(dialect, body.as_bytes()).unwrap();
        asked.answered(answer.as_bytes()).unwrap()
    }

    /// As it is kept, and read again.
    fn kept(turn: &Turn) -> Turn {
        serde_json::from_str(&serde_json::to_string(turn).unwrap()).unwrap()
    }

    fn json(body: &[u8]) -> Value {
        serde_json::from_slice(body).unwrap()
    }

    const CHAT: &str = r#"{"model":"m","messages":[{"role":"system","content":"Be brief."},{"role":"user", "content":"Hi\u00fc", "odd":1.50}]}"#;
    const ANSWER: &str = r#"{"choices":[{"message":{"role":"assistant","content":"Yes","refusal":null,"annotations":[]}}]}"#;

    #[test]
    fn a_request_goes_on_with_the_bytes_of_what_was_said() {
        let first = kept(&turn(Dialect::OpenAiChat, CHAT, ANSWER));
        let next =
            r#"{"model":"m", "messages":[{"role":"user","content":"And?"}],"temperature":1.0}"#;
        let asked = Turn::asked(Dialect::OpenAiChat, next.as_bytes()).unwrap();
        let whole = asked.go_on(next.as_bytes(), vec![first]).unwrap();
        assert_eq!(
            String::from_utf8(whole).unwrap(),
            r#"{"model":"m", "messages":[{"role":"system","content":"Be brief."},{"role":"user", "content":"Hi\u00fc", "odd":1.50},{"role":"assistant","content":"Yes"},{"role":"user","content":"And?"}],"temperature":1.0}"#
        );
    }

    #[test]
    fn instructions_of_its_own_stand_in_the_place_of_earlier_ones() {
        let first = turn(Dialect::OpenAiChat, CHAT, ANSWER);
        let next = r#"{"model":"m","messages":[{"role":"developer","content":"Be long."},{"role":"user","content":"And?"}]}"#;
        let asked = Turn::asked(Dialect::OpenAiChat, next.as_bytes()).unwrap();
        let whole = json(&asked.go_on(next.as_bytes(), vec![first]).unwrap());
        let said: Vec<&str> = whole["messages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|message| message["content"].as_str().unwrap())
            .collect();
        assert_eq!(said, ["Be long.", "Hi\u{fc}", "Yes", "And?"]);
    }

    #[test]
    fn tools_and_pictures_are_told_in_the_other_dialect_both_ways() {
        let first = turn(
            Dialect::OpenAiChat,
            r#"{"messages":[{"role":"system","content":"S"},{"role":"user","content":[{"type":"text","text":"Look"},
                {"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}]}]}"#,
            r#"{"choices":[{"message":{"role":"assistant","content":null,"tool_calls":[
                {"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]}}]}"#,
        );
        let second = turn(
            Dialect::OpenAiChat,
            r#"{"messages":[{"role":"tool","tool_call_id":"c1","content":"2"}]}"#,
            ANSWER,
        );
        let told =
            json(&Turn::conversation(vec![first, second], Dialect::BedrockConverse).unwrap());
        assert_eq!(told["system"], serde_json::json!([{"text": "S"}]));
        let messages = &told["messages"];
        assert_eq!(messages[0]["content"][1]["image"]["source"]["bytes"], "iVBORw0KGgo=");
        assert_eq!(messages[1]["content"][0]["toolUse"]["input"]["a"], 1);
        assert_eq!(messages[2]["content"][0]["toolResult"]["toolUseId"], "c1");
        assert_eq!(messages[3]["content"][0]["text"], "Yes");

        let bedrock = Turn::asked(Dialect::BedrockConverse, told.to_string().as_bytes()).unwrap();
        let back = json(&Turn::conversation(vec![bedrock], Dialect::OpenAiChat).unwrap());
        let roles: Vec<&str> = back["messages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|message| message["role"].as_str().unwrap())
            .collect();
        assert_eq!(roles, ["system", "user", "assistant", "tool", "assistant"]);
        assert_eq!(back["messages"][2]["tool_calls"][0]["function"]["arguments"], r#"{"a":1}"#);
    }

    #[test]
    fn an_answer_that_says_nothing_is_no_turn() {
        let asked = |dialect| Turn::asked(dialect, br#"{"messages":[]}"#).unwrap();
        for answer in [
            "",
            "{}",
            r#"{"choices":[]}"#,
            r#"{"choices":[{"message":{"role":"assistant","content":null}}]}"#,
            r#"{"choices":[{"message":{"role":"assistant","content":"","tool_calls":[]}}]}"#,
        ] {
            assert!(asked(Dialect::OpenAiChat).answered(answer.as_bytes()).is_none(), "{answer}");
        }
        let empty = br#"{"output":{"message":{"role":"assistant","content":[]}}}"#;
        assert!(asked(Dialect::BedrockConverse).answered(empty).is_none());
        let refused =
            br#"{"choices":[{"message":{"role":"assistant","content":null,"refusal":"No"}}]}"#;
        assert!(asked(Dialect::OpenAiChat).answered(refused).is_some());
    }

    #[test]
    fn what_is_no_list_of_messages_is_refused_by_name() {
        for (body, name) in [(r#"{"messages":"x"}"#, "messages"), (r#"{"system":{}}"#, "system")] {
            let fault = Turn::asked(Dialect::BedrockConverse, body.as_bytes()).unwrap_err();
            assert_eq!((fault.status, fault.param.as_deref()), (400, Some(name)));
        }
        assert!(Turn::asked(Dialect::Gemini, b"{}").is_err());
    }
}
