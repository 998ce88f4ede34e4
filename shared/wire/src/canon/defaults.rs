//! Parameters that a deployment sets where its callers set none.

use serde_json::{Map, Value, json};

use super::{Extras, Format, Request};
use crate::{Dialect, Fault, Line};

/// Parameters in OpenAI's names, and what they are in a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Defaults {
    fields: Map<String, Value>,
    request: Box<Request>,
}

/// Fields that say the same: who sets one has set the other.
const SAME: [[&str; 2]; 2] =
    [["max_tokens", "max_completion_tokens"], ["reasoning_effort", "thinking"]];

// === impl Defaults ===

impl Defaults {
    /// What may be set. The conversation, its model and how it is delivered are the caller's.
    pub const NAMES: [&str; 27] = [
        "audio",
        "frequency_penalty",
        "logit_bias",
        "logprobs",
        "max_completion_tokens",
        "max_tokens",
        "modalities",
        "parallel_tool_calls",
        "prediction",
        "presence_penalty",
        "prompt_cache_key",
        "reasoning_effort",
        "response_format",
        "safety_identifier",
        "seed",
        "service_tier",
        "stop",
        "store",
        "temperature",
        "thinking",
        "tool_choice",
        "tools",
        "top_k",
        "top_logprobs",
        "top_p",
        "user",
        "verbosity",
    ];

    /// Reads parameters; `None` where there are none.
    ///
    /// # Errors
    /// When one has a value that no request may have, naming it.
    pub fn read(fields: Map<String, Value>) -> Result<Option<Self>, Fault> {
        if fields.is_empty() {
            return Ok(None);
        }
        let mut body = json!({"model": "any", "messages": [{"role": "user", "content": "any"}]});
        if let Some(body) = body.as_object_mut() {
            body.extend(fields.clone());
        }
        let request =
            Dialect::OpenAiChat.decode_request(body.to_string().as_bytes(), Line::default())?;
        Ok(Some(Self { fields, request: Box::new(request) }))
    }

    /// The cap on the output.
    #[must_use]
    pub fn max_output(&self) -> Option<u64> {
        self.request.max_output
    }

    /// The service level.
    #[must_use]
    pub fn service_tier(&self) -> Option<&str> {
        self.request.service_tier.as_deref()
    }

    /// The fields that a body in OpenAI's dialect does not set itself; `sets` tells of a name whether
    /// it does.
    pub fn missing(&self, sets: impl Fn(&str) -> bool) -> impl Iterator<Item = (&str, &Value)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value)).filter(move |(name, _)| {
            let same = SAME.iter().find(|pair| pair.contains(name));
            match same {
                Some(pair) => !pair.iter().any(|name| sets(name)),
                None => !sets(name),
            }
        })
    }

    /// Sets what a request does not say; `true` where that was anything. Fields that only OpenAI's
    /// dialect has are set where nothing of another dialect stands in their place.
    pub fn fill(&self, request: &mut Request) -> bool {
        let before = request.clone();
        let own = &*self.request;
        put(&mut request.tool_choice, own.tool_choice.as_ref());
        put(&mut request.parallel_tools, own.parallel_tools.as_ref());
        put(&mut request.max_output, own.max_output.as_ref());
        put(&mut request.thinking, own.thinking.as_ref());
        put(&mut request.user, own.user.as_ref());
        put(&mut request.service_tier, own.service_tier.as_ref());
        let (to, from) = (&mut request.sampling, &own.sampling);
        put(&mut to.temperature, from.temperature.as_ref());
        put(&mut to.top_p, from.top_p.as_ref());
        put(&mut to.top_k, from.top_k.as_ref());
        put(&mut to.seed, from.seed.as_ref());
        put(&mut to.frequency_penalty, from.frequency_penalty.as_ref());
        put(&mut to.presence_penalty, from.presence_penalty.as_ref());
        if to.stop.is_empty() {
            to.stop.clone_from(&from.stop);
        }
        if request.tools.is_empty() {
            request.tools.clone_from(&own.tools);
        }
        if request.format == Format::Text {
            request.format.clone_from(&own.format);
        }
        if let Some(theirs) = &own.extras {
            let none = || Extras { dialect: Dialect::OpenAiChat, fields: Map::new() };
            let extras = request.extras.get_or_insert_with(none);
            if extras.dialect == Dialect::OpenAiChat {
                for (name, value) in &theirs.fields {
                    extras.fields.entry(name).or_insert_with(|| value.clone());
                }
            }
        }
        *request != before
    }
}

fn put<T: Clone>(to: &mut Option<T>, from: Option<&T>) {
    if to.is_none() {
        *to = from.cloned();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defaults(fields: &Value) -> Defaults {
        Defaults::read(fields.as_object().unwrap().clone()).unwrap().unwrap()
    }

    fn anthropic(more: &Value) -> Request {
        let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "hi"}]});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let body = body.to_string();
        Dialect::AnthropicMessages.decode_request(body.as_bytes(), Line::default()).unwrap()
    }

    #[test]
    fn sets_what_a_request_leaves_open_and_nothing_else() {
        let defaults = defaults(&json!({"temperature": 0.1, "top_p": 0.9, "stop": "END",
            "max_tokens": 50, "verbosity": "low"}));
        let mut open = anthropic(&json!({"max_tokens": 7, "temperature": 0.7}));
        assert!(defaults.fill(&mut open));
        assert_eq!((open.sampling.temperature, open.sampling.top_p), (Some(0.7), Some(0.9)));
        assert_eq!((open.max_output, open.sampling.stop), (Some(7), vec!["END".to_owned()]));
        assert_eq!(open.extras.unwrap().fields["verbosity"], "low");
        let set = json!({"max_tokens": 7, "temperature": 0.7, "top_p": 0.5, "stop_sequences": ["x"],
            "unheard_of": 1});
        let mut set = anthropic(&set);
        assert!(!defaults.fill(&mut set));
    }

    #[test]
    fn of_two_names_for_one_thing_the_callers_counts() {
        let defaults = defaults(&json!({"max_tokens": 50, "reasoning_effort": "low", "seed": 1}));
        let missing = |set: &[&str]| {
            let missing = defaults.missing(|name| set.contains(&name));
            missing.map(|(name, _)| name.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(missing(&["max_completion_tokens", "thinking"]), ["seed"]);
        assert_eq!(missing(&["seed"]), ["max_tokens", "reasoning_effort"]);
    }

    #[test]
    fn a_value_that_no_request_may_have_is_refused_by_name() {
        for (name, value) in [("temperature", json!("hot")), ("max_tokens", json!(0))] {
            let fields = Map::from_iter([(name.to_owned(), value)]);
            assert_eq!(Defaults::read(fields).unwrap_err().param.as_deref(), Some(name));
        }
        assert_eq!(Defaults::read(Map::new()).unwrap(), None);
    }
}
