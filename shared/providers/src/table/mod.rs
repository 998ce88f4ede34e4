//! Providers are rows of a table, not code: a new OpenAI-compatible provider is one row.

mod model;
mod rows;

use sluice_wire::{Dialect, Habits};

use crate::Route;

pub use model::{ModelError, ModelRef, split_model};
pub(crate) use rows::text_generation;

/// One provider: what it speaks, where it is, and how it is told who calls.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Provider {
    /// LiteLLM's name for it: the first segment of `litellm_params.model`.
    pub name: &'static str,
    /// Other names that mean the same row.
    pub aliases: &'static [&'static str],
    /// What its chat route speaks.
    pub dialect: Dialect,
    /// What it speaks beside it, each with the name of the route that stands where the chat route
    /// does.
    pub also: &'static [(Dialect, &'static str)],
    /// How it is reached.
    pub reach: Reach,
    /// Where it is, unless the deployment says otherwise. `None`: the deployment must say
    /// (or, for AWS, the SDK's endpoint resolver does).
    pub base_url: Option<&'static str>,
    /// The chat route below the base URL, without a leading slash.
    pub path: &'static str,
    /// How it is told who calls.
    pub auth: Auth,
    /// Environment variables that hold its key when the deployment names none, first wins.
    /// This crate reads no environment; the configuration does.
    pub key_variables: &'static [&'static str],
    /// Environment variables that hold its base URL when the deployment names none.
    pub base_variables: &'static [&'static str],
    /// `litellm_provider` of its rows in the price catalogue.
    pub price_family: &'static str,
    /// Parameters of the dialect that it refuses, or takes and does not heed, those together that
    /// make one feature. See [`Provider::unsupported`].
    pub refuses: &'static [&'static [&'static str]],
    /// Deviations from the dialect.
    pub quirks: &'static [Quirk],
}

/// How a provider is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// HTTP, at a base URL.
    Http,
    /// The Bedrock Runtime client of the AWS SDK.
    Bedrock,
    /// The SageMaker Runtime client of the AWS SDK.
    SageMaker,
    /// No network: answers in process.
    Demo,
}

/// How a provider is told who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// `authorization: Bearer <key>`.
    Bearer,
    /// `<header>: <key>`, e.g. `x-api-key`.
    Header(&'static str),
    /// `authorization: Bearer <token>`, with a token of Google's (see [`crate::TokenSource`]).
    Google,
    /// AWS credentials (signature version 4), or a bearer token where the service takes one.
    Aws,
    /// Nobody asks.
    None,
}

/// A named deviation from the dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Quirk {
    /// Takes `max_tokens`, not `max_completion_tokens`.
    MaxTokens,
    /// Calls `seed` `random_seed`.
    RandomSeed,
    /// Refuses `stream_options`; tells the usage at a stream's end unasked.
    NoStreamOptions,
    /// Takes Anthropic's cache markers, for every model.
    CacheMarkers,
    /// Takes Anthropic's cache markers, for the models whose makers have such caches.
    CacheMarkersByModel,
    /// Takes a model's thoughts back as `reasoning_content`; some of them refuse a conversation with
    /// tools that lacks them.
    Thoughts,
    /// Wants no key (a server of one's own); sends one when the deployment has it.
    Keyless,
    /// Azure OpenAI: the deployment stands in the path, the version in the query.
    AzureDeployments,
    /// Azure AI Foundry: paths and headers go by the host.
    AzureFoundry,
    /// Anthropic's models at Vertex AI: the model stands in the path, the dialect's version in the
    /// body.
    VertexAnthropic,
}

/// The provider of this name, or of this alias.
#[must_use]
pub fn provider(name: &str) -> Option<&'static Provider> {
    rows::all().find(|row| row.name == name || row.aliases.contains(&name))
}

/// Every provider there is.
pub fn providers() -> impl Iterator<Item = &'static Provider> + Clone {
    rows::all()
}

// === impl Provider ===

impl Provider {
    /// Whether it has this deviation.
    #[must_use]
    pub fn has(&self, quirk: Quirk) -> bool {
        self.quirks.contains(&quirk)
    }

    /// Parameters of the dialect that it refuses, or takes and does not heed.
    pub fn unsupported(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.refuses.iter().copied().flatten().copied()
    }

    /// What it takes for a model beyond OpenAI's own fields.
    #[must_use]
    pub fn habits(&self, model: &str) -> Habits {
        // OpenRouter's guide to prompt caching; LiteLLM keeps the markers for these.
        const CACHING: [&str; 5] = ["claude", "gemini", "glm", "minimax", "z-ai"];
        let model = model.to_ascii_lowercase();
        let by_model = self.has(Quirk::CacheMarkersByModel)
            && CACHING.iter().any(|family| model.contains(family));
        Habits {
            cache_markers: by_model || self.has(Quirk::CacheMarkers),
            thoughts: self.has(Quirk::Thoughts),
        }
    }

    /// The route that speaks a dialect, if any does.
    #[must_use]
    pub fn route(&self, dialect: Dialect) -> Option<Route> {
        if dialect == self.dialect {
            return Some(Route::Chat);
        }
        let also = self.also.iter().find(|(spoken, _)| *spoken == dialect);
        also.map(|(_, route)| Route::Beside(route))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn cache_markers_and_thoughts_go_where_they_are_taken() {
        let habits = |name: &str, model: &str| {
            let Habits { cache_markers, thoughts } = provider(name).unwrap().habits(model);
            (cache_markers, thoughts)
        };
        assert_eq!(habits("openai", "gpt-5"), (false, false));
        assert_eq!(habits("azure", "gpt-5"), (false, false));
        assert_eq!(habits("mistral", "magistral-medium"), (false, false));
        assert_eq!(habits("sagemaker", "llama"), (false, true));
        assert_eq!(habits("deepseek", "deepseek-reasoner"), (false, true));
        assert_eq!(habits("moonshot", "kimi-k2-thinking"), (false, true));
        assert_eq!(habits("dashscope", "qwen3-max"), (true, true));
        assert_eq!(habits("databricks", "databricks-claude-sonnet-4"), (true, false));
        assert_eq!(habits("openrouter", "anthropic/Claude-Sonnet-4.5"), (true, true));
        assert_eq!(habits("openrouter", "openai/gpt-5"), (false, true));
    }

    #[test]
    fn gives_every_name_to_one_row() {
        let mut seen = HashSet::new();
        for row in providers() {
            for name in [row.name].iter().chain(row.aliases) {
                assert!(seen.insert(*name), "{name} stands twice");
                assert_eq!(provider(name).map(|found| found.name), Some(row.name));
            }
        }
    }

    #[test]
    fn states_base_urls_that_join_to_a_route() {
        for row in providers().filter(|row| row.reach == Reach::Http) {
            assert!(!row.path.starts_with('/'), "{}", row.name);
            if let Some(base) = row.base_url {
                let local =
                    ["http://localhost", "http://127.0.0.1"].iter().any(|l| base.starts_with(l));
                assert!(base.starts_with("https://") || local, "{}: {base}", row.name);
                assert!(!base.ends_with('/'), "{}: {base}", row.name);
            }
        }
    }
}
