//! What the scripted model answers, before it is written in anybody's dialect.

use base64::Engine as _;
use ring::digest;

use crate::{
    ask::{Ask, Choice},
    sample::sample,
    script::{Content, Script},
};

/// An answer.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) finish: Finish,
    pub(crate) usage: Usage,
}

/// One part of an answer.
#[derive(Debug, PartialEq)]
pub(crate) enum Piece {
    /// Thoughts; [`signature`] signs them.
    Thought(String),
    /// Text.
    Text(String),
    /// A tool call: name and JSON arguments as text (cut short when the cap was hit).
    Call(String, String),
    /// Words of refusal.
    Refusal(String),
}

/// Why an answer ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Finish {
    /// It was complete.
    Stop,
    /// This stop sequence.
    Sequence(String),
    /// The cap.
    Length,
    /// Tools are to be run.
    Tools,
    /// The model declined.
    Refusal,
}

/// What an answer cost, in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Input that was neither read from nor written to the cache.
    pub(crate) fresh: u64,
    /// Read from the cache.
    pub(crate) cache_read: u64,
    /// Written to the cache.
    pub(crate) cache_write: u64,
    /// Output, thoughts included.
    pub(crate) output: u64,
    /// Thoughts.
    pub(crate) thought: u64,
}

/// What signs a thought, so that it can be told from a made-up one when it comes back.
pub(crate) fn signature(thought: &str) -> String {
    let hash = digest::digest(&digest::SHA256, thought.as_bytes());
    base64::engine::general_purpose::STANDARD.encode(hash)
}

/// Tokens of a text: a quarter of its characters, rounded up.
pub(crate) fn tokens(text: &str) -> u64 {
    count(text.chars().count())
}

fn count(chars: usize) -> u64 {
    u64::try_from(chars.div_ceil(4)).unwrap_or(u64::MAX)
}

// === impl Usage ===

impl Usage {
    /// All input, cached or not.
    pub(crate) fn input(self) -> u64 {
        self.fresh + self.cache_read + self.cache_write
    }
}

// === impl Answer ===

impl Answer {
    /// What the model answers. Errors of the script are the provider's own affair.
    pub(crate) fn to(ask: &Ask, script: &Script) -> Self {
        let (mut pieces, mut finish) = content(ask, script);
        if ask.thinking || script.think {
            pieces.insert(0, Piece::Thought(thought(ask)));
        }
        stop_at(&mut pieces, &ask.stops, &mut finish);
        let (output, thought) = cap(&mut pieces, ask.cap, &mut finish);
        let mut usage = Usage {
            fresh: count(ask.length).max(1),
            cache_read: 0,
            cache_write: 0,
            output,
            thought,
        };
        if script.cached {
            (usage.cache_read, usage.cache_write) = (1024, 512);
        }
        if let Some((input, output)) = script.usage {
            usage.fresh = input;
            usage.output = output;
            usage.thought = usage.thought.min(output);
            if let Some(cap) = ask.cap.filter(|cap| *cap < output) {
                usage.output = cap;
                finish = Finish::Length;
            }
        }
        Self { pieces, finish, usage }
    }
}

fn thought(ask: &Ask) -> String {
    let topic: String = ask.prompt.chars().take(40).collect();
    format!("Let me think about this first: {topic}")
}

fn content(ask: &Ask, script: &Script) -> (Vec<Piece>, Finish) {
    let text = |text: String| (vec![Piece::Text(text)], Finish::Stop);
    let forced = matches!(ask.choice, Choice::Any | Choice::Named(_));
    match &script.content {
        Content::Refuse => {
            (vec![Piece::Refusal("I cannot help with that request.".to_owned())], Finish::Refusal)
        }
        Content::Call(name, arguments) => {
            (vec![Piece::Call(name.clone(), arguments.to_string())], Finish::Tools)
        }
        _ if !ask.results.is_empty() && !forced => {
            text(format!("The tool said: {}", ask.results.join("; ")))
        }
        Content::Say(words) if !forced => text(words.clone()),
        Content::Long(words) if !forced => {
            text((0..*words).map(|number| format!("word{number} ")).collect())
        }
        _ if !ask.tools.is_empty() && ask.choice != Choice::None => {
            let calls = calls(ask, script.two && !ask.single);
            (calls, Finish::Tools)
        }
        _ => match &ask.schema {
            Some(schema) => text(sample(schema, 0).to_string()),
            None if ask.attached.is_empty() => text(format!("You said: {}", ask.prompt)),
            None => text(format!("You said: {} [{}]", ask.prompt, ask.attached.join(", "))),
        },
    }
}

fn calls(ask: &Ask, two: bool) -> Vec<Piece> {
    let first = match &ask.choice {
        Choice::Named(name) => ask.tools.iter().find(|tool| tool.name == *name),
        _ => ask.tools.first(),
    };
    let second = two.then(|| ask.tools.get(1).or(ask.tools.first())).flatten();
    [first, second]
        .into_iter()
        .flatten()
        .enumerate()
        .map(|(turn, tool)| Piece::Call(tool.name.clone(), sample(&tool.schema, turn).to_string()))
        .collect()
}

/// Ends the text before the first stop sequence in it.
fn stop_at(pieces: &mut [Piece], stops: &[String], finish: &mut Finish) {
    for piece in pieces {
        let Piece::Text(text) = piece else { continue };
        let found = stops.iter().filter_map(|stop| Some((text.find(stop.as_str())?, stop))).min();
        if let Some((at, stop)) = found {
            text.truncate(at);
            *finish = Finish::Sequence(stop.clone());
        }
    }
}

/// Ends the answer at the cap, and counts it: output tokens, and those of thoughts among them.
fn cap(pieces: &mut Vec<Piece>, cap: Option<u64>, finish: &mut Finish) -> (u64, u64) {
    let mut left = cap.unwrap_or(u64::MAX);
    let (mut output, mut thought) = (0, 0);
    let mut kept = Vec::new();
    for mut piece in pieces.drain(..) {
        let text = match &mut piece {
            Piece::Thought(text) | Piece::Text(text) | Piece::Refusal(text) => text,
            Piece::Call(_, arguments) => arguments,
        };
        if left == 0 {
            *finish = Finish::Length;
            break;
        }
        if tokens(text) > left {
            let chars = usize::try_from(left.saturating_mul(4)).unwrap_or(usize::MAX);
            *text = text.chars().take(chars).collect();
            *finish = Finish::Length;
        }
        let used = tokens(text).max(1);
        left -= used.min(left);
        output += used;
        if matches!(piece, Piece::Thought(_)) {
            thought += used;
        }
        kept.push(piece);
    }
    *pieces = kept;
    (output, thought)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ask::Tool;

    fn ask(prompt: &str) -> Ask {
        Ask { prompt: prompt.to_owned(), length: prompt.len(), ..Ask::default() }
    }

    fn to(ask: &Ask) -> Answer {
        Answer::to(ask, &Script::read("m", &ask.prompt))
    }

    fn weather() -> Tool {
        let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}});
        Tool { name: "get_weather".to_owned(), schema }
    }

    #[test]
    fn calls_the_first_tool_then_quotes_its_result() {
        let mut ask = ask("weather?");
        ask.tools = vec![weather()];
        let answer = to(&ask);
        let call = Piece::Call("get_weather".to_owned(), r#"{"city":"Paris"}"#.to_owned());
        assert_eq!((answer.pieces, answer.finish), (vec![call], Finish::Tools));

        ask.results = vec!["18 degrees".to_owned()];
        let text = Piece::Text("The tool said: 18 degrees".to_owned());
        assert_eq!(to(&ask).pieces, vec![text]);
    }

    #[test]
    fn one_call_where_parallel_calls_are_not_wanted() {
        let mut ask = ask("two tools");
        ask.tools = vec![weather()];
        assert_eq!(to(&ask).pieces.len(), 2);
        ask.single = true;
        assert_eq!(to(&ask).pieces.len(), 1);
    }

    #[test]
    fn never_reports_more_output_than_the_cap() {
        let mut ask = ask("say one two three four five");
        ask.cap = Some(2);
        let answer = to(&ask);
        assert_eq!(answer.pieces, vec![Piece::Text("one two ".to_owned())]);
        assert_eq!((answer.finish, answer.usage.output), (Finish::Length, 2));

        ask.prompt = "usage 10 1000 say hi".to_owned();
        assert_eq!(to(&ask).usage.output, 2);
    }

    #[test]
    fn stops_before_the_first_stop_sequence() {
        let mut ask = ask("say one two three");
        ask.stops = vec!["three".to_owned(), "two".to_owned()];
        let answer = to(&ask);
        assert_eq!(answer.pieces, vec![Piece::Text("one ".to_owned())]);
        assert_eq!(answer.finish, Finish::Sequence("two".to_owned()));
    }

    #[test]
    fn an_answer_fits_the_schema() {
        let mut ask = ask("json");
        ask.schema = Some(weather().schema);
        assert_eq!(to(&ask).pieces, vec![Piece::Text(r#"{"city":"Paris"}"#.to_owned())]);
    }
}
