//! What a call costs at most, and by what it is counted: told by provider, method and path.

use http::Method;
use serde::Deserialize;
use serde_json::value::RawValue;
use sluice_store::NanoUsd;
use sluice_wire::{Dialect, Fault, FaultKind};

use super::{Place, guardrail::Prices, usage::Tongue};
use crate::{
    corridor::{unpriced, unread},
    pricing::{ModelPrice, ServiceTier},
};

/// How a call is counted.
#[derive(Debug)]
pub(super) struct Meter {
    model: Option<String>,
    pub(super) kind: Kind,
}

/// By what.
#[derive(Debug)]
pub(super) enum Kind {
    /// It costs nothing.
    Free,
    /// It costs this much.
    Request(NanoUsd),
    /// By tokens.
    Tokens(Tokens),
    /// By the text units of a guardrail.
    Guardrail(Prices),
    /// Nobody knows.
    Unknown,
}

/// Tokens of a path whose answers are understood.
#[derive(Debug)]
pub(super) struct Tokens {
    pub(super) tongue: Tongue,
    /// The dialect whose observer reads its streams best.
    pub(super) dialect: Option<Dialect>,
    /// The caller's cap of each answer.
    cap: Option<u64>,
    answers: u64,
    /// The service level that is asked for.
    pub(super) tier: Option<String>,
    /// It writes text: without a cap it is not bounded.
    writes: bool,
}

/// The fields that matter, of whatever provider.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Body {
    model: Option<String>,
    max_tokens: Option<u64>,
    max_completion_tokens: Option<u64>,
    max_output_tokens: Option<u64>,
    n: Option<u64>,
    #[serde(alias = "serviceTier")]
    service_tier: Option<String>,
    #[serde(rename = "generationConfig")]
    generation: Generation,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Generation {
    max_output_tokens: Option<u64>,
    candidate_count: Option<u64>,
}

/// POST routes that no provider charges for.
const FREE: [&str; 8] = [
    "/count_tokens",
    ":countTokens",
    "/moderations",
    "/tokenize",
    "/detokenize",
    "/files",
    "/uploads",
    "/check-api-key",
];

// === impl Meter ===

impl Meter {
    /// How a call is counted.
    pub(super) fn of(place: &Place, method: &Method, bytes: &[u8]) -> Self {
        let body: Body = serde_json::from_slice(bytes).unwrap_or_default();
        let path = format!("/{}", place.path.trim_start_matches('/'));
        let model =
            body.model.clone().or_else(|| model_in(&path)).filter(|model| !model.is_empty());
        let kind = match place.cost {
            Some(cost) => Kind::Request(cost),
            None if place.endpoint => Kind::Unknown,
            None if place.guardrail.is_some() => {
                Kind::Guardrail(Prices::of(place.deployment.aws.region.as_deref()))
            }
            None if method.is_safe() || *method == Method::DELETE => Kind::Free,
            None if FREE.iter().any(|end| path.ends_with(end)) => Kind::Free,
            None => tokens(place.deployment.provider.name, &path, &body)
                .map_or(Kind::Unknown, Kind::Tokens),
        };
        Self { model, kind }
    }

    /// The model that is asked for, where the call names one.
    pub(super) fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// Whether it may cost what nobody configured.
    pub(super) fn may_cost(&self) -> bool {
        matches!(self.kind, Kind::Tokens(_) | Kind::Unknown)
    }

    /// The most tokens that the caller lets it write.
    pub(super) fn cap(&self) -> u64 {
        match &self.kind {
            Kind::Tokens(tokens) => tokens.cap.unwrap_or(0).saturating_mul(tokens.answers),
            _ => 0,
        }
    }

    /// The most it can cost.
    ///
    /// # Errors
    /// A refusal where that cannot be told.
    pub(super) fn worst(&self, body: &[u8], price: Option<&ModelPrice>) -> Result<NanoUsd, Fault> {
        let tokens = match &self.kind {
            Kind::Free => return Ok(NanoUsd::ZERO),
            Kind::Request(cost) => return Ok(*cost),
            Kind::Guardrail(prices) => return Ok(prices.worst(body)),
            Kind::Unknown => return Err(unbounded()),
            Kind::Tokens(tokens) => tokens,
        };
        let model = self.model().unwrap_or("unnamed");
        let price = price.filter(|price| price.prices_tokens()).ok_or_else(|| {
            unpriced(
                model,
                "Set its prices at a deployment of that model, or `model_info.free: true`.",
            )
        })?;
        if price.is_free() {
            return Ok(NanoUsd::ZERO);
        }
        let cap = match (tokens.writes, tokens.cap.or(price.max_output)) {
            (false, _) => 0,
            (true, Some(cap)) => cap.saturating_mul(tokens.answers),
            (true, None) => return Err(unbounded()),
        };
        let tier = ServiceTier::from_wire(tokens.tier.as_deref());
        Ok(price.worst_case_at(unread(body), cap, tier))
    }
}

/// A cost without a bound.
fn unbounded() -> Fault {
    Fault::new(
        FaultKind::Permission,
        "This key has a budget, and what this call can cost is not known beforehand. Give it a maximum of \
         output tokens if it has one, or set a price for its path: `cost_per_request` of a pass-through \
         endpoint, or `general_settings.pass_through_costs`.",
    )
    .with_label("model_cost_map_missing")
}

/// `models/{model}:generateContent` (Gemini), `deployments/{model}/...` (Azure).
fn model_in(path: &str) -> Option<String> {
    let after = |word: &str| path.split_once(word).map(|(_, rest)| rest);
    let rest = after("/models/").or_else(|| after("/deployments/"))?;
    let name = rest.split(['/', ':']).next()?;
    Some(name.to_owned())
}

fn tokens(provider: &str, path: &str, body: &Body) -> Option<Tokens> {
    let ends = |end: &str| path.ends_with(end);
    let (tongue, dialect, writes) = match provider {
        "anthropic" if ends("/messages") => {
            (Tongue::Anthropic, Some(Dialect::AnthropicMessages), true)
        }
        "anthropic" | "bedrock" => return None,
        "gemini" if ends(":embedContent") || ends(":batchEmbedContents") => {
            (Tongue::Gemini, None, false)
        }
        "gemini" if ends(":generateContent") || ends(":streamGenerateContent") => {
            (Tongue::Gemini, None, true)
        }
        "cohere" if ends("/chat") || ends("/generate") => (Tongue::Cohere, None, true),
        "cohere" if ends("/embed") => (Tongue::Cohere, None, false),
        "cohere" => return None,
        _ if ends("/chat/completions") => (Tongue::OpenAi, Some(Dialect::OpenAiChat), true),
        _ if ends("/completions") || ends("/responses") => (Tongue::OpenAi, None, true),
        _ if ends("/embeddings") => (Tongue::OpenAi, None, false),
        _ => return None,
    };
    Some(Tokens {
        tongue,
        dialect,
        cap: [
            body.max_completion_tokens,
            body.max_tokens,
            body.max_output_tokens,
            body.generation.max_output_tokens,
        ]
        .into_iter()
        .flatten()
        .max(),
        tier: body.service_tier.clone(),
        answers: body.n.or(body.generation.candidate_count).unwrap_or(1).max(1),
        writes,
    })
}

impl Tokens {
    /// The usage in a whole answer.
    pub(super) fn read(&self, body: &[u8]) -> Option<sluice_wire::canon::Usage> {
        // Gemini's stream without SSE: a list whose last item has the count of all.
        match serde_json::from_slice::<Vec<&RawValue>>(body) {
            Ok(items) => {
                let mut read = items
                    .iter()
                    .rev()
                    .map(|item| super::usage::read(self.tongue, item.get().as_bytes()));
                read.find_map(|usage| usage)
            }
            Err(_) => super::usage::read(self.tongue, body),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_paths_whose_answers_it_understands() {
        let known = |provider: &str, path: &str| {
            tokens(provider, path, &Body::default()).map(|tokens| (tokens.tongue, tokens.writes))
        };
        for (provider, path, expected) in [
            ("openai", "/v1/chat/completions", Some((Tongue::OpenAi, true))),
            ("openai", "/v1/responses", Some((Tongue::OpenAi, true))),
            ("mistral", "/v1/embeddings", Some((Tongue::OpenAi, false))),
            ("anthropic", "/v1/messages", Some((Tongue::Anthropic, true))),
            ("gemini", "/v1beta/models/g:streamGenerateContent", Some((Tongue::Gemini, true))),
            ("cohere", "/v2/chat", Some((Tongue::Cohere, true))),
            ("openai", "/v1/images/generations", None),
            ("anthropic", "/v1/messages/batches", None),
            ("bedrock", "/agents/a/agentAliases/b/sessions/c/text", None),
        ] {
            assert_eq!(known(provider, path), expected, "{provider}{path}");
        }
    }

    #[test]
    fn finds_the_model_in_a_path() {
        assert_eq!(model_in("/v1beta/models/gemini-pro:generateContent").unwrap(), "gemini-pro");
        assert_eq!(model_in("/openai/deployments/gpt/chat/completions").unwrap(), "gpt");
        assert_eq!(model_in("/v1/files"), None);
    }
}
