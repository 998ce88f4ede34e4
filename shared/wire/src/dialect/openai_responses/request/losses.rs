//! What an encoding leaves out, each thing named once.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::settings;
use crate::{
    Dialect, Loss,
    canon::Request,
    dialect::{WEB_SEARCH, foreign_losses},
};

/// Losses gathered while a request is written.
#[derive(Debug, Default)]
pub(super) struct Losses(Vec<Loss>);

/// Fields of the chat dialect that have the same name and meaning here.
const SHARED: [&str; 4] =
    ["prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "safety_identifier"];
/// What is said in other places here: under `text`, and as a tool.
const ELSEWHERE: [&str; 2] = ["verbosity", WEB_SEARCH];

// === impl Losses ===

impl Losses {
    pub(super) fn meaning(&mut self, field: impl Into<Cow<'static, str>>) {
        self.push(Loss::of_meaning(field));
    }

    pub(super) fn minor(&mut self, field: impl Into<Cow<'static, str>>) {
        self.push(Loss::minor(field));
    }

    fn push(&mut self, loss: Loss) {
        if !self.0.contains(&loss) {
            self.0.push(loss);
        }
    }

    /// Parameters of other dialects that this one has no word for.
    pub(super) fn unsayable(&mut self, request: &Request) {
        let sampling = &request.sampling;
        let spoken = |penalty: Option<f64>| penalty.is_some_and(|penalty| penalty != 0.0);
        let lost = [
            (request.n.is_some_and(|n| n > 1), "n"),
            (!sampling.stop.is_empty(), "stop"),
            (sampling.top_k.is_some(), "top_k"),
            (spoken(sampling.frequency_penalty), "frequency_penalty"),
            (spoken(sampling.presence_penalty), "presence_penalty"),
        ];
        for (_, name) in lost.into_iter().filter(|(lost, _)| *lost) {
            self.meaning(name);
        }
        if sampling.seed.is_some() {
            self.minor("seed");
        }
    }

    /// Writes the extras that this dialect knows, and names the others.
    pub(super) fn extras(&mut self, request: &Request, body: &mut Map<String, Value>) {
        let Some(extras) = &request.extras else { return };
        let chat = extras.dialect == Dialect::OpenAiChat;
        let taken: Vec<&str> = SHARED.into_iter().chain(ELSEWHERE).filter(|_| chat).collect();
        for loss in foreign_losses(request, Dialect::OpenAiResponses, &taken) {
            self.push(loss);
        }
        for (name, value) in &extras.fields {
            let own = extras.dialect == Dialect::OpenAiResponses;
            if own || (chat && SHARED.contains(&name.as_str())) {
                merge(body, name, value);
            } else if chat && name == "verbosity" {
                settings::inside(body, "text", "verbosity", value.clone());
            }
        }
    }

    pub(super) fn into_inner(self) -> Vec<Loss> {
        self.0
    }
}

/// What the request says otherwise stands.
fn merge(body: &mut Map<String, Value>, name: &str, value: &Value) {
    match (body.get_mut(name), value) {
        (None, _) => {
            body.insert(name.to_owned(), value.clone());
        }
        (Some(Value::Object(fields)), Value::Object(more)) => {
            for (name, value) in more {
                fields.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        _ => {}
    }
}
