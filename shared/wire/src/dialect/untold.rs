//! What of an answer a caller's dialect has no words for: the names of what is left out, or said less
//! exactly, when the answer is written in it. An encoder writes what it can; this says what it cannot,
//! in the same words for an answer that is whole and for one that is streamed.

use std::{borrow::Cow, collections::BTreeSet};

use serde_json::{Map, Value};

use super::{
    Citation, Dialect, Place, anthropic_messages, bedrock_converse, custom, gemini, openai_chat,
    openai_responses,
};
use crate::canon::{Delta, Event, Finish, Image, Part, PartKind, Response, Usage};

/// Fields of answers that say nothing of the answer, or that are told in another way.
const ELSEWHERE: [&str; 9] = [
    // Told by the gateway's own headers.
    "metrics",
    // Read as citations.
    "groundingMetadata",
    "citationMetadata",
    // Read as the reason why nothing was said.
    "promptFeedback",
    // Read as the level of service.
    "service_tier",
    "serviceTier",
    // What it is.
    "type",
    "role",
    "object",
];

/// The names, as they are found.
#[derive(Debug)]
pub(crate) struct Untold {
    to: Dialect,
    names: BTreeSet<Cow<'static, str>>,
}

// === impl Dialect ===

impl Dialect {
    /// What of an answer this dialect does not tell its caller: `citations`, `stop_sequence`,
    /// `usage.reasoning_tokens`, `finish_reason`, the type of a part, the name of a field.
    #[must_use]
    pub fn untold(self, response: &Response) -> Vec<String> {
        let mut untold = Untold::of(self);
        response.parts.iter().for_each(|part| untold.part(part));
        untold.finish(&response.finish, response.stop_sequence.is_some());
        if let Some(usage) = &response.usage {
            untold.usage(usage);
        }
        untold.fields(&response.extras);
        untold.names()
    }
}

// === impl Untold ===

impl Untold {
    /// Nothing yet, of an answer for a caller of this dialect.
    pub(crate) fn of(to: Dialect) -> Self {
        Self { to, names: BTreeSet::new() }
    }

    /// The names so far.
    pub(crate) fn names(&self) -> Vec<String> {
        self.names.iter().map(|name| name.clone().into_owned()).collect()
    }

    /// Takes an event of a stream.
    pub(crate) fn event(&mut self, event: &Event) {
        match event {
            Event::PartStart { kind: PartKind::Image(image), .. } => self.image(image),
            Event::PartStart { kind: PartKind::Opaque { dialect, value }, .. } => {
                self.opaque(*dialect, value);
            }
            Event::Delta { delta: Delta::Citation(cited), .. } => self.citation(cited),
            Event::Usage(usage) => self.usage(usage),
            Event::Finish { finish, stop_sequence } => {
                self.finish(finish, stop_sequence.is_some());
            }
            _ => {}
        }
    }

    fn add(&mut self, lost: bool, name: &'static str) {
        if lost {
            self.names.insert(Cow::Borrowed(name));
        }
    }

    fn part(&mut self, part: &Part) {
        match part {
            Part::Text { citations, .. } => citations.iter().for_each(|cited| self.citation(cited)),
            Part::Image(image) => self.image(image),
            Part::Document(document) => {
                let told = match self.to {
                    Dialect::BedrockConverse => bedrock_converse::shows_document(document),
                    Dialect::Gemini => gemini::shows(&document.data),
                    _ => false,
                };
                self.add(!told, "document");
            }
            Part::Opaque { dialect, value } => self.opaque(*dialect, value),
            Part::Refusal(_)
            | Part::ToolCall(_)
            | Part::Reasoning(_)
            | Part::SearchResult(_)
            | Part::ToolResult(_)
            | Part::CachePoint(_) => {}
        }
    }

    fn image(&mut self, image: &Image) {
        let told = match self.to {
            Dialect::OpenAiChat => openai_chat::shows(image),
            Dialect::OpenAiResponses => openai_responses::shows(image),
            Dialect::BedrockConverse => bedrock_converse::shows(image),
            Dialect::Gemini => gemini::shows(&image.data),
            Dialect::AnthropicMessages | Dialect::BedrockInvoke => false,
        };
        self.add(!told, "image");
    }

    /// A part that only its own dialect knows. Two keep what is another's for its return.
    fn opaque(&mut self, dialect: Dialect, value: &Value) {
        let kept = matches!(self.to, Dialect::OpenAiChat | Dialect::OpenAiResponses);
        let same = dialect == self.to
            || (dialect, self.to) == (Dialect::AnthropicMessages, Dialect::BedrockInvoke);
        if kept || same || custom::is_call(dialect, value) {
            return;
        }
        let kind = value.get("type").and_then(Value::as_str);
        let member = || value.as_object().and_then(|fields| fields.keys().next());
        let name = kind.or_else(|| member().map(String::as_str)).unwrap_or("content");
        self.names.insert(Cow::Owned(name.to_owned()));
    }

    fn citation(&mut self, cited: &Value) {
        let told = match self.to {
            Dialect::OpenAiChat => openai_chat::cites(cited),
            Dialect::OpenAiResponses => openai_responses::cites(cited),
            Dialect::AnthropicMessages | Dialect::BedrockInvoke => {
                anthropic_messages::cited(cited).is_some()
            }
            Dialect::BedrockConverse => bedrock_converse::cites(cited),
            Dialect::Gemini => gemini::cites(cited),
        };
        // The file that a document of Anthropic's is has no word in these two.
        let without_file = matches!(self.to, Dialect::BedrockConverse | Dialect::Gemini);
        let of_file = || {
            let place = Citation::read(cited).map(|cited| cited.place);
            matches!(place, Some(Place::Document { file: Some(_), .. }))
        };
        self.add(!told || (without_file && of_file()), "citations");
    }

    fn usage(&mut self, usage: &Usage) {
        let to = self.to;
        let anthropic = matches!(to, Dialect::AnthropicMessages | Dialect::BedrockInvoke);
        let converse = to == Dialect::BedrockConverse;
        let any = |counts: &[u64]| counts.iter().any(|count| *count > 0);
        let audio = any(&[usage.input_audio, usage.cache_read_audio, usage.output_audio]);
        let written = any(&[usage.cache_write_5m, usage.cache_write_1h]);
        self.add(converse && usage.output_reasoning > 0, "usage.reasoning_tokens");
        self.add((converse || anthropic) && audio, "usage.audio_tokens");
        self.add((converse || anthropic) && usage.output_image > 0, "usage.image_tokens");
        self.add(to == Dialect::Gemini && written, "usage.cache_creation_tokens");
        self.add(usage.service_tier.is_some() && to.tier(Some(usage)).is_none(), "service_tier");
    }

    fn finish(&mut self, finish: &Finish, sequence: bool) {
        let malformed = matches!(finish, Finish::MalformedCall | Finish::MalformedOutput);
        let other = matches!(finish, Finish::Other(_));
        let pause = *finish == Finish::Pause;
        let lost = match self.to {
            Dialect::OpenAiChat | Dialect::OpenAiResponses => malformed || other || pause,
            Dialect::AnthropicMessages | Dialect::BedrockInvoke => malformed,
            Dialect::BedrockConverse => other || pause,
            Dialect::Gemini => pause || (other && !gemini::ends(finish)),
        };
        self.add(lost, "finish_reason");
        let silent = matches!(self.to, Dialect::OpenAiResponses | Dialect::Gemini);
        self.add(sequence && silent, "stop_sequence");
    }

    /// Further fields of the provider's answer. They are another dialect's: an answer in the caller's
    /// own is not translated.
    fn fields(&mut self, extras: &Map<String, Value>) {
        for (name, value) in extras {
            let told = ELSEWHERE.contains(&name.as_str())
                || match self.to {
                    Dialect::OpenAiChat => name == "system_fingerprint" && value.is_string(),
                    Dialect::BedrockConverse => bedrock_converse::keeps(name) && value.is_object(),
                    Dialect::Gemini => gemini::keeps(name),
                    _ => false,
                };
            // What says nothing is no loss.
            let empty = match value {
                Value::Null => true,
                Value::Array(list) => list.is_empty(),
                Value::Object(fields) => fields.is_empty(),
                _ => false,
            };
            if !told && !empty {
                self.names.insert(Cow::Owned(name.clone()));
            }
        }
    }
}
