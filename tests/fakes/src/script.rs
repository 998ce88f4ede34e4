//! What the prompt (or the model's name) tells the fake to do. The table is at the crate's root.

use std::time::Duration;

use serde_json::Value;

/// The orders found in a request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Script {
    /// How the answer is delivered.
    pub(crate) delivery: Delivery,
    /// What it says.
    pub(crate) content: Content,
    /// Think first, where the provider's model thinks without being asked to.
    pub(crate) think: bool,
    /// Call two tools at once.
    pub(crate) two: bool,
    /// Report tokens read from and written to the prompt cache.
    pub(crate) cached: bool,
    /// Report these numbers of input and output tokens.
    pub(crate) usage: Option<(u64, u64)>,
}

/// How an answer is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// As fast as it can be read.
    Steady,
    /// With a pause before every event.
    Slow(Duration),
    /// The connection breaks in the middle of the stream, or of the body.
    Die,
    /// The stream ends in the middle as if it were whole: no terminal event, a clean HTTP end.
    Cut,
    /// The stream goes silent in the middle and stays open.
    Stall,
    /// No answer at all; the connection stays open.
    Hang,
    /// The connection closes without an answer.
    HangUp,
    /// The provider's error event in the middle of the stream.
    Late,
}

/// What an answer says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    /// What was asked, and what was attached; or a tool call, where tools are offered.
    Echo,
    /// Exactly this.
    Say(String),
    /// So many words, one an event.
    Long(u64),
    /// An object that fits the schema.
    Json,
    /// The model declines.
    Refuse,
    /// This tool with these arguments.
    Call(String, Value),
    /// The provider's error of this status.
    Fail(u16),
    /// The provider's error for a prompt that does not fit.
    TooLong,
}

// === impl Script ===

impl Script {
    /// Reads the orders in the model's name (`fake-error-429`), then those at the prompt's head.
    pub(crate) fn read(model: &str, prompt: &str) -> Self {
        let mut script = Self {
            delivery: Delivery::Steady,
            content: Content::Echo,
            think: false,
            two: false,
            cached: false,
            usage: None,
        };
        script.orders(prompt);
        let name = model.rsplit(['/', '.']).next().unwrap_or(model);
        if let Some(orders) = name.strip_prefix("fake-") {
            script.orders(&orders.replace('-', " "));
        }
        script
    }

    fn orders(&mut self, text: &str) {
        let mut rest = text.trim();
        loop {
            let (word, after) = head(rest);
            let (second, beyond) = head(after);
            match (word.to_ascii_lowercase().as_str(), second.to_ascii_lowercase().as_str()) {
                ("slow", number) => {
                    let pause = number.parse().ok();
                    self.delivery = Delivery::Slow(Duration::from_millis(pause.unwrap_or(50)));
                    rest = if pause.is_some() { beyond } else { after };
                }
                ("late", "error") => {
                    self.delivery = Delivery::Late;
                    rest = beyond;
                }
                ("hang", "up") => {
                    self.delivery = Delivery::HangUp;
                    rest = beyond;
                }
                ("die", _) => {
                    self.delivery = Delivery::Die;
                    rest = after;
                }
                ("cut", _) => {
                    self.delivery = Delivery::Cut;
                    rest = after;
                }
                ("stall", _) => {
                    self.delivery = Delivery::Stall;
                    rest = after;
                }
                ("hang", _) => {
                    self.delivery = Delivery::Hang;
                    rest = after;
                }
                ("think", _) => {
                    self.think = true;
                    rest = after;
                }
                ("two", "tools") => {
                    self.two = true;
                    rest = beyond;
                }
                ("usage", "cached") => {
                    self.cached = true;
                    rest = beyond;
                }
                ("usage", input) => {
                    let (output, end) = head(beyond);
                    match (input.parse(), output.parse()) {
                        (Ok(input), Ok(output)) => self.usage = Some((input, output)),
                        _ => return,
                    }
                    rest = end;
                }
                _ => return self.content(word, after),
            }
        }
    }

    fn content(&mut self, word: &str, after: &str) {
        let content = match word.to_ascii_lowercase().as_str() {
            "say" => Content::Say(after.to_owned()),
            "long" => match head(after).0.parse() {
                Ok(words) => Content::Long(words),
                Err(_) => return,
            },
            "json" => Content::Json,
            "refuse" => Content::Refuse,
            "call" => {
                let (name, arguments) = head(after);
                match serde_json::from_str(arguments) {
                    Ok(arguments) => Content::Call(name.to_owned(), arguments),
                    Err(_) => return,
                }
            }
            "error" => match head(after).0 {
                "context" => Content::TooLong,
                status => match status.parse() {
                    Ok(status) => Content::Fail(status),
                    Err(_) => return,
                },
            },
            _ => return,
        };
        self.content = content;
    }
}

/// The first word, and what follows it.
fn head(text: &str) -> (&str, &str) {
    match text.split_once(char::is_whitespace) {
        Some((word, rest)) => (word, rest.trim_start()),
        None => (text, ""),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_modifiers_then_content() {
        let script = Script::read("gpt-4o", "slow 5 usage 100 20 think say hello  world");
        assert_eq!(script.delivery, Delivery::Slow(Duration::from_millis(5)));
        assert_eq!(script.usage, Some((100, 20)));
        assert!(script.think);
        assert_eq!(script.content, Content::Say("hello  world".to_owned()));
    }

    #[test]
    fn an_ordinary_prompt_is_echoed() {
        let script = Script::read("gpt-4o", "What is the weather in Paris?");
        assert_eq!((script.delivery, script.content), (Delivery::Steady, Content::Echo));
        assert_eq!(Script::read("gpt-4o", "").content, Content::Echo);
        assert_eq!(Script::read("gpt-4o", "usage of a fork").usage, None);
    }

    #[test]
    fn a_models_name_gives_orders_too() {
        assert_eq!(Script::read("fake-error-429", "say hi").content, Content::Fail(429));
        assert_eq!(Script::read("anthropic.fake-die", "say hi").delivery, Delivery::Die);
        assert_eq!(Script::read("openai/fake-stall", "say hi").content, Content::Say("hi".into()));
    }

    #[test]
    fn reads_a_call_with_its_arguments() {
        assert_eq!(
            Script::read("m", r#"call get_weather {"city": "Zürich"}"#).content,
            Content::Call("get_weather".to_owned(), json!({"city": "Zürich"}))
        );
    }
}
