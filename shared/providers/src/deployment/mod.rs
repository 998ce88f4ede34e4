//! One model at one provider, as the configuration describes it.

mod aws;
mod azure;
mod gemini;
mod secret;
mod timeouts;
mod url;
mod vertex;

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Map, Value};
use sluice_wire::canon::{CacheInjection, Defaults};
use sluice_wire::{Dialect, Habits};

pub use aws::Aws;
pub(crate) use azure::takes_api_key;
pub use secret::Secret;
pub use timeouts::Timeouts;
pub(crate) use url::{Asked, chat_url, relay_url, route_url};
pub use vertex::Vertex;

use crate::{
    Mock, Quirk, Reach, TextGeneration, TokenSource,
    table::{ModelError, ModelRef, Provider, split_model, text_generation},
    transport::Prepared,
};

/// One entry of `model_list`, resolved.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Deployment {
    /// `model_info.id`, or the hash of the parameters.
    pub id: String,
    /// `model_name`: the group that callers ask for.
    pub group: String,
    /// Who serves it.
    pub provider: &'static Provider,
    /// The id the provider knows it by.
    pub model: String,
    /// `litellm_params.model` as written.
    pub name: String,
    /// When its responses route is used.
    pub responses: Responses,
    /// `litellm_params.api_base`.
    pub api_base: Option<String>,
    /// `litellm_params.api_key`.
    pub credential: Option<Secret>,
    /// `litellm_params.litellm_credential_name`: the credential that says what is not said here.
    pub credential_name: Option<String>,
    /// Where a bearer token comes from. Goes before [`Self::credential`].
    pub token: Option<TokenSource>,
    /// `litellm_params.api_version` (Azure).
    pub api_version: Option<String>,
    /// The `vertex_*` parameters.
    pub vertex: Vertex,
    /// The `aws_*` parameters.
    pub aws: Aws,
    /// Its container generates text and knows no conversation. Set by [`Self::generates_text`].
    pub(crate) text: Option<TextGeneration>,
    /// How long to wait, and for what.
    pub timeouts: Timeouts,
    /// The same for calls at a service level, by its name: `timeout_by_service_tier` and
    /// `stream_timeout_by_service_tier`.
    pub tier_waits: [BTreeMap<String, Duration>; 2],
    /// Headers to send with every call.
    pub extra_headers: Vec<(String, String)>,
    /// Top-level fields to set in every body.
    pub extra_body: Map<String, Value>,
    /// Share of the calls in `simple-shuffle`, relative to the group's others.
    pub weight: Option<f64>,
    /// Preference: the lowest of a group is used first.
    pub order: Option<i64>,
    /// Requests a minute.
    pub rpm: Option<u64>,
    /// Tokens a minute.
    pub tpm: Option<u64>,
    /// Calls at a time.
    pub max_parallel_requests: Option<u64>,
    /// Leave out, instead of refusing, what this deployment's dialect cannot carry.
    pub drop_params: Option<bool>,
    /// Parameters to leave out of the caller's body in any case, as paths (`tools[*].strict`).
    pub additional_drop_params: Vec<String>,
    /// Parameters that its provider takes, whatever the provider's row says.
    pub allowed_openai_params: Vec<String>,
    /// What is answered in its place.
    pub mock: Option<Mock>,
    /// What the rows of its calls are marked with.
    pub tags: Vec<String>,
    /// Parameters of a chat that are set where its caller sets none.
    pub defaults: Option<Defaults>,
    /// Prompt-cache markers to put in.
    pub cache_points: Vec<CacheInjection>,
    /// Attempts after the first.
    pub max_retries: Option<u32>,
    /// `use_in_pass_through`: of a provider's deployments, what is passed on goes to this one.
    pub use_in_pass_through: bool,
    /// What the transport worked out at the first call. A change of the other fields after that
    /// is not seen: build a new deployment instead.
    pub(crate) prepared: Prepared,
}

/// When a deployment's responses route is used, where its provider has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Responses {
    /// For callers who speak it.
    #[default]
    ForTheirOwn,
    /// For all: the model has no other (`openai/responses/<model>`).
    Always,
    /// Never: the server at `api_base` has none (`use_chat_completions_api`).
    Never,
}

/// The model's id, and what its name says of its route (`responses/<model>`).
fn by_route<'a>(split: &ModelRef<'a>) -> (&'a str, Option<Responses>) {
    match split.model.strip_prefix("responses/") {
        Some(model) if split.provider.route(Dialect::OpenAiResponses).is_some() => {
            (model, Some(Responses::Always))
        }
        _ => (split.model, None),
    }
}

// === impl Deployment ===

impl Deployment {
    /// A deployment of `name` (`litellm_params.model`) with everything else at its default.
    ///
    /// # Errors
    /// When `name` does not say a provider that is supported.
    pub fn new(
        id: impl Into<String>,
        group: impl Into<String>,
        name: impl Into<String>,
    ) -> Result<Self, ModelError> {
        let name = name.into();
        let split = split_model(&name)?;
        let (model, responses) = by_route(&split);
        Ok(Self {
            id: id.into(),
            group: group.into(),
            provider: split.provider,
            model: model.to_owned(),
            responses: responses.unwrap_or_default(),
            api_base: None,
            credential: None,
            credential_name: None,
            token: None,
            api_version: None,
            vertex: Vertex::default(),
            aws: Aws { region: split.region.map(str::to_owned), ..Aws::default() },
            text: None,
            timeouts: Timeouts::default(),
            tier_waits: Default::default(),
            extra_headers: Vec::new(),
            extra_body: Map::new(),
            weight: None,
            order: None,
            rpm: None,
            tpm: None,
            max_parallel_requests: None,
            drop_params: None,
            additional_drop_params: Vec::new(),
            allowed_openai_params: Vec::new(),
            mock: None,
            tags: Vec::new(),
            defaults: None,
            cache_points: Vec::new(),
            max_retries: None,
            use_in_pass_through: false,
            prepared: Prepared::default(),
            name,
        })
    }

    /// Makes a deployment at SageMaker one whose container generates text: what a text cannot say is
    /// then refused.
    pub fn generates_text(&mut self, text: TextGeneration) {
        if self.provider.reach == Reach::SageMaker {
            self.provider = text_generation();
            self.text = Some(text);
        }
    }

    /// The same deployment of another model, for another group.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn renamed(
        &self,
        group: impl Into<String>,
        name: impl Into<String>,
    ) -> Result<Self, ModelError> {
        let name = name.into();
        let split = split_model(&name)?;
        let (model, responses) = by_route(&split);
        let mut renamed = Self {
            group: group.into(),
            provider: split.provider,
            model: model.to_owned(),
            responses: responses.unwrap_or(self.responses),
            ..self.clone()
        };
        if let Some(region) = split.region {
            renamed.aws.region = Some(region.to_owned());
        }
        renamed.name = name;
        if let Some(text) = renamed.text {
            renamed.generates_text(text);
        }
        Ok(renamed)
    }

    /// The dialect in which a caller of `caller` is best served: the caller's own where the provider
    /// has a route that speaks it, so that bytes need no translation.
    #[must_use]
    pub fn spoken_to(&self, caller: Dialect) -> Dialect {
        let dialect = match (self.responses, caller) {
            (Responses::Always, _) => Dialect::OpenAiResponses,
            (Responses::Never, Dialect::OpenAiResponses) => self.provider.dialect,
            _ => caller,
        };
        let has = self.provider.route(dialect).is_some()
            // Of Foundry's surfaces it is OpenAI's that has Responses.
            && (dialect != Dialect::OpenAiResponses
                || !self.provider.has(Quirk::AzureFoundry)
                || self.api_base.as_deref().is_some_and(azure::is_openai_v1));
        if has { dialect } else { self.provider.dialect }
    }

    /// What its chat route takes beyond OpenAI's own fields. `openai` at another address is a compatible
    /// server, which takes back what its models show; OpenAI's own models show nothing, wherever they are.
    #[must_use]
    pub fn habits(&self) -> Habits {
        const OWN: [&str; 6] = ["gpt-3", "gpt-4", "gpt-5", "o1", "o3", "o4"];
        let habits = self.provider.habits(&self.model);
        let server = self.provider.name == "openai"
            && self.api_base.is_some()
            && !OWN.iter().any(|family| self.model.starts_with(family));
        Habits { thoughts: habits.thoughts || server, ..habits }
    }

    /// The URL of its chat route, without a query (it may hold a key); `None` where there is none before
    /// the call.
    #[must_use]
    pub fn address(&self) -> Option<String> {
        let mut url = chat_url(self, Asked::default()).ok()?;
        url.set_query(None);
        Some(url.into())
    }
}
